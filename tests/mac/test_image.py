"""scripts/make-dmg and scripts/verify-dmg: the app in an image is the app, the window is laid out, the size is bounded."""

import os
import plistlib
import shutil
import struct
import sys
import unittest
import zlib

import small_app
from test_bundle import BUILT, OPTIONS, ROOT, VERIFY, Folder

sys.path.insert(0, str(ROOT / "scripts/macos"))
import image as writer
import volume

TOOLS = shutil.which("xorriso") and shutil.which("7z") and shutil.which("dmg2img")


@unittest.skipUnless(TOOLS, "xorriso, p7zip-full and dmg2img are not installed")
class Image(Folder):
    def setUp(self):
        super().setUp()
        self.app = self.folder / "Tawk.app"
        if BUILT:
            shutil.copytree(BUILT, self.app, symlinks=True)
        else:
            small_app.assembled(self.app, small_app.program())
            small_app.sign(self.app)
        self.image = self.folder / "Tawk.dmg"

    def make(self):
        self.assertEqual(self.run_program(ROOT / "scripts/make-dmg", self.app, self.image), 0, self.said)

    def verify(self, *options):
        return self.run_program(VERIFY, *OPTIONS, *options, self.image)

    def unpacked(self):
        """What is in the image, to be changed and put into another."""
        folder = self.folder / "unpacked"
        with volume.opened(self.image) as contents:
            shutil.copytree(contents, folder, symlinks=True)
        link = folder / "Applications"
        link.unlink()
        link.symlink_to("/Applications")
        return folder

    def assert_fault_in(self, folder, sentence):
        writer.wrap(writer.volume(folder, "Tawk"), self.image)
        self.assertEqual(self.verify(), 1, self.said)
        self.assertIn(sentence, self.said)

    def test_the_contents_are_the_app_byte_for_byte(self):
        self.make()
        self.assertEqual(self.verify("--app", self.app), 0, self.said)
        licences = self.app / "Contents/Resources/licences.txt"
        before = licences.read_bytes()
        licences.write_bytes(before[:-1] + b"?")
        self.assertEqual(self.verify("--app", self.app), 1)
        self.assertIn("Contents/Resources/licences.txt differs from the one in", self.said)
        licences.write_bytes(before)
        licences.chmod(0o600)
        self.assertEqual(self.verify("--app", self.app), 1)
        self.assertIn("licences.txt is a file 644 in the image instead of a file 600.", self.said)
        licences.chmod(0o644)
        link = self.app / "Contents/MacOS/tawk"
        link.unlink()
        link.symlink_to("./tawk-app")
        self.assertEqual(self.verify("--app", self.app), 1)
        self.assertIn("MacOS/tawk is a link tawk-app in the image instead of a link ./tawk-app.", self.said)

    def test_a_flipped_byte_of_the_image(self):
        self.make()
        data = bytearray(self.image.read_bytes())
        # Compressed data, so 7-Zip's checksum or the signature tells.
        data[len(data) // 2] ^= 1
        self.image.write_bytes(data)
        self.assertEqual(self.verify(), 1, self.said)

    def test_two_readers_that_are_not_ours_see_the_same_volume(self):
        """7-Zip reads both kinds of chunk, dmg2img only zlib's; nothing else in the image differs."""
        self.make()
        raw = writer.unwrap(self.image)
        other = self.folder / "zlib.dmg"
        writer.wrap(raw, other, writer.ZLIB)
        self.assertLess(self.image.stat().st_size, other.stat().st_size)
        seen = self.folder / "dmg2img"
        self.assertEqual(self.run_program("dmg2img", other, seen), 0, self.said)
        self.assertEqual(seen.read_bytes(), raw)
        for number, one in enumerate([self.image, other]):
            self.assertEqual(self.run_program("7z", "x", "-bd", "-tdmg", f"-o{self.folder}/7z{number}", one), 0, self.said)
            [seen] = (self.folder / f"7z{number}").glob("*.hfs")
            self.assertEqual(seen.read_bytes(), raw)

    def test_a_checksum_that_does_not_fit(self):
        self.make()
        data = bytearray(self.image.read_bytes())
        whole = struct.pack(">I", zlib.crc32(writer.unwrap(self.image)))
        # The last byte of each checksum in the trailer, the data's and the table's; the volume's stands in the table.
        for at, what in [(len(data) - 512 + 91, "data"), (len(data) - 512 + 363, "table")]:
            with self.subTest(what):
                data[at] ^= 1
                self.image.write_bytes(data)
                self.assertEqual(self.verify(), 1, self.said)
                self.assertIn(f"the image is damaged: its {what} does not fit its checksum.", self.said)
                data[at] ^= 1
        listing = plistlib.loads(data[struct.unpack_from(">Q", data, len(data) - 512 + 216)[0] : -512])
        self.assertEqual(listing["resource-fork"]["blkx"][0]["Data"][72:76], whole)

    def test_a_broken_image(self):
        self.make()
        data = self.image.read_bytes()
        self.image.write_bytes(data[: len(data) // 2])
        self.assertEqual(self.verify(), 1)
        self.assertIn("cannot be read", self.said)

    def test_an_image_over_its_budget(self):
        self.make()
        self.assertEqual(self.verify("--max-mb", "0.05"), 1)
        self.assertRegex(self.said, r"the image has \d+\.\d MB; the budget is 0\.1 MB\.")

    def test_a_model_does_not_count(self):
        models = self.app / "Contents/Resources/models"
        models.mkdir()
        # Not a model of the catalogue, which is another fault.
        (models / "ggml-noise.bin").write_bytes(os.urandom(3_000_000))
        self.make()
        self.assertEqual(self.verify("--max-mb", "1"), 1)
        self.assertIn("it is no model", self.said)
        self.assertNotIn("the budget", self.said)

    def test_a_stray_file_another_picture_and_another_link(self):
        self.make()
        for change, sentence in [
            (lambda folder: (folder / "Read Me.txt").touch(), "Read Me.txt is a stray file in the image."),
            (lambda folder: (folder / "Applications").unlink(), "Applications is missing in the image."),
            (
                lambda folder: (folder / "Applications").symlink_to("/tmp"),
                "Applications is not a link to /Applications.",
            ),
            (
                lambda folder: (folder / ".background/background.tiff").write_bytes(b"II"),
                ".background/background.tiff is not the window's background.",
            ),
            (lambda folder: (folder / ".DS_Store").unlink(), ".DS_Store is missing in the image."),
        ]:
            with self.subTest(sentence):
                folder = self.unpacked()
                if "not a link" in sentence:
                    (folder / "Applications").unlink()
                change(folder)
                self.assert_fault_in(folder, sentence)
                shutil.rmtree(folder)
                self.make()

    def test_everybody_may_read_the_volume(self):
        self.make()
        with volume.opened(self.image) as contents:
            self.assertEqual(contents.stat().st_mode & 0o777, 0o755)

    def test_the_window_shows_the_picture_and_both_icons(self):
        self.make()
        with volume.opened(self.image) as contents:
            store = (contents / ".DS_Store").read_bytes()
            picture = (contents / ".background/background.tiff").read_bytes()
        icons = plistlib.loads(blob_of(store, ".", "icvp"))
        self.assertEqual((icons["backgroundType"], icons["iconSize"]), (2, 112.0))
        alias = tags_of(icons["backgroundImageAlias"])
        self.assertEqual(alias[18], b"/.background/background.tiff")
        self.assertEqual(alias[19], b"/Volumes/Tawk")
        for name, place in (("Tawk.app", (180, 170)), ("Applications", (460, 170))):
            self.assertEqual(struct.unpack_from(">2I", blob_of(store, name, "Iloc")), place)
        window = plistlib.loads(blob_of(store, ".", "bwsp"))["WindowBounds"]
        self.assertEqual(window.split("}, ")[1], "{640, 400}}")
        self.assertEqual(pages_of(picture), [(640, 400, 72), (1280, 800, 144)])


def blob_of(store, name, kind):
    """The value of a record that holds bytes."""
    key = struct.pack(">I", len(name)) + name.encode("utf-16-be") + kind.encode() + b"blob"
    at = store.index(key) + len(key)
    return store[at + 4 : at + 4 + struct.unpack_from(">I", store, at)[0]]


def tags_of(alias):
    """The tagged fields of an alias record, after its 150 bytes of fixed ones."""
    assert struct.unpack_from(">2H", alias, 4) == (len(alias), 2)
    found, at = {}, 150
    while True:
        tag, length = struct.unpack_from(">hH", alias, at)
        if tag == -1:
            return found
        found[tag] = alias[at + 4 : at + 4 + length]
        at += 4 + length + length % 2


def pages_of(tiff):
    """Width, height and pixels per inch of each picture in a TIFF."""
    order = "<" if tiff[:2] == b"II" else ">"
    at, found = struct.unpack_from(order + "I", tiff, 4)[0], []
    while at:
        count = struct.unpack_from(order + "H", tiff, at)[0]
        fields = {}
        for i in range(count):
            tag, kind, _, value = struct.unpack_from(order + "2H2I", tiff, at + 2 + 12 * i)
            fields[tag] = struct.unpack_from(order + "2I", tiff, value)[0] if kind == 5 else value
        # 256 and 257 are the size, 282 is the density; 296 says that it counts inches.
        assert fields[296] == 2
        found.append((fields[256], fields[257], fields[282]))
        at = struct.unpack_from(order + "I", tiff, at + 2 + 12 * count)[0]
    return found


if __name__ == "__main__":
    unittest.main()
