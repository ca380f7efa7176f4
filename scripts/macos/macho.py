"""Reads Mach-O programs: architectures, load commands, imported symbols, and where the signature lies.

Written for Python 3.9, which a Mac's developer tools bring. The layouts are those of Apple's mach-o/loader.h,
mach-o/nlist.h and mach-o/fat.h.
"""

import struct
from dataclasses import dataclass, field

FAT_MAGIC = 0xCAFEBABE
MACHO_64 = 0xFEEDFACF
ARCHITECTURES = {0x0100000C: "arm64", 0x01000007: "x86_64"}
EXECUTE = 2
PIE = 0x200000

LC_SYMTAB = 0x2
LC_SEGMENT_64 = 0x19
LC_RPATH = 0x8000001C
LC_CODE_SIGNATURE = 0x1D
LC_VERSION_MIN_MACOSX = 0x24
LC_BUILD_VERSION = 0x32
# A library that is loaded, maybe missing, loaded and passed on, loaded upwards, or loaded late: whether it may be
# missing.
LOADS = {0xC: False, 0x80000018: True, 0x8000001F: False, 0x80000023: False, 0x20: False}

N_STAB, N_TYPE, N_EXT, N_UNDF, N_WEAK_REF = 0xE0, 0x0E, 0x01, 0x0, 0x40


class NotMachO(Exception):
    pass


@dataclass
class Import:
    symbol: str
    library: str
    weak: bool


@dataclass
class Program:
    """One architecture of a program. Offsets count from the start of this architecture's part."""

    arch: str
    data: bytes
    filetype: int = 0
    flags: int = 0
    minos: str = ""
    platform: int = 0
    libraries: list = field(default_factory=list)
    # Those of them that may be missing when the program is loaded.
    weak_libraries: list = field(default_factory=list)
    rpaths: list = field(default_factory=list)
    imports: list = field(default_factory=list)
    segments: list = field(default_factory=list)
    # Offset and size of the signature, if there is one.
    signature: tuple = ()


def version(number):
    """16.8.8 bits as text; a last part of zero is left out, as in a list of systems."""
    major, minor, patch = number >> 16, number >> 8 & 0xFF, number & 0xFF
    return f"{major}.{minor}" + (f".{patch}" if patch else "")


def is_macho(start):
    """Whether a file that starts with these bytes is a program for macOS, thin or universal."""
    return start[:4] in (
        struct.pack(">I", FAT_MAGIC),
        struct.pack("<I", MACHO_64),
        struct.pack("<I", 0xFEEDFACE),
        struct.pack(">I", 0xCAFEBABF),
    )


def programs(data):
    """The architectures of a thin or universal program."""
    try:
        if struct.unpack_from(">I", data)[0] != FAT_MAGIC:
            return [program(data)]
        count = struct.unpack_from(">I", data, 4)[0]
        parts = [struct.unpack_from(">5I", data, 8 + 20 * i) for i in range(count)]
        return [program(data[offset : offset + size]) for _, _, offset, size, _ in parts]
    except struct.error as error:
        raise NotMachO("the file ends too early") from error


def text_at(data, offset):
    return data[offset : data.index(b"\0", offset)].decode()


def program(data):
    magic, cpu, _, filetype, count, _, flags, _ = struct.unpack_from("<8I", data)
    if magic != MACHO_64:
        raise NotMachO("this is not a 64-bit Mach-O file")
    found = Program(ARCHITECTURES.get(cpu, hex(cpu)), data, filetype, flags)
    symbols = None
    offset = 32
    for _ in range(count):
        command, size = struct.unpack_from("<2I", data, offset)
        if command in LOADS:
            name = text_at(data, offset + struct.unpack_from("<I", data, offset + 8)[0])
            found.libraries.append(name)
            if LOADS[command]:
                found.weak_libraries.append(name)
        elif command == LC_RPATH:
            found.rpaths.append(text_at(data, offset + struct.unpack_from("<I", data, offset + 8)[0]))
        elif command == LC_CODE_SIGNATURE:
            found.signature = struct.unpack_from("<2I", data, offset + 8)
        elif command == LC_BUILD_VERSION:
            found.platform, minos = struct.unpack_from("<2I", data, offset + 8)
            found.minos = version(minos)
        elif command == LC_VERSION_MIN_MACOSX:
            found.platform, found.minos = 1, version(struct.unpack_from("<I", data, offset + 8)[0])
        elif command == LC_SYMTAB:
            symbols = struct.unpack_from("<4I", data, offset + 8)
        elif command == LC_SEGMENT_64:
            name = data[offset + 8 : offset + 24].rstrip(b"\0").decode()
            sections = struct.unpack_from("<I", data, offset + 64)[0]
            names = [
                data[at : at + 16].rstrip(b"\0").decode() for at in range(offset + 72, offset + 72 + 80 * sections, 80)
            ]
            found.segments.append((name, names))
        offset += size
    if symbols:
        found.imports = list(imports(data, symbols, found.libraries))
    return found


def imports(data, symbols, libraries):
    table, count, strings, _ = symbols
    for i in range(count):
        name, kind, _, described, _ = struct.unpack_from("<IBBHQ", data, table + 16 * i)
        if kind & N_STAB or kind & N_TYPE != N_UNDF or not kind & N_EXT:
            continue
        ordinal = described >> 8
        library = libraries[ordinal - 1] if 0 < ordinal <= len(libraries) else "?"
        yield Import(text_at(data, strings + name), library, bool(described & N_WEAK_REF))
