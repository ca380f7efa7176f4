"""scripts/notarize against a stand-in for Apple's tools, which says yes, no or later, fails, or kills its caller."""

import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOTARIZE = HERE.parents[1] / "scripts/notarize"
DONE, USAGE, IN_PROGRESS, REJECTED, UNREACHABLE, BUSY = 0, 2, 3, 4, 5, 6

# Python runs this first: kills the program at one of the times that it puts a file in place.
KILL_AT_WRITE = """
import os, signal
when, which = os.environ["KILL_AT"].split()
left, really = int(which), os.replace
def replace(*names):
    global left
    left -= 1
    if not left and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    really(*names)
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
os.replace = replace
"""


class Notarize(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name in ("xcrun", "ditto"):
            program = self.folder / "bin" / name
            program.parent.mkdir(exist_ok=True)
            program.symlink_to(HERE / "apple_stand_in.py")
        key = self.folder / "key.p8"
        key.touch()
        self.environment = {
            # The same python3 as this, without asking a version switcher each time.
            "PATH": f"{self.folder}/bin:{os.path.dirname(sys.executable)}:{os.environ['PATH']}",
            "APPLE_STAND_IN": str(self.folder),
            "TAWK_NOTARY_KEY": str(key),
            "TAWK_NOTARY_KEY_ID": "KEY",
            "TAWK_NOTARY_ISSUER": "ISSUER",
        }
        self.image = self.folder / "Tawk.dmg"
        self.image.write_bytes(b"an image")
        self.app = self.folder / "Tawk.app"
        (self.app / "Contents/MacOS").mkdir(parents=True)
        (self.app / "Contents/MacOS/tawk-app").write_bytes(b"a program")

    def plan(self, **actions):
        (self.folder / "plan.json").write_text(json.dumps(actions))

    def run_once(self, file=None, *options, wait="0"):
        done = subprocess.run(
            [NOTARIZE, "--wait", wait, *options, file or self.image],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=60,
        )
        self.said = (done.stdout + done.stderr).decode()
        return done.returncode

    def record(self):
        path = self.folder / "record.json"
        return json.loads(path.read_text()) if path.exists() else {"calls": [], "submissions": []}

    def assert_submitted(self, times):
        self.assertEqual(len(self.record()["submissions"]), times, self.said)

    def assert_stapled(self, file=None):
        file = file or self.image
        ticket = file / "Contents/CodeResources" if file.is_dir() else file
        self.assertTrue(ticket.read_bytes().endswith(b"TICKET"))

    def assert_tidy(self):
        """Nothing is left of a finished run but the state and its lock."""
        left = {path.name for path in self.folder.glob("Tawk*")}
        state = {f"{name}.notarize.json{end}" for name in ("Tawk.dmg", "Tawk.app") for end in ("", ".lock", ".log")}
        self.assertEqual(left - state, {"Tawk.dmg", "Tawk.app"})

    def test_accepted_at_once(self):
        for file in (self.image, self.app):
            self.assertEqual(self.run_once(file), DONE, self.said)
            self.assert_stapled(file)
        self.assert_submitted(2)
        self.assert_tidy()

    def test_a_further_run_does_nothing(self):
        for file in (self.image, self.app):
            self.assertEqual(self.run_once(file), DONE, self.said)
            calls = self.record()["calls"]
            self.assertEqual(self.run_once(file), DONE, self.said)
            self.assertEqual(self.record()["calls"], calls)

    def test_in_progress_for_three_days_over_five_runs(self):
        self.plan(info=["In Progress"] * 5)
        state = self.folder / "Tawk.dmg.notarize.json"
        for words in ("0 hours", "18 hours", "36 hours", "2 days", "3 days"):
            self.assertEqual(self.run_once(), IN_PROGRESS, self.said)
            self.assertIn(f"still at work on id-1, submitted {words} ago", self.said)
            # 18 hours pass until the next run.
            values = json.loads(state.read_text())
            values["submitted_at"] -= 18 * 3600
            state.write_text(json.dumps(values))
        self.assertEqual(self.run_once(), DONE, self.said)
        self.assertEqual(self.record()["calls"].count("submit"), 1)
        self.assert_submitted(1)
        self.assert_stapled()

    def test_one_run_asks_until_apple_is_done(self):
        self.plan(info=["In Progress", "network-before"])
        # The pause is cut short by the end of a second: the second question is the last.
        self.assertEqual(self.run_once(wait="0.02"), UNREACHABLE, self.said)
        self.assertEqual(self.record()["calls"].count("info"), 2)
        self.assertEqual(self.run_once(wait="0.02"), DONE, self.said)
        self.assert_submitted(1)

    def test_rejected_with_a_log(self):
        self.plan(info=["Invalid"])
        for _ in range(3):
            self.assertEqual(self.run_once(), REJECTED)
            self.assertIn("The signature is invalid.", self.said)
        self.assertEqual(self.record()["calls"].count("log"), 1)
        self.assert_submitted(1)
        self.assertEqual(self.image.read_bytes(), b"an image")

    def test_a_mended_file_is_submitted_after_a_rejection(self):
        self.plan(info=["Invalid"])
        self.assertEqual(self.run_once(), REJECTED)
        self.image.write_bytes(b"a mended image")
        self.assertEqual(self.run_once(), DONE, self.said)
        self.assert_submitted(2)
        self.assert_stapled()

    def test_the_network_fails_in_each_phase(self):
        for command, when, name in itertools.product(
            ("ditto", "submit", "info", "log", "staple", "validate"),
            ("network-before", "network-after"),
            ("app", "image"),
        ):
            if (command, name) == ("ditto", "image"):
                continue
            with self.subTest(command=command, when=when, file=name):
                self.setUp()
                file = getattr(self, name)
                self.plan(**{command: [when], **({"info": ["Invalid"]} if command == "log" else {})})
                self.assertEqual(self.run_once(file), UNREACHABLE, self.said)
                expected = REJECTED if command == "log" else DONE
                self.assertEqual(self.run_once(file), expected, self.said)
                self.assert_submitted(1)
                if expected == DONE:
                    self.assert_stapled(file)
                self.assert_tidy()

    def test_killed_in_each_phase(self):
        for command, when, name in itertools.product(
            ("ditto", "submit", "info", "log", "staple", "validate"), ("kill-before", "kill-after"), ("app", "image")
        ):
            if (command, name) == ("ditto", "image"):
                continue
            with self.subTest(command=command, when=when, file=name):
                self.setUp()
                file = getattr(self, name)
                self.plan(**{command: [when], **({"info": ["Invalid"]} if command == "log" else {})})
                self.assertEqual(self.run_once(file), -signal.SIGKILL, self.said)
                expected = REJECTED if command == "log" else DONE
                self.assertEqual(self.run_once(file), expected, self.said)
                self.assert_submitted(1)
                if expected == DONE:
                    self.assert_stapled(file)
                # Run again, it also tidies up what the killed run left.
                self.assert_tidy()

    def test_killed_at_each_write(self):
        """Before and after each file that it puts in place: its state, and the stapled image."""
        ends = {}
        for name, when, write in itertools.product(("app", "image"), ("before", "after"), range(1, 20)):
            if ends.get((name, when)):
                continue
            with self.subTest(file=name, when=when, write=write):
                self.setUp()
                file = getattr(self, name)
                hook = self.folder / "hook/sitecustomize.py"
                hook.parent.mkdir()
                hook.write_text(KILL_AT_WRITE)
                self.environment |= {"PYTHONPATH": str(hook.parent), "KILL_AT": f"{when} {write}"}
                code = self.run_once(file)
                if code == DONE:
                    # It writes no more often than that.
                    ends[name, when] = write - 1
                    continue
                self.assertEqual(code, -signal.SIGKILL, self.said)
                del self.environment["PYTHONPATH"]
                self.assertEqual(self.run_once(file), DONE, self.said)
                self.assert_submitted(1)
                self.assert_stapled(file)
                self.assert_tidy()
        # new, submitting, submitted, accepted, stapled; for an image also its new checksum and the image itself.
        self.assertEqual(
            ends, {("app", "before"): 5, ("app", "after"): 5, ("image", "before"): 7, ("image", "after"): 7}
        )

    def test_killed_twice_while_it_submits_and_looks_up(self):
        self.plan(submit=["kill-after"], history=["kill-before", "network-before"])
        self.assertEqual(self.run_once(), -signal.SIGKILL)
        self.assertEqual(self.run_once(), -signal.SIGKILL)
        self.assertEqual(self.run_once(), UNREACHABLE)
        self.assertEqual(self.run_once(), DONE, self.said)
        self.assert_submitted(1)

    def test_an_upload_that_outlives_its_run_keeps_others_out(self):
        self.plan(submit=["orphan"])
        self.assertEqual(self.run_once(), -signal.SIGKILL)
        self.assertEqual(self.run_once(), BUSY, self.said)
        for _ in range(50):
            code = self.run_once()
            if code != BUSY:
                break
        self.assertEqual(code, DONE, self.said)
        self.assert_submitted(1)

    def test_killed_between_the_stapled_image_and_its_state(self):
        self.assertEqual(self.run_once(), DONE)
        state = self.folder / "Tawk.dmg.notarize.json"
        values = json.loads(state.read_text())
        values["phase"] = "accepted"
        state.write_text(json.dumps(values))
        self.assertEqual(self.run_once(), DONE, self.said)
        self.assertEqual(self.image.read_bytes().count(b"TICKET"), 1)
        self.assert_submitted(1)

    def test_a_lost_submission_is_sent_again_only_when_told(self):
        self.plan(info=["In Progress"] * 2)
        self.assertEqual(self.run_once(), IN_PROGRESS)
        self.assertEqual(self.run_once(None, "--submit-again"), IN_PROGRESS)
        self.assert_submitted(2)
        names = {submission["name"] for submission in self.record()["submissions"]}
        self.assertEqual(len(names), 2, "a later look-up must tell them apart")
        self.assertEqual(self.run_once(), DONE, self.said)
        self.assert_submitted(2)

    def test_missing_variables_and_files_are_named(self):
        for name in ("TAWK_NOTARY_KEY", "TAWK_NOTARY_KEY_ID", "TAWK_NOTARY_ISSUER"):
            with self.subTest(name):
                value = self.environment.pop(name)
                self.assertEqual(self.run_once(), USAGE)
                self.assertIn(name, self.said)
                self.environment[name] = value
        self.assertEqual(self.run_once(self.folder / "none.dmg"), USAGE)
        self.assertIn("neither an app nor a disk image", self.said)
        self.assertEqual(self.record()["calls"], [])

    def test_a_broken_state_is_not_overwritten(self):
        state = self.folder / "Tawk.dmg.notarize.json"
        state.write_text("{")
        self.assertEqual(self.run_once(), USAGE)
        self.assertEqual(state.read_text(), "{")
        self.assert_submitted(0)


if __name__ == "__main__":
    unittest.main()
