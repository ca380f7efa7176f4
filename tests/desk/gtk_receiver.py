"""A GTK 3 window that takes text: a multi-line view, or with --password a password field above a plain one.

Requests on standard input: {"do": "read"} -> the text, {"do": "clear"} -> true. With --password they are about the
password field; {"do": "use", "field": "plain"} -> true gives the plain one the keyboard and has them be about it.
{"do": "hang", "seconds": 2.0} -> true, and then it answers nobody for so long.
"""

import json
import sys
import time

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk  # noqa: E402

title = sys.argv[1]
window = Gtk.Window(title=title)
window.set_default_size(420, 260)

fields = {}
if "--password" in sys.argv:
    field = Gtk.Entry()
    field.set_visibility(False)
    field.set_input_purpose(Gtk.InputPurpose.PASSWORD)
    fields = {"password": field, "plain": Gtk.Entry()}
    shown = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
    for entry in fields.values():
        shown.add(entry)
    used = field
    read, clear = lambda: used.get_text(), lambda: used.set_text("")  # noqa: E731
else:
    shown = field = Gtk.TextView()
    text = field.get_buffer()
    read = lambda: text.get_text(text.get_start_iter(), text.get_end_iter(), True)  # noqa: E731
    clear = lambda: text.set_text("")  # noqa: E731

window.add(shown)
window.show_all()
field.grab_focus()


def say(value):
    print(json.dumps(value), flush=True)


def heard(_source, _condition):
    global used
    line = sys.stdin.readline()
    if not line:
        Gtk.main_quit()
        return False
    request = json.loads(line)
    if request["do"] == "read":
        say(read())
    elif request["do"] == "use":
        used = fields[request["field"]]
        used.grab_focus()
        say(True)
    elif request["do"] == "hang":
        say(True)
        time.sleep(request["seconds"])
    else:
        clear()
        say(True)
    return True


GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, heard)
GLib.idle_add(lambda: say("ready"))
Gtk.main()
