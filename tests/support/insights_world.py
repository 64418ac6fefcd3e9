"""A small world with something in every figure, lived through by the operations: four months of one organization."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from tests.conftest import START, Org
from tests.support.recoveries import DAY, HOUR, customer, step_to

from makegood.config.working import work_dry
from makegood.core.money import Money
from makegood.core.reasons import because
from makegood.customers.bought import NewPurchase, purchases_record
from makegood.failures.models import Failure
from makegood.failures.operations import (
    Report,
    cause_create,
    failure_report,
    failures_cause_set,
)
from makegood.failures.signals import NewSignal, signals_record
from makegood.makegoods.floors import FloorOwed, floors_owe
from makegood.makegoods.models import MakeGood
from makegood.makegoods.offering import Offer, makegood_offer
from makegood.makegoods.operations import makegood_accept, makegood_decline, makegood_delivered
from makegood.promises.operations import NewPromise, Word, promises_hear, promises_make
from makegood.recoveries.models import Recovery, RecoveryFailure, Step
from makegood.recoveries.operations import close, rating_answer, rating_ask, step_done
from makegood.store.secrets import keyed_hash
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

PROMISES = 50
LONGEST = 30
"""Hours within which a recovery is handled, if at all."""


def promised(org: Org, people: list[int]) -> list[tuple[datetime, str, int]]:
    """One promise an hour for each customer; return the words to come: kept in time or late, released, learned late."""
    with tenant(organization_id=org.id):
        promises_make(
            organization_id=org.id,
            promises=[
                NewPromise(
                    source_id=org.source, customer_id=person, key_hash=keyed_hash(f"{org.code} {i}"), kind="delivery",
                    made_at=START, due_at=START + (i + 1) * HOUR, what="a parcel", value_minor=4_000, currency="EUR",
                )
                for i, person in enumerate(people)
            ],
        )  # fmt: skip
    return sorted(
        (START + (i + 1) * HOUR + late, action, i)
        for i in range(len(people))
        for action, late, turn in (
            ("kept", -HOUR / 2, i % 6 == 0),
            ("released", -HOUR / 4, i % 15 == 3),
            ("kept", timedelta(minutes=2), i % 7 == 1),
            ("kept", 9 * HOUR, i % 5 == 2),
            ("learned late", 12 * HOUR, i % 15 == 9),
        )
        if turn
    )


def hear(org: Org, at: datetime, action: str, i: int) -> None:
    """One word; what is learned late is that it was kept five minutes before it was due."""
    tick_to(org, at)
    late = action == "learned late"
    with tenant(organization_id=org.id):
        word = Word(
            source_id=org.source, key_hash=keyed_hash(f"{org.code} {i}"), action="kept" if late else action,
            happened_at=START + (i + 1) * HOUR - timedelta(minutes=5) if late else at, received_at=at,
        )  # fmt: skip
        promises_hear(organization_id=org.id, words=[word])


def tick_to(org: Org, at: datetime) -> None:
    step_to(org, at)
    tick_dry(only=[org.id])


_worlds: list[Org] = []


def world_once(make_org: Callable[..., Org]) -> Org:
    """One organization that lived through four months, made once for all who only read it or undo what they write."""
    if not _worlds:
        _worlds.append(lived(make_org()))
    return _worlds[0]


def lived(org: Org, people: int = PROMISES) -> Org:
    """Live through four months: broken promises, complaints, reports, recoveries, make-goods, scores, purchases."""
    with tenant(organization_id=org.id):
        customers = [customer(org) for _ in range(people)]
        buy(org, customers, START - 10 * DAY, "before", lambda i: 1_000)
        causes = [cause_create(organization_id=org.id, name=name) for name in ("Till", "Carrier")]
    words = promised(org, customers)
    chores: dict[int, list[int]] = {}
    known: set[int] = set()
    for hour in range(people + LONGEST):
        now = START + hour * HOUR
        for word in [word for word in words if now - HOUR < word[0] <= now]:
            hear(org, *word)
        tick_to(org, now)
        with tenant(organization_id=org.id):
            if hour == people // 2:
                report(org, now)
            for number in opened_now(org, known):
                chores.setdefault(hour + 1 + number * 7 % LONGEST, []).append(number)
            for number in chores.get(hour, []):
                complained(org, number, now)
                handled(org, number, causes, now)
    work_dry(only=[org.id])
    now = START + (people + LONGEST) * HOUR
    with tenant(organization_id=org.id):
        fixed_abroad(org, now)
        assert not MakeGood.objects.filter(part="floor").exclude(state__in=["delivered", "withdrawn"]).exists(), (
            "an inbox settles payments"
        )
    rated(org, now + HOUR)
    with tenant(organization_id=org.id):
        buy(org, customers, START + 30 * DAY, "after", lambda i: (500, 1_000, 2_000)[i % 3])
    tick_to(org, START + 120 * DAY)
    return org


def report(org: Org, now: datetime) -> None:
    failure_report(
        organization_id=org.id,
        report=Report(
            customer_id=org.customer, kind="complaint", loss="attention", what="a rude answer", happened_at=now,
            found_by_us=False, reported_by_id=org.employee,
        ),
        now=now,
    )  # fmt: skip


def opened_now(org: Org, known: set[int]) -> list[int]:
    """The numbers of the recoveries that opened since this was last asked."""
    numbers = Recovery.objects.filter(organization_id=org.id).exclude(number__in=known).order_by("number")
    new = list(numbers.values_list("number", flat=True))
    known.update(new)
    return new


def buy(org: Org, customers: list[int], at: datetime, name: str, worth: Callable[[int], int]) -> None:
    purchases_record(
        organization_id=org.id,
        purchases=[
            NewPurchase(
                customer_id=person, key_hash=keyed_hash(f"{org.code} {name} {i}"), placed_at=at,
                total_minor=worth(i), currency="USD" if i == 5 and name == "after" else "EUR",
            )
            for i, person in enumerate(customers)
        ],
    )  # fmt: skip


def failure_of(org: Org, number: int) -> tuple[Recovery, Failure]:
    recovery = Recovery.objects.get(organization_id=org.id, number=number)
    link = RecoveryFailure.objects.filter(organization_id=org.id, recovery_id=recovery.id).order_by("id")[0]
    return recovery, Failure.objects.get(id=link.failure_id)


def complained(org: Org, number: int, now: datetime) -> None:
    """Two thirds of the failed customers write: most after we knew, some before, some at the very moment."""
    _, failure = failure_of(org, number)
    if number % 3 == 0 or failure.promise_id is None:
        return
    signal = NewSignal(
        kind="complaint", customer_id=failure.customer_id, promise_id=failure.promise_id, received_at=now,
        happened_at=now if number % 4 else failure.detected_at - (HOUR if number % 8 else 0 * HOUR), key_hash=keyed_hash(f"{org.code} said {number}"),
        source_id=org.source,
    )  # fmt: skip
    signals_record(organization_id=org.id, signals=[signal])


def handled(org: Org, number: int, causes: list[int], now: datetime) -> None:
    """Fix and make good: in time, late, or never; some causes known; one closed by a manager."""
    recovery, failure = failure_of(org, number)
    if recovery.state != "open":
        return
    if number % 5:
        step_done(organization_id=org.id, recovery_id=recovery.id, step="fix", by=org.employee, now=now)
    if number % 4 == 1:
        owe(org, failure, now)
    if number % 3 == 0:
        offered = offer(org, failure, now)
        if number % 2:
            makegood_decline(organization_id=org.id, makegood_id=offered, now=now)
        else:
            makegood_accept(organization_id=org.id, makegood_id=offered, now=now)
            makegood_delivered(organization_id=org.id, makegood_id=offered, now=now)
    if number % 2 and Step.objects.get(recovery_id=recovery.id, step="make_good").state == "todo":
        step_done(organization_id=org.id, recovery_id=recovery.id, step="make_good", by=org.employee, now=now)
    if number % 3 < 2:
        failures_cause_set(
            organization_id=org.id, failure_ids=[failure.id], cause_id=causes[number % 3], by=org.employee, now=now
        )
    if number == 2:
        close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, now=now, reason="Moved away.")


def fixed_abroad(org: Org, now: datetime) -> None:
    """One fix that cost dollars."""
    _, failure = failure_of(org, 1)
    given_id = makegood_offer(
        organization_id=org.id,
        offer=Offer(
            failure_id=failure.id, customer_id=failure.customer_id, part="fix", remedy="resend", title="Sent again",
            form="reperformance", value_minor=700, cost_minor=700, currency="USD",
        ),
        now=now,
    )  # fmt: skip
    makegood_delivered(organization_id=org.id, makegood_id=given_id, now=now)


def offer(org: Org, failure: Failure, at: datetime) -> int:
    return makegood_offer(
        organization_id=org.id,
        offer=Offer(
            failure_id=failure.id, customer_id=failure.customer_id, part="extra", remedy="coupon", title="A coupon",
            form="coupon", value_minor=300, cost_minor=250, currency="EUR",
        ),
        now=at,
    )  # fmt: skip


def owe(org: Org, failure: Failure, at: datetime) -> None:
    floors_owe(
        organization_id=org.id,
        owed=[
            FloorOwed(
                failure_id=failure.id, customer_id=failure.customer_id, rule="test.floor", title="Owed",
                form="cash_or_bank", amount=Money(minor=1_100, currency="EUR"), due_at=at, at=at,
                reasons=(because("test.floor", "It is owed."),),
            )
        ],
        now=at,
    )  # fmt: skip


def rated(org: Org, at: datetime) -> None:
    with tenant(organization_id=org.id):
        for i, recovery in enumerate(Recovery.objects.filter(organization_id=org.id).order_by("number")):
            if not rating_ask(organization_id=org.id, recovery_id=recovery.id, now=at):
                continue
            if i % 4:
                rating_answer(
                    organization_id=org.id, recovery_id=recovery.id, score=1 + i % 7, cares={"empathy": 1 + i % 5},
                    now=at + HOUR,
                )  # fmt: skip
