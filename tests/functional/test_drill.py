"""Backups on a schedule, and the drill that tries one: it finds what is wrong, and leaves everything as it was."""

from __future__ import annotations

import configparser
import json
import os
import shlex
import shutil
import signal
import subprocess
import tarfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import attrs
import pytest
from tests.functional.commands import Home, temporary_home
from tests.functional.test_commands import ERASE, FOUND, ROWS
from tests.support.waiting import until

from makegood.cli.archive import MANIFEST
from makegood.cli.backup import backups_in
from makegood.cli.erased import NAME

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
FOLDER = "/var/backups/makegood"


def unit(name: str) -> dict[str, dict[str, str]]:
    """A unit of deploy/, by section and setting."""
    read = configparser.ConfigParser(interpolation=None, strict=False, delimiters="=")
    read.optionxform = str
    assert read.read(DEPLOY / name)
    return {section: dict(read[section]) for section in read.sections()}


def scheduled(name: str, folder: Path) -> list[str]:
    """What the service of this name runs, into this folder of backups instead of its own."""
    program, *arguments = shlex.split(unit(f"{name}.service")["Service"]["ExecStart"])
    assert program == "/opt/makegood/.venv/bin/makegood"
    assert FOLDER in arguments
    return [str(folder) if one == FOLDER else one for one in arguments]


@attrs.frozen(kw_only=True)
class Kept:
    """A home with an organization in it, and a folder of backups with one, after which somebody was erased."""

    home: Home
    file: Path
    gone: Path


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    folder = tmp_path_factory.mktemp("kept")
    with temporary_home(ready=True) as home:
        org, ana, *_ = home.python(FOUND).split()
        (home.path / "files").mkdir()
        (home.path / "files" / "photo").write_bytes(b"a broken lamp")
        assert home.run(*scheduled("makegood-backup", folder)).returncode == 0
        (file,) = backups_in(folder)
        home.python(ERASE, org, ana)
        listed = home.run(*scheduled("makegood-erasures", folder))
        assert listed.stderr == f"makegood: {folder / NAME} names 1 who were erased\n"
        yield Kept(home=home, file=file, gone=folder / NAME)


def test_a_drill_tries_all_of_it_beside_the_file_and_changes_nothing(kept: Kept) -> None:
    before, beside = kept.home.python(ROWS), sorted(kept.file.parent.iterdir())
    tried = kept.home.run("restore", kept.file, "--check", "--json")
    assert f"takes who was erased from {kept.gone}, as of " in tried.stderr
    assert tried.returncode == 0, tried.stdout + tried.stderr
    told = json.loads(tried.stdout)
    said = {one["what"]: one["said"] for one in told["checks"]}
    assert told["well"]
    assert said["rows"].startswith("all ")
    assert said["files"] == "all 1"
    assert said["row security"].endswith("tried as corner")
    assert said["erased"] == "no name, address or message is left of 1, 1 of 1 that were named again"
    assert kept.home.python(ROWS) == before
    assert sorted(kept.file.parent.iterdir()) == beside


def test_a_drill_finds_rows_and_files_that_did_not_come(kept: Kept, tmp_path: Path) -> None:
    """The manifest says one customer and two files more than the backup holds."""
    short = tmp_path / "short.tar"
    with tarfile.open(kept.file) as whole, tarfile.open(short, "w") as tar:
        for member in whole.getmembers():
            if member.name == MANIFEST:
                manifest = json.loads(whole.extractfile(member).read())
                manifest["tables"]["customers_customer"] += 1
                manifest["files"] += 2
                (tmp_path / MANIFEST).write_text(json.dumps(manifest))
                tar.add(tmp_path / MANIFEST, MANIFEST)
            else:
                tar.addfile(member, whole.extractfile(member) if member.isfile() else None)
    tried = kept.home.run("restore", short, "--check")
    assert tried.returncode == 1, tried.stderr
    assert "BAD  rows: not as they were backed up: customers_customer 2 of 3" in tried.stdout
    assert "BAD  files: 1 of 3" in tried.stdout
    assert "It cannot be relied on" in tried.stdout


def test_a_drill_that_is_ended_leaves_nothing_and_takes_away_what_one_that_was_killed_left(
    kept: Kept, tmp_path: Path
) -> None:
    file = tmp_path / "kept.tar"
    shutil.copy(kept.file, file)
    killed, young = tmp_path / ".makegood-drill-killed", tmp_path / ".makegood-drill-young"
    for one in (killed, young):
        one.mkdir()
        (one / "database.sql").write_text("everybody")
    os.utime(killed, (0, 0))
    with kept.home.running("restore", file, "--check") as process:
        until(lambda: list(tmp_path.glob(".makegood-drill-*/home/database/PG_VERSION")), "the drill has its database")
        process.send_signal(signal.SIGTERM)
        assert process.wait(300) == 128 + signal.SIGTERM
    assert sorted(tmp_path.iterdir()) == [young, file]


SPOILT = """
from django.db import connections
with connections["owner"].cursor() as cursor:
    cursor.execute("ALTER POLICY tenant ON customers_customer USING (true)")
    cursor.execute("UPDATE customers_customer SET erased_at = created_at WHERE id = %s", [int(sys.argv[1])])
"""


def test_a_drill_finds_what_others_could_see_and_who_can_still_be_known(tmp_path: Path) -> None:
    with temporary_home(ready=True) as home:
        _, ana, *_ = home.python(FOUND).split()
        home.python(SPOILT, ana)
        assert home.run("backup", tmp_path / "spoilt.tar").returncode == 0
        tried = home.run("restore", tmp_path / "spoilt.tar", "--check")
    assert tried.returncode == 1, tried.stdout + tried.stderr
    assert "BAD  row security: nobody sees 2 rows of customers_customer, not 0" in tried.stdout
    assert "BAD  erased: 1 of 1 can still be known" in tried.stdout


@pytest.mark.parametrize("name", ["makegood-backup", "makegood-erasures"])
def test_a_timer_starts_the_service_of_its_name_under_the_user_of_makegood(name: str) -> None:
    timer, service, whole = unit(f"{name}.timer"), unit(f"{name}.service")["Service"], unit("makegood.service")
    assert timer["Install"] == {"WantedBy": "timers.target"}
    assert "Unit" not in timer["Timer"], "it starts the service of its own name"
    for setting in ("User", "Group", "EnvironmentFile", "Environment", "UMask"):
        assert service[setting] == whole["Service"][setting], setting
    assert service["Type"] == "oneshot"
    assert FOLDER in service["ReadWritePaths"].split()
    if analyze := shutil.which("systemd-analyze"):
        subprocess.run([analyze, "calendar", timer["Timer"]["OnCalendar"]], check=True, capture_output=True)


def test_backups_into_a_folder_are_named_by_their_moment_and_only_so_many_are_kept(kept: Kept, tmp_path: Path) -> None:
    other = tmp_path / "makegood-notes.tar"
    other.write_text("not one of ours")
    old = [tmp_path / f"makegood-2026010{day}T000000Z.tar" for day in (1, 2, 3)]
    for one in old:
        one.write_bytes(b"an old one")
    doctor = partial(kept.home.run, "doctor", MAKEGOOD_BACKUPS=str(tmp_path))
    assert "BAD  backups: The last backup in" in doctor().stdout
    command = scheduled("makegood-backup", tmp_path)
    assert command[-2:] == ["--keep", "14"]
    assert kept.home.run(*command[:-1], "2").returncode == 0
    assert f"ok   backups: 2 in {tmp_path}, the last 0 hours old; who was erased is listed as of" in doctor().stdout
    left = sorted(one.name for one in tmp_path.iterdir())
    assert len(left) == 4
    assert {"makegood-20260103T000000Z.tar", NAME, other.name} < set(left)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("backup",), "Name one file, or a folder of backups"),
        (("backup", "a.tar", "--into", "."), "Name one file, or a folder of backups"),
        (("backup", "a.tar", "--keep", "3"), "--keep is for a folder of backups"),
        (("backup", "--into", "/nowhere/at/all"), "There is no directory"),
        (("erasures", "--into", "."), "There is no database in"),
        (("erase",), "Missing option '--from'"),
    ],
)
def test_a_backup_that_is_asked_for_wrongly_is_refused(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    refused = Home(tmp_path / "home").run(*arguments)
    assert refused.returncode == 2
    assert said in refused.stderr
