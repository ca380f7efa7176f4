"""An alias record: how the Finder notes where a file is, here the background of an image's window.

The record is of version 2. On a Mac it would hold the volume's date and the numbers of file and folder; an image that
is not mounted has none to ask for. So they are made up and fit nothing, and the volume's name with the path are left to
go by. Numbers are big-endian; each field after the fixed part has a tag, a length, and an even number of bytes.
"""

import struct

FILE = 0
# Seconds from 1904 to 2026: the same bytes at every build.
DATE = 3_850_070_400
# No file of a small volume has such a number.
NO_FOLDER, NO_FILE = 0x10000, 0x10001
UNKNOWN_LEVELS = -1
FOLDER_NAME, FOLDER_NUMBERS, CARBON_PATH, FILE_NAME, VOLUME_NAME = 0, 1, 2, 14, 15
VOLUME_DATE, FILE_DATE, PATH, MOUNT_POINT, END = 16, 17, 18, 19, -1


def record(volume, folder, file):
    """The alias of a file that lies in a folder at the root of a volume."""
    fine_date = struct.pack(">Q", DATE << 16)

    def long(name):
        return struct.pack(">H", len(name)) + name.encode("utf-16-be")

    fields = [
        (FOLDER_NAME, folder.encode()),
        (VOLUME_DATE, fine_date),
        (FILE_DATE, fine_date),
        (FOLDER_NUMBERS, struct.pack(">I", NO_FOLDER)),
        (CARBON_PATH, f"{volume}:{folder}:{file}".encode()),
        (FILE_NAME, long(file)),
        (VOLUME_NAME, long(volume)),
        (PATH, f"/{folder}/{file}".encode()),
        (MOUNT_POINT, f"/Volumes/{volume}".encode()),
        (END, b""),
    ]
    fixed = struct.pack(
        ">h28pI2shI64pII8s2hI2s10s",
        FILE,
        volume.encode(),
        DATE,
        b"H+",
        0,
        NO_FOLDER,
        file.encode(),
        NO_FILE,
        DATE,
        b"",
        UNKNOWN_LEVELS,
        UNKNOWN_LEVELS,
        0,
        b"",
        b"",
    )
    tagged = b"".join(struct.pack(">hH", tag, len(data)) + data + bytes(len(data) % 2) for tag, data in fields)
    return struct.pack(">4s2H", b"", 8 + len(fixed) + len(tagged), 2) + fixed + tagged
