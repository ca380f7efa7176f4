"""Checks Tawk.app: its contents, Info.plist, program and signature."""

import json
import os
import plistlib
import re
from pathlib import Path

import catalogue
import macho
from reviewed import Imports, Libraries
from signature import ADHOC, INFO, LINKER_SIGNED, RESOURCES, RUNTIME, Signature, seal_faults

ROOT = Path(__file__).resolve().parents[2]
EXECUTABLE = "tawk-app"
FIXTURE = ROOT / "models/ggml-fixture-en-q5_0.bin"
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


def version():
    """The workspace's version, the one place where a version is written."""
    section = (ROOT / "Cargo.toml").read_text().split("[workspace.package]")[1].split("\n[")[0]
    return re.search(r'^version = "(.+)"$', section, re.M).group(1)


def contents_of(app):
    """Paths of all files and links below Contents."""
    contents = app / "Contents"
    found = set()
    for folder, folders, names in os.walk(contents):
        for name in names + [name for name in folders if (Path(folder) / name).is_symlink()]:
            found.add((Path(folder) / name).relative_to(contents).as_posix())
    return found


def is_model(name):
    return name.startswith("Resources/models/ggml-") and name.endswith(".bin")


def models_of(app):
    return sorted(name for name in contents_of(app) if is_model(name))


def model_faults(app, known):
    """A model must be one of the catalogue's, byte for byte, and never the fixture."""
    for name in models_of(app):
        fault = catalogue.fault(app / "Contents" / name, known)
        if fault:
            yield f"{name}: {fault}"


def fixture_within(data):
    """Whether a program has the fixture model inside, as builds with the feature demo-model do."""
    with open(FIXTURE, "rb") as file:
        file.seek(FIXTURE.stat().st_size // 2)
        return file.read(256) in data


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
        "CFBundleVersion": version(),
        "CFBundleShortVersionString": version(),
        "LSMinimumSystemVersion": config["bundle"]["macOS"]["minimumSystemVersion"],
        "LSUIElement": True,
        # The panel's layer does not keep a discrete graphics processor on.
        "NSSupportsAutomaticGraphicsSwitching": True,
    }
    for key, value in wanted.items():
        if info.get(key) != value:
            yield f"Info.plist has {key} {info.get(key)!r} instead of {value!r}."
    if not info.get("NSMicrophoneUsageDescription"):
        yield "Info.plist lacks NSMicrophoneUsageDescription: macOS would end Tawk at its first recording."
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
    metal: whether it must compute with Metal on Apple's chips; on Intel's it never may
    trusted: whether an ad-hoc signature is not enough
    """
    yield from file_faults(app)
    yield from model_faults(app, catalogue.entries())
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
        if fixture_within(part.data):
            yield f"{name} has the fixture model inside; build it with --no-default-features."
        if part.minos != minimum:
            yield f"{name} asks for macOS {part.minos} instead of {minimum}."
        for library in part.libraries:
            if library not in names:
                yield f"{name} loads {library}, which is not in scripts/macos/libraries.txt."
        for found in (
            reviewed.lookup_faults(part),
            reviewed.name_faults(part, names),
            reviewed.newer_faults(part, names, minimum),
        ):
            for fault in found:
                yield f"{name}: {fault}"
        if metal and part.arch == "arm64" and not has_metal(part):
            yield f"{name} was built without Metal."
        if part.arch == "x86_64" and has_metal(part):
            yield f"{name} was built with Metal, which would start an Intel Mac's graphics processor for nothing."
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
