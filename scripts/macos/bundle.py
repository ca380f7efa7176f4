"""Checks Tawk.app: its contents, Info.plist, program and signature."""

import json
import os
import plistlib
from pathlib import Path

import macho
from reviewed import Imports, Libraries
from signature import ADHOC, INFO, LINKER_SIGNED, RESOURCES, RUNTIME, Signature, seal_faults

ROOT = Path(__file__).resolve().parents[2]
EXECUTABLE = "tawk-app"
# Everything that a bundle holds; a model may come on top.
FILES = {
    "Info.plist",
    "PkgInfo",
    "MacOS/tawk-app",
    "MacOS/tawk",
    "Resources/icon.icns",
    "Resources/licences.txt",
    "_CodeSignature/CodeResources",
}
# The ticket that stapling adds.
TICKET = "CodeResources"


def contents_of(app):
    """Paths of all files and links below Contents."""
    contents = app / "Contents"
    found = set()
    for folder, folders, names in os.walk(contents):
        for name in names + [name for name in folders if (Path(folder) / name).is_symlink()]:
            found.add((Path(folder) / name).relative_to(contents).as_posix())
    return found


def is_model(name):
    return name.startswith("Resources/models/ggml-") and name.endswith(".bin") and "fixture" not in name


def models_of(app):
    return sorted(name for name in contents_of(app) if is_model(name))


def file_faults(app):
    beside = sorted(path.name for path in app.iterdir() if path.name != "Contents")
    for name in beside:
        yield f"{name} lies beside Contents."
    found = contents_of(app)
    for name in sorted(FILES - found):
        yield f"{name} is missing."
    for name in sorted(found - FILES - {TICKET}):
        if not is_model(name):
            yield f"{name} is a stray file."
    link = app / "Contents/MacOS/tawk"
    if "MacOS/tawk" in found and not (link.is_symlink() and os.readlink(link) == EXECUTABLE):
        yield f"MacOS/tawk is not a link to {EXECUTABLE}."
    folded = {}
    for name in found:
        if folded.setdefault(name.casefold(), name) != name:
            yield f"{name} and {folded[name.casefold()]} are one file on a Mac."


def info_faults(app):
    config = json.loads((ROOT / "src-tauri/tauri.conf.json").read_text())
    try:
        info = plistlib.loads((app / "Contents/Info.plist").read_bytes())
    except (OSError, plistlib.InvalidFileException):
        yield "Info.plist is not readable."
        return
    wanted = {
        "CFBundleIdentifier": config["identifier"],
        "CFBundleExecutable": EXECUTABLE,
        "CFBundlePackageType": "APPL",
        "CFBundleIconFile": "icon.icns",
        "LSMinimumSystemVersion": config["bundle"]["macOS"]["minimumSystemVersion"],
        "LSUIElement": True,
    }
    for key, value in wanted.items():
        if info.get(key) != value:
            yield f"Info.plist has {key} {info.get(key)!r} instead of {value!r}."
    if not info.get("NSMicrophoneUsageDescription"):
        yield "Info.plist lacks NSMicrophoneUsageDescription: macOS would end Tawk at its first recording."
    if not info.get("CFBundleVersion") or info.get("CFBundleVersion") != info.get("CFBundleShortVersionString"):
        yield "Info.plist has no version, or two."
    schemes = [scheme for entry in info.get("CFBundleURLTypes", []) for scheme in entry.get("CFBundleURLSchemes", [])]
    if schemes != ["tawk"]:
        yield f"Info.plist has the URL schemes {schemes} instead of tawk alone."


def has_metal(program):
    """Whether whisper.cpp's Metal code and its shaders are inside."""
    loads = any(name.endswith("/Metal") for name in program.libraries)
    shaders = any("__ggml_metallib" in names for _, names in program.segments)
    return loads and shaders


def faults(app, archs, identifier, metal, trusted):
    """Yields what is wrong with a bundle, as sentences.

    archs: the architectures that it must hold, all and no other
    metal: whether it must compute with Metal
    trusted: whether an ad-hoc signature is not enough
    """
    yield from file_faults(app)
    yield from info_faults(app)
    yield from seal_faults(app, EXECUTABLE)
    program = app / "Contents/MacOS" / EXECUTABLE
    try:
        parts = macho.programs(program.read_bytes())
    except (OSError, macho.NotMachO) as error:
        yield f"{EXECUTABLE}: {error}."
        return
    if not os.access(program, os.X_OK):
        yield f"{EXECUTABLE} may not be executed."
    found = sorted(part.arch for part in parts)
    if found != sorted(archs):
        yield f"{EXECUTABLE} is for {' and '.join(found)} instead of {' and '.join(sorted(archs))}."
    config = json.loads((ROOT / "src-tauri/tauri.conf.json").read_text())
    minimum = config["bundle"]["macOS"]["minimumSystemVersion"]
    entitlements = plistlib.loads((ROOT / "src-tauri/Entitlements.plist").read_bytes())
    libraries = Libraries.read(Path(__file__).with_name("libraries.txt"))
    names = {install_name: name for name, install_name in libraries.install_names.items()}
    reviewed = Imports.read(Path(__file__).with_name("imports.txt"))
    slots = {}
    for slot, name in ((INFO, "Info.plist"), (RESOURCES, "_CodeSignature/CodeResources")):
        path = app / "Contents" / name
        if path.exists():
            slots[slot] = path.read_bytes()
    for part in parts:
        name = f"{EXECUTABLE} ({part.arch})"
        if part.minos != minimum:
            yield f"{name} asks for macOS {part.minos} instead of {minimum}."
        for library in part.libraries:
            if library not in names:
                yield f"{name} loads {library}, which is not in scripts/macos/libraries.txt."
        for fault in reviewed.newer_faults(part, names, minimum):
            yield f"{name}: {fault}"
        if metal and not has_metal(part):
            yield f"{name} was built without Metal."
        signature = Signature(part)
        for fault in signature.faults(slots):
            yield f"{name}: {fault}"
        if not signature.blobs:
            continue
        if signature.identifier != identifier:
            yield f"{name} is signed as {signature.identifier} instead of {identifier}."
        if signature.entitlements() != entitlements:
            yield f"{name} has the entitlements {sorted(signature.entitlements())} instead of {sorted(entitlements)}."
        if not signature.flags & RUNTIME:
            yield f"{name} is signed without the hardened runtime."
        if signature.flags & LINKER_SIGNED:
            yield f"{name} has only the linker's signature."
        if trusted and (signature.flags & ADHOC or not signature.signed_by_somebody()):
            yield f"{name} is signed ad hoc, by nobody."


def table(app):
    """What a bundle is, as names and values for people to read; nothing for one that cannot be read."""
    try:
        parts = macho.programs((app / "Contents/MacOS" / EXECUTABLE).read_bytes())
        info = plistlib.loads((app / "Contents/Info.plist").read_bytes())
    except (OSError, macho.NotMachO, plistlib.InvalidFileException):
        return []
    rows = [
        ("version", f"{info.get('CFBundleShortVersionString')}, macOS {info.get('LSMinimumSystemVersion')} and later")
    ]
    for part in parts:
        signature = Signature(part)
        # Reads the flags and the identifier.
        list(signature.faults({}))
        by = "a certificate" if signature.signed_by_somebody() else "nobody"
        runtime = "hardened runtime" if signature.flags & RUNTIME else "no hardened runtime"
        metal = "Metal" if has_metal(part) else "no Metal"
        rows.append((part.arch, f"{len(part.data) / 1e6:.1f} MB, macOS {part.minos}, {metal}"))
        rows.append(("", f"signed as {signature.identifier} by {by}, {runtime}"))
        rows.append(("", f"entitlements: {', '.join(signature.entitlements()) or 'none'}"))
    loaded = sorted({Path(library).name for part in parts for library in part.libraries})
    for i in range(0, len(loaded), 7):
        rows.append(("" if i else "libraries", " ".join(loaded[i : i + 7])))
    for i, name in enumerate(sorted(contents_of(app))):
        rows.append(("" if i else "contents", name))
    return rows
