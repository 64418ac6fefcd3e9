"""What customers say and what we see of them: joined to the failure that it speaks of, whichever came first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.conftest import START, Org

from makegood.failures.models import Failure, Signal
from makegood.journal.models import Entry
from makegood.listen.operations import events_accept
from makegood.promises.models import Promise
from makegood.store.clocks import clock_step
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

HOUR = timedelta(hours=1)
ANA = {"email": "ana@example.com"}


def event(number: int, kind: str, at: datetime, **data: Any) -> dict[str, Any]:
    return {"id": f"{kind}/{number}", "type": kind, "time": at.isoformat(), "data": data}


def made(number: int) -> dict[str, Any]:
    due_at = (START + HOUR).isoformat()
    return event(number, "promise.made", START, reference=f"order {number}", customer=ANA, due_at=due_at)


def review(number: int, at: datetime, kind: str = "signal.review") -> dict[str, Any]:
    return event(number, kind, at, promise=f"order {number}", customer=ANA, value=1)


def moved(number: int, to: datetime, *, agreed: bool = False) -> dict[str, Any]:
    return event(number, "promise.changed", START, reference=f"order {number}", due_at=to.isoformat(), agreed=agreed)


def accept(org: Org, *bodies: dict[str, Any]) -> None:
    with tenant(organization_id=org.id):
        events_accept(organization_id=org.id, source_id=org.source, bodies=bodies, now=START + 30 * HOUR)


def step(org: Org, after: timedelta) -> None:
    with tenant(organization_id=org.id):
        clock_step(organization_id=org.id, moment_at=START + after)
    tick_dry(only=[org.id])


def test_a_review_after_the_failure_joins_it(org: Org) -> None:
    accept(org, made(1))
    step(org, 3 * HOUR)
    accept(org, review(1, START + 4 * HOUR))
    with tenant(organization_id=org.id):
        assert Signal.objects.get().failure_id == Failure.objects.get().id
        assert Failure.objects.get().complained_at == START + 4 * HOUR


def test_a_review_before_the_promise_broke_joins_when_it_does(org: Org) -> None:
    accept(org, made(1), review(1, START + HOUR / 2))
    step(org, 3 * HOUR)
    with tenant(organization_id=org.id):
        assert Signal.objects.get().state == "joined"
        assert Failure.objects.get().complained_at == START + HOUR / 2
        assert Entry.objects.filter(event="failures:failure:complained").count() == 1


def test_a_review_before_its_promise_was_known_joins_too(org: Org) -> None:
    accept(org, review(1, START + HOUR / 2), review(2, START + HOUR / 2))
    accept(org, made(1))
    step(org, 3 * HOUR)
    with tenant(organization_id=org.id):
        assert sorted(Signal.objects.values_list("state", flat=True)) == ["joined", "open"]
        assert Signal.objects.get(state="joined").promise_id == Promise.objects.get().id


def test_a_review_of_a_kept_promise_stays_for_a_person_to_look_at(org: Org) -> None:
    accept(org, made(1), review(1, START), event(1, "promise.kept", START, reference="order 1"))
    step(org, 3 * HOUR)
    with tenant(organization_id=org.id):
        assert Signal.objects.get().state == "open"
        assert not Failure.objects.exists()


def test_a_complaint_that_speaks_of_no_failure_makes_one(org: Org) -> None:
    accept(org, review(1, START, kind="signal.complaint"))
    with tenant(organization_id=org.id):
        failure = Failure.objects.get()
        assert (failure.kind, failure.gate, failure.found_by_us) == ("complaint", "contact", False)


def test_a_later_date_without_a_yes_is_a_signal_and_no_complaint(org: Org) -> None:
    accept(org, made(1), made(2), made(3))
    accept(org, moved(1, START + 2 * HOUR), moved(2, START + 2 * HOUR, agreed=True), moved(3, START + HOUR / 2))
    with tenant(organization_id=org.id):
        signal = Signal.objects.get()
        assert (signal.kind, signal.state) == ("changed_date", "open")
    step(org, 5 * HOUR)
    with tenant(organization_id=org.id):
        failure = Failure.objects.get(promise_id=signal.promise_id)
        assert Signal.objects.get().failure_id == failure.id
        assert failure.complained_at is None, "they have not said a word"
