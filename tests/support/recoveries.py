"""Failures that are taken, and the small things that tests of recoveries do again and again."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from tests.conftest import START, Org

from makegood.customers.models import Customer
from makegood.failures.models import Failure
from makegood.journal.models import Entry
from makegood.journal.operations import Happened, record
from makegood.makegoods.models import MakeGood
from makegood.messages.models import Message
from makegood.organizations.models import PlaybookVersion
from makegood.organizations.operations import playbook_publish
from makegood.recoveries.models import Recovery, RecoveryClock, Step
from makegood.recoveries.operations import messages_sent, recoveries_open_for, replies_received, step_done
from makegood.rules.playbooks import data_of, text_of
from makegood.store.clocks import clock_step
from makegood.store.tenancy import tenant

_numbers = count(1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def customer(org: Org, **facts: Any) -> int:
    """Make a customer; call inside a unit of work."""
    return Customer.objects.create(organization_id=org.id, name="Ana Ferreira", created_at=START, **facts).id


def failure(org: Org, *, at: datetime = START, **facts: Any) -> int:
    """Make a failure that the gate let through at `at`; call inside a unit of work."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "kind": "broken_promise",
        "loss": "time",
        "fault": "ours",
        "severity": 2,
        "customer_id": org.customer,
        "happening_key": f"happening-{number}",
        "what": "the parcel to Porto",
        "found_by_us": True,
        "happened_at": at,
        "detected_at": at,
        "gate": "contact",
        "gate_at": at,
        "routed_at": at,
        "source_id": org.source,
        **facts,
    }
    return Failure.objects.create(organization_id=org.id, **values).id


def taken(failure_id: int, *, at: datetime = START) -> Happened:
    """The journal's word that a failure was taken."""
    return Happened(at=at, event="failures:failure:taken", subject="failure", subject_id=failure_id)


def open_for(org: Org, *failure_ids: int, at: datetime = START) -> list[Recovery]:
    """Open recoveries for failures; return all that are open, by number."""
    recoveries_open_for(organization_id=org.id, entries=[taken(one, at=at) for one in failure_ids])
    return list(Recovery.objects.filter(organization_id=org.id).order_by("number"))


def opened(org: Org, *, at: datetime = START, **facts: Any) -> Recovery:
    """One recovery of a fresh failure, in its own unit of work."""
    with tenant(organization_id=org.id):
        return open_for(org, failure(org, at=at, **facts), at=at)[-1]


def again(org: Org, recovery: Recovery) -> Recovery:
    """The recovery as it stands now; call inside a unit of work."""
    return Recovery.objects.get(organization_id=org.id, id=recovery.id)


def clock(org: Org, recovery: Recovery, target: str) -> RecoveryClock:
    """One of its clocks; call inside a unit of work."""
    return RecoveryClock.objects.get(organization_id=org.id, recovery_id=recovery.id, target=target)


def steps(org: Org, recovery: Recovery) -> dict[str, str]:
    """The states of its steps; call inside a unit of work."""
    return dict(Step.objects.filter(organization_id=org.id, recovery_id=recovery.id).values_list("step", "state"))


def journal(org: Org, recovery: Recovery, action: str = "") -> list[Entry]:
    """What was journalled about it; call inside a unit of work."""
    rows = Entry.objects.filter(organization_id=org.id, subject="recovery", subject_id=recovery.id).order_by("id")
    return [row for row in rows if not action or row.event == f"recoveries:recovery:{action}"]


def step_to(org: Org, at: datetime) -> None:
    """Move the organization's clock, in its own unit of work."""
    with tenant(organization_id=org.id):
        clock_step(organization_id=org.id, moment_at=at)


def say(org: Org, recovery: Recovery, kind: str, *, at: datetime, by: int | None = None) -> None:
    """A message of this kind leaves; call inside a unit of work."""
    message = Message.objects.create(
        organization_id=org.id, thread_id=recovery.thread_id, customer_id=recovery.customer_id, direction="out",
        channel="mail", kind=kind, state="sent", created_at=at, sent_at=at,
    )  # fmt: skip
    entry = Happened(
        at=at, event="messages:message:sent", subject="message", subject_id=message.id,
        data={"thread": recovery.thread_id, "kind": kind}, actor_id=by,
    )  # fmt: skip
    messages_sent(organization_id=org.id, entries=[entry])


def reply(org: Org, recovery: Recovery, text: str, *, at: datetime) -> None:
    """The customer writes; call inside a unit of work."""
    message = Message.objects.create(
        organization_id=org.id, thread_id=recovery.thread_id, customer_id=recovery.customer_id, direction="in",
        channel="mail", kind="reply", state="received", body=text, created_at=at,
    )  # fmt: skip
    entry = Happened(
        at=at, event="messages:message:received", subject="message", subject_id=message.id,
        data={"thread": recovery.thread_id, "kind": "reply"},
    )  # fmt: skip
    replies_received(organization_id=org.id, entries=[entry])


def makegood(org: Org, recovery: Recovery, failure_id: int, *, at: datetime, **facts: Any) -> MakeGood:
    """A make-good of its failure; call inside a unit of work."""
    values: dict[str, Any] = {
        "part": "extra", "remedy": "express", "title": "Express", "form": "time_back", "value_minor": 900,
        "cost_minor": 500, "currency": "EUR", "state": "delivered", "offered_at": at, "settled_at": at, **facts,
    }  # fmt: skip
    return MakeGood.objects.create(
        organization_id=org.id, failure_id=failure_id, customer_id=recovery.customer_id, **values
    )


def fixed(org: Org, recovery: Recovery, *, at: datetime = START) -> None:
    """What went wrong is put right; call inside a unit of work."""
    step_done(organization_id=org.id, recovery_id=recovery.id, step="fix", by=org.employee, now=at)


def playbook_with(org: Org, *changes: tuple[str, str], code: str = "default") -> int:
    """Publish a playbook changed in these places; call inside a unit of work."""
    text = text_of(code)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return playbook_publish(organization_id=org.id, code=code, text=text, data=data_of(text), now=START)


def playbook_count(org: Org) -> int:
    """How many versions there are; call inside a unit of work."""
    return PlaybookVersion.objects.filter(organization_id=org.id).count()


def tell(org: Org, *entries: Happened) -> None:
    """Journal these; call inside a unit of work."""
    record(organization_id=org.id, entries=list(entries))
