"""What was kept long enough goes at night, on the second, in batches and counted; nothing that is still needed does."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.conftest import START, Org
from tests.integration.test_erasure import found, live
from tests.support.rights import _case

from makegood.core.retention import KINDS
from makegood.customers.models import Charge, Customer, Fact
from makegood.customers.operations import Seen, customer_merge, customers_resolve
from makegood.journal.models import Effect, Entry
from makegood.keeping import retention
from makegood.keeping.models import RetentionPeriod
from makegood.keeping.retention import (
    UnableToSetPeriod,
    periods,
    periods_set,
    removal_foreseen,
)
from makegood.listen.intake.folders import folder_watch
from makegood.listen.models import WatchedFolder
from makegood.messages.models import Message
from makegood.recoveries.models import HelpFile, Recovery, Step
from makegood.store.clocks import clock_step
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

CLOSED = START + timedelta(hours=2)
"""When `live` closes its recovery; its delivery came at START."""
SECOND = timedelta(seconds=1)
ALL: dict[str, int | None] = dict.fromkeys(KINDS, 30) | {"customers": None}
GONE = {"conversations_message", "recoveries_helpform", "recoveries_helpfile", "customers_fact", "listen_raw"}


def night_after(org: Org, days: int) -> None:
    """Live until the night after so many days, and let the ticker do what is due."""
    with tenant(organization_id=org.id):
        clock_step(organization_id=org.id, moment_at=START + timedelta(days=days, hours=20))
    tick_dry(only=[org.id])


def set_all(org: Org, **days: int | None) -> None:
    with tenant(organization_id=org.id):
        periods_set(organization_id=org.id, days=ALL | days, by=org.admin, now=START)


def foreseen(org: Org, kind: str, now: object) -> int:
    with tenant(organization_id=org.id):
        return removal_foreseen(organization_id=org.id, kind=kind, days=30, now=now)  # type: ignore[arg-type]


def gone(org: Org, at: datetime) -> set[int]:
    """Who goes where thirty days without a sign are the period."""
    with tenant(organization_id=org.id):
        return set(retention._customers(org.id, at, 30).values_list("id", flat=True))


def held(org: Org, at: datetime) -> bool:
    """Whether nothing of anybody goes by then, but the customer of whom nothing was ever heard."""
    kinds = KINDS.keys() - {"customers"}
    return gone(org, at) <= {org.customer} and not any(foreseen(org, kind, at) for kind in kinds)


@pytest.mark.parametrize(
    ("kind", "since", "rows"),
    [("deliveries", START, 2), ("papers", CLOSED, 1), ("facts", START, 1), ("conversations", CLOSED, 5)],
)
def test_a_second_before_its_end_nothing_goes_and_at_its_end_all_does(
    org: Org, kind: str, since: object, rows: int
) -> None:
    live(org)
    end = since + timedelta(days=30)  # type: ignore[operator]
    assert (foreseen(org, kind, end - SECOND), foreseen(org, kind, end)) == (0, rows)


def test_nothing_goes_before_somebody_said_so_and_then_it_goes_at_night_and_is_counted(org: Org) -> None:
    live(org)
    before = set(found(org))
    assert before >= GONE
    night_after(org, 40)
    assert set(found(org)) == before
    with tenant(organization_id=org.id):
        assert not any(one.said for one in periods(organization_id=org.id))
        periods_set(organization_id=org.id, days=ALL, by=org.admin, now=START + timedelta(days=41))
        counts = (Message.objects.count(), Recovery.objects.count(), Step.objects.count())
    tick_dry(only=[org.id])
    assert set(found(org)) == before, "it waits for the night"
    night_after(org, 42)
    assert not GONE & set(found(org))
    with tenant(organization_id=org.id):
        assert (Message.objects.count(), Recovery.objects.count(), Step.objects.count()) == counts
        told = {one.data["kind"]: one.data["rows"] for one in Entry.objects.filter(event="keeping:period:removed")}
        assert told == {"deliveries": 2, "papers": 1, "facts": 1, "conversations": 5}
        assert Customer.objects.filter(name="Wilhelmina Quatermass").exists()
    night_after(org, 44)
    with tenant(organization_id=org.id):
        assert Entry.objects.filter(event="keeping:period:removed").count() == len(told), "nothing goes twice"


def test_what_an_open_recovery_or_an_unfinished_effect_needs_is_held(org: Org) -> None:
    customer_id = live(org)
    late = START + timedelta(days=90)
    with tenant(organization_id=org.id):
        message = Message.objects.filter(customer_id=customer_id, thread__isnull=False).first()
        assert message is not None
        effect = Effect.objects.create(
            organization_id=org.id, kind="message", idempotency_key="x", subject="message", subject_id=message.id,
            run_at=START, state="unknown",
        )  # fmt: skip
    assert foreseen(org, "conversations", late) == 4
    with tenant(organization_id=org.id):
        Effect.objects.filter(id=effect.id).update(state="done")
        Message.objects.filter(id=message.id).update(state="queued")
    assert foreseen(org, "conversations", late) == 4
    with tenant(organization_id=org.id):
        Message.objects.filter(id=message.id).update(state="sent")
        Recovery.objects.filter(customer_id=customer_id).update(state="open", closed_at=None)
    assert held(org, late)


def test_a_fact_goes_by_when_it_expires_where_it_does(org: Org) -> None:
    end = START + timedelta(days=3650)
    about = {"organization_id": org.id, "customer_id": org.customer, "source": "x", "consented": True, "text": "nuts"}
    with tenant(organization_id=org.id):
        Fact.objects.create(**about, recorded_at=START, expires_at=end)
    assert foreseen(org, "facts", end + timedelta(days=30) - SECOND) == 0
    assert foreseen(org, "facts", end + timedelta(days=30)) == 1


@pytest.mark.parametrize("into", [True, False])
def test_who_is_one_with_somebody_of_an_open_recovery_is_held(org: Org, into: bool) -> None:
    with tenant(organization_id=org.id):
        _case(org, owner=org.employee)
    customer_id, late = live(org), START + timedelta(days=90)
    with tenant(organization_id=org.id):
        other = Customer.objects.create(organization_id=org.id, name="W. Q.", created_at=START)
        assert Recovery.objects.filter(state="open").exclude(customer_id=customer_id).update(customer_id=other.id) == 1
    assert foreseen(org, "facts", late) == 1
    with tenant(organization_id=org.id):
        one, same = (other.id, customer_id) if into else (customer_id, other.id)
        customer_merge(organization_id=org.id, customer_id=one, into_id=same, now=START, by=org.admin)
    assert held(org, late)
    with tenant(organization_id=org.id):
        Recovery.objects.filter(customer_id=other.id).update(state="closed", closed_at=START)
    assert foreseen(org, "facts", late) == 1


def test_it_goes_on_in_batches_and_the_other_kinds_stay(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    live(org)
    with tenant(organization_id=org.id):
        Message.objects.filter(organization_id=org.id).update(created_at=START)
        about = {"organization_id": org.id, "customer_id": org.customer, "source": "x", "consented": True}
        Fact.objects.bulk_create(Fact(**about, text=str(number), recorded_at=START) for number in range(6))
    set_all(org, papers=None)
    night_after(org, 35)
    with tenant(organization_id=org.id):
        (entry,) = Entry.objects.filter(event="keeping:period:removed", data__kind="conversations")
        assert entry.data == {"kind": "conversations", "days": 30, "rows": 5}
        (entry,) = Entry.objects.filter(event="keeping:period:removed", data__kind="facts")
        assert entry.data["rows"] == 7
        assert not Message.objects.filter(thread__isnull=False).exclude(body="").exists()
        assert (Fact.objects.count(), HelpFile.objects.count()) == (0, 1)
        row = RetentionPeriod.objects.get(kind="conversations")
        assert (row.position, row.removed) == (0, 0)


def test_a_mail_that_nobody_decided_about_stays(org: Org) -> None:
    from makegood.failures.models import Signal
    from makegood.messages.operations import message_received

    with tenant(organization_id=org.id):
        message_received(organization_id=org.id, address="bo@example.org", body="I am Bo", key="bo", at=START)
    assert foreseen(org, "unplaced", START + timedelta(days=99)) == 0
    with tenant(organization_id=org.id):
        Signal.objects.filter(organization_id=org.id).update(state="dismissed")
    assert foreseen(org, "unplaced", START + timedelta(days=30) - SECOND) == 0
    assert foreseen(org, "unplaced", START + timedelta(days=30)) == 1


@pytest.mark.parametrize("days", [{"facts": 29}, {"facts": 36501}, {"nothing": 90}])
def test_a_period_out_of_bounds_is_refused(org: Org, days: dict[str, int]) -> None:
    with tenant(organization_id=org.id), pytest.raises(UnableToSetPeriod):
        periods_set(organization_id=org.id, days=days, by=org.admin, now=START)


def test_a_customer_goes_once_their_last_sign_is_long_enough_ago(org: Org) -> None:
    customer_id = live(org)
    end = CLOSED + timedelta(days=30)
    assert gone(org, end - SECOND) == {org.customer}, "of whom nothing was ever heard"
    assert gone(org, end) == {org.customer, customer_id}
    with tenant(organization_id=org.id):
        Recovery.objects.filter(customer_id=customer_id).update(state="open", closed_at=None)
    assert gone(org, end) == {org.customer}


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize(("model", "moment_of"), [(model.__name__, moment_of) for model, moment_of in retention.SIGNS])
def test_any_sign_keeps_a_customer_and_who_is_the_same_person(
    org: Org, model: str, moment_of: str, merged: bool
) -> None:
    customer_id, end = live(org), CLOSED + timedelta(days=30)
    (found,) = (one for one, _ in retention.SIGNS if one.__name__ == model)
    with tenant(organization_id=org.id):
        if model == "Charge":
            about = {"kind": "charge", "key_hash": b"x", "amount_minor": 1, "currency": "EUR", "charged_at": START}
            Charge.objects.create(organization_id=org.id, customer_id=customer_id, **about)
        if merged:
            customer_merge(
                organization_id=org.id, customer_id=customer_id, into_id=org.customer, now=START, by=org.admin
            )
        person = org.customer if merged else customer_id
    assert person in gone(org, end)
    with tenant(organization_id=org.id):
        assert found.objects.filter(customer_id=customer_id).update(**{moment_of: CLOSED + SECOND})
    assert person not in gone(org, end)


def test_who_is_long_gone_is_forgotten_whole_leaves_alone_what_waits_and_may_come_back(org: Org) -> None:
    customer_id = live(org)
    who = Seen(identities=(("email", "wilhelmina.q@example.org"),), name="Wilhelmina Quatermass")
    with tenant(organization_id=org.id):
        folder_watch(organization_id=org.id, active=True, by=org.admin, now=START)
    set_all(org, customers=30)
    night_after(org, 35)
    with tenant(organization_id=org.id):
        assert Customer.objects.get(id=customer_id).erased_at is not None
        assert not {"customers_customer", "customers_identity", "customers_purchase"} & set(found(org))
        assert WatchedFolder.objects.get().sweep is False, "what lies there now names nobody of years ago"
        (entry,) = Entry.objects.filter(event="keeping:period:removed", data__kind="customers")
        assert entry.data["rows"] == 2
        at = START + timedelta(days=36)
        (again,) = customers_resolve(organization_id=org.id, seen=[who], now=at)
        assert again != customer_id
        assert Customer.objects.get(id=again).name == "Wilhelmina Quatermass"


def test_customers_go_in_steps_of_their_own(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "OF_CUSTOMERS", 2)
    with tenant(organization_id=org.id):
        for number in range(4):
            Customer.objects.create(organization_id=org.id, name=f"C{number}", created_at=START)
    set_all(org, customers=30)
    night_after(org, 35)
    with tenant(organization_id=org.id):
        assert not Customer.objects.filter(erased_at=None).exists()
        (entry,) = Entry.objects.filter(event="keeping:period:removed", data__kind="customers")
        assert entry.data["rows"] == 5
