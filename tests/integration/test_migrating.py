"""Migrating while others work: a migration gives way to who holds a table, and is tried again until it is free."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from click import ClickException
from django.db import connections, migrations, transaction
from django.db.migrations.state import ProjectState

from makegood.cli import migrating, taking_tables
from makegood.cli.taking_tables import ALONE, UnableToTakeTable, take

HELD = "SELECT relation::regclass::text, mode FROM pg_locks WHERE relation = ANY (%s::regclass[]) AND granted"
CHANGE = """
ALTER TABLE upgraded ADD COLUMN told text;
ALTER TABLE beside ADD CONSTRAINT one FOREIGN KEY (id) REFERENCES referred (id);
"""


@pytest.fixture
def theirs(database: str) -> Iterator[psycopg.Connection[Any]]:
    """Somebody else in a database with tables to change."""
    with psycopg.connect(database, autocommit=True) as one:
        one.execute("CREATE TABLE upgraded (id bigint); CREATE TABLE beside (id bigint)")
        one.execute("CREATE TABLE referred (id bigint PRIMARY KEY)")
        yield one
        connections["owner"].close()
        one.execute("ROLLBACK; DROP TABLE upgraded, beside, referred")


class Change(migrations.Migration):
    operations = (migrations.RunSQL(CHANGE),)


def carry_out(*, give_up_at: float) -> None:
    executor = migrating.TakingExecutor(connections["owner"], give_up_at=give_up_at)
    change = Change("later", "store")
    with transaction.atomic(using="owner"):
        executor.apply_migration(ProjectState(), change)
        executor.recorder.record_unapplied("store", "later")


def held_by_us(theirs: psycopg.Connection[Any], *tables: str) -> dict[str, str]:
    return dict(theirs.execute(HELD, [list(tables)]).fetchall())


def test_a_migration_takes_all_its_tables_before_it_changes_one(
    theirs: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[dict[str, str]] = []

    def applied(
        change: migrations.Migration, state: ProjectState, editor: Any, collect_sql: bool = False
    ) -> ProjectState:
        if collect_sql:
            return migrations.Migration.apply(change, state, editor, collect_sql)
        taken.append(held_by_us(theirs, "upgraded", "beside", "referred"))
        return state

    monkeypatch.setattr(Change, "apply", applied)
    carry_out(give_up_at=0)
    assert taken == [
        {"upgraded": "AccessExclusiveLock", "beside": "AccessExclusiveLock", "referred": "ShareRowExclusiveLock"}
    ]


def test_a_migration_gives_way_to_who_holds_a_table_holding_none_and_comes_again(
    theirs: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs.execute("BEGIN; LOCK TABLE referred IN ROW EXCLUSIVE MODE")
    tries: list[dict[str, str]] = []

    def go(_: float) -> None:
        tries.append(held_by_us(theirs, "upgraded", "beside", "referred"))
        if len(tries) == 3:
            theirs.execute("COMMIT")

    monkeypatch.setattr(taking_tables.time, "sleep", go)
    before = time.monotonic()
    carry_out(give_up_at=before + 60)
    assert tries == [{"referred": "RowExclusiveLock"}] * 3, "nothing is held while it is away"
    assert theirs.execute("SELECT count(told) FROM upgraded").fetchone() == (0,)


def test_what_is_refused_is_waited_for_next_and_first_of_all(
    theirs: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs.execute("BEGIN; LOCK TABLE upgraded IN ACCESS SHARE MODE")
    asked: list[tuple[str, str]] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        done = sql.startswith("LOCK") and execute("SELECT current_setting('lock_timeout')", *rest)
        if done:
            asked.append((sql.split('"')[1], rest[-1]["cursor"].fetchone()[0]))
        return execute(sql, *rest)

    monkeypatch.setattr(taking_tables.time, "sleep", lambda _: theirs.execute("COMMIT") if len(asked) > 2 else None)
    with transaction.atomic(using="owner"), connections["owner"].execute_wrapper(note):
        take({"beside": ALONE, "upgraded": ALONE}, connection=connections["owner"], give_up_at=time.monotonic() + 60)
    assert asked == [
        *[("beside", "50ms"), ("upgraded", "1ms")],
        ("upgraded", "100ms"),
        *[("upgraded", "200ms"), ("beside", "1ms")],
    ]


def test_a_table_that_never_is_free_says_what_to_do(
    theirs: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs.execute("BEGIN; LOCK TABLE upgraded IN ACCESS SHARE MODE")
    monkeypatch.setattr(taking_tables.time, "sleep", lambda _: None)
    with pytest.raises(UnableToTakeTable, match="upgraded"):
        carry_out(give_up_at=0)

    def migrate(executor: migrating.TakingExecutor, _: object) -> None:
        executor.apply_migration(ProjectState(), Change("later", "store"))

    monkeypatch.setattr(migrating.TakingExecutor, "migrate", migrate)
    with pytest.raises(ClickException, match="a backup, an import"):
        migrating._migrate(give_up_at=0)


def test_a_row_that_somebody_holds_is_not_waited_for_either(
    theirs: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs.execute("INSERT INTO upgraded VALUES (1)")
    theirs.execute("BEGIN; UPDATE upgraded SET id = 2")
    monkeypatch.setattr(Change, "operations", (migrations.RunSQL("UPDATE upgraded SET id = 3"),))

    def migrate(executor: migrating.TakingExecutor, _: object) -> None:
        executor.apply_migration(ProjectState(), Change("later", "store"))
        executor.recorder.record_unapplied("store", "later")

    monkeypatch.setattr(migrating.TakingExecutor, "migrate", migrate)
    monkeypatch.setattr(migrating.time, "sleep", lambda _: theirs.execute("COMMIT"))
    migrating._migrate(give_up_at=time.monotonic() + 60)
    assert theirs.execute("SELECT id FROM upgraded").fetchone() == (3,)


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
