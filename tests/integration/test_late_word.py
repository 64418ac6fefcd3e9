"""Word that comes late: what happened before the promise was due never broke it, whenever we hear of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.conftest import START, Org
from tests.support.recoveries import step_to

from makegood.core.fold import fold_promise
from makegood.failures.models import Failure
from makegood.journal.models import Entry
from makegood.listen.operations import events_accept
from makegood.promises.models import Promise
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

HOUR = timedelta(hours=1)
DUE = START + HOUR


def event(kind: str, at: datetime, **data: Any) -> dict[str, Any]:
    return {"id": f"{kind}/{at.isoformat()}", "type": kind, "time": at.isoformat(), "data": {"reference": "P", **data}}


def accept(org: Org, now: datetime, *bodies: dict[str, Any]) -> None:
    with tenant(organization_id=org.id):
        events_accept(organization_id=org.id, source_id=org.source, bodies=bodies, now=now)


@pytest.fixture
def broken(org: Org) -> Org:
    """An organization that made one promise, heard nothing, and believes it broken two hours later."""
    accept(org, START, event("promise.made", START, due_at=DUE.isoformat(), customer={"email": "ana@example.com"}))
    step_to(org, START + 3 * HOUR)
    tick_dry(only=[org.id])
    assert standing(org) == ("broken", 1, 1)
    return org


def standing(org: Org) -> tuple[str, int, int]:
    """The promise's state, how many failures stand, and how many recoveries are open; the journal says the same."""
    with tenant(organization_id=org.id):
        promise = Promise.objects.get()
        entries = Entry.objects.filter(subject="promise").order_by("id").values_list("event", "data")
        fold = fold_promise(entries=list(entries))
        assert (fold.state, fold.due_at, fold.fulfilled_at) == (promise.state, promise.due_at, promise.fulfilled_at)
        failures = Failure.objects.filter(withdrawn_at__isnull=True).count()
        return promise.state, failures, Recovery.objects.filter(state="open").count()


def test_what_the_customer_cancelled_in_time_asks_for_no_apology(broken: Org) -> None:
    accept(broken, START + 3 * HOUR, event("promise.released", DUE - HOUR / 2))
    assert standing(broken) == ("released", 0, 0)


def test_what_is_cancelled_after_it_broke_stays_broken(broken: Org) -> None:
    accept(broken, START + 3 * HOUR, event("promise.released", DUE + HOUR / 2))
    assert standing(broken) == ("broken", 1, 1)


def moved(at: datetime, to: datetime, *, agreed: bool = True) -> dict[str, Any]:
    return event("promise.changed", at, due_at=to.isoformat(), agreed=agreed)


def test_what_was_moved_with_their_yes_in_time_is_open_and_breaks_at_its_new_time(broken: Org) -> None:
    accept(broken, START + 3 * HOUR, moved(DUE - HOUR / 2, START + 20 * HOUR))
    assert standing(broken) == ("open", 0, 0)
    step_to(broken, START + 21 * HOUR)
    tick_dry(only=[broken.id])
    assert standing(broken) == ("broken", 1, 1)
    with tenant(organization_id=broken.id):
        assert Failure.objects.get(withdrawn_at=None).happened_at == START + 20 * HOUR


@pytest.mark.parametrize(
    ("at", "to", "agreed"),
    [
        (DUE + HOUR / 2, START + 20 * HOUR, True),  # they agreed when it had broken already
        (DUE - HOUR / 2, START + 20 * HOUR, False),  # nobody asked them
        (DUE - HOUR / 2, DUE - HOUR / 4, True),  # it was to come sooner, and did not
    ],
)
def test_no_other_change_unbreaks_it(broken: Org, at: datetime, to: datetime, agreed: bool) -> None:
    accept(broken, START + 3 * HOUR, moved(at, to, agreed=agreed))
    assert standing(broken) == ("broken", 1, 1)


def test_a_new_time_that_it_met_makes_it_kept(broken: Org) -> None:
    accept(broken, START + 3 * HOUR, event("promise.kept", DUE + HOUR))
    accept(broken, START + 3 * HOUR, moved(DUE - HOUR / 2, DUE + 2 * HOUR))
    assert standing(broken) == ("kept", 0, 0)


def test_a_new_time_that_it_missed_too_breaks_it_again(broken: Org) -> None:
    accept(broken, START + 3 * HOUR, event("promise.kept", DUE + 2 * HOUR))
    accept(broken, START + 3 * HOUR, moved(DUE - HOUR / 2, DUE + HOUR / 4))
    tick_dry(only=[broken.id])
    assert standing(broken) == ("broken", 1, 1)


def test_new_time_and_late_word_in_one_delivery_leave_one_failure_that_stands(broken: Org) -> None:
    accept(broken, START + 3 * HOUR, moved(DUE - HOUR / 2, DUE + HOUR / 4), event("promise.kept", DUE + 2 * HOUR))
    tick_dry(only=[broken.id])
    assert standing(broken) == ("broken", 1, 1)


def test_an_earlier_moment_of_keeping_corrects_a_later_one(broken: Org) -> None:
    accept(broken, START + 3 * HOUR, event("promise.kept", DUE + HOUR))
    accept(broken, START + 3 * HOUR, event("promise.kept", DUE + HOUR / 2))
    with tenant(organization_id=broken.id):
        assert Promise.objects.get().fulfilled_at == DUE + HOUR / 2
    assert standing(broken)[0] == "broken"
    accept(broken, START + 3 * HOUR, event("promise.kept", DUE - HOUR / 2))
    assert standing(broken) == ("kept", 0, 0)
    accept(broken, START + 3 * HOUR, event("promise.kept", DUE - HOUR / 4), event("promise.kept", DUE - HOUR * 3 / 4))
    with tenant(organization_id=broken.id):
        assert Promise.objects.get().fulfilled_at == DUE - HOUR * 3 / 4
    assert standing(broken) == ("kept", 0, 0)
