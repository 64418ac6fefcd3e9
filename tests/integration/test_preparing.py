"""Plans that a connection keeps: each statement is planned once, and shows no organization another's rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import (
    DataError,
    InterfaceError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from tests.conftest import Org

from makegood.organizations.models import Member
from makegood.store import preparing
from makegood.store.preparing import begin_with, prepared
from makegood.store.reading import read
from makegood.store.tenancy import NoTenant, as_user, current_organization, tenant

OFTEN = 12
"""From the sixth time on, the database may take one plan for all values."""
SET = "SELECT set_config(%s, %s, true)"
KEPT = "SELECT statement FROM pg_prepared_statements WHERE statement LIKE %s"


def kept(like: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(KEPT, [like])
        return [row[0] for row in cursor.fetchall()]


def test_a_kept_plan_shows_each_organization_its_own_rows_alone(org: Org, make_org: Callable[..., Org]) -> None:
    other = make_org()
    mine, theirs = {org.employee}, {other.employee}
    for _ in range(OFTEN):
        for one, own in ((org, mine), (other, theirs)):
            with tenant(organization_id=one.id):
                assert {row[0] for row in read(Member, "id", id=mine | theirs)} == own
    assert read(Member, "id", id=mine | theirs) == [], "outside a unit of work there is nothing"
    assert len(kept('SELECT "id" FROM "organizations_member" WHERE "id" = ANY%')) == 1


def test_no_other_statement_is_kept(org: Org) -> None:
    with tenant(organization_id=org.id):
        for _ in range(OFTEN):
            list(Member.objects.filter(organization_id=org.id, name="Not To Be Kept"))
        read(Member, "id", organization_id=org.id)
        raw = connection.connection
        assert raw.prepare_threshold is None
        assert not any(b"Kept" in str(one).encode() for one in (*raw._prepared._counts, *raw._prepared._names))
    assert not kept("%Not To Be Kept%")


def fail() -> None:
    with prepared() as cursor:
        cursor.execute("SELECT 1 / %s", [0])


def test_what_fails_or_is_rolled_back_leaves_the_kept_plans_usable(org: Org) -> None:
    for _ in range(3):
        with tenant(organization_id=org.id):
            with pytest.raises(DataError), transaction.atomic():
                fail()
            assert read(Member, "id", id=org.employee) == [(org.employee,)]
        with tenant(organization_id=org.id):
            assert read(Member, "id", id=org.employee) == [(org.employee,)]


def test_a_transaction_that_is_undone_costs_no_plan(org: Org) -> None:
    """Else everybody who is refused something makes the next one wait until all is planned anew."""
    with tenant(organization_id=org.id):
        read(Member, "id", organization_id=org.id, id=org.employee)
    before = kept("%")
    with pytest.raises(ValueError, match="refused"), tenant(organization_id=org.id):
        raise ValueError("refused")
    assert before == kept("%")
    assert len(before) > 0


def test_a_statement_that_fails_as_it_is_first_run_is_planned_once_all_the_same() -> None:
    for _ in range(OFTEN):
        with pytest.raises(DataError), transaction.atomic():
            fail()
    assert len(kept("SELECT 1 / %")) == 1


def test_plans_for_ever_other_types_of_values_do_not_heap_up(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "MOST", 3)
    with tenant(organization_id=org.id), prepared() as cursor:
        for most in (1, 10**5, 10**12, 1.5, "1", True, None):
            cursor.execute("SELECT %s::text", [most])
            assert len(kept("%")) <= 3
        assert read(Member, "id", id=org.employee) == [(org.employee,)]


def test_what_is_found_can_be_fetched_in_pieces_and_counted(org: Org) -> None:
    with tenant(organization_id=org.id), prepared() as cursor:
        cursor.execute("SELECT n FROM generate_series(1, %(most)s) AS n", {"most": 4})
        assert (cursor.rowcount, cursor.fetchone(), cursor.fetchone()) == (4, (1,), (2,))
        assert (list(cursor), cursor.fetchone(), cursor.fetchall()) == ([(3,), (4,)], None, [])
        cursor.execute("UPDATE organizations_member SET present = present WHERE organization_id = %s", [org.id])
        assert (cursor.rowcount, cursor.fetchall()) == (3, [])


def ask() -> None:
    with transaction.atomic(), prepared() as cursor:
        cursor.execute("SELECT code FROM changing")


def test_a_table_that_was_changed_since_is_no_fault_of_the_work_and_is_planned_anew(org: Org) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE changing (code varchar(5))")
    ask()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE changing ALTER COLUMN code TYPE varchar(9)")
    with pytest.raises(OperationalError, match="changed since"):
        ask()
    ask()


def test_what_the_server_does_not_do_is_not_taken_for_an_outdated_plan(org: Org) -> None:
    with pytest.raises(NotSupportedError), transaction.atomic(), prepared() as cursor:
        cursor.execute("SELECT count(*) FROM organizations_member FOR UPDATE")


def test_plans_that_a_pooler_dropped_are_no_fault_of_the_work(org: Org) -> None:
    with tenant(organization_id=org.id):
        assert read(Member, "id", id=org.employee) == [(org.employee,)]
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    with pytest.raises(OperationalError, match="or dropped"), tenant(organization_id=org.id):
        read(Member, "id", id=org.employee)
    with tenant(organization_id=org.id):
        assert read(Member, "id", id=org.employee) == [(org.employee,)]


def test_a_connection_that_was_lost_plans_anew(org: Org) -> None:
    with tenant(organization_id=org.id):
        assert read(Member, "id", id=org.employee) == [(org.employee,)]
    connection.close()
    with tenant(organization_id=org.id):
        assert read(Member, "id", id=org.employee) == [(org.employee,)]


def test_a_unit_of_work_begins_by_one_message_and_ends_with_its_organization(org: Org) -> None:
    """Also inside another one, and after one that failed as it began: nothing of it stays."""
    asked: list[str] = []

    def told(execute: Callable[..., object], sql: str, *rest: object) -> object:
        asked.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(told), tenant(organization_id=org.id):
        assert current_organization() == org.id
        with as_user(user_id=7), tenant(organization_id=org.id + 1):
            assert current_organization() == org.id + 1
    assert [sql for sql in asked if "set_config" in sql or "BEGIN" in sql] == [SET, SET], "only those inside it"
    with pytest.raises(NoTenant):
        current_organization()
    with pytest.raises(ProgrammingError), transaction.atomic():
        begin_with('makegood"', 1)
    with tenant(organization_id=org.id):
        assert current_organization() == org.id


def test_a_unit_of_work_that_finds_the_connection_lost_says_that_the_database_does_not_answer(org: Org) -> None:
    with tenant(organization_id=org.id):
        assert read(Member, "id", organization_id=org.id, id=org.employee)
    connection.connection.close()
    with pytest.raises((OperationalError, InterfaceError)), tenant(organization_id=org.id):
        pass
    connection.close()
    with tenant(organization_id=org.id):
        assert current_organization() == org.id
