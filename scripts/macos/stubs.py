#!/usr/bin/env python3
"""Writes a stand-in for Apple's SDK: text stubs (.tbd) that tell a linker which library holds which symbol.

Usage: stubs.py CARGO TRIPLE LIBSYSTEM FOLDER

CARGO      the cargo that knows the workspace
TRIPLE     such as aarch64-apple-darwin
LIBSYSTEM  Zig's list of what macOS's libSystem exports
FOLDER     where to write System/Library/Frameworks and usr/lib

Three sources, and nothing else can be linked: libSystem's list, what the crates declare (declarations.py), and the
lines of libraries.txt. Only libraries that libraries.txt names get a stub.
"""

import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

import declarations
from reviewed import Libraries

# libSystem's parts have these names too.
SYSTEM_NAMES = ("libSystem", "libc", "libm", "libpthread", "libdl")


def stub(path, install_name, arch, symbols):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        "--- !tapi-tbd",
        "tbd-version: 4",
        f"targets: [ {arch}-macos ]",
        f"install-name: '{install_name}'",
        "current-version: 1",
        "compatibility-version: 1",
    ]
    if symbols:
        quoted = ", ".join(f"'{s}'" for s in sorted(symbols))
        lines += ["exports:", f"  - targets: [ {arch}-macos ]", f"    symbols: [ {quoted} ]"]
    path.write_text("\n".join([*lines, "...", ""]))


def system(text, folder):
    """Zig's list speaks of arm64e, Apple's own variant of arm64; a program for arm64 links against the same library."""
    text = re.sub(r"arm64e\.x1-[a-z]+\s*,?", "", text)
    text = re.sub(r"\barm64e-", "arm64-", text)
    text = re.sub(r",\s*\]", " ]", text)
    folder.mkdir(parents=True, exist_ok=True)
    for name in SYSTEM_NAMES:
        (folder / f"{name}.tbd").write_text(text)


def system_symbols(text):
    lists = re.findall(r"(?:weak-|thread-local-)?symbols:\s*\[(.*?)\]", text, re.S)
    return {symbol.strip().strip("'") for names in lists for symbol in names.split(",")}


def declared(cargo, triple, cache):
    """What the crates declare. Crates of the registry never change, so their answer is kept with Cargo.lock's hash."""
    key = hashlib.sha256(Path("Cargo.lock").read_bytes() + Path(declarations.__file__).read_bytes()).hexdigest()
    if cache.exists():
        kept = json.loads(cache.read_text())
        if kept["key"] == key:
            own = {}
            for crate in [*Path("crates").iterdir(), Path("src-tauri")]:
                own.update(declarations.of_folder(crate / "src"))
            return {**own, **kept["symbols"]}
    symbols = declarations.of_workspace(cargo, triple)
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_text(json.dumps({"key": key, "symbols": symbols}))
    return symbols


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    cargo, triple, libsystem, folder = sys.argv[1:]
    folder = Path(folder)
    arch = {"aarch64": "arm64"}.get(triple.split("-")[0], triple.split("-")[0])
    libraries = Libraries.read(Path(__file__).with_name("libraries.txt"))
    by_library = {name: set(symbols) for name, symbols in libraries.symbols.items()}
    text = Path(libsystem).read_text()
    # Crates of a framework declare functions of libSystem beside its own.
    of_system = system_symbols(text)
    for symbol, framework in declared(cargo, triple, folder.parent / f"declarations-{arch}.json").items():
        if framework in by_library and symbol not in of_system:
            by_library[framework].add(symbol)
    shutil.rmtree(folder, ignore_errors=True)
    for name, symbols in by_library.items():
        install_name = libraries.install_names[name]
        if ".framework/" in install_name:
            path = folder / "System/Library/Frameworks" / f"{name}.framework" / f"{name}.tbd"
        else:
            path = folder / "usr/lib" / f"lib{name}.tbd"
        if name != "System":
            stub(path, install_name, arch, symbols)
    system(text, folder / "usr/lib")


main()
