"""Which framework holds which symbol, as the extern blocks of the Rust crates declare it.

A block's own `#[link(name = …, kind = "framework")]` decides; where a block has none, the crate's only framework
does. A crate that names several frameworks and leaves a block without one declares nothing by that block: such
symbols need a line in libraries.txt.
"""

import json
import re
import subprocess
from pathlib import Path

LINK = re.compile(r'link\s*\(\s*name\s*=\s*"([^"]+)"\s*,\s*kind\s*=\s*"framework"')
BLOCK = re.compile(r'((?:#\[[^\]]*\]\s*|//[^\n]*\n\s*)*)(?:unsafe\s+)?extern\s*"(?:C|C-unwind|system)"\s*\{')
NAME = re.compile(
    r"\b(?:pub(?:\([a-z]+\))?\s+)?(?:safe\s+|unsafe\s+)?(?:fn|static(?:\s+mut)?)\s+([A-Za-z_][A-Za-z0-9_]*)"
)
LINK_NAME = re.compile(r'link_name\s*=\s*"([^"]+)"')
COMMENT = re.compile(r"//[^\n]*")


def blocks(text):
    """Yields the attributes and the body of each extern block."""
    for match in BLOCK.finditer(text):
        depth, end = 1, match.end()
        while end < len(text) and depth:
            depth += (text[end] == "{") - (text[end] == "}")
            end += 1
        yield match.group(1), text[match.end() : end - 1]


def of_sources(texts):
    """Maps each symbol (with its leading underscore) that these sources of one crate declare to its framework."""
    frameworks = {name for text in texts for name in LINK.findall(text)}
    only = next(iter(frameworks)) if len(frameworks) == 1 else None
    found = {}
    for text in texts:
        if "extern" not in text:
            continue
        for attributes, body in blocks(text):
            own = LINK.search(attributes)
            framework = own.group(1) if own else only
            if framework:
                body = COMMENT.sub("", body)
                for name in LINK_NAME.findall(body) + NAME.findall(body):
                    found.setdefault("_" + name, framework)
    return found


def of_folder(folder):
    return of_sources([p.read_text(errors="replace") for p in sorted(Path(folder).rglob("*.rs"))])


def of_workspace(cargo, triple):
    """Maps symbols to frameworks for every crate that the workspace builds for `triple`."""
    graph = subprocess.run(
        [cargo, "metadata", "--locked", "--format-version", "1", "--filter-platform", triple],
        check=True,
        stdout=subprocess.PIPE,
    )
    graph = json.loads(graph.stdout)
    # Not every package of the metadata is built for the target; those that the resolved graph reaches are.
    nodes = {node["id"]: node for node in graph["resolve"]["nodes"]}
    reached, waiting = set(), list(graph["workspace_members"])
    while waiting:
        package = waiting.pop()
        if package not in reached:
            reached.add(package)
            waiting += [dependency["pkg"] for dependency in nodes[package]["deps"]]
    found = {}
    for package in sorted(graph["packages"], key=lambda p: p["id"]):
        if package["id"] in reached:
            for symbol, framework in of_folder(Path(package["manifest_path"]).parent / "src").items():
                found.setdefault(symbol, framework)
    return found
