#!/usr/bin/env python3
"""Stands in for xcrun and ditto in the tests of scripts/notarize, after a plan.

The folder APPLE_STAND_IN holds plan.json, which names for each command (submit, history, info, log, staple,
validate, ditto) what its next calls do, in order; afterwards all goes well:
- "network-before": fails before anything happened; "network-after": fails after it happened;
- "kill-before", "kill-after": kills the caller instead of answering;
- "orphan": kills the caller, and happens a second later;
- any other text: the status that info answers.
record.json holds what happened.
"""

import hashlib
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

FOLDER = Path(os.environ["APPLE_STAND_IN"])


def read(name, default):
    path = FOLDER / name
    return json.loads(path.read_text()) if path.exists() else default


def write(name, value):
    (FOLDER / name).write_text(json.dumps(value))


def main():
    name = Path(sys.argv[0]).name
    words = ["ditto", *sys.argv[1:]] if name == "ditto" else sys.argv[2:]
    command, rest = words[0], words[1:]
    plan = read("plan.json", {})
    actions = plan.get(command, [])
    action = actions.pop(0) if actions else ""
    write("plan.json", plan)
    record = read("record.json", {"calls": [], "submissions": []})
    record["calls"].append(command)
    write("record.json", record)

    if action == "network-before":
        sys.exit("Error: The Internet connection appears to be offline.")
    if action == "kill-before":
        os.kill(os.getppid(), signal.SIGKILL)
        return
    if action == "orphan":
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(1)
    answer = perform(command, rest, action)
    if action == "network-after":
        sys.exit("Error: The network connection was lost.")
    if action == "kill-after":
        os.kill(os.getppid(), signal.SIGKILL)
        return
    if answer is not None and action != "orphan":
        print(json.dumps(answer))


def perform(command, rest, action):
    record = read("record.json", {})
    if command == "ditto":
        shutil.make_archive(rest[-1][: -len(".zip")], "zip", rest[-2])
    elif command == "submit":
        path = Path(rest[0])
        identity = f"id-{len(record['submissions']) + 1}"
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        record["submissions"].append({"id": identity, "name": path.name, "content": content})
        write("record.json", record)
        return {"id": identity, "message": "Successfully uploaded file"}
    elif command == "history":
        return {"history": [{"id": s["id"], "name": s["name"], "status": "In Progress"} for s in record["submissions"]]}
    elif command == "info":
        if rest[0] not in [s["id"] for s in record["submissions"]]:
            sys.exit("Error: Submission does not exist.")
        return {"id": rest[0], "status": action if action[:1].isupper() else "Accepted"}
    elif command == "log":
        issue = {"severity": "error", "path": "Tawk.zip/Tawk.app", "message": "The signature is invalid."}
        Path(rest[-1]).write_text(json.dumps({"status": "Invalid", "issues": [issue]}))
    elif command in ("staple", "validate"):
        path = Path(rest[0])
        ticket = path / "Contents/CodeResources" if path.is_dir() else path
        stapled = ticket.exists() and ticket.read_bytes().endswith(b"TICKET")
        if command == "validate" and not stapled:
            sys.exit("does not have a ticket stapled to it.")
        if command == "staple" and not stapled:
            with open(ticket, "ab") as file:
                file.write(b"TICKET")
    return None


main()
