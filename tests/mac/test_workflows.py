"""The workflows: least privilege, pinned actions, secrets by name, and calls that the scripts understand."""

import functools
import os
import re
import subprocess
import unittest
from pathlib import Path

try:
    import yaml
except ImportError:
    yaml = None

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github/workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
# What each job of the release may do; everything else may read the repository's contents.
PERMISSIONS = {
    "build": {"contents": "read"},
    "notarize": {"contents": "read", "actions": "read"},
    "publish": {"contents": "write", "actions": "read"},
}
CALL = re.compile(r"(?<![\w/.-])(?:\.\./)?(scripts/[\w/-]+)((?:[^\S\n]+[^\s|;&)`]+)*)")


@functools.cache
def help_of(script):
    done = subprocess.run([ROOT / script, "--help"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return done.stdout.decode()


class Calls(unittest.TestCase):
    def test_scripts_and_options_that_are_called_exist(self):
        """In the workflows, the documents and the scripts themselves."""
        seen = 0
        scripts = [path for path in (ROOT / "scripts").iterdir() if path.is_file()]
        for path in [*WORKFLOWS, *ROOT.glob("*.md"), *scripts]:
            for script, rest in CALL.findall(path.read_text()):
                # Sentences name folders and modules as well.
                if not os.path.isfile(ROOT / script) or not os.access(ROOT / script, os.X_OK):
                    self.assertTrue(list(ROOT.glob(script + "*")), f"{path.name} names {script}.")
                    continue
                for option in set(re.findall(r"(?<=\s)--[a-z][\w-]*", rest.split(" -- ")[0])) - {"--help"}:
                    with self.subTest(file=path.name, script=script, option=option):
                        self.assertRegex(help_of(script), rf"(?<![\w-]){option}(?![\w-])")
                        seen += 1
        self.assertGreater(seen, 15)


@unittest.skipUnless(yaml, "PyYAML is not installed (Debian: python3-yaml)")
class Workflows(unittest.TestCase):
    def setUp(self):
        self.workflows = {path.name: yaml.safe_load(path.read_text()) for path in WORKFLOWS}
        self.assertEqual(set(self.workflows), {"ci.yml", "release.yml"})

    def jobs(self):
        for name, workflow in self.workflows.items():
            for job, facts in workflow["jobs"].items():
                yield name, job, facts

    def steps(self):
        for name, job, facts in self.jobs():
            for step in facts["steps"]:
                yield f"{name}, {job}", facts, step

    def test_they_start_where_they_should(self):
        # YAML takes the word “on” for true.
        self.assertEqual(self.workflows["release.yml"][True], {"push": {"tags": ["v*"]}})
        self.assertEqual(set(self.workflows["ci.yml"][True]), {"push", "pull_request"})

    def test_permissions_are_the_least(self):
        self.assertEqual(self.workflows["ci.yml"]["permissions"], {"contents": "read"})
        self.assertEqual(self.workflows["release.yml"]["permissions"], {})
        for name, job, facts in self.jobs():
            with self.subTest(workflow=name, job=job):
                self.assertEqual(facts.get("permissions"), PERMISSIONS[job] if name == "release.yml" else None)

    def test_actions_are_pinned_by_their_hash_and_say_which_version_it_is(self):
        seen = 0
        for workflow in WORKFLOWS:
            for line in workflow.read_text().splitlines():
                if "uses:" in line:
                    seen += 1
                    self.assertRegex(line, r"uses: actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
        self.assertEqual(seen, sum("uses" in step for _, _, step in self.steps()))

    def test_the_token_is_not_left_in_the_repository(self):
        for where, _, step in self.steps():
            if "checkout" in step.get("uses", ""):
                self.assertEqual(step["with"], {"persist-credentials": False}, where)

    def test_every_job_is_bounded(self):
        for name, job, facts in self.jobs():
            self.assertIn("timeout-minutes", facts, f"{name}, {job}")

    def test_secrets_reach_single_steps_of_jobs_in_the_environment_release(self):
        names = set()
        for where, facts, step in self.steps():
            for variable, value in step.get("env", {}).items():
                found = re.fullmatch(r"\$\{\{ secrets\.(TAWK_\w+) \}\}", value)
                if found:
                    self.assertEqual(facts["environment"], "release", where)
                    self.assertTrue(variable.startswith(found.group(1)), where)
                    names.add(found.group(1))
                else:
                    self.assertEqual((variable, value), ("GH_TOKEN", "${{ github.token }}"), where)
        mentioned = {name for path in WORKFLOWS for name in re.findall(r"secrets\.(\w+)", path.read_text())}
        self.assertEqual(mentioned, names, "a secret stands elsewhere than in a step's env")
        self.assertEqual(set(re.findall(r"^ +\| `(TAWK_\w+)` \|", (ROOT / "RELEASING.md").read_text(), re.M)), names)

    def test_commands_are_bash_and_take_no_text_from_outside(self):
        seen = 0
        for where, _, step in self.steps():
            if "run" not in step:
                continue
            seen += 1
            # What GitHub puts into a command's text could be a command itself.
            self.assertNotIn("${{", step["run"], where)
            parsed = subprocess.run(["bash", "-n"], input=step["run"].encode(), stderr=subprocess.PIPE)
            self.assertEqual(parsed.returncode, 0, parsed.stderr.decode())
        self.assertGreater(seen, 15)


if __name__ == "__main__":
    unittest.main()
