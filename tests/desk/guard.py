"""Ends what a desk left behind.

The desk writes one line for each process group that it starts ("+123") and ends ("-123"), and for its folder
("/tmp/..."). When the pipe closes, because the desk is done or was killed, what is still listed is killed, what is
mounted in the folders is unmounted, and they are removed.
"""

import os
import shutil
import signal
import subprocess
import sys

# A Ctrl+C in the terminal must not end the guard before its work.
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)

groups, folders = [], []
for line in sys.stdin:
    word = line.rstrip("\n")
    if word.startswith("+"):
        groups.append(int(word[1:]))
    elif word.startswith("-") and int(word[1:]) in groups:
        groups.remove(int(word[1:]))
    elif word.startswith("/"):
        folders.append(word)

for group in reversed(groups):
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass

with open("/proc/mounts") as mounts:
    mounted = [line.split()[1] for line in mounts]
for place in reversed(mounted):
    if any(place.startswith(folder + "/") for folder in folders):
        subprocess.run(["umount", "-l", place])

for folder in folders:
    shutil.rmtree(folder, ignore_errors=True)
