"""The watched folder: whole files are taken once, moved where they belong, and nothing is lost however it is killed."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DataError, IntegrityError, OperationalError
from tests.conftest import START, Org
from tests.support.given import at_once

from makegood.customers.operations import Seen, customer_erase, customers_resolve
from makegood.journal.models import Effect
from makegood.listen.intake import folders as watched
from makegood.listen.intake.folders import STEADY_SECONDS, Folders, folder_of, folder_watch
from makegood.listen.intake.operations import (
    header_key,
    intake_accept,
    intake_bring,
    intake_check,
    intake_import,
    intake_map,
)
from makegood.listen.intake.operations import origin_of as origin_kept
from makegood.listen.intake.turning import Columns
from makegood.listen.intake.working import files_work
from makegood.listen.models import FileMapping, Intake, Raw, WatchedFolder
from makegood.messages.models import Message
from makegood.store.tenancy import tenant

HEAD = "Order,Due,E-mail\n"
COLUMNS = {"reference": "Order", "due_at": "Due", "email": "E-mail"}
ROW = "A{n},2026-03-09,ana{n}@example.com\n"


_moments = count(1000.0, STEADY_SECONDS)


class Killed(BaseException):
    """The process is gone at this point."""


@pytest.fixture
def folder(org: Org, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The organization's watched folder, with the columns of HEAD known from a first file."""
    monkeypatch.setattr(settings, "FOLDERS", tmp_path)
    with tenant(organization_id=org.id):
        folder_watch(organization_id=org.id, active=True, by=org.admin, now=START)
        first = intake_bring(
            organization_id=org.id, name="first.csv", content=(HEAD + ROW.format(n=0)).encode(), by=org.admin, now=START
        )
        plan = {"source": "web", "name": "Web shop", "playbook": "default", "live_from": None}
        mapping = Columns(kind="promises", columns=COLUMNS)
        origin = origin_kept(plan)
        intake_map(organization_id=org.id, intake_id=first, mapping=mapping, origin=origin, by=org.admin, now=START)
    intake_check(organization_id=org.id, intake_id=first)
    with tenant(organization_id=org.id):
        intake_accept(organization_id=org.id, intake_id=first, by=org.admin)
    assert intake_import(organization_id=org.id, intake_id=first)
    look(org, Folders())
    return folder_of(org.code)


def look(org: Org, process: Folders, times: int = 4) -> int:
    """Let a process look and work so many times, each time long enough for files to be steady."""
    done = 0
    for _ in range(times):
        done += process.look(moment=next(_moments), only=[org.id])
        done += files_work(only=[org.id])
    return done


def raws(org: Org) -> int:
    with tenant(organization_id=org.id):
        return Raw.objects.filter(organization_id=org.id).count()


def erase(org: Org) -> None:
    """Erase the customer of the row whose number is 1."""
    with tenant(organization_id=org.id):
        seen = Seen(identities=(("email", "ana1@example.com"),))
        (customer_id,) = customers_resolve(organization_id=org.id, seen=[seen], now=START)
        customer_erase(organization_id=org.id, customer_id=customer_id, by=org.admin, now=START)


def lying(folder: Path) -> dict[str, list[str]]:
    """What lies in the folder and in those inside of it, without the numbers of files."""
    return {
        where: sorted(
            ".".join(part for part in one.name.split(".") if not part.isdigit())
            for one in (folder / where).iterdir()
            if one.is_file()
        )
        for where in ("", "done", "failed")
    }


def test_a_file_is_taken_once_it_is_steady_and_moved_to_done(org: Org, folder: Path) -> None:
    process, before = Folders(), raws(org)
    (folder / "orders.csv").write_text(HEAD + ROW.format(n=1))
    assert process.look(moment=0, only=[org.id]) == 0
    assert process.look(moment=STEADY_SECONDS - 1, only=[org.id]) == 0
    with (folder / "orders.csv").open("a") as file:
        file.write(ROW.format(n=2))
    assert process.look(moment=STEADY_SECONDS, only=[org.id]) == 0, "it grew"
    assert process.look(moment=2 * STEADY_SECONDS, only=[org.id]) == 1
    assert lying(folder)[""] == ["orders.csv"], "it lies there until it is imported"
    assert files_work(only=[org.id]) == 1
    assert process.look(moment=3 * STEADY_SECONDS, only=[org.id]) == 1
    assert lying(folder) == {"": [], "done": ["orders.csv"], "failed": []}
    assert raws(org) == before + 2
    with tenant(organization_id=org.id):
        last = Intake.objects.filter(organization_id=org.id).latest("id")
        assert (last.state, last.content, last.by_id) == ("done", None, None)


def test_the_same_file_again_changes_nothing_and_tomorrows_is_added(org: Org, folder: Path) -> None:
    process = Folders()
    for n in (1, 1, 2):
        (folder / "orders.csv").write_text(HEAD + ROW.format(n=n))
        look(org, process)
    assert lying(folder)["done"] == ["orders.csv"] * 3
    assert raws(org) == 3


@pytest.mark.parametrize("name", [".orders.csv", "orders.csv.part", "orders.csv.tmp", "orders.csv~"])
def test_what_is_not_finished_waits_for_its_name(org: Org, folder: Path, name: str) -> None:
    (folder / name).write_text(HEAD + ROW.format(n=1))
    assert look(org, Folders()) == 0
    (folder / name).rename(folder / "orders.csv")
    assert look(org, Folders()) == 3
    assert lying(folder)["done"] == ["orders.csv"]


def test_links_and_folders_are_never_followed(org: Org, folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(HEAD + ROW.format(n=1))
    (folder / "link.csv").symlink_to(secret)
    (folder / "more.csv").mkdir()
    os.mkfifo(folder / "pipe.csv")
    assert look(org, Folders()) == 0
    assert secret.exists()
    (folder / "done").rmdir()
    (folder / "done").symlink_to(tmp_path)
    look(org, Folders())
    with tenant(organization_id=org.id):
        assert "done is a link" in WatchedFolder.objects.get(organization_id=org.id).trouble


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (HEAD + "A1,soon,ana@example.com\n", "'soon' is no date: write it like 2026-12-31"),
        ("Order,Due at,E-mail\nA1,2026-03-09,a@b.example\n", "any more: gone: Due; new: Due at."),
        ("Something,Else\n1,2\n", "Nobody has said yet what is what in files of this header."),
        ("PK\x03\x04", "is a zip or an Excel file"),
    ],
)
def test_a_bad_file_is_put_aside_with_its_report_and_managers_are_told_once(
    org: Org, folder: Path, content: str, said: str
) -> None:
    (folder / "orders.csv").write_text(content)
    look(org, Folders())
    assert lying(folder) == {"": [], "done": [], "failed": ["orders.csv", "orders.csv.report.csv"]}
    (report,) = (folder / "failed").glob("*.report.csv")
    assert said in report.read_text(encoding="utf-8-sig")
    assert raws(org) == 1
    with tenant(organization_id=org.id):
        told = Message.objects.filter(organization_id=org.id, kind="staff").values_list("member_id", "subject")
        assert sorted(told) == [(one, "A file could not be taken in") for one in sorted([org.admin, org.manager])]
        assert Effect.objects.filter(organization_id=org.id, kind="staff").count() == 2


@pytest.mark.parametrize("point", [None, (watched, "_laid"), (Path, "replace"), (Path, "rename")], ids=str)
def test_wrong_rows_lie_aside_as_a_file_of_their_own_and_come_in_once_mended(
    org: Org, folder: Path, monkeypatch: pytest.MonkeyPatch, point: tuple[Any, str] | None
) -> None:
    (folder / "orders.csv").write_text(HEAD + "A0,soon,a@b.example\n" + "".join(ROW.format(n=n) for n in range(1, 10)))
    with monkeypatch.context() as patch, suppress(Killed):
        if point:
            real: Callable[..., Any] = getattr(*point)

            def dies(*given: Any) -> Any:
                real(*given)
                raise Killed

            patch.setattr(*point, dies)
        look(org, Folders())
    look(org, Folders())
    assert lying(folder) == {
        "": [],
        "done": ["orders.csv"],
        "failed": ["orders.wrong.csv", "orders.wrong.csv.report.csv"],
    }
    assert raws(org) == 10, "the first file's row is A0, and tells it right"
    (wrong,) = (folder / "failed").glob("*.wrong.csv")
    assert wrong.read_text(encoding="utf-8-sig") == HEAD + "A0,soon,a@b.example\n"
    (folder / "mended.csv").write_text(wrong.read_text(encoding="utf-8-sig").replace("A0,soon", "A10,2026-03-09"))
    look(org, Folders())
    assert raws(org) == 11


def test_people_are_never_taken_from_a_folder(org: Org, folder: Path) -> None:
    with tenant(organization_id=org.id):
        mine = Intake.objects.filter(organization_id=org.id).latest("id")
        kept = mine.plan | {"kind": "members", "columns": {"email": "email", "name": "name"}}
        FileMapping.objects.create(
            organization_id=org.id, header_key=header_key(["email", "name"]), header=["email", "name"], name="People",
            plan=kept, kept_at=START, used_at=START,
        )  # fmt: skip
    (folder / "people.csv").write_text("email,name\nbo@b.example,Bo\n")
    look(org, Folders())
    assert lying(folder)["failed"] == ["people.csv", "people.csv.report.csv"]


@pytest.mark.parametrize("killed", [False, True])
def test_a_failed_file_left_again_with_its_time_kept_is_read_again(
    org: Org, folder: Path, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    def leave() -> None:
        (folder / "orders.csv").write_text(HEAD + ROW.format(n=1))
        os.utime(folder / "orders.csv", ns=(10**18, 10**18))

    def dies(*given: object) -> None:
        raise Killed

    with tenant(organization_id=org.id):
        FileMapping.objects.filter(organization_id=org.id).update(header_key="another")
    leave()
    with monkeypatch.context() as patch, suppress(Killed):
        if killed:
            patch.setattr(watched, "_let_go", dies)
        look(org, Folders())
    assert lying(folder)["failed"] == ["orders.csv", "orders.csv.report.csv"]
    with tenant(organization_id=org.id):
        FileMapping.objects.filter(organization_id=org.id).update(header_key=header_key(HEAD.strip().split(",")))
    leave()
    look(org, Folders(), times=6)
    assert lying(folder)["done"] == ["orders.csv"]
    assert raws(org) == 2


@pytest.mark.parametrize("key", ["\\u0000", "\\ud800"])
def test_a_column_that_no_database_keeps_is_refused_and_other_files_go_on(org: Org, folder: Path, key: str) -> None:
    (folder / "a.jsonl").write_text(f'{{"Order{key}": "A1"}}\n')
    (folder / "b.csv").write_text(HEAD + ROW.format(n=1))
    look(org, Folders())
    assert lying(folder) == {"": [], "done": ["b.csv"], "failed": ["a.jsonl", "a.jsonl.report.csv"]}
    (report,) = (folder / "failed").glob("*.report.csv")
    assert "has a zero byte or half a letter in its name" in report.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("error", [DataError("no"), IntegrityError("another constraint"), ValueError("no")])
def test_what_nobody_foresaw_of_one_file_is_said_and_holds_no_other_up(
    org: Org, folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    real, told = watched.folder_file_bring, []

    def fails(*, name: str, **given: Any) -> int:
        if name == "a.csv":
            raise error
        return real(name=name, **given)

    monkeypatch.setattr(watched, "folder_file_bring", fails)
    (folder / "a.csv").write_text(HEAD + ROW.format(n=1))
    (folder / "b.csv").write_text(HEAD + ROW.format(n=2))
    process = Folders()
    for _ in range(3):
        process.look(moment=next(_moments), only=[org.id], on_error=lambda *given: told.append(given))
        files_work(only=[org.id])
    assert (lying(folder)[""], lying(folder)["done"]) == (["a.csv"], ["b.csv"])
    assert told == [("folder", org.id, error)] * 2
    with tenant(organization_id=org.id):
        assert "a.csv cannot be taken in" in WatchedFolder.objects.get(organization_id=org.id).trouble


def test_a_file_that_another_worker_knew_first_is_no_trouble(
    org: Org, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tried = watched.folder_file_bring, []

    def twice(**given: Any) -> int:
        tried.append(given["name"])
        real(**given)
        return real(**given)

    monkeypatch.setattr(watched, "folder_file_bring", twice)
    (folder / "a.csv").write_text(HEAD + ROW.format(n=1))
    look(org, Folders())
    assert tried
    with tenant(organization_id=org.id):
        assert WatchedFolder.objects.get(organization_id=org.id).trouble == ""


def test_a_database_that_does_not_answer_is_raised(org: Org, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(**given: Any) -> int:
        raise OperationalError

    monkeypatch.setattr(watched, "folder_file_bring", fails)
    (folder / "a.csv").write_text(HEAD + ROW.format(n=1))
    with pytest.raises(OperationalError):
        look(org, Folders())


@pytest.mark.parametrize(
    "name",
    ["€" * 80 + ".csv", "a." + "€" * 80, os.fsdecode(b"\xff" * 240 + b".csv")],
    ids=["stem", "suffix", "no letters"],
)
def test_a_long_name_is_cut_by_its_bytes(org: Org, folder: Path, name: str) -> None:
    (folder / name).write_text("Something,Else\n1,2\n")
    look(org, Folders())
    assert lying(folder)[""] == []
    assert len(lying(folder)["failed"]) == 2


def test_a_report_is_written_into_nothing_that_was_put_there(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "report").symlink_to(tmp_path / "secret")
    watched._written(tmp_path / "report", b"report")
    assert (tmp_path / "secret").read_text() == "secret"
    assert not (tmp_path / "report").is_symlink()


POINTS: list[tuple[Any, str]] = [
    (watched, "folder_file_bring"),
    (watched, "_put_aside"),
    (Path, "rename"),
    (Path, "replace"),
    (watched, "_written"),
    (watched, "_let_go"),
]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("point", POINTS, ids=lambda point: str(point[1]))
@pytest.mark.parametrize("good", [True, False])
def test_killed_anywhere_nothing_is_lost_and_nothing_is_taken_twice(
    org: Org, folder: Path, monkeypatch: pytest.MonkeyPatch, point: tuple[Any, str], after: bool, good: bool
) -> None:
    (folder / "orders.csv").write_text(HEAD + (ROW.format(n=1) if good else "A1,soon,x@b.example\n"))
    real: Callable[..., Any] = getattr(*point)
    killed = []

    def dies(*given: Any, **named: Any) -> Any:
        if after:
            real(*given, **named)
        killed.append(point[1])
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(*point, dies)
        with suppress(Killed):
            look(org, Folders())
    assert killed or (good and point[1] in ("replace", "_written", "_let_go"))
    look(org, Folders())
    end = ["orders.csv"] if good else ["orders.csv", "orders.csv.report.csv"]
    lies = lying(folder)
    assert (lies[""], lies["done" if good else "failed"], lies["failed" if good else "done"]) == ([], end, [])
    assert raws(org) == 1 + good
    with tenant(organization_id=org.id):
        assert Intake.objects.filter(organization_id=org.id, file_key__isnull=False).count() == 1


def test_killed_while_it_imports_it_goes_on_with_the_next(
    org: Org, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "orders.csv").write_text(HEAD + "".join(ROW.format(n=n) for n in range(1, 1500)))
    from makegood.listen import importing

    real, calls = importing.events_accept, []

    def dies(**given: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise Killed
        return real(**given)

    with monkeypatch.context() as patch:
        patch.setattr(importing, "events_accept", dies)
        with pytest.raises(Killed):
            look(org, Folders())
    assert raws(org) == 1001, "the first batch is in"
    look(org, Folders())
    assert raws(org) == 1500
    assert lying(folder)["done"] == ["orders.csv"]


def test_two_workers_take_a_file_once(org: Org, folder: Path) -> None:
    one, two = Folders(), Folders()
    (folder / "orders.csv").write_text(HEAD + ROW.format(n=1))
    for process in (one, two):
        process.look(moment=0, only=[org.id])
    done = at_once([lambda: one.look(moment=9, only=[org.id]), lambda: two.look(moment=9, only=[org.id])])
    assert all(isinstance(count, int) for count in done)
    with tenant(organization_id=org.id):
        assert Intake.objects.filter(organization_id=org.id, file_key__isnull=False).count() == 1
    at_once([lambda: files_work(only=[org.id]), lambda: files_work(only=[org.id])])
    at_once([lambda: one.look(moment=20, only=[org.id]), lambda: two.look(moment=20, only=[org.id])])
    assert lying(folder)["done"] == ["orders.csv"]
    assert raws(org) == 2


def test_a_file_put_in_the_place_of_one_that_is_moved_is_not_lost(
    org: Org, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "orders.csv").write_text(HEAD + ROW.format(n=1))
    real = watched._put_aside

    def slow(*given: Any) -> None:
        (folder / "new").write_text(HEAD + ROW.format(n=2))
        (folder / "new").rename(folder / "orders.csv")
        monkeypatch.setattr(watched, "_put_aside", real)
        real(*given)

    monkeypatch.setattr(watched, "_put_aside", slow)
    process = Folders()
    look(org, process)
    look(org, process)
    assert raws(org) == 3
    assert lying(folder)[""] == []


def test_after_an_erasure_what_was_put_aside_is_deleted_and_what_waits_is_taken(org: Org, folder: Path) -> None:
    process = Folders()
    (folder / "orders.csv").write_text(HEAD + ROW.format(n=1))
    look(org, process)
    (folder / "more.csv").write_text(HEAD + ROW.format(n=1) + ROW.format(n=2))
    process.look(moment=next(_moments), only=[org.id])
    process.look(moment=next(_moments), only=[org.id])
    erase(org)
    with tenant(organization_id=org.id):
        assert not Intake.objects.filter(organization_id=org.id, content__isnull=False).exists()
    process.look(moment=next(_moments) - STEADY_SECONDS, only=[org.id])
    assert lying(folder) == {"": ["more.csv"], "done": [], "failed": []}
    look(org, process)
    assert raws(org) == 3
    assert lying(folder)["done"] == ["more.csv"]


def test_what_ended_before_an_erasure_and_lies_there_yet_is_deleted_too(org: Org, folder: Path) -> None:
    process, after = Folders(), Folders()
    (folder / "orders.csv").write_text(HEAD + ROW.format(n=1))
    look(org, process, times=2)
    erase(org)
    after.look(moment=next(_moments), only=[org.id])
    assert lying(folder)[""] == ["orders.csv"], "it was imported, and is not steady to this process yet"
    look(org, after)
    assert lying(folder) == {"": [], "done": [], "failed": []}
    with tenant(organization_id=org.id):
        assert not WatchedFolder.objects.get(organization_id=org.id).sweep


def test_what_was_put_aside_long_ago_is_deleted(org: Org, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "orders.csv").write_text(HEAD + ROW.format(n=1))
    look(org, Folders())
    look(org, Folders())
    assert lying(folder)["done"] == ["orders.csv"]
    real = watched.now_seconds()
    monkeypatch.setattr(watched, "now_seconds", lambda: real + timedelta(days=31).total_seconds())
    look(org, Folders())
    assert lying(folder)["done"] == []


def test_a_folder_that_cannot_be_used_is_said_and_others_go_on(org: Org, folder: Path) -> None:
    (folder / "done").rmdir()
    (folder / "failed").rmdir()
    folder.rmdir()
    folder.write_text("no folder")
    look(org, Folders())
    with tenant(organization_id=org.id):
        assert "let Makegood read and write it" in WatchedFolder.objects.get(organization_id=org.id).trouble
    folder.unlink()
    look(org, Folders())
    with tenant(organization_id=org.id):
        assert WatchedFolder.objects.get(organization_id=org.id).trouble == ""


def test_a_folder_that_is_not_watched_is_left_alone(org: Org, folder: Path) -> None:
    with tenant(organization_id=org.id):
        folder_watch(organization_id=org.id, active=False, by=org.admin, now=START)
    (folder / "orders.csv").write_text(HEAD + ROW.format(n=1))
    assert look(org, Folders()) == 0
    assert lying(folder)[""] == ["orders.csv"]
