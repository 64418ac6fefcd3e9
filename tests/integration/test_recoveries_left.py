"""One failure that no recovery can be opened for stops no other: it is left, told to managers, and tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import START, Org
from tests.support.recoveries import HOUR, customer, failure, step_to

from makegood.failures.models import Failure
from makegood.journal.models import Entry
from makegood.messages.models import Message
from makegood.recoveries.models import Recovery, RecoveryFailure, Unopened
from makegood.recoveries.operations import opening
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

MINUTE = timedelta(minutes=1)
QUOTED = "Ana Ferreira said that"


def refuse(monkeypatch: pytest.MonkeyPatch, customer_id: int) -> None:
    """Let opening fail for one customer, after others of its batch were decided."""
    whole = opening._opening

    def opens(keys: Any, failures: Any, *rest: Any, **named: Any) -> Any:
        if failures[0].customer_id == customer_id:
            raise ZeroDivisionError(QUOTED)
        return whole(keys, failures, *rest, **named)

    monkeypatch.setattr(opening, "_opening", opens)


def routed(org: Org, how_many: int) -> list[int]:
    """Failures of so many customers that fall due to be routed in two hours; call inside a unit of work."""
    return [
        failure(org, customer_id=customer(org), at=START + 2 * HOUR + number * HOUR, routed_at=None)
        for number in range(how_many)
    ]


def test_the_others_go_on_and_it_is_tried_again_until_it_works(
    org: Org, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with tenant(organization_id=org.id):
        one, poisoned, last = routed(org, 3)
    step_to(org, START + 5 * HOUR)
    with monkeypatch.context() as broken:
        with tenant(organization_id=org.id):
            refuse(broken, Failure.objects.get(id=poisoned).customer_id)
        tick_dry(only=[org.id])
        with tenant(organization_id=org.id):
            assert set(RecoveryFailure.objects.values_list("failure_id", flat=True)) == {one, last}
            left = Unopened.objects.get()
            assert (left.failure_id, left.tries, left.error) == (poisoned, 1, "ZeroDivisionError")
            assert left.next_at - (START + 5 * HOUR) == 2 * MINUTE
        step_to(org, START + 8 * HOUR)
        tick_dry(only=[org.id])
        with tenant(organization_id=org.id):
            again = Unopened.objects.get()
            assert (again.tries, again.since_at) == (2, left.since_at)
            assert again.next_at - (START + 8 * HOUR) == 4 * MINUTE
    assert "ZeroDivisionError" in caplog.text
    assert QUOTED not in caplog.text
    step_to(org, START + 9 * HOUR)
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert not Unopened.objects.exists()
        assert RecoveryFailure.objects.filter(failure_id=poisoned).exists()
        assert sorted(Recovery.objects.values_list("number", flat=True)) == [1, 2, 3]


def test_managers_are_told_once_and_the_journal_says_so(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    with tenant(organization_id=org.id):
        (poisoned,) = routed(org, 1)
        who = Failure.objects.get(id=poisoned).customer_id
    refuse(monkeypatch, who)
    for hours in (5, 8, 12):
        step_to(org, START + hours * HOUR)
        tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        notices = Message.objects.filter(kind="staff", subject="No recovery could be opened")
        assert set(notices.values_list("member_id", flat=True)) == {org.manager, org.admin}
        assert all(f"/customers/{who}" in one.body for one in notices)
        assert notices.count() == 2
        assert Entry.objects.filter(event="recoveries:failure:left", subject_id=poisoned).count() == 1


def test_one_that_is_withdrawn_meanwhile_is_forgotten(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    with tenant(organization_id=org.id):
        (poisoned,) = routed(org, 1)
        refuse(monkeypatch, Failure.objects.get(id=poisoned).customer_id)
    step_to(org, START + 5 * HOUR)
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert Unopened.objects.count() == 1
        Failure.objects.filter(id=poisoned).update(withdrawn_at=START + 6 * HOUR)
    step_to(org, START + 7 * HOUR)
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert not Unopened.objects.exists()
