"""A Tk window that takes text. Requests as in gtk_receiver.py."""

import json
import queue
import sys
import threading
import tkinter

root = tkinter.Tk()
root.title(sys.argv[1])
text = tkinter.Text(root, width=50, height=14, undo=False)
text.pack(fill="both", expand=True)
text.focus_set()
root.bind("<FocusIn>", lambda _event: text.focus_set())

requests = queue.Queue()


def listen():
    for line in sys.stdin:
        requests.put(json.loads(line))
    requests.put(None)


def say(value):
    print(json.dumps(value), flush=True)


def answer():
    while not requests.empty():
        request = requests.get()
        if request is None:
            root.destroy()
            return
        if request["do"] == "read":
            # Tk always adds a newline of its own.
            say(text.get("1.0", "end-1c"))
        else:
            text.delete("1.0", "end")
            say(True)
    root.after(20, answer)


threading.Thread(target=listen, daemon=True).start()
root.after(20, answer)
root.after_idle(lambda: say("ready"))
root.mainloop()
