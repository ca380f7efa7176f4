"""A disk image made without a Mac, for the rehearsal: an HFS+ volume by xorriso, wrapped as Apple's compressed format.

The format (UDIF, “UDZO”) is described nowhere officially; the fields are those that hdiutil writes and dmg2img and 7-Zip
read. A release's image is made by a Mac's hdiutil.
"""

import plistlib
import struct
import subprocess
import tempfile
import uuid
import zlib
from pathlib import Path

SECTOR = 512
CHUNK = 0x40000
ZERO, RAW, ZLIB, END = 2, 1, 0x80000005, 0xFFFFFFFF


def volume(folder, name):
    """The bytes of an HFS+ volume that holds a folder's contents."""
    with tempfile.TemporaryDirectory() as scratch:
        hybrid = Path(scratch) / "hybrid.iso"
        # -R keeps the modes of files; -r would change them.
        command = ["xorriso", "-as", "mkisofs", "-quiet", "-hfsplus", "-V", name, "-R", "-o", hybrid, folder]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise SystemExit(f"make-dmg: xorriso failed: {done.stdout.decode(errors='replace')}")
        data = hybrid.read_bytes()
    # xorriso makes a disk for two systems; the Apple partition map after its first sector names the volume.
    entry = SECTOR
    while data[entry : entry + 2] == b"PM":
        if data[entry + 48 : entry + 80].startswith(b"Apple_HFS"):
            start, count = struct.unpack_from(">2I", data, entry + 8)
            return data[start * SECTOR : (start + count) * SECTOR]
        entry += SECTOR
    raise SystemExit("make-dmg: xorriso made no HFS+ volume.")


def checksum(value):
    """A CRC-32 as UDIF writes it: kind, bits, and room for longer ones."""
    return struct.pack(">3I", 2, 32, value) + bytes(124)


def wrap(raw, path):
    raw += bytes(-len(raw) % SECTOR)
    sectors = len(raw) // SECTOR
    parts, body = [], bytearray()
    for offset in range(0, len(raw), CHUNK):
        chunk = raw[offset : offset + CHUNK]
        first, count = offset // SECTOR, len(chunk) // SECTOR
        packed = zlib.compress(chunk, 9)
        if not any(chunk):
            parts.append((ZERO, first, count, len(body), 0))
        elif len(packed) < len(chunk):
            parts.append((ZLIB, first, count, len(body), len(packed)))
            body += packed
        else:
            parts.append((RAW, first, count, len(body), len(chunk)))
            body += chunk
    parts.append((END, sectors, 0, len(body), 0))
    whole = zlib.crc32(raw)
    table = b"mish" + struct.pack(">IQQQII", 1, 0, sectors, 0, CHUNK // SECTOR + 8, 0) + bytes(24)
    table += checksum(whole) + struct.pack(">I", len(parts))
    for kind, first, count, offset, length in parts:
        table += struct.pack(">IIQQQQ", kind, 0, first, count, offset, length)
    name = "whole disk (Apple_HFS : 0)"
    fork = {
        "blkx": [{"Attributes": "0x0050", "CFName": name, "Data": table, "ID": "0", "Name": name}],
        "plst": [{"Attributes": "0x0050", "Data": bytes(1032), "ID": "0", "Name": ""}],
    }
    listing = plistlib.dumps({"resource-fork": fork})
    trailer = b"koly" + struct.pack(">3I5Q2I", 4, SECTOR, 1, 0, 0, len(body), 0, 0, 1, 1) + uuid.uuid4().bytes
    trailer += checksum(zlib.crc32(bytes(body))) + struct.pack(">2Q", len(body), len(listing)) + bytes(64 + 56)
    trailer += checksum(zlib.crc32(struct.pack(">I", whole))) + struct.pack(">IQ", 1, sectors) + bytes(12)
    assert len(trailer) == SECTOR
    path.write_bytes(bytes(body) + listing + trailer)
