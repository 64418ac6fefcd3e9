"""Reads on the hot path find what a queryset finds, and only in one's own organization."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from tests.conftest import Org
from tests.support.recoveries import opened

from makegood.organizations.models import Member
from makegood.recoveries.models import Recovery
from makegood.store.reading import (
    GIVEN,
    NULL,
    AtLeast,
    AtMost,
    Not,
    change,
    counted,
    locked,
    read,
    whole_rows,
    write_back,
)
from makegood.store.tenancy import tenant


def test_columns_are_read_where_a_value_or_one_of_several_stands(org: Org) -> None:
    asked = {org.employee, org.manager, 10**12}
    with tenant(organization_id=org.id):
        found = read(Member, "id", "role", organization_id=org.id, id=asked)
        assert sorted(found) == sorted([(org.employee, "employee"), (org.manager, "manager")])
        one = read(Member, "id", organization_id=org.id, id=asked, role="manager", active=True)
        assert one == [(org.manager,)]
        assert read(Member, "id", organization_id=org.id, role=["manager", "nobody"]) == [(org.manager,)]


def test_none_of_nothing_is_found_and_the_database_not_asked(org: Org) -> None:
    with tenant(organization_id=org.id), connection.execute_wrapper(never):
        assert read(Member, "id", organization_id=org.id, id=[]) == []


def test_rows_are_counted_up_to_as_many_as_anybody_asks_for(org: Org) -> None:
    with tenant(organization_id=org.id):
        members = len(read(Member, "id", organization_id=org.id))
        for most in (1, members - 1, members, members + 1):
            assert counted(Member, most=most, organization_id=org.id) == min(most, members)
        assert counted(Member, most=9, organization_id=org.id, role="manager", team_id=NULL) == 1
        with connection.execute_wrapper(never):
            assert counted(Member, most=9, organization_id=org.id, id=[]) == 0


def never(*_: object) -> None:
    raise AssertionError("a statement")


def test_another_organization_s_rows_are_not_there(org: Org, make_org: Callable[..., Org]) -> None:
    other = make_org()
    with tenant(organization_id=org.id):
        assert read(Member, "id", id=other.employee) == []
        assert locked(Member, organization_id=other.id, row_id=other.employee) is None


def test_a_column_that_there_is_not_is_refused(org: Org) -> None:
    with tenant(organization_id=org.id), pytest.raises(LookupError, match="Member has no column salary"):
        read(Member, "salary", organization_id=org.id)


def test_a_locked_row_is_the_whole_model_and_can_be_saved(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        mine = locked(Recovery, organization_id=org.id, row_id=recovery.id)
        told = Recovery.objects.get(id=recovery.id)
        assert mine is not None
        names = [field.attname for field in Recovery._meta.concrete_fields]
        assert {name: getattr(mine, name) for name in names} == {name: getattr(told, name) for name in names}
        mine.close_note = "kept"
        mine.save(update_fields=["close_note"])
        assert Recovery.objects.get(id=recovery.id).close_note == "kept"


def test_what_was_changed_of_a_row_is_written_back_and_nothing_else(org: Org) -> None:
    one = opened(org)
    with tenant(organization_id=org.id):
        row = locked(Recovery, organization_id=org.id, row_id=one.id)
        assert row is not None
        row.owner_reasons, row.returned, row.fault, row.loss = [{"rule": "é"}], "back", "nobody", "never written"
        write_back(row, ["owner_reasons", "returned", "fault"])
        again = Recovery.objects.get(organization_id=org.id, id=one.id)
        assert (again.owner_reasons, again.returned, again.fault) == ([{"rule": "é"}], "back", "nobody")
        assert again.loss == one.loss


def test_conditions_find_what_a_queryset_s_find(org: Org) -> None:
    with tenant(organization_id=org.id):
        of_all = {row.id for row in Member.objects.filter(organization_id=org.id)}
        for where, meant in (
            ({"team_id": NULL}, Member.objects.filter(team=None)),
            ({"team_id": GIVEN}, Member.objects.exclude(team=None)),
            ({"role": Not("manager")}, Member.objects.exclude(role="manager")),
            ({"role": Not(["manager", "admin"])}, Member.objects.exclude(role__in=["manager", "admin"])),
            ({"role": Not([])}, Member.objects.all()),
            ({"tier": AtMost(2)}, Member.objects.filter(tier__lte=2)),
            ({"tier": AtLeast(2), "role": "manager"}, Member.objects.filter(tier__gte=2, role="manager")),
        ):
            wanted = {row.id for row in meant} & of_all
            assert {one for (one,) in read(Member, "id", organization_id=org.id, **where)} == wanted, where
            assert {row.id for row in whole_rows(Member, organization_id=org.id, **where)} == wanted, where


def test_rows_that_meet_the_conditions_are_changed_and_no_others(org: Org, make_org: Callable[..., Org]) -> None:
    other = make_org()
    with tenant(organization_id=org.id):
        assert change(Member, {"present": False}, organization_id=org.id, id=[org.manager, other.manager]) == 1
        assert change(Member, {"present": False}, organization_id=org.id, id=[]) == 0
        assert [row.id for row in Member.objects.filter(present=False)] == [org.manager]
    with tenant(organization_id=other.id):
        assert not Member.objects.filter(present=False).exists()
