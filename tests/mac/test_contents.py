"""What goes into the bundle: Info.plist, icons, speech models, and the licences of everything inside."""

import hashlib
import json
import plistlib
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib
from pathlib import Path

import small_app

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts/macos"))

import bundle
import catalogue

ICONS = ROOT / "src-tauri/icons"


class Info(unittest.TestCase):
    def test_what_macos_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            app = Path(folder) / "Tawk.app"
            small_app.assembled(app, small_app.program())
            info = plistlib.loads((app / "Contents/Info.plist").read_bytes())
        self.assertIs(info["LSUIElement"], True)
        self.assertIs(info["NSSupportsAutomaticGraphicsSwitching"], True)
        self.assertEqual(info["LSMinimumSystemVersion"], "13.0")
        self.assertEqual(info["CFBundleVersion"], small_app.version())
        # The languages of the window, for what macOS itself shows in Tawk's name.
        words = sorted(path.stem for path in (ROOT / "ui/strings").glob("*.js"))
        self.assertEqual(sorted(info["CFBundleLocalizations"]), words)
        self.assertEqual(info["CFBundleDevelopmentRegion"], "en")
        self.assertRegex(info["NSMicrophoneUsageDescription"], r"^Tawk .*never leaves your Mac\.$")
        # A link opens Tawk, and no other kind of file or link does.
        self.assertEqual([entry["CFBundleURLSchemes"] for entry in info["CFBundleURLTypes"]], [["tawk"]])
        for key in ("CFBundleDocumentTypes", "NSAppleScriptEnabled", "NSServices", "NSAppTransportSecurity"):
            self.assertNotIn(key, info)

    def test_the_only_entitlement_is_the_microphone(self):
        self.assertEqual(small_app.entitlements(), {"com.apple.security.device.audio-input": True})

    def test_a_link_only_shows_the_window(self):
        """The words of a link are never looked at: the event's fields are not even named."""
        text = (ROOT / "src-tauri/src/system.rs").read_text()
        self.assertEqual(text.count("RunEvent::Opened"), 1)
        self.assertIn("matches!(event, RunEvent::Reopen { .. } | RunEvent::Opened { .. })", text)
        sources = [path for path in (ROOT / "src-tauri/src").rglob("*.rs") if path.name != "system.rs"]
        self.assertEqual([path.name for path in sources if "RunEvent::Opened" in path.read_text()], [])
        self.assertIn(
            "event if system::reopened(&event) => window::open(app, Page::Last),",
            (ROOT / "src-tauri/src/desktop.rs").read_text(),
        )


def pixels(png):
    """Width, height, and the pixels (red, green, blue, alpha) of a PNG with 8 bits a channel."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed = 8, b""
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        if kind == b"IHDR":
            width, height, depth, colours = struct.unpack_from(">2I2B", png, at + 8)
        elif kind == b"IDAT":
            packed += png[at + 8 : at + 8 + length]
        at += 12 + length
    assert (depth, colours) == (8, 6)
    data, stride = zlib.decompress(packed), 4 * width
    before, rows = bytes(stride), []
    for start in range(0, len(data), stride + 1):
        row = bytearray(data[start + 1 : start + 1 + stride])
        for i in range(stride):
            left, up, corner = (row[i - 4] if i >= 4 else 0), before[i], (before[i - 4] if i >= 4 else 0)
            guess = left + up - corner
            paeth = min((left, up, corner), key=lambda value: abs(guess - value))
            row[i] = (row[i] + (0, left, up, (left + up) // 2, paeth)[data[start]]) & 0xFF
        rows.append(row)
        before = row
    whole = b"".join(rows)
    return width, height, [tuple(whole[i : i + 4]) for i in range(0, len(whole), 4)]


class Icons(unittest.TestCase):
    def test_the_menu_bar_has_a_template_for_every_state_in_both_densities(self):
        source = (ROOT / "src-tauri/src/tray.rs").read_text()
        states = {
            name.split('"')[1] for name in source.split("fn name_of")[1].split("}\n}")[0].splitlines() if '"' in name
        }
        self.assertEqual(states, {"idle", "connecting", "listening", "working", "trouble"})
        seen = set()
        for state in states:
            for suffix, side in (("", 22), ("@2x", 44)):
                with self.subTest(state=state, suffix=suffix):
                    width, height, found = pixels((ICONS / f"tray/{state}-template{suffix}.png").read_bytes())
                    self.assertEqual((width, height), (side, side))
                    # Black of any transparency: macOS takes the alpha alone, and colours it.
                    self.assertEqual({pixel[:3] for pixel in found if pixel[3]}, {(0, 0, 0)})
                    self.assertIn(255, {pixel[3] for pixel in found})
                    self.assertEqual(found[0][3], 0)
                    seen.add((side, tuple(found)))
        self.assertEqual(len(seen), 2 * len(states), "two states look alike")

    def test_the_apps_icon_has_every_size(self):
        data = (ICONS / "icon.icns").read_bytes()
        self.assertEqual(struct.unpack_from(">4sI", data), (b"icns", len(data)))
        at, found = 8, set()
        while at < len(data):
            kind, length = struct.unpack_from(">4sI", data, at)
            found.add(struct.unpack_from(">2I", data, at + 8 + 16))
            at += length
        self.assertEqual(found, {(side, side) for side in (16, 32, 64, 128, 256, 512, 1024)})


def printed(*options):
    command = [ROOT / "scripts/macos/licences", *options]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=120).stdout


class Models(unittest.TestCase):
    def test_the_catalogue_is_read_whole(self):
        known = catalogue.entries()
        self.assertEqual(len(known), catalogue.PATH.read_text().count("[[model]]"))
        for entry in known:
            self.assertEqual(len(entry["sha256"]), 64)
            self.assertTrue(entry["file"].startswith("ggml-") and entry["bytes"] > 0)
        self.assertEqual(catalogue.default(known)["id"], "base.en-q5_1")
        self.assertEqual([entry["id"] for entry in known if entry.get("demo")], ["demo"])

    def test_a_model_is_known_by_its_bytes_and_name(self):
        weights = b"weights" * 1000
        sha256 = hashlib.sha256(weights).hexdigest()
        known = [{"id": "x", "file": "ggml-x.bin", "bytes": len(weights), "sha256": sha256, "recommended": True}]
        with tempfile.TemporaryDirectory() as folder:
            models = Path(folder) / "Contents/Resources/models"
            models.mkdir(parents=True)
            for bytes_of_model, name, fault in [
                (weights, "ggml-x.bin", None),
                (weights[:-1] + b"?", "ggml-x.bin", "its length or SHA-256 is another"),
                (weights, "ggml-y.bin", "it is ggml-x.bin under another name."),
            ]:
                with self.subTest(name=name, fault=fault):
                    model = models / name
                    model.write_bytes(bytes_of_model)
                    found = list(bundle.model_faults(Path(folder), known))
                    self.assertEqual(len(found), 1 if fault else 0)
                    self.assertIn(fault or "", "".join(found))
                    model.unlink()


class Licences(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = printed().decode()
        cls.crates = json.loads(printed("--sbom"))["components"]

    def test_every_crate_is_named_above_a_text(self):
        rule = "-" * 80
        named = {name for head in self.text.split(rule)[1:] if len(head) < 20_000 for name in head.split("\n")}
        heads = "\n".join(named)
        self.assertGreater(len(self.crates), 200)
        for crate in self.crates:
            self.assertRegex(heads, rf"(?m)(^|, ){crate['name']} {crate['version'].replace('+', '.')}(,|$)")

    def test_what_is_no_crate_has_its_licence_too(self):
        for words in (
            "Copyright (c) 2026 The Tawk developers",
            "The Rust Project Contributors",
            "Copyright (c) 2022 OpenAI",
            "The ggml authors",
            "Mozilla Public License",
        ):
            self.assertIn(words, self.text)

    def test_a_crate_without_a_text_gets_its_licences(self):
        bare = self.text[self.text.index("\nblock2 ") :]
        self.assertIn("Mads Marquart", bare.split("\n")[1])
        self.assertLess(bare.index("Permission is hereby granted"), 6000)


if __name__ == "__main__":
    unittest.main()
