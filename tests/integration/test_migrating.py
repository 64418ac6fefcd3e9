"""Migrating while others work: a migration gives way to who holds a table, and is tried again until it is free."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from click import ClickException
from django.db import OperationalError, connections

from makegood.cli import migrating


@pytest.fixture
def held(database: str) -> Iterator[psycopg.Connection[Any]]:
    """Somebody who reads a table, and has not ended."""
    with psycopg.connect(database, autocommit=True) as theirs:
        theirs.execute("CREATE TABLE upgraded (id bigint)")
        theirs.execute("BEGIN; LOCK TABLE upgraded IN ACCESS SHARE MODE")
        yield theirs
        theirs.execute("ROLLBACK")
        theirs.execute("DROP TABLE upgraded")
    connections["owner"].close()


def altering(refused: list[float], *, atomic: bool = True) -> Any:
    """A migration of that table, which notes how long it waited each time that it was refused."""

    def carry_out(command: migrating._Patient, **_: Any) -> None:
        command.verbosity = 0
        command.migration_progress_callback("apply_start", SimpleNamespace(atomic=atomic))
        began = time.monotonic()
        try:
            with connections["owner"].cursor() as cursor:
                cursor.execute("SET statement_timeout = '5s'")
                cursor.execute("ALTER TABLE upgraded ADD COLUMN told text")
        except OperationalError:
            refused.append(time.monotonic() - began)
            raise

    return carry_out


def test_a_migration_gives_way_to_who_holds_a_table_and_comes_again(
    held: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[float] = []
    monkeypatch.setattr(migrating, "call_command", altering(refused))
    monkeypatch.setattr(migrating.time, "sleep", lambda _: held.execute("COMMIT"))
    migrating._migrate(give_up_at=time.monotonic() + 60)
    assert len(refused) == 1, "it was tried again once the table was free"
    assert refused[0] < 1, "before the database ends one of two that wait for each other"
    assert held.execute(
        "SELECT count(*) FROM pg_attribute WHERE attrelid = 'upgraded'::regclass AND attname = 'told'"
    ).fetchone() == (1,)


def test_a_migration_that_never_gets_its_table_says_what_to_do(
    held: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "call_command", altering([]))
    with pytest.raises(ClickException, match="a backup, an import"):
        migrating._migrate(give_up_at=time.monotonic() - 1)


def test_an_index_that_was_never_finished_is_dropped_and_no_other(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("CREATE TABLE doubled AS SELECT 1 AS id FROM generate_series(1, 2)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            owner.execute("CREATE UNIQUE INDEX CONCURRENTLY doubled_once ON doubled (id)")
        owner.execute("CREATE INDEX doubled_id ON doubled (id)")
        try:
            migrating._drop_unfinished(connections["owner"])
            left = owner.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'doubled'").fetchall()
            assert left == [("doubled_id",)]
        finally:
            owner.execute("DROP TABLE doubled")
            connections["owner"].close()
