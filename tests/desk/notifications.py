"""The desk's notifications: stands in for the desktop's program that shows them.

One JSON request a line on standard input: {"do": "shown"} -> [{"app", "summary", "body", "replaces"}, ...] in order.
"""

import json
import sys

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

NAME = "org.freedesktop.Notifications"

DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
name = dbus.service.BusName(NAME, bus, do_not_queue=True)


class Notifications(dbus.service.Object):
    def __init__(self):
        super().__init__(bus, "/org/freedesktop/Notifications")
        self.shown = []

    @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, app, replaces, _icon, summary, body, _actions, _hints, _timeout):
        self.shown.append(
            {"app": str(app), "summary": str(summary), "body": str(body), "replaces": int(replaces)}
        )
        return int(replaces) or len(self.shown)


notifications = Notifications()
loop = GLib.MainLoop()


def heard(_source, _condition):
    line = sys.stdin.readline()
    if not line:
        loop.quit()
        return False
    json.loads(line)
    print(json.dumps(notifications.shown), flush=True)
    return True


GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, heard)
print(json.dumps("ready"), flush=True)
loop.run()
