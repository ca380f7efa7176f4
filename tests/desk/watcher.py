"""The tray of the virtual desk: a StatusNotifierWatcher, and a hand that reads and clicks the menu.

One JSON request a line on standard input, one JSON answer a line on standard output:
  {"do": "icon"}                           -> null, or {"icon": ..., "title": ..., "tooltip": ..., "status": ...}
  {"do": "menu"}                           -> null, or [{"id", "label", "path", "toggle", "on", "enabled"}, ...]
  {"do": "click", "path": ["A", "B"]}      -> true, or false when there is no such entry or it is disabled
"""

import json
import sys
import time

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"

DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()


class Watcher(dbus.service.Object):
    """Remembers the icons that programs register, and forgets those whose program has ended."""

    def __init__(self):
        super().__init__(bus, "/StatusNotifierWatcher")
        self.items = []
        bus.add_signal_receiver(self.owner_changed, "NameOwnerChanged", "org.freedesktop.DBus")

    def owner_changed(self, name, _old, new):
        if not new:
            self.items = [item for item in self.items if item[0] != name]

    @dbus.service.method(WATCHER, in_signature="s", sender_keyword="sender")
    def RegisterStatusNotifierItem(self, service, sender=None):
        path = service if service.startswith("/") else "/StatusNotifierItem"
        self.items.append((str(sender), path))
        self.StatusNotifierItemRegistered(sender + path)

    @dbus.service.method(WATCHER, in_signature="s")
    def RegisterStatusNotifierHost(self, _service):
        self.StatusNotifierHostRegistered()

    @dbus.service.signal(WATCHER, signature="s")
    def StatusNotifierItemRegistered(self, item):
        pass

    @dbus.service.signal(WATCHER)
    def StatusNotifierHostRegistered(self):
        pass

    @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="ss", out_signature="v")
    def Get(self, interface, name):
        return self.GetAll(interface)[name]

    @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="s", out_signature="a{sv}")
    def GetAll(self, _interface):
        return {
            "IsStatusNotifierHostRegistered": dbus.Boolean(True),
            "ProtocolVersion": dbus.Int32(0),
            "RegisteredStatusNotifierItems": dbus.Array([s + p for s, p in self.items], signature="s"),
        }


def properties(watcher):
    """The bus name and the properties of the newest icon; None when there is none."""
    if not watcher.items:
        return None
    service, path = watcher.items[-1]
    item = dbus.Interface(bus.get_object(service, path), dbus.PROPERTIES_IFACE)
    return service, item.GetAll(ITEM)


def icon(watcher):
    found = properties(watcher)
    if not found:
        return None
    _, values = found
    tooltip = values.get("ToolTip")
    return {
        "icon": str(values.get("IconName", "")),
        "title": str(values.get("Title", "")),
        "label": str(values.get("XAyatanaLabel", "")),
        "tooltip": str(tooltip[2]) if tooltip else "",
        "status": str(values.get("Status", "")),
    }


def menu(watcher):
    """The bus object of the menu, and its entries."""
    found = properties(watcher)
    if not found:
        return None, None
    service, values = found
    remote = dbus.Interface(bus.get_object(service, values["Menu"]), MENU)
    remote.AboutToShow(0)
    _, layout = remote.GetLayout(0, -1, dbus.Array([], signature="s"))
    entries = []

    def walk(node, path):
        number, values, children = node
        label = str(values.get("label", "")).replace("_", "")
        here = path + [label] if int(number) else path
        if int(number) and values.get("visible", True) and str(values.get("type", "")) != "separator":
            entries.append({
                "id": int(number),
                "label": label,
                "path": here,
                "toggle": str(values.get("toggle-type", "")),
                "on": int(values.get("toggle-state", 0)) == 1,
                "enabled": bool(values.get("enabled", True)),
            })
        for child in children:
            walk(child, here)

    walk(layout, [])
    return remote, entries


def click(watcher, path):
    remote, entries = menu(watcher)
    for entry in entries or []:
        if entry["path"] == path and entry["enabled"]:
            remote.Event(entry["id"], "clicked", dbus.String("", variant_level=1), dbus.UInt32(int(time.time())))
            return True
    return False


def answer(watcher, request):
    if request["do"] == "icon":
        return icon(watcher)
    if request["do"] == "menu":
        return menu(watcher)[1]
    return click(watcher, request["path"])


def say(value):
    print(json.dumps(value), flush=True)


def main():
    name = dbus.service.BusName(WATCHER, bus)
    watcher = Watcher()
    loop = GLib.MainLoop()

    def heard(_source, _condition):
        line = sys.stdin.readline()
        if not line:
            loop.quit()
            return False
        try:
            say(answer(watcher, json.loads(line)))
        except dbus.DBusException as error:
            # The program may be ending right now: then there is no icon.
            print(error, file=sys.stderr, flush=True)
            say(None)
        return True

    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, heard)
    say("ready")
    loop.run()
    del name


main()
