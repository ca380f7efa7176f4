"""Reads a disk image: on a Mac mounted by hdiutil, elsewhere unpacked by 7-Zip, with a reader of our own as a second opinion."""

import os
import platform
import shutil
import stat
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import image

MAC = platform.system() == "Darwin"
# What HFS+ itself adds to a volume.
OWN = {
    ".Trashes",
    ".fseventsd",
    "[HFS+ Private Data]",
    ".HFS+ Private Directory Data\r",
    ".HFS+ Private Directory Data_",
}


class MissingTool(Exception):
    """A tool that reads images is not installed; the text names it."""


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@contextmanager
def opened(path):
    """The folder in which an image's contents can be read; nothing for an image that cannot be."""
    with tempfile.TemporaryDirectory() as scratch:
        if MAC:
            mounted = run("hdiutil", "attach", "-readonly", "-nobrowse", "-noautoopen", "-mountpoint", scratch, path)
            if mounted.returncode:
                yield None
                return
            try:
                yield Path(scratch)
            finally:
                run("hdiutil", "detach", "-force", scratch)
            return
        if not shutil.which("7z"):
            raise MissingTool("there is no 7z; install Debian's p7zip-full.")
        # 7-Zip takes away from the modes what the caller's mask does.
        os.umask(0o022)
        # First the compressed image, then the volume in it.
        outer, inner = Path(scratch) / "outer", Path(scratch) / "inner"
        first = run("7z", "x", "-y", "-bd", "-tdmg", f"-o{outer}", path)
        volumes = sorted(outer.glob("*.hfs")) if outer.is_dir() else []
        if first.returncode or len(volumes) != 1:
            yield None
            return
        # -snld: the link to Applications leads out of the folder, which 7-Zip would rather not write.
        second = run("7z", "x", "-y", "-bd", "-snld", f"-o{inner}", volumes[0])
        if second.returncode:
            yield None
            return
        # The volume's name is the only folder.
        folders = list(inner.iterdir())
        yield folders[0] if len(folders) == 1 and folders[0].suffix != ".app" else inner


def link_target(link, folder):
    """Where a link in an opened image leads: 7-Zip puts the folder that it writes to before a target like /this."""
    target = os.readlink(link)
    before = str(folder.parent)
    return target[len(before) :] if target.startswith(before + "/") else target


def second_reader_faults(path):
    """What our own reader, which compares every checksum, sees in the image must be what 7-Zip sees. A Mac's own reader
    needs no second."""
    if MAC:
        return
    with tempfile.TemporaryDirectory() as scratch:
        run("7z", "x", "-y", "-bd", "-tdmg", f"-o{scratch}", path)
        try:
            if [image.unwrap(path)] != [volume.read_bytes() for volume in Path(scratch).glob("*.hfs")]:
                yield "7-Zip sees another volume in the image than its table tells."
        except image.Damaged as error:
            yield f"the image is damaged: {error}."


def tree(folder):
    """Every path below a folder with what is there: a link's target, a folder's mode, or a file's mode and bytes."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        mode = stat.S_IMODE(path.lstat().st_mode)
        if path.is_symlink():
            found[name] = ("link", os.readlink(path))
        elif path.is_file():
            found[name] = ("file", f"{mode:o}", path.read_bytes())
        else:
            found[name] = ("folder", f"{mode:o}")
    return found


def difference_faults(app, original):
    """Yields where an image's app is not the original: missing and additional paths, modes, links, bytes."""
    ours, theirs = tree(app), tree(original)
    for name in sorted(set(ours) | set(theirs)):
        if name not in ours:
            yield f"{name} of {original} is missing in the image."
        elif name not in theirs:
            yield f"{name} is in the image, but not in {original}."
        elif ours[name][:2] != theirs[name][:2]:
            was, now = " ".join(theirs[name][:2]), " ".join(ours[name][:2])
            yield f"{name} is a {now} in the image instead of a {was}."
        elif ours[name] != theirs[name]:
            yield f"{name} differs from the one in {original}."
