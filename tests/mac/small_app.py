"""A small Tawk.app with a program of a few kilobytes, signed as codesign would: for tests that need no compiler."""

import hashlib
import os
import plistlib
import struct
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IDENTIFIER = "app.tawk.Tawk"
PAGE = 4096
CPU = {"arm64": (0x0100000C, 0), "x86_64": (0x01000007, 3)}
SYSTEM = "/usr/lib/libSystem.B.dylib"
METAL = "/System/Library/Frameworks/Metal.framework/Versions/A/Metal"
CARBON = "/System/Library/Frameworks/Carbon.framework/Versions/A/Carbon"


def padded(data, size):
    return data + bytes(-len(data) % size)


def program(
    arch="arm64",
    minos=(13, 0),
    imports=((CARBON, "_IsSecureEventInputEnabled"),),
    weak=False,
    libraries=(),
    rpath=None,
    metal=False,
    within=b"",
):
    """An unsigned program: headers, some code, a symbol table, and room for a signature's command."""
    loaded = list(dict.fromkeys([SYSTEM, *(library for library, _ in imports if library), *libraries]))
    strings, symbols = b"\0", b""
    for library, name in imports:
        # Without a library, to be looked up in all of them.
        ordinal = loaded.index(library) + 1 if library else 0xFE
        symbols += struct.pack("<IBBHQ", len(strings), 0x01, 0, ordinal << 8 | 0x40 * weak, 0)
        strings += name.encode() + b"\0"
    code = bytes(range(256)) * 48 + within
    link_edit = PAGE + len(padded(code, PAGE))
    table = padded(symbols + strings, 16)
    limit = link_edit + len(table)

    def command(kind, body):
        body = padded(body, 8)
        return struct.pack("<2I", kind, 8 + len(body)) + body

    sections = b""
    if metal:
        sections = (
            b"__ggml_metallib".ljust(16, b"\0")
            + b"__DATA".ljust(16, b"\0")
            + struct.pack("<2Q8I", 0, 0, PAGE, 0, 0, 0, 0, 0, 0, 0)
        )
    commands = [
        command(
            0x19,
            b"__TEXT".ljust(16, b"\0")
            + struct.pack("<4Q4I", 1 << 32, link_edit, 0, link_edit, 5, 5, len(sections) // 80, 0)
            + sections,
        ),
        command(
            0x19,
            b"__LINKEDIT".ljust(16, b"\0")
            + struct.pack("<4Q4I", (1 << 32) + link_edit, PAGE, link_edit, len(table), 1, 1, 0, 0),
        ),
        command(0x32, struct.pack("<4I", 1, minos[0] << 16 | minos[1] << 8, 0, 0)),
        command(0x2, struct.pack("<4I", link_edit, len(imports), link_edit + len(symbols), len(strings))),
    ]
    commands += [command(0xC, struct.pack("<4I", 24, 0, 0, 0) + name.encode() + b"\0") for name in loaded]
    if rpath:
        commands.append(command(0x8000001C, struct.pack("<I", 12) + rpath.encode() + b"\0"))
    commands.append(command(0x1D, struct.pack("<2I", limit, 0)))
    header = struct.pack("<8I", 0xFEEDFACF, *CPU[arch], 2, len(commands), sum(map(len, commands)), 0x200085, 0)
    return padded(header + b"".join(commands), PAGE) + padded(code, PAGE) + table


def blob(magic, body):
    return struct.pack(">2I", magic, 8 + len(body)) + body


def signed(data, files, entitlements, flags=0x10000, identifier=IDENTIFIER, certified=True):
    """The program with a signature; `files` maps slots to the bytes of Info.plist and CodeResources."""
    limit = len(data)
    blobs = {2: blob(0xFADE0C01, struct.pack(">I", 0))}
    if entitlements is not None:
        blobs[5] = blob(0xFADE7171, plistlib.dumps(entitlements))
        blobs[7] = blob(0xFADE7172, b"der")
    slots = {**files, **blobs}
    name = identifier.encode() + b"\0"
    special = b"".join(hashlib.sha256(slots[slot]).digest() if slot in slots else bytes(32) for slot in range(7, 0, -1))
    pages = -(-limit // PAGE)
    start = 48 + len(name) + len(special)
    # The size of the signature stands in its command, on a page that is hashed: fixed before hashing.
    size = 12 + 8 * 6 + start + 32 * pages + sum(map(len, blobs.values())) + 64
    size += -size % 16
    at = data.index(struct.pack("<4I", 0x1D, 16, limit, 0))
    data = data[: at + 12] + struct.pack("<I", size) + data[at + 16 :]
    hashes = b"".join(hashlib.sha256(data[i : min(i + PAGE, limit)]).digest() for i in range(0, limit, PAGE))
    fields = struct.pack(">7I4BI", 0x20100, flags, start, 48, 7, pages, limit, 32, 2, 0, 12, 0)
    blobs[0] = blob(0xFADE0C02, fields + bytes(4) + name + special + hashes)
    blobs[0x10000] = blob(0xFADE0B01, b"certificate" if certified else b"")
    index, body = b"", b""
    for kind in sorted(blobs):
        index += struct.pack(">2I", kind, 12 + 8 * len(blobs) + len(body))
        body += blobs[kind]
    whole = struct.pack(">3I", 0xFADE0CC0, 12 + len(index) + len(body), len(blobs)) + index + body
    return data + whole + bytes(size - len(whole))


def universal(parts):
    """One file of several programs, each on a page of its own."""
    body, entries, offset = b"", b"", PAGE
    for arch, data in parts.items():
        entries += struct.pack(">5I", *CPU[arch], offset, len(data), 12)
        body += padded(data, PAGE)
        offset = PAGE + len(body)
    return padded(struct.pack(">2I", 0xCAFEBABE, len(parts)) + entries, PAGE) + body


def assembled(app, data):
    """The bundle as scripts/build-app leaves it: assembled, not signed."""
    scratch = app.parent
    (scratch / "program").write_bytes(data)
    (scratch / "licences").write_text("The licences of all libraries.\n")
    command = [
        ROOT / "scripts/macos/assemble",
        "--program",
        scratch / "program",
        "--licences",
        scratch / "licences",
        app,
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def version():
    """Cargo's version, which every bundle has."""
    text = (ROOT / "Cargo.toml").read_text()
    return text.split("[workspace.package]")[1].split('version = "')[1].split('"')[0]


def seal(app):
    contents = app / "Contents"
    files = {}
    for path in sorted(contents.rglob("*")):
        name = path.relative_to(contents).as_posix()
        if name in ("Info.plist", "PkgInfo", "MacOS/tawk-app") or name.startswith("_CodeSignature") or path.is_dir():
            continue
        if path.is_symlink():
            files[name] = {"symlink": os.readlink(path)}
        else:
            files[name] = {"hash2": hashlib.sha256(path.read_bytes()).digest()}
    target = contents / "_CodeSignature/CodeResources"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(plistlib.dumps({"files": {}, "files2": files}))


def entitlements():
    return plistlib.loads((ROOT / "src-tauri/Entitlements.plist").read_bytes())


def sign(app, archs=("arm64", "x86_64"), built=None, metal=(), **options):
    """Seals a bundle and signs its program anew, with Metal for the architectures `metal`; `built` is passed on to
    `program`, the other options to `signed`."""
    seal(app)
    contents = app / "Contents"
    files = {1: (contents / "Info.plist").read_bytes(), 3: (contents / "_CodeSignature/CodeResources").read_bytes()}
    options.setdefault("entitlements", entitlements())
    computing = {"metal": True, "libraries": [METAL]}
    built = {arch: {**(built or {}), **(computing if arch in metal else {})} for arch in archs}
    parts = {arch: signed(program(arch, **built[arch]), files, **options) for arch in archs}
    (contents / "MacOS/tawk-app").write_bytes(universal(parts) if len(parts) > 1 else next(iter(parts.values())))
    return app
