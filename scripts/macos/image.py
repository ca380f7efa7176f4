"""A disk image made without a Mac, for the rehearsal: an HFS+ volume by xorriso, wrapped as Apple's compressed format.

The format (UDIF) is described nowhere officially; the fields are those that hdiutil writes and 7-Zip reads. Its chunks are
xz streams, as in hdiutil's ULMO, which macOS reads from 10.15 on; with zlib's (UDZO) dmg2img reads it too, and a test has
it do so. A release's image is made by a Mac's hdiutil.
"""

import lzma
import plistlib
import struct
import subprocess
import tempfile
import uuid
import zlib
from pathlib import Path
from xml.parsers.expat import ExpatError

SECTOR = 512
# Large, because a chunk's compression knows nothing of the others.
CHUNK = 0x100000
ZERO, RAW, ZLIB, XZ, END = 2, 1, 0x80000005, 0x80000008, 0xFFFFFFFF
# How a chunk of each kind is made, and read.
PACK = {ZLIB: lambda chunk: zlib.compress(chunk, 9), XZ: lambda chunk: lzma.compress(chunk, check=lzma.CHECK_CRC32)}
UNPACK = {ZLIB: zlib.decompress, XZ: lzma.decompress, RAW: bytes}


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


def packed_size(raw):
    """What bytes weigh in an image, a chunk that does not shrink as it is."""
    chunks = (raw[offset : offset + CHUNK] for offset in range(0, len(raw), CHUNK))
    return sum(min(len(chunk), len(PACK[XZ](chunk))) for chunk in chunks)


def wrap(raw, path, kind=XZ):
    """Writes the image of a volume, its chunks of this kind."""
    raw += bytes(-len(raw) % SECTOR)
    sectors = len(raw) // SECTOR
    parts, body = [], bytearray()
    for offset in range(0, len(raw), CHUNK):
        chunk = raw[offset : offset + CHUNK]
        first, count = offset // SECTOR, len(chunk) // SECTOR
        packed = PACK[kind](chunk)
        if not any(chunk):
            parts.append((ZERO, first, count, len(body), 0))
        elif len(packed) < len(chunk):
            parts.append((kind, first, count, len(body), len(packed)))
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


class Damaged(Exception):
    """An image that is not what it says of itself; the text says how."""


def unwrap(path):
    """The bytes of the volume in an image of one table, every checksum compared.

    Raises Damaged."""
    image = path.read_bytes()
    trailer = image[-SECTOR:]
    if len(trailer) < SECTOR or trailer[:4] != b"koly":
        raise Damaged("its end is not an image's")
    start, length = struct.unpack_from(">2Q", trailer, 24)
    body = image[start : start + length]
    expect(trailer, 80, zlib.crc32(body), "its data")
    at, length = struct.unpack_from(">2Q", trailer, 216)
    try:
        tables = [entry["Data"] for entry in plistlib.loads(image[at : at + length])["resource-fork"]["blkx"]]
    except (ValueError, KeyError, TypeError, ExpatError, plistlib.InvalidFileException) as error:
        raise Damaged("its list of tables cannot be read") from error
    if len(tables) != 1:
        raise Damaged("it has several tables, which this reader does not know")
    try:
        return unwrap_table(tables[0], body, trailer)
    except struct.error as error:
        raise Damaged("its table is cut off") from error


def unwrap_table(table, body, trailer):
    raw = bytearray()
    for number in range(struct.unpack_from(">I", table, 200)[0]):
        kind, _, first, count, offset, length = struct.unpack_from(">IIQQQQ", table, 204 + 40 * number)
        if kind == END:
            break
        if first * SECTOR != len(raw) or kind not in (ZERO, *UNPACK):
            raise Damaged(f"its chunk {number} is out of place, or of no known kind")
        try:
            chunk = bytes(count * SECTOR) if kind == ZERO else UNPACK[kind](body[offset : offset + length])
        except (zlib.error, lzma.LZMAError) as error:
            raise Damaged(f"its chunk {number} cannot be unpacked") from error
        if len(chunk) != count * SECTOR:
            raise Damaged(f"its chunk {number} is not as long as it says")
        raw += chunk
    whole = zlib.crc32(bytes(raw))
    expect(table, 64, whole, "its volume")
    expect(trailer, 352, zlib.crc32(struct.pack(">I", whole)), "its table")
    return bytes(raw)


def expect(data, at, value, what):
    """Compares a checksum that stands at an offset."""
    if data[at : at + 12] != checksum(value)[:12]:
        raise Damaged(f"{what} does not fit its checksum")
