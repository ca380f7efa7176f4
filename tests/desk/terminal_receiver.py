"""Runs inside xterm: appends what the terminal sends to a file, byte by byte, as a program in raw mode sees it."""

import os
import sys
import tty

tty.setraw(0)
file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
while True:
    read = os.read(0, 4096)
    if not read:
        break
    os.write(file, read)
