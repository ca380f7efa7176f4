"""The scripts of a release: help, refusals, exit codes, and what they call on a Mac."""

import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import small_app

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ["build-app", "check-macos", "make-dmg", "notarize", "release-image", "sign", "verify-dmg"]
# Every program in scripts and scripts/macos, but those that other scripts or cargo call with arguments of their own.
ALL = [
    path.relative_to(ROOT).as_posix()
    for folder in ("scripts", "scripts/macos")
    for path in sorted((ROOT / folder).iterdir())
    if path.is_file() and os.access(path, os.X_OK) and path.name != "compiler"
]


def run(*command, **environment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TAWK_")}
    done = subprocess.run(
        command, env={**kept, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60
    )
    return done.returncode, done.stdout.decode()


class Scripts(unittest.TestCase):
    def test_each_answers_help(self):
        self.assertGreater(len(ALL), 15)
        for name in ALL:
            with self.subTest(name):
                code, said = run(ROOT / name, "--help")
                self.assertEqual(code, 0, said)
                self.assertRegex(said, rf"(?i)usage: \S*{Path(name).name}\b")

    def test_the_exit_codes_of_notarize_are_documented(self):
        source = (ROOT / "scripts/notarize").read_text()
        names = "DONE, USAGE, IN_PROGRESS, REJECTED, UNREACHABLE, BUSY"
        codes = re.search(rf"^{names} = ([\d, ]+)$", source, re.M).group(1).split(", ")
        said = run(ROOT / "scripts/notarize", "--help")[1]
        self.assertEqual(re.findall(r"^  (\d)  ", said.split("Exit codes:")[1], re.M), codes)
        table = re.findall(r"^\| (\d) \|", (ROOT / "RELEASING.md").read_text(), re.M)
        # 1 is of release-image alone.
        self.assertEqual([code for code in table if code != "1"], codes)

    def test_build_app_finds_the_default_model_and_refuses_another(self):
        with tempfile.TemporaryDirectory() as folder:
            model = ROOT / "scripts/macos/model"
            self.assertEqual(run(model, folder), (0, ""))
            (Path(folder) / "ggml-base.en-q5_1.bin").write_bytes(b"half a download")
            code, said = run(model, folder)
            self.assertEqual(code, 1)
            self.assertIn("scripts/fetch-model base.en-q5_1", said)
            # It stops before it builds anything.
            for options, environment in (["--models", folder], {}), ([], {"TAWK_MODEL_DIR": folder}):
                code, said = run(ROOT / "scripts/build-app", *options, Path(folder) / "Tawk.app", **environment)
                self.assertEqual(code, 1)
                self.assertIn("it is no model of models/catalogue.toml", said)
            code, said = run(ROOT / "scripts/build-app", "--models", Path(folder) / "none")
            self.assertIn("--models needs a folder", said)

    def test_each_refuses_what_it_does_not_know_with_a_sentence(self):
        for name in SCRIPTS:
            for arguments in (["--no-such-option"], ["/nowhere/Tawk.app", "/nowhere/too", "/nowhere/three"]):
                with self.subTest(name=name, arguments=arguments):
                    code, said = run(ROOT / "scripts" / name, *arguments)
                    self.assertNotEqual(code, 0)
                    self.assertIn(name, said)
                    self.assertNotIn("Traceback", said)

    @unittest.skipIf(os.uname().sysname == "Darwin", "a Mac can tell")
    def test_only_a_mac_calls_a_file_notarized(self):
        with tempfile.TemporaryDirectory() as folder:
            app = Path(folder) / "Tawk.app"
            small_app.assembled(app, small_app.program())
            code, said = run(ROOT / "scripts/verify-dmg", "--notarized", app)
            self.assertEqual(code, 2)
            self.assertIn("only a Mac can tell", said)

    def test_sign_on_a_mac_names_the_variable_that_is_missing(self):
        with tempfile.TemporaryDirectory() as folder:
            app = Path(folder) / "Tawk.app"
            small_app.assembled(app, small_app.program())
            # A Mac as far as the script can tell.
            uname = Path(folder) / "bin/uname"
            uname.parent.mkdir()
            uname.write_text("#!/bin/sh\necho Darwin\n")
            uname.chmod(0o755)
            path = f"{uname.parent}:{os.environ['PATH']}"
            code, said = run(ROOT / "scripts/sign", app, PATH=path)
            self.assertEqual(code, 1)
            self.assertIn("set TAWK_SIGNING_IDENTITY", said)
            code, said = run(ROOT / "scripts/sign", app, PATH=path, TAWK_SIGNING_IDENTITY="x", TAWK_CERTIFICATE="y")
            self.assertEqual(code, 1)
            self.assertIn("set TAWK_CERTIFICATE_PASSWORD", said)

    def test_signing_order_on_a_mac_is_inside_out_without_deep(self):
        with tempfile.TemporaryDirectory() as folder:
            app = Path(folder) / "Tawk.app"
            small_app.assembled(app, small_app.program())
            inner = app / "Contents/Frameworks/inner.dylib"
            inner.parent.mkdir()
            inner.write_bytes(small_app.program())
            tools = Path(folder) / "bin"
            tools.mkdir()
            (tools / "uname").write_text("#!/bin/sh\necho Darwin\n")
            (tools / "codesign").write_text(f'#!/bin/sh\necho "$@" >> {folder}/calls\n')
            for tool in tools.iterdir():
                tool.chmod(0o755)
            path = f"{tools}:{os.environ['PATH']}"
            code, said = run(ROOT / "scripts/sign", app, PATH=path, TAWK_SIGNING_IDENTITY="Developer ID Application: X")
            self.assertEqual(code, 0, said)
            inside, outside, check = (Path(folder) / "calls").read_text().splitlines()
            self.assertTrue(inside.endswith("inner.dylib"), inside)
            self.assertNotIn("--entitlements", inside)
            self.assertTrue(outside.endswith("Tawk.app"), outside)
            self.assertIn("--entitlements src-tauri/Entitlements.plist", outside)
            for call in (inside, outside):
                self.assertIn("--options runtime --timestamp ", call)
                self.assertNotIn("--deep", call)
            self.assertIn("--verify --strict", check)

    def test_release_image_resumes_and_makes_the_image_once(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "release-files"
            folder.mkdir()
            small_app.assembled(folder / "Tawk.app", small_app.program())
            for name in ("program", "licences"):
                (folder / name).unlink()
            tools = Path(scratch) / "bin"
            tools.mkdir()
            for name in ("xcrun", "ditto"):
                (tools / name).symlink_to(Path(__file__).resolve().parent / "apple_stand_in.py")
            (tools / "uname").write_text("#!/bin/sh\necho Darwin\n")
            (tools / "codesign").write_text("#!/bin/sh\n")
            # Its last argument is the image.
            (tools / "hdiutil").write_text(
                f'#!/bin/sh\necho "$*" >> {scratch}/images\nfor last; do :; done\necho image > "$last"\n'
            )
            for tool in tools.iterdir():
                tool.resolve().chmod(0o755)
            environment = {
                "PATH": f"{tools}:{os.environ['PATH']}",
                "APPLE_STAND_IN": scratch,
                "TAWK_SIGNING_IDENTITY": "Developer ID Application: X",
                "TAWK_NOTARY_PROFILE": "tawk",
            }
            (Path(scratch) / "plan.json").write_text(json.dumps({"info": ["In Progress", "Accepted", "In Progress"]}))
            command = [ROOT / "scripts/release-image", "--wait", "0", folder]
            code, said = run(*command, **environment)
            self.assertEqual(code, 3, said)
            code, said = run(*command, **environment)
            self.assertEqual(code, 3, said)
            code, said = run(*command, **environment)
            image = folder / f"Tawk-{small_app.version()}.dmg"
            self.assertTrue(image.read_bytes().endswith(b"TICKET"), said)
            # The last step is for a Mac: it asks spctl.
            if os.uname().sysname != "Darwin":
                self.assertEqual(code, 2, said)
                self.assertIn("only a Mac can tell", said)
            record = json.loads((Path(scratch) / "record.json").read_text())
            self.assertEqual(len(record["submissions"]), 2, said)
            self.assertEqual(len((Path(scratch) / "images").read_text().splitlines()), 1)


if __name__ == "__main__":
    unittest.main()
