"""The guide of first steps prints what its commands print, and its events are taken as they stand there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from tests.conftest import START, Org
from tests.functional.commands import Home

from makegood.organizations.operations import api_key_create
from makegood.promises.operations import source_create
from makegood.store.tenancy import tenant

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDE = (DOCS / "guides" / "first-steps.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w.]+)`\n```\w+\n(.*?)```", GUIDE, re.MULTILINE | re.DOTALL))
COMMANDS = re.findall(r"^```console\n\$ makegood (.*?)\n(.*?)```", GUIDE, re.MULTILINE | re.DOTALL)
EVENTS = [
    re.findall(r"-d '(\{.*?\})'\n```", GUIDE, re.DOTALL)[0],
    re.findall(r"```json\n(\{\n  \"specversion.*?)```", (DOCS / "reference" / "events.md").read_text(), re.DOTALL)[0],
]


def test_there_are_commands_and_files() -> None:
    assert {command.split()[0] for command, _ in COMMANDS} == {"due", "floor", "lint", "capacity", "mail"}
    assert len(FILES) == 4


@pytest.mark.parametrize(("command", "printed"), COMMANDS, ids=[command.split()[0] for command, _ in COMMANDS])
def test_a_command_prints_what_the_guide_says(tmp_path: Path, command: str, printed: str) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "makegood.cli", *command.split()],
        cwd=tmp_path,
        env=Home(tmp_path).environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == printed


@pytest.mark.parametrize("event", EVENTS, ids=["first steps", "events"])
def test_an_event_is_taken_as_it_stands(org: Org, event: str) -> None:
    body = json.loads(event)
    with tenant(organization_id=org.id):
        source_create(organization_id=org.id, code=body["source"], now=START)
        key = api_key_create(organization_id=org.id, name="shop", scopes=["events"], now=START).key
    answer = Client(headers={"host": "127.0.0.1"}).post(
        "/api/v1/events",
        data=event,
        content_type="application/cloudevents+json",
        headers={"authorization": f"Bearer {key}"},
    )
    assert (answer.status_code, answer.json()) == (202, {"new": 1, "known": 0})
