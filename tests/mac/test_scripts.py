"""The scripts and workflows of a release: help, refusals, and what the workflows name."""

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
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def run(*command, **environment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TAWK_")}
    done = subprocess.run(
        command, env={**kept, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60
    )
    return done.returncode, done.stdout.decode()


class Scripts(unittest.TestCase):
    def test_each_answers_help(self):
        for name in SCRIPTS:
            with self.subTest(name):
                code, said = run(ROOT / "scripts" / name, "--help")
                self.assertEqual(code, 0, said)
                self.assertIn(f"Usage: scripts/{name}", said)

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

    def test_the_only_entitlement_is_the_microphone(self):
        self.assertEqual(small_app.entitlements(), {"com.apple.security.device.audio-input": True})


class Workflows(unittest.TestCase):
    def test_actions_are_pinned_by_their_hash(self):
        for workflow in WORKFLOWS:
            for use in re.findall(r"uses: *(\S+)", workflow.read_text()):
                with self.subTest(workflow=workflow.name, use=use):
                    self.assertRegex(use, r"^[\w./-]+@[0-9a-f]{40}$")

    def test_permissions_are_named(self):
        for workflow in WORKFLOWS:
            with self.subTest(workflow.name):
                text = workflow.read_text()
                self.assertRegex(text, r"(?m)^permissions:")
                self.assertNotIn("write-all", text)
                if workflow.name != "release.yml":
                    self.assertNotIn(": write", text)
                    self.assertNotIn("secrets.", text)

    def test_the_scripts_that_they_call_are_there(self):
        for workflow in WORKFLOWS:
            for name in re.findall(r"(?<![\w/.])scripts/[\w/-]+", workflow.read_text()):
                with self.subTest(workflow=workflow.name, script=name):
                    self.assertTrue(os.access(ROOT / name, os.X_OK), name)

    def test_secrets_never_stand_in_a_command(self):
        for workflow in WORKFLOWS:
            for line in workflow.read_text().splitlines():
                if "secrets." in line:
                    self.assertRegex(line, r"^\s+TAWK_\w+: \$\{\{ secrets\.TAWK_\w+ \}\}$")


if __name__ == "__main__":
    unittest.main()
