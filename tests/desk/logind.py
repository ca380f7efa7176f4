"""A stand-in for logind on the desk's bus, and a screen locker beside it.

One JSON request a line on standard input, one JSON answer a line on standard output:
  {"do": "held"}                 -> [[what, who, mode], ...]   the inhibitors that are held now
  {"do": "sleep", "on": true}    -> true                       PrepareForSleep
  {"do": "lock", "ours": true}   -> true                       Lock, of Tawk's session or of another
  {"do": "locker", "on": true}   -> true                       ActiveChanged of org.gnome.ScreenSaver
"""

import json
import os
import sys

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

MANAGER = "org.freedesktop.login1.Manager"
SESSION = "org.freedesktop.login1.Session"

DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()


class Manager(dbus.service.Object):
    """Gives inhibitors, each of which counts for as long as the other end of its pipe is open."""

    def __init__(self):
        super().__init__(bus, "/org/freedesktop/login1")
        self.held = []

    @dbus.service.method(MANAGER, in_signature="ssss", out_signature="h")
    def Inhibit(self, what, who, _why, mode):
        ours, theirs = os.pipe()
        entry = [str(what), str(who), str(mode)]
        self.held.append(entry)
        GLib.io_add_watch(ours, GLib.IO_HUP, self.released, entry)
        # Sent after this returns, and closed here only then.
        GLib.timeout_add(200, os.close, theirs)
        return dbus.types.UnixFd(theirs)

    def released(self, _channel, _condition, entry):
        self.held = [other for other in self.held if other is not entry]
        return False

    @dbus.service.method(MANAGER, in_signature="u", out_signature="o")
    def GetSessionByPID(self, _process):
        return dbus.ObjectPath("/org/freedesktop/login1/session/_31")

    @dbus.service.signal(MANAGER, signature="b")
    def PrepareForSleep(self, begins):
        pass


class Session(dbus.service.Object):
    @dbus.service.signal(SESSION)
    def Lock(self):
        pass


class Locker(dbus.service.Object):
    @dbus.service.signal("org.gnome.ScreenSaver", signature="b")
    def ActiveChanged(self, on):
        pass


manager = Manager()
ours = Session(bus, "/org/freedesktop/login1/session/_31")
other = Session(bus, "/org/freedesktop/login1/session/_32")
locker = Locker(bus, "/org/gnome/ScreenSaver")
name = dbus.service.BusName("org.freedesktop.login1", bus)


def answer(request):
    what = request["do"]
    if what == "held":
        return manager.held
    if what == "sleep":
        manager.PrepareForSleep(request["on"])
    elif what == "lock":
        (ours if request["ours"] else other).Lock()
    elif what == "locker":
        locker.ActiveChanged(request["on"])
    return True


def read(_channel, _condition):
    line = sys.stdin.readline()
    if not line:
        loop.quit()
        return False
    print(json.dumps(answer(json.loads(line))), flush=True)
    return True


loop = GLib.MainLoop()
GLib.io_add_watch(sys.stdin.fileno(), GLib.IO_IN | GLib.IO_HUP, read)
print(json.dumps("ready"), flush=True)
loop.run()
