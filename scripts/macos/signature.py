"""Checks code signatures without Apple's tools: page hashes, special slots, flags, and a bundle's seal.

What it cannot tell is whether Apple trusts the certificate: codesign and spctl on a Mac do. The layouts are those of
Apple's Security project, cs_blobs.h and codedirectory.h; numbers are big-endian.
"""

import hashlib
import os
import plistlib
import struct
from pathlib import Path

EMBEDDED_SIGNATURE = 0xFADE0CC0
CODE_DIRECTORY, INFO, REQUIREMENTS, RESOURCES, ENTITLEMENTS, ENTITLEMENTS_DER, CMS = 0, 1, 2, 3, 5, 7, 0x10000
ALTERNATE_DIRECTORIES = range(0x1000, 0x1006)
SLOT_NAMES = {1: "Info.plist", 2: "requirements", 3: "CodeResources", 5: "entitlements", 7: "DER entitlements"}
ADHOC, RUNTIME, LINKER_SIGNED = 0x2, 0x10000, 0x20000
HASHES = {1: hashlib.sha1, 2: hashlib.sha256}


class Signature:
    """The signature inside one architecture of a program."""

    def __init__(self, program):
        self.program = program
        self.blobs = {}
        self.flags = 0
        self.identifier = ""
        if not program.signature:
            return
        offset, size = program.signature
        data = program.data[offset : offset + size]
        if len(data) < 12:
            return
        magic, _, count = struct.unpack_from(">3I", data)
        if magic != EMBEDDED_SIGNATURE:
            return
        for i in range(count):
            kind, start = struct.unpack_from(">2I", data, 12 + 8 * i)
            length = struct.unpack_from(">I", data, start + 4)[0]
            self.blobs[kind] = data[start : start + length]

    def entitlements(self):
        blob = self.blobs.get(ENTITLEMENTS)
        return plistlib.loads(blob[8:]) if blob else {}

    def signed_by_somebody(self):
        """Whether there is a certificate's signature, not only hashes."""
        return len(self.blobs.get(CMS, b"")) > 8

    def faults(self, files):
        """Yields what is wrong. `files` maps the slots of Info.plist and CodeResources to those files' bytes."""
        directories = [self.blobs[kind] for kind in (CODE_DIRECTORY, *ALTERNATE_DIRECTORIES) if kind in self.blobs]
        if not directories:
            yield "it is not signed."
            return
        kinds = set()
        for directory in directories:
            kinds.add(directory[37])
            yield from self.directory_faults(directory, files)
        if 2 not in kinds:
            yield "it has no SHA-256 hashes."

    def directory_faults(self, directory, files):
        (_, _, _, self.flags, hashes, identifier, specials, pages, limit) = struct.unpack_from(">9I", directory)
        size, kind, _, page_bits = directory[36:40]
        if kind not in HASHES:
            yield f"it has hashes of a kind ({kind}) that is not known here."
            return
        self.identifier = directory[identifier : directory.index(b"\0", identifier)].decode()

        def matches(slot, data):
            return HASHES[kind](data).digest()[:size] == directory[hashes + slot * size : hashes + (slot + 1) * size]

        if limit != self.program.signature[0]:
            yield f"its hashes cover {limit} bytes, not all {self.program.signature[0]} before the signature."
        page = 1 << page_bits
        if pages != -(-limit // page):
            yield f"it has {pages} page hashes for {limit} bytes."
        bad = [i for i in range(pages) if not matches(i, self.program.data[i * page : min((i + 1) * page, limit)])]
        if bad:
            yield f"{len(bad)} of its {pages} pages do not match their hashes, the first at byte {bad[0] * page}."
        for slot in range(1, specials + 1):
            if not any(directory[hashes - slot * size : hashes - (slot - 1) * size]):
                continue
            data = self.blobs.get(slot) or files.get(slot)
            if data is None:
                yield f"it has a hash of {SLOT_NAMES.get(slot, slot)}, which is missing."
            elif not matches(-slot, data):
                yield f"its hash of {SLOT_NAMES.get(slot, slot)} does not match."
        for slot in [*files, *(kind for kind in self.blobs if kind in SLOT_NAMES)]:
            if slot > specials or not any(directory[hashes - slot * size : hashes - (slot - 1) * size]):
                yield f"it has no hash of {SLOT_NAMES[slot]}."


def seal_faults(app, executable):
    """Yields what CodeResources and the files of a bundle disagree about: changed, missing and added files."""
    contents = app / "Contents"
    try:
        seal = plistlib.loads((contents / "_CodeSignature/CodeResources").read_bytes())
    except (OSError, plistlib.InvalidFileException):
        yield "there is no readable _CodeSignature/CodeResources."
        return
    sealed = seal.get("files2", {})
    # The program and Info.plist are sealed by the signature itself; the ticket comes after it.
    apart = {"Info.plist", "PkgInfo", "CodeResources", f"MacOS/{executable}"}
    found = set()
    for folder, folders, names in os.walk(contents):
        for name in names + [name for name in folders if (Path(folder) / name).is_symlink()]:
            found.add((Path(folder) / name).relative_to(contents).as_posix())
    found = {name for name in found if not name.startswith("_CodeSignature/")}
    for name in sorted(found - apart - set(sealed)):
        yield f"{name} is not sealed: it was added after signing."
    for name, entry in sorted(sealed.items()):
        path = contents / name
        if name not in found:
            if not entry.get("optional"):
                yield f"{name} is sealed, but missing."
        elif "symlink" in entry:
            if not path.is_symlink() or os.readlink(path) != entry["symlink"]:
                yield f"{name} is not the link that was sealed."
        elif "hash2" in entry:
            if path.is_symlink() or hashlib.sha256(path.read_bytes()).digest() != entry["hash2"]:
                yield f"{name} changed after signing."
        elif name != f"MacOS/{executable}":
            yield f"{name} is sealed in a way that is not known here."
