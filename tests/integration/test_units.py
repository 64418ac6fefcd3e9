"""What a unit of work gathers is written once, found by whoever asks for it, and gone with what is undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection, transaction
from tests.conftest import START, Org

from makegood.journal.models import Entry
from makegood.journal.operations import Happened, record
from makegood.organizations.models import Organization
from makegood.store.apart import done_apart
from makegood.store.clocks import clock_step, moment
from makegood.store.preparing import prepared
from makegood.store.reading import read
from makegood.store.tenancy import tenant

INTO = 'INSERT INTO "journal_entry"'


def say(org: Org, *subjects: int) -> None:
    entries = [Happened(at=START, event="tests:unit:said", subject="unit", subject_id=one) for one in subjects]
    record(organization_id=org.id, entries=entries)


def said(org: Org) -> list[int]:
    rows = read(Entry, "id", "subject_id", organization_id=org.id, event="tests:unit:said")
    return [subject_id for _, subject_id in sorted(rows)]


def inserts(do: Callable[[], object]) -> int:
    asked: list[str] = []

    def note(execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
        asked.append(str(sql))
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        do()
    return sum(sql.startswith(INTO) for sql in asked)


def test_what_a_unit_of_work_says_is_written_by_one_statement_and_in_order(org: Org) -> None:
    def work() -> None:
        with tenant(organization_id=org.id):
            say(org, 1, 2)
            say(org, 3)

    assert inserts(work) == 1
    with tenant(organization_id=org.id):
        assert said(org) == [1, 2, 3]


def test_whoever_asks_finds_what_was_said_before_however_they_ask(org: Org) -> None:
    with tenant(organization_id=org.id):
        say(org, 1)
        assert said(org) == [1]
        say(org, 2)
        assert Entry.objects.filter(organization_id=org.id, event="tests:unit:said").count() == 2
        say(org, 3)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM journal_entry WHERE event = 'tests:unit:said'")
            assert cursor.fetchone() == (3,)


def test_a_part_that_is_undone_takes_along_what_it_said_and_nothing_else(org: Org) -> None:
    def undone() -> None:
        with transaction.atomic():
            say(org, 2)
            assert said(org) == [1, 2]
            say(org, 3)
            with transaction.atomic():
                say(org, 4)
            say(org, 7)
            raise ValueError("undone")

    with tenant(organization_id=org.id):
        say(org, 1)
        with pytest.raises(ValueError, match="undone"):
            undone()
        with transaction.atomic():
            say(org, 5)
        say(org, 6)
    with tenant(organization_id=org.id):
        assert said(org) == [1, 5, 6]


def test_a_unit_inside_another_writes_in_its_own_organization(org: Org, make_org: Callable[..., Org]) -> None:
    other = make_org()
    with tenant(organization_id=org.id):
        say(org, 1)
        with tenant(organization_id=other.id):
            say(other, 2)
    for one, subjects in ((org, [1]), (other, [2])):
        with tenant(organization_id=one.id):
            assert said(one) == subjects


def test_a_unit_that_fails_leaves_nothing_and_the_next_begins_anew(org: Org) -> None:
    def refused() -> None:
        with tenant(organization_id=org.id):
            say(org, 1)
            raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        refused()
    with tenant(organization_id=org.id):
        say(org, 2)
        assert said(org) == [2]


def test_a_unit_that_was_told_to_roll_back_ends_quietly_and_leaves_nothing(org: Org) -> None:
    with tenant(organization_id=org.id):
        say(org, 1)
        transaction.set_rollback(True)
    with tenant(organization_id=org.id):
        assert said(org) == []


def test_a_case_whose_journal_cannot_be_written_is_undone_with_it(org: Org) -> None:
    def do(cases: Sequence[int]) -> None:
        for case in cases:
            say(org, case)
            Organization.objects.filter(id=org.id).update(name=f"after {case}")
            if case == 2:
                data = {"x": object()}
                wrong = Happened(at=START, event="tests:unit:said", subject="unit", subject_id=7, data=data)
                record(organization_id=org.id, entries=[wrong])

    with tenant(organization_id=org.id):
        undone = done_apart(cases=[1, 2], do=do)
    assert [(case, type(error)) for case, error in undone] == [(2, TypeError)]
    with tenant(organization_id=org.id):
        assert said(org) == [1]
        assert Organization.objects.get(id=org.id).name == "after 1"


def test_many_are_not_held_back(org: Org) -> None:
    def work() -> None:
        with tenant(organization_id=org.id):
            for first in (0, 600, 1200):
                say(org, *range(first, first + 600))

    assert inserts(work) == 2
    with tenant(organization_id=org.id):
        assert said(org) == list(range(1800))


def test_a_unit_of_work_asks_once_what_its_moment_is_and_again_once_that_moved(org: Org) -> None:
    def never(*_: object) -> None:
        raise AssertionError("asked again")

    with tenant(organization_id=org.id):
        first = moment(organization_id=org.id)
        with connection.execute_wrapper(never):
            assert moment(organization_id=org.id) == first
        later = first.now.replace(year=first.now.year + 1)
        clock_step(organization_id=org.id, moment_at=later)
        assert moment(organization_id=org.id).now == later
        with prepared() as cursor:
            cursor.execute("SELECT makegood_now(%s::bigint)", [org.id])
            assert cursor.fetchone() == (later,)
