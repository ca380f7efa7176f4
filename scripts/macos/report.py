"""Tawk.app and its image as tables for people to read. Whether they are right, bundle.py and verify-dmg tell."""

import plistlib
import stat
import textwrap
from pathlib import Path

import bundle
import macho
import volume
from signature import RUNTIME, Signature

WIDTH = 116


def columns(rows):
    """Rows of equal length as lines; the first row names the columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def programs_of(app):
    """The program's architectures, or nothing when it cannot be read."""
    try:
        return macho.programs((app / "Contents/MacOS" / bundle.EXECUTABLE).read_bytes())
    except (OSError, macho.NotMachO):
        return []


def targets(parts):
    """One row for each architecture: size, oldest macOS, what computes, and the signature."""
    rows = [("target", "size", "minos", "computes on", "signed as", "signed by", "runtime", "entitlements")]
    for part in parts:
        signature = Signature(part)
        # Reads the flags and the identifier.
        list(signature.faults({}))
        rows.append(
            (
                part.arch,
                f"{len(part.data) / 1e6:.1f} MB",
                part.minos,
                "Metal" if bundle.has_metal(part) else "the processor",
                signature.identifier or "-",
                "a certificate" if signature.signed_by_somebody() else "nobody",
                "hardened" if signature.flags & RUNTIME else "not hardened",
                ", ".join(sorted(signature.entitlements())) or "none",
            )
        )
    return columns(rows)


def libraries(parts):
    """What the program loads, by folder; “(weak)” marks what may be missing on an older macOS."""
    seen = {}
    for part in parts:
        for library in part.libraries:
            # A framework's name says where in it the library lies.
            framework = ".framework/" in library
            folder = (
                library.split("/" + Path(library).name + ".framework/")[0] if framework else str(Path(library).parent)
            )
            name = Path(library).name + (" (weak)" if library in part.weak_libraries else "")
            seen.setdefault(folder, {}).setdefault(name, set()).add(part.arch)
    lines = []
    everywhere = {part.arch for part in parts}
    for folder, names in sorted(seen.items()):
        shown = [
            name if archs == everywhere else f"{name} ({', '.join(sorted(archs))} alone)"
            for name, archs in names.items()
        ]
        lines.append(f"{folder} ({len(shown)})")
        lines += textwrap.wrap(", ".join(sorted(shown)), WIDTH - 2, initial_indent="  ", subsequent_indent="  ")
    return lines


def contents(folder, root):
    """Every file and link of a folder with its mode and size; names count from `root`."""
    rows = [("mode", "bytes", "file")]
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(root)
        if name.parts[0] in volume.OWN:
            continue
        if path.is_symlink():
            rows.append((stat.filemode(path.lstat().st_mode), "", f"{name} -> {volume.link_target(path, root)}"))
        elif path.is_file():
            facts = path.stat()
            rows.append((stat.filemode(facts.st_mode), f"{facts.st_size:>10,}", str(name)))
    return columns(rows)


def titled(title, lines):
    return [title, "", *("  " + line for line in lines), ""]


def of_app(app):
    """Lines about Tawk.app."""
    parts = programs_of(app)
    try:
        info = plistlib.loads((app / "Contents/Info.plist").read_bytes())
    except (OSError, plistlib.InvalidFileException):
        info = {}
    models = bundle.models_of(app)
    name = f"{info.get('CFBundleName')} {info.get('CFBundleVersion')} ({info.get('CFBundleIdentifier')})"
    oldest = f"macOS {info.get('LSMinimumSystemVersion')} and later"
    lines = titled(
        f"{name}, {oldest}, {', '.join(Path(model).name for model in models) or 'no speech model'}", targets(parts)
    )
    return lines + titled("libraries", libraries(parts))
