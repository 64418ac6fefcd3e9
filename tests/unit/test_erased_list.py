"""The list of who was erased: what it says, that nobody leaves it, and what is no such list."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from makegood.cli import erased
from makegood.cli.archive import Manifest
from makegood.cli.erased import AS_OF, NAME, Erased, ErasedList, list_beside, list_keep, list_read, list_text
from makegood.cli.restore import _refuse_older

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANA, BEN = Erased(7, AT + timedelta(microseconds=1)), Erased(12, AT)


def keep(folder: Path, monkeypatch: pytest.MonkeyPatch, *everyone: Erased, at: datetime = AT) -> ErasedList:
    """Bring the folder's list up to date from a database in which these are erased."""
    found = ErasedList(everyone=frozenset(everyone), as_of=at)
    monkeypatch.setattr(erased, "list_of_database", lambda: found)
    return list_keep(folder)


def test_a_list_says_what_was_written() -> None:
    listed = ErasedList(everyone=frozenset({BEN, ANA}), as_of=AT)
    text = list_text(listed)
    assert text.splitlines() == [
        f"{AS_OF}2026-03-02T09:00:00+00:00",
        "7 2026-03-02T09:00:00.000001+00:00",
        "12 2026-03-02T09:00:00+00:00",
    ]
    assert list_read(text, name="list") == listed


def test_a_list_of_an_older_makegood_names_numbers_alone() -> None:
    assert list_read("7\n\n12\n", name="list") == ErasedList(
        everyone=frozenset({Erased(7, None), Erased(12, None)}), as_of=None
    )


@pytest.mark.parametrize(
    "text",
    [
        "Ana", "7 Ana", "7 2026-03-02T09:00:00", "7 2026-03-02T09:00:00+00:00 x", "-7", "\u0667", "7.5",
        "1234567890123456789", f"{AS_OF}today",
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused_and_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(click.ClickException, match="one customer's id a line"):
        keep(tmp_path, monkeypatch, ANA)
    assert (tmp_path / NAME).read_text() == text


def test_nobody_leaves_the_list_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by an older database, nor by an emptied one; and the same number known since another time is another."""
    later = Erased(7, AT + timedelta(days=1))
    keep(tmp_path, monkeypatch, ANA, BEN)
    keep(tmp_path, monkeypatch, at=AT + timedelta(minutes=5))
    keep(tmp_path, monkeypatch, later, at=AT + timedelta(minutes=10))
    assert list_beside(tmp_path) == ErasedList(everyone=frozenset({ANA, BEN, later}), as_of=AT + timedelta(minutes=10))
    assert (tmp_path / NAME).stat().st_mode & 0o077 == 0
    assert [one.name for one in tmp_path.iterdir()] == [NAME]


def test_a_folder_without_a_list_has_none(tmp_path: Path) -> None:
    assert list_beside(tmp_path) is None


@pytest.mark.parametrize(("as_of", "taken"), [(AT, True), (AT - timedelta(seconds=1), False), (None, False)])
def test_a_list_that_is_older_than_the_backup_is_not_taken_by_itself(
    tmp_path: Path, as_of: datetime | None, taken: bool
) -> None:
    manifest = Manifest(format=2, makegood="0.1.0", created_at=AT.isoformat(), postgresql=18, secret="x")
    listed = ErasedList(everyone=frozenset({ANA}), as_of=as_of)
    refused = pytest.raises(click.ClickException, match="is older than the backup: name a newer list")
    with nullcontext() if taken else refused:
        _refuse_older(listed, manifest, tmp_path / "kept.tar")
