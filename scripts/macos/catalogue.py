"""Reads models/catalogue.toml: which speech models there are, and whether a file is one of them.

Written for Python 3.9, which knows no TOML; the catalogue keeps to one value a line.
"""

import hashlib
import re
from pathlib import Path

PATH = Path(__file__).resolve().parents[2] / "models/catalogue.toml"
VALUE = re.compile(r'^(\w+) = (?:"(.*)"|(\d+)|(true|false))$', re.M)


def entries(path=PATH):
    """The models as dictionaries, in the catalogue's order."""
    found = []
    for text in path.read_text().split("[[model]]")[1:]:
        entry = {}
        for name, words, number, truth in VALUE.findall(text):
            entry[name] = int(number) if number else truth == "true" if truth else words
        found.append(entry)
    return found


def default(known):
    """The model that a bundle comes with: the first that Tawk recommends."""
    return next(entry for entry in known if entry.get("recommended"))


def digest(file):
    sha = hashlib.sha256()
    with open(file, "rb") as opened:
        for block in iter(lambda: opened.read(1 << 20), b""):
            sha.update(block)
    return sha.hexdigest()


def fault(file, known):
    """Why a file may not be shipped as a model, or nothing. The bytes decide, whatever the file is called."""
    length = file.stat().st_size
    alike = [entry for entry in known if entry["bytes"] == length]
    sum_of = digest(file) if alike else None
    entry = next((entry for entry in alike if entry["sha256"] == sum_of), None)
    if entry and entry.get("demo"):
        return "it is the fixture model, which is for tests; a release bundle does not hold it."
    if not entry:
        return "it is no model of models/catalogue.toml: its length or SHA-256 is another."
    if entry["file"] != file.name:
        return f"it is {entry['file']} under another name."
    return None
