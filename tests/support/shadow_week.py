"""A week of a shop's promises, lived through by a source that only watches and by one that is live, from one seed.

What the live one sent is read off the outside: the mails that a mail server took and what a payment system was asked.
Only its moments, and what stands on pages or is handed over, are read off the tables.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import attrs
from tests.conftest import START, Org
from tests.support.outside import MailServer, PaymentSystem
from tests.support.recoveries import playbook_with, step_to

from makegood.config.working import work_dry
from makegood.customers.models import Customer
from makegood.insights.shadow import ShadowLine, first_words
from makegood.listen.events import MOST_EVENTS
from makegood.listen.operations import events_accept
from makegood.makegoods.models import MakeGood
from makegood.makegoods.operations import UnableToOffer, makegood_delivered, makegood_offer
from makegood.messages.models import Message
from makegood.messages.operations import UnableToSend, message_send
from makegood.organizations.models import Integration, Organization
from makegood.promises.operations import source_watch
from makegood.recoveries.lateness import gifts_for
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.operations import step_done
from makegood.recoveries.operations.changing import UnableToChangeRecovery
from makegood.store.secrets import encrypt
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

HOUR = timedelta(hours=1)
Deed = tuple[int, str]
"""A case, by its number, and what was done with it."""
WEEK = timedelta(days=7)
FLIGHT = {"event_at": "2026-03-02T08:00:00+01:00", "distance_km": 1500, "intra_eu": True}
PLAYBOOK = (("expected_loss:", "floor_packs: [eu261]\nexpected_loss:"),)


@attrs.frozen(kw_only=True)
class Order:
    """One promise of the week: when it is due, and when it was kept, if at all."""

    name: str
    email: str
    place: bool
    due_at: datetime
    kept_at: datetime | None
    value: int
    charged: bool


def orders(*, seed: int, count: int) -> list[Order]:
    """So many promises over a week: a third is kept in time, the others late or not at all."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        due_at = START + HOUR * chance.uniform(1, 150)
        late = chance.choice((None, -0.5, -0.5, 1.5, 4.0, 6.0))
        found.append(
            Order(
                name=f"Customer {number}",
                email="" if number % 7 == 3 else f"customer{number}@example.com",
                place=number % 2 == 0,
                due_at=due_at,
                kept_at=None if late is None else due_at + HOUR * late,
                value=chance.choice((1_990, 4_500, 12_000)),
                charged=number % 5 == 0,
            )
        )
    return found


def prepared(org: Org, *, watched: bool, payments: PaymentSystem) -> None:
    """Let an organization be called like the other one, and leave by real ways; one of them only watches."""
    with tenant(organization_id=org.id):
        Organization.objects.update(delivery="live", name="The house")
        playbook_with(org, *PLAYBOOK)
        Integration.objects.create(
            organization_id=org.id, kind="payout", url=payments.url, secret=encrypt("a secret"), active=True
        )
        if watched:
            source_watch(organization_id=org.id, source_id=org.source, watched=True, by=org.admin, now=START)


def lived(org: Org, *, seed: int, count: int, step: timedelta = HOUR) -> None:
    """Live through the week: what happens comes in, clocks run, staff do what they would, whatever leaves leaves."""
    coming = sorted(_bodies(orders(seed=seed, count=count)), key=lambda one: one[0])
    at, done = START, set[Deed]()
    while at <= START + WEEK:
        step_to(org, at)
        due = [body for when, body in coming if when <= at]
        coming = [one for one in coming if one[0] > at]
        for first in range(0, len(due), MOST_EVENTS):
            bodies = due[first : first + MOST_EVENTS]
            with tenant(organization_id=org.id):
                events_accept(organization_id=org.id, source_id=org.source, bodies=bodies, now=at)
        _settled(org)
        with tenant(organization_id=org.id):
            _worked(org, at, seed, done)
        _settled(org)
        at += step


def _settled(org: Org) -> None:
    while tick_dry(only=[org.id]) + work_dry(only=[org.id]):
        pass


def _bodies(wanted: list[Order]) -> Iterator[tuple[datetime, dict[str, Any]]]:
    for one in wanted:
        who = (
            {"name": one.name, "token": f"card-{one.name}"} if not one.email else {"name": one.name, "email": one.email}
        )
        made = {
            "reference": one.name, "due_at": one.due_at.isoformat(), "kind": "flight", "what": f"order of {one.name}",
            "place": "shop" if one.place else None, "value": {"minor": one.value, "currency": "EUR"}, "facts": FLIGHT,
        }  # fmt: skip
        given = {name: value for name, value in made.items() if value is not None}
        yield START, _body("promise.made", f"{one.name}:made", START, {"customer": who, **given})
        if one.charged:
            amount = {"minor": one.value, "currency": "EUR"}
            charge = {"reference": f"C-{one.name}", "promise": one.name, "amount": amount}
            yield START, _body("charge.made", f"{one.name}:charge", START, {"customer": who, **charge})
        if one.kept_at is not None:
            yield one.kept_at, _body("promise.kept", f"{one.name}:kept", one.kept_at, {"reference": one.name})


def _body(kind: str, key: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return {"id": key, "type": kind, "time": at.isoformat(), "data": data}


def _worked(org: Org, at: datetime, seed: int, done: set[Deed]) -> None:
    """What staff do by the hour, each once: each case has its own luck, the same in both houses."""
    for case in Recovery.objects.filter(state="open").order_by("number"):
        chance = random.Random(f"{seed}:{case.number}")
        age = (at - case.opened_at) // HOUR
        for name, deed, after in (
            ("said", _said, chance.randint(0, 6)),
            ("fixed", _fixed, chance.randint(2, 30)),
            ("gave", _gave, chance.randint(3, 20)),
            ("handed", _handed_over, chance.randint(21, 90)),
        ):
            if age >= after and (case.number, name) not in done:
                done.add((case.number, name))
                deed(case, org, at)


def _fixed(case: Recovery, org: Org, at: datetime) -> None:
    with suppress(UnableToChangeRecovery):
        step_done(organization_id=org.id, recovery_id=case.id, step="fix", by=org.employee, now=at)


def _said(case: Recovery, org: Org, at: datetime) -> None:
    for draft in Message.objects.filter(thread_id=case.thread_id, state="draft").order_by("id"):
        with suppress(UnableToSend):
            message_send(
                organization_id=org.id, message_id=draft.id, by=org.employee, now=at, override_reason="so it is"
            )


def _gave(case: Recovery, org: Org, at: datetime) -> None:
    failure = RecoveryFailure.objects.filter(recovery_id=case.id).order_by("id")[0].failure_id
    gifts = gifts_for(organization_id=org.id, failure_id=failure, member_id=org.employee, now=at).gifts
    with suppress(UnableToOffer):
        for gift in gifts[:1]:
            offer = gift.offer(failure_id=failure, customer_id=case.customer_id, at=at, offered_by=org.employee)
            makegood_offer(organization_id=org.id, offer=offer, now=at)


def _handed_over(case: Recovery, org: Org, at: datetime) -> None:
    """Every other one takes what was offered at the counter."""
    failures = RecoveryFailure.objects.filter(recovery_id=case.id).values("failure_id")
    for row in MakeGood.objects.filter(failure_id__in=failures, part="extra", state="offered").exclude(form="money"):
        if case.number % 2:
            makegood_delivered(organization_id=org.id, makegood_id=row.id, now=at, by=org.employee)


Line = tuple[Any, ...]


def reported(lines: tuple[ShadowLine, ...]) -> list[Line]:
    """The lines of a report, to be compared: a letter by its first words, without what is drawn by chance."""
    return sorted(
        (
            one.at, one.kind, one.what, one.to, one.address, one.channel, one.subject, one.words, one.part,
            one.cost, one.given, one.number,
        )
        for one in lines
    )  # fmt: skip


def sent(org: Org, mails: MailServer, payments: PaymentSystem) -> list[Line]:
    """What a live source's week sent, by the mail server, the payment system and the pages."""
    with tenant(organization_id=org.id):
        names = dict(Customer.objects.values_list("id", "name"))
        numbers = dict(Recovery.objects.values_list("thread_id", "number"))
        of_failure = dict(RecoveryFailure.objects.values_list("failure_id", "recovery__number"))
        return sorted(
            [
                *_mailed(mails, names, numbers),
                *_on_pages(names, numbers),
                *_paid(payments, names, of_failure),
                *_handed(names, of_failure),
            ]
        )


def _mailed(mails: MailServer, names: dict[int, str], numbers: dict[int, int]) -> Iterator[Line]:
    rows = {row.message_id: row for row in Message.objects.filter(direction="out", channel="mail")}
    for taken in mails.taken:
        mail = message_from_bytes(taken, policy=default)
        row = rows[mail["Message-ID"]]
        body = mail.get_body()
        assert body is not None, "every letter has words"
        yield (
            row.sent_at, "letter", row.kind, names[row.customer_id or 0], mail["To"], "mail", mail["Subject"],
            first_words(body.get_content()), "", None, False, numbers[row.thread_id or 0],
        )  # fmt: skip


def _on_pages(names: dict[int, str], numbers: dict[int, int]) -> Iterator[Line]:
    for row in Message.objects.filter(direction="out", channel="status", state="sent"):
        yield (
            row.sent_at, "letter", row.kind, names[row.customer_id or 0], "", "page", row.subject,
            first_words(row.body), "", None, False, numbers[row.thread_id or 0],
        )  # fmt: skip


def _paid(payments: PaymentSystem, names: dict[int, str], numbers: dict[int, int]) -> Iterator[Line]:
    from makegood.core.money import Money
    from makegood.makegoods.models import PromisedCharge

    for paid in payments.paid.values():
        amount = Money(minor=paid["data"]["minor"], currency=paid["data"]["currency"])
        if paid["type"] == "charge.stop":
            tie = PromisedCharge.objects.get(reference=paid["data"]["charge"])
            yield (
                tie.settled_at, "charge", f"a charge of {amount} is stopped", names[tie.customer_id], "", "payment",
                "", "", "", None, False, numbers.get(tie.failure_id or 0),
            )  # fmt: skip
            continue
        row = MakeGood.objects.get(id=paid["data"]["makegood"])
        yield (
            row.settled_at, "payment", row.title, names[row.customer_id], "", "payment", "", "", row.part, amount,
            True, numbers.get(row.failure_id),
        )  # fmt: skip


def _handed(names: dict[int, str], numbers: dict[int, int]) -> Iterator[Line]:
    from makegood.core.money import Money

    for row in MakeGood.objects.filter(state__in=["offered", "delivered", "expired", "declined"]):
        if row.form == "money" and row.state == "delivered":
            continue
        yield (
            row.settled_at if row.state == "delivered" else row.offered_at, "gift", row.title, names[row.customer_id], "",
            "payment" if row.form == "money" else "by hand", "", "", row.part,
            Money(minor=row.cost_minor, currency=row.currency), row.state == "delivered", numbers.get(row.failure_id),
        )  # fmt: skip
