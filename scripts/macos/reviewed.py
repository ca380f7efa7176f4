"""Reads libraries.txt and imports.txt, the reviewed lists of what Tawk's Mac programs may load and call."""

from dataclasses import dataclass
from pathlib import Path


# What every compiler calls in its own way.
RUNTIMES = {"System", "objc", "c++"}


@dataclass
class Libraries:
    # Short name → install name, and short name → symbols that no crate declares a framework for.
    install_names: dict
    symbols: dict

    @classmethod
    def read(cls, path):
        install_names, symbols = {}, {}
        for number, line in enumerate(Path(path).read_text().splitlines(), 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            if words[0] == "library" and len(words) == 3:
                install_names[words[1]] = words[2]
                symbols[words[1]] = set()
            elif words[0] == "symbol" and len(words) >= 3 and words[1] in symbols:
                symbols[words[1]].update(words[2:])
            else:
                raise SystemExit(f"{path}, line {number}: not understood: {line.strip()}")
        return cls(install_names, symbols)


@dataclass
class Imports:
    # (library, symbol) → the macOS version that the symbol appeared in.
    versions: dict
    # Those of them that Tawk never calls, so that they may be missing when they are linked weakly.
    uncalled: set

    @classmethod
    def read(cls, path):
        versions, uncalled, group = {}, set(), None
        for number, line in enumerate(Path(path).read_text().splitlines(), 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            if not line[0].isspace():
                if words[2:] not in ([], ["uncalled"]) or not words[1:] or not words[1].replace(".", "").isdigit():
                    raise SystemExit(
                        f"{path}, line {number}: a group is a library, a macOS version, and maybe “uncalled”."
                    )
                group = words
                continue
            if group is None:
                raise SystemExit(f"{path}, line {number}: symbols come after their library and version.")
            for symbol in words:
                if versions.setdefault((group[0], symbol), group[1]) != group[1]:
                    raise SystemExit(f"{path}, line {number}: {symbol} of {group[0]} is listed twice.")
                if group[2:]:
                    uncalled.add((group[0], symbol))
        return cls(versions, uncalled)

    def since(self, library, symbol):
        return self.versions.get((library, symbol))

    def lookup_faults(self, program):
        """Yields the imports that name no library, so that nobody can tell before the start whether they are there."""
        for item in program.imports:
            if item.library not in program.libraries:
                yield f"it imports {item.symbol} from no library."

    def name_faults(self, program, names):
        """Yields the imports whose name is not listed at all, for a program that Apple's own linker made.

        Which library holds a symbol is Apple's to say there, and the C and C++ runtimes are left to its compiler.
        """
        listed = {symbol for _, symbol in self.versions}
        for item in program.imports:
            library = names.get(item.library, item.library)
            if library not in RUNTIMES and item.symbol not in listed:
                yield f"it imports {item.symbol} from {library}, which is not in scripts/macos/imports.txt."

    def newer_faults(self, program, names, minos):
        """Yields the imports that the oldest macOS lacks. `names` maps install names to short ones."""
        for item in program.imports:
            key = (names.get(item.library), item.symbol)
            since = self.versions.get(key)
            if since is None or parts(since) <= parts(minos) or item.weak and key in self.uncalled:
                continue
            yield f"it imports {item.symbol} from {key[0]}, which came with macOS {since}, after {minos}."


def parts(version):
    return [int(part) for part in version.split(".")]
