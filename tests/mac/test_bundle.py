"""scripts/verify-dmg and scripts/macos/inspect: a good app passes, and each deliberate fault is named."""

import os
import plistlib
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import small_app

ROOT = Path(__file__).resolve().parents[2]
VERIFY = ROOT / "scripts/verify-dmg"
INSPECT = ROOT / "scripts/macos/inspect"
# A signed app that was really built, in the place of the small one, and the options to verify it with.
BUILT = os.environ.get("TAWK_TEST_APP")
FIXTURE = ROOT / "models/ggml-fixture-en-q5_0.bin"
OPTIONS = os.environ.get("TAWK_TEST_OPTIONS", "").split()


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_program(self, *command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        self.said = done.stdout.decode()
        return done.returncode


class Bundle(Folder):
    def setUp(self):
        super().setUp()
        self.app = self.folder / "Tawk.app"
        self.contents = self.app / "Contents"
        if BUILT:
            shutil.copytree(BUILT, self.app, symlinks=True)
        else:
            small_app.assembled(self.app, small_app.program())
            small_app.sign(self.app)

    def change_info(self, **values):
        path = self.contents / "Info.plist"
        info = plistlib.loads(path.read_bytes())
        for key, value in values.items():
            if value is None:
                info.pop(key)
            else:
                info[key] = value
        path.write_bytes(plistlib.dumps(info))

    def sign_small(self, **options):
        """Signs after a change, so that only the change itself is at fault."""
        small_app.sign(self.app, **options)

    def assert_fault(self, sentence, *options, beside=()):
        """verify-dmg must object with this sentence, and with no other that is not in `beside`."""
        self.assertEqual(self.run_program(VERIFY, *OPTIONS, *options, self.app), 1, self.said)
        self.assertIn(sentence, self.said)
        for line in self.said.splitlines():
            self.assertTrue(any(known in line for known in (sentence, *beside)), self.said)

    def test_a_good_app_passes(self):
        self.assertEqual(self.run_program(VERIFY, *OPTIONS, self.app), 0, self.said)
        self.assertEqual(self.run_program(VERIFY, *OPTIONS, os.path.relpath(self.app)), 0, self.said)

    def test_a_flipped_byte_of_the_program(self):
        path = self.contents / "MacOS/tawk-app"
        data = bytearray(path.read_bytes())
        # In the first architecture's code, well after its headers; a universal program says where that begins.
        universal = data[:4] == b"\xca\xfe\xba\xbe"
        offset = 3 * small_app.PAGE + (int.from_bytes(data[16:20], "big") if universal else 0)
        data[offset] ^= 1
        path.write_bytes(data)
        self.assert_fault("1 of its")

    def test_a_file_added_after_signing(self):
        (self.contents / "Resources/added.txt").write_text("late")
        self.assert_fault(
            "Resources/added.txt is not sealed: it was added after signing.",
            beside=["Resources/added.txt is a stray file."],
        )

    def test_a_file_changed_or_removed_after_signing(self):
        path = self.contents / "Resources/licences.txt"
        with open(path, "a") as file:
            file.write("one more")
        self.assert_fault("Resources/licences.txt changed after signing.")
        path.unlink()
        self.assert_fault(
            "Resources/licences.txt is sealed, but missing.", beside=["Resources/licences.txt is missing."]
        )

    def test_info_changed_after_signing(self):
        self.change_info(CFBundleName="Talk")
        self.assert_fault("its hash of Info.plist does not match.")

    def test_a_link_bent_after_signing(self):
        link = self.contents / "MacOS/tawk"
        link.unlink()
        link.symlink_to("/bin/sh")
        self.assert_fault(
            "MacOS/tawk is not the link that was sealed.", beside=["MacOS/tawk is not a link to tawk-app."]
        )

    def test_missing_lsuielement(self):
        self.change_info(LSUIElement=None)
        self.sign_small()
        self.assert_fault("LSUIElement None instead of True")

    def test_missing_microphone_sentence(self):
        self.change_info(NSMicrophoneUsageDescription=None)
        self.sign_small()
        self.assert_fault("lacks NSMicrophoneUsageDescription")

    def test_another_oldest_macos_and_url_scheme(self):
        self.change_info(LSMinimumSystemVersion="12.0", CFBundleURLTypes=[{"CFBundleURLSchemes": ["tawk", "http"]}])
        self.sign_small()
        schemes = "the URL schemes ['tawk', 'http'] instead of tawk alone."
        self.assert_fault("LSMinimumSystemVersion '12.0' instead of '13.0'", beside=[schemes])
        self.assertIn(schemes, self.said)

    def test_a_version_that_is_not_cargos(self):
        self.change_info(CFBundleVersion="0.0.1")
        self.sign_small()
        self.assert_fault(f"CFBundleVersion '0.0.1' instead of '{small_app.version()}'")

    def test_missing_and_additional_entitlements(self):
        self.sign_small(entitlements={})
        self.assert_fault("has the entitlements [] instead of ['com.apple.security.device.audio-input']")
        more = {**small_app.entitlements(), "com.apple.security.cs.disable-library-validation": True}
        self.sign_small(entitlements=more)
        self.assert_fault("disable-library-validation")

    def test_a_program_for_another_oldest_macos(self):
        self.sign_small(built={"minos": (12, 3)})
        self.assert_fault("asks for macOS 12.3 instead of 13.0.")

    def test_an_extra_framework(self):
        self.sign_small(
            built={"libraries": ["/System/Library/Frameworks/AddressBook.framework/Versions/A/AddressBook"]}
        )
        self.assert_fault("AddressBook, which is not in scripts/macos/libraries.txt.")

    def test_a_call_outside_the_reviewed_table(self):
        self.sign_small(built={"imports": [(small_app.CARBON, "_SetSystemUIMode")]})
        self.assert_fault("it imports _SetSystemUIMode from Carbon, which is not in scripts/macos/imports.txt.")

    def test_no_hardened_runtime(self):
        self.sign_small(flags=0)
        self.assert_fault("is signed without the hardened runtime.")

    def test_a_program_that_is_not_signed(self):
        parts = {arch: small_app.program(arch) for arch in ("arm64", "x86_64")}
        (self.contents / "MacOS/tawk-app").write_bytes(small_app.universal(parts))
        self.assert_fault("it is not signed.")

    def test_another_identifier(self):
        self.sign_small(identifier="app.talk.Talk")
        self.assert_fault("is signed as app.talk.Talk instead of app.tawk.Tawk.")

    def test_a_missing_architecture(self):
        self.sign_small(archs=("arm64",))
        self.assert_fault("is for arm64 instead of arm64 and x86_64.")
        self.assertEqual(self.run_program(VERIFY, "--arch", "arm64", self.app), 0, self.said)

    def test_a_release_needs_metal_and_a_certificate(self):
        self.sign_small(certified=False)
        unsigned = "is signed ad hoc, by nobody."
        self.assert_fault("was built without Metal.", "--release", beside=[unsigned])
        self.assertIn(unsigned, self.said)
        self.assert_fault(unsigned, "--release", "--no-metal")
        self.sign_small(metal=("arm64",))
        self.assertEqual(self.run_program(VERIFY, "--release", self.app), 0, self.said)

    def test_metal_is_for_apples_chips_alone(self):
        sentence = "(x86_64) was built with Metal, which would start an Intel Mac's graphics processor for nothing."
        self.sign_small(metal=("arm64", "x86_64"))
        self.assert_fault(sentence)
        self.sign_small(metal=("x86_64",))
        self.assert_fault("(arm64) was built without Metal.", "--release", beside=[sentence])

    def test_stray_files(self):
        (self.contents / "MacOS/Tawk").write_bytes(b"")
        (self.app / "Icon").write_bytes(b"")
        self.sign_small()
        others = ["are one file on a Mac.", "Icon lies beside Contents."]
        self.assert_fault("MacOS/Tawk is a stray file.", beside=others)
        for other in others:
            self.assertIn(other, self.said)

    def test_a_model_that_is_not_the_catalogues(self):
        models = self.contents / "Resources/models"
        models.mkdir()
        (models / "ggml-base.en-q5_1.bin").write_bytes(b"weights")
        self.sign_small()
        self.assert_fault("Resources/models/ggml-base.en-q5_1.bin: it is no model of models/catalogue.toml")

    def test_the_fixture_model_under_any_name(self):
        models = self.contents / "Resources/models"
        models.mkdir()
        for name in ("ggml-fixture-en-q5_0.bin", "ggml-base.en-q5_1.bin"):
            shutil.copyfile(FIXTURE, models / name)
            self.sign_small()
            self.assert_fault(f"Resources/models/{name}: it is the fixture model")
            (models / name).unlink()

    def test_the_fixture_model_inside_the_program(self):
        self.sign_small(archs=("arm64",), built={"within": FIXTURE.read_bytes()})
        self.assert_fault("tawk-app (arm64) has the fixture model inside", "--arch", "arm64")

    def test_assemble_takes_models_of_the_catalogue_alone(self):
        empty = self.folder / "empty"
        empty.touch()
        assemble = ROOT / "scripts/macos/assemble"
        for model, why in ((FIXTURE, "it is the fixture model"), (empty, "it is no model of models/catalogue.toml")):
            code = self.run_program(assemble, "--program", empty, "--licences", empty, "--model", model, self.app)
            self.assertEqual(code, 1)
            self.assertIn(why, self.said)


class Inspect(Folder):
    """The lists that a linked program is compared with."""

    def inspect(self, *options, **program):
        path = self.folder / "program"
        path.write_bytes(small_app.program(**program))
        return self.run_program(INSPECT, "--minos", "13.0", *options, path)

    def test_a_good_program_passes(self):
        self.assertEqual(self.inspect(), 0, self.said)
        self.assertEqual(self.inspect("--arch", "x86_64", arch="x86_64"), 0, self.said)

    def test_an_extra_framework(self):
        self.assertEqual(
            self.inspect(libraries=["/System/Library/Frameworks/AddressBook.framework/Versions/A/AddressBook"]), 1
        )
        self.assertIn("AddressBook, which is not in scripts/macos/libraries.txt.", self.said)

    def test_a_symbol_outside_the_reviewed_table(self):
        self.assertEqual(self.inspect(imports=[(small_app.CARBON, "_SetSystemUIMode")]), 1)
        self.assertIn("_SetSystemUIMode from Carbon, which is not in scripts/macos/imports.txt.", self.said)

    def test_a_symbol_of_no_library(self):
        self.assertEqual(self.inspect(imports=[(None, "_IsSecureEventInputEnabled")]), 1)
        self.assertIn("it imports _IsSecureEventInputEnabled from no library.", self.said)

    def test_a_symbol_newer_than_the_oldest_macos(self):
        for library, name, weak, passes in [
            ("CoreAudio", "_AudioHardwareCreateProcessTap", False, False),
            ("CoreAudio", "_AudioHardwareCreateProcessTap", True, True),
            # Weak alone is not enough: this one would be called, and is not there before macOS 13.3.
            ("Accelerate", "_cblas_sgemm$NEWLAPACK", True, False),
        ]:
            with self.subTest(name=name, weak=weak):
                path = f"/System/Library/Frameworks/{library}.framework/Versions/A/{library}"
                self.assertEqual(self.inspect(imports=[(path, name)], weak=weak), 0 if passes else 1, self.said)
                if not passes:
                    self.assertIn(", after 13.0.", self.said)

    def test_another_oldest_macos(self):
        self.assertEqual(self.inspect(minos=(14, 0)), 1)
        self.assertIn("asks for macOS 14.0 instead of 13.0.", self.said)

    def test_another_architecture(self):
        self.assertEqual(self.inspect(arch="x86_64"), 1)
        self.assertIn("it is for x86_64 instead of arm64.", self.said)

    def test_a_folder_to_search_for_libraries(self):
        self.assertEqual(self.inspect(rpath="/usr/local/lib"), 1)
        self.assertIn("it searches for libraries in /usr/local/lib.", self.said)

    def test_what_is_no_program(self):
        path = self.folder / "text"
        path.write_text("#!/bin/sh\n")
        self.assertEqual(self.run_program(INSPECT, "--minos", "13.0", path), 1)


if __name__ == "__main__":
    unittest.main()
