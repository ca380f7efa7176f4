"""What scripts/check-macos link lets a program use: declarations of crates, reviewed lists, and nothing else."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts/macos"))

import declarations
from reviewed import Imports, Libraries

SDK = ROOT / "target/macos-link/sdk-arm64"
LINKER = max(Path("/usr/bin").glob("ld64.lld-*"), default=None)
ASSEMBLER = max(Path("/usr/bin").glob("llvm-mc-*"), default=None)


class Declarations(unittest.TestCase):
    def test_a_blocks_own_framework_comes_first(self):
        found = declarations.of_sources(
            [
                '#[link(name = "Carbon", kind = "framework")]\n'
                'unsafe extern "C" { safe fn GetCurrentEventTime() -> f64; }\n'
                '#[link(name = "AppKit", kind = "framework")]\n'
                'extern "C" {\n    // fn NotThis();\n    pub static NSApp: *const u8;\n}\n'
            ]
        )
        self.assertEqual(found, {"_GetCurrentEventTime": "Carbon", "_NSApp": "AppKit"})

    def test_a_crates_only_framework_holds_the_rest(self):
        link = '#[cfg_attr(target_vendor = "apple", link(name = "Security", kind = "framework"))]\nextern "C" {}\n'
        rest = 'extern "C-unwind" {\n    #[link_name = "SecItemAdd"]\n    pub fn add(query: *const Dict) -> i32;\n}\n'
        found = declarations.of_sources([link, rest])
        self.assertEqual(found["_SecItemAdd"], "Security")

    def test_a_block_without_a_framework_declares_nothing_among_several(self):
        links = "".join(f'#[link(name = "{name}", kind = "framework")]\nextern "C" {{}}\n' for name in "AB")
        self.assertEqual(declarations.of_sources([links, 'extern "C" { fn Lost(); }']), {})


class Lists(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "list.txt"

    def test_what_is_not_understood_is_refused(self):
        for reader, text in [
            (Libraries, "library AppKit\n"),
            (Libraries, "symbol AppKit _NSApp\n"),
            (Imports, "    _NSApp\n"),
            (Imports, "AppKit ?\n    _NSApp\n"),
            (Imports, "AppKit 10.0 maybe\n    _NSApp\n"),
            (Imports, "AppKit 10.0\n    _NSApp\nAppKit 10.5\n    _NSApp\n"),
        ]:
            with self.subTest(text):
                self.path.write_text(text)
                with self.assertRaises(SystemExit):
                    reader.read(self.path)

    def test_the_reviewed_lists_name_each_library_once_and_only_known_ones(self):
        libraries = Libraries.read(ROOT / "scripts/macos/libraries.txt")
        imports = Imports.read(ROOT / "scripts/macos/imports.txt")
        self.assertEqual({library for library, _ in imports.versions} - set(libraries.install_names), set())
        self.assertEqual(len(set(libraries.install_names.values())), len(libraries.install_names))


class Selectors(unittest.TestCase):
    """The Objective-C methods that crates/platform calls."""

    def run_on(self, code):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "code.rs").write_text(code)
            command = [ROOT / "scripts/macos/selectors", "--minos", "13.0", *([folder] if code else [])]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.said = done.stdout.decode()
            return done.returncode

    def test_all_that_tawk_calls_is_reviewed(self):
        self.assertEqual(self.run_on(""), 0, self.said)

    def test_a_call_outside_the_table_fails(self):
        for code, selector in [
            (
                "use objc2_app_kit::NSWorkspace;\nfn f() { NSWorkspace::sharedWorkspace().runningApplications(); }\n",
                "runningApplications",
            ),
            (
                "fn f(o: &AnyObject) { let _: () = unsafe { msg_send![o, openURL: url, withName: name] }; }\n",
                "openURL:withName:",
            ),
            ("fn f() { let _ = sel!(terminate:); }\n", "terminate:"),
        ]:
            with self.subTest(selector):
                self.assertEqual(self.run_on(code), 1)
                self.assertIn(f"calls {selector}, which is not in", self.said)


@unittest.skipUnless(LINKER and ASSEMBLER and SDK.is_dir(), "scripts/check-macos link has not been run here")
class Link(unittest.TestCase):
    """The linker against the stubs that the last run of scripts/check-macos link wrote."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def link(self, symbol, *options):
        source = self.folder / "main.s"
        source.write_text(f".globl _main\n_main:\n    bl {symbol}\n    ret\n")
        program = self.folder / "main.o"
        subprocess.run([ASSEMBLER, "-triple=arm64-apple-macos13", "-filetype=obj", "-o", program, source], check=True)
        done = subprocess.run(
            [LINKER, "-arch", "arm64", "-platform_version", "macos", "13.0", "13.0", "-syslibroot", SDK, "-lSystem"]
            + ["-o", self.folder / "main", *options, program],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.said = done.stdout.decode()
        return done.returncode

    def test_a_declared_symbol_links(self):
        self.assertEqual(self.link("_IsSecureEventInputEnabled", "-framework", "Carbon"), 0, self.said)

    def test_an_undeclared_symbol_fails(self):
        self.assertNotEqual(self.link("_NoSuchFunctionOfCarbon", "-framework", "Carbon"), 0)
        self.assertIn("undefined symbol: _NoSuchFunctionOfCarbon", self.said)

    def test_a_framework_off_the_list_fails(self):
        self.assertNotEqual(self.link("_exit", "-framework", "AddressBook"), 0)
        self.assertIn("framework not found for -framework AddressBook", self.said)


if __name__ == "__main__":
    unittest.main()
