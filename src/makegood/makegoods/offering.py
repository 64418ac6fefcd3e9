"""Offering: within the person's limit, within the cap, and never instead of what is owed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import attrs
from django.db import connection, transaction

from makegood.core.money import Money, is_currency
from makegood.core.reasons import Reason, because
from makegood.core.remedies import CAP_PERCENT
from makegood.customers.models import Customer
from makegood.failures.queries import failures_shadowed
from makegood.makegoods.allowances import Days, UnableToOffer, allowance_take, shadow_allowance_hold
from makegood.makegoods.limits import extras_hold
from makegood.makegoods.models import FORMS, MakeGood
from makegood.makegoods.moves import State
from makegood.makegoods.pools import Giving
from makegood.makegoods.writing import NewMakeGood, makegoods_write
from makegood.store.reading import read

REMIND_AFTER = timedelta(days=7)
EXPIRE_AFTER = timedelta(days=7)
"""An offer is reminded of once, a week after it was made, and ends a week after that. A policy, not a finding."""

CAP_KEPT = because(
    "makegood.cap", f"With what is owed it stays within {CAP_PERCENT} % of the price.", evidence="A2"
).as_dict()


@attrs.frozen(kw_only=True, slots=True)
class Offer:
    """One remedy to be offered: `part` is fix or extra; amounts are minor units; `offered_by` None is the playbook.

    `at` is when it is offered (None: now).
    """

    failure_id: int
    customer_id: int
    part: str
    remedy: str
    title: str
    form: str
    value_minor: int
    cost_minor: int
    currency: str
    at: datetime | None = None
    reasons: Sequence[Reason | dict[str, Any]] = ()
    offered_by: int | None = None


def makegoods_offer(*, organization_id: int, offers: Sequence[Offer], now: datetime) -> list[int]:
    """This function will offer make-goods, all or none, each table written once; return their ids in order.

    A fix needs no yes and begins as accepted. An extra is taken from the allowance of whoever offers it, for the day
    of `at`, and held out of every budget and limit that it counts towards; together with the
    floor and what was offered before it stays within 150 % of the price, where the price is known (A2). The same is
    not offered twice while it stands. What is owed is apart from all of this and is never lowered. Raises
    UnableToOffer.
    """
    if not offers:
        return []
    offers = [attrs.evolve(offer, at=offer.at or now) for offer in offers]
    for offer in offers:
        _check(offer)
    capped = _within_cap(organization_id, offers)
    _not_twice(organization_id, offers)
    with transaction.atomic():
        allowances, pools = _take(organization_id, offers, now)
    made = makegoods_write(
        organization_id=organization_id,
        new=[
            NewMakeGood(
                failure_id=o.failure_id,
                customer_id=o.customer_id,
                part=o.part,
                remedy=o.remedy,
                title=o.title,
                form=o.form,
                value_minor=o.value_minor,
                cost_minor=o.cost_minor,
                currency=o.currency,
                reasons=[*_plain(o.reasons), *([CAP_KEPT] if o.failure_id in capped and o.part == "extra" else [])],
                state=State.ACCEPTED if o.part == "fix" else State.OFFERED,
                at=o.at or now,
                offered_by=o.offered_by,
                allowance_id=allowances.get(position),
                pools=pools.get(position, ()),
                next_at=None if o.part == "fix" else (o.at or now) + REMIND_AFTER,
            )
            for position, o in enumerate(offers)
        ],
        by=None,
    )
    return list(made)


def _plain(reasons: Sequence[Reason | dict[str, Any]]) -> list[dict[str, Any]]:
    return [reason.as_dict() if isinstance(reason, Reason) else dict(reason) for reason in reasons]


def makegood_offer(*, organization_id: int, offer: Offer, now: datetime) -> int:
    """This function will offer one make-good; return its id. Raises UnableToOffer."""
    return makegoods_offer(organization_id=organization_id, offers=[offer], now=now)[0]


def _check(offer: Offer) -> None:
    if offer.part not in ("fix", "extra"):
        raise UnableToOffer("Only a fix or an extra can be offered: what is owed is posted, not offered.")
    if offer.form not in FORMS:
        raise UnableToOffer(f"{offer.form!r} is no form of make-good: use one of {', '.join(FORMS)}.")
    if offer.value_minor < 0 or offer.cost_minor < 0 or not is_currency(offer.currency):
        raise UnableToOffer("Give a value and a cost of at least 0 and a currency such as EUR.")
    if not offer.title.strip():
        raise UnableToOffer("Say in a few words what is offered.")


STANDS = """
SELECT f.id, f.customer_id, f.price_minor, f.currency, f.withdrawn_at, coalesce(given.minor, 0), given.currencies
FROM failures_failure f LEFT JOIN LATERAL (
    SELECT sum(g.value_minor)::bigint AS minor, array_agg(DISTINCT g.currency) AS currencies FROM makegoods_makegood g
    WHERE g.organization_id = f.organization_id AND g.failure_id = f.id AND g.part IN ('floor', 'extra')
    AND g.state IN ('offered', 'accepted', 'delivered', 'shadowed') AND g.value_minor > 0
) given ON true
WHERE f.organization_id = %s AND f.id = ANY(%s)
"""


def _one_person(organization_id: int, one: int, other: int) -> bool:
    """Whether two customers turned out to be the same."""
    rows = Customer.objects.filter(organization_id=organization_id, id__in=[one, other])
    persons = {customer_id: into or customer_id for customer_id, into in rows.values_list("id", "merged_into_id")}
    return len(persons) == 2 and len(set(persons.values())) == 1


def _within_cap(organization_id: int, offers: Sequence[Offer]) -> set[int]:
    """Lock the failures, so that two offers for one are judged one after the other, and hold each to the cap.

    Returns the failures whose price is known.
    """
    ids = sorted({offer.failure_id for offer in offers})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM failures_failure WHERE organization_id = %s AND id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [organization_id, ids],
        )
        cursor.execute(STANDS, [organization_id, ids])
        stands = {row[0]: row[1:] for row in cursor.fetchall()}
    adding: dict[int, int] = defaultdict(int)
    priced = set()
    for offer in offers:
        if offer.failure_id not in stands:
            raise UnableToOffer("There is no such failure here: reload the recovery.")
        customer_id, price, currency, withdrawn_at, given, currencies = stands[offer.failure_id]
        if withdrawn_at is not None:
            raise UnableToOffer("This failure was withdrawn: there is nothing to make good.")
        if customer_id != offer.customer_id and not _one_person(organization_id, customer_id, offer.customer_id):
            raise UnableToOffer("This failure is another customer's: reload the recovery.")
        if price is None or offer.part == "fix":
            continue
        priced.add(offer.failure_id)
        if not offer.value_minor:
            continue
        if {offer.currency, *(currencies or ())} != {currency}:
            raise UnableToOffer(f"The price is in {currency}: offer something in {currency}.")
        adding[offer.failure_id] += offer.value_minor
        room = max(0, price * CAP_PERCENT // 100 - given)
        if adding[offer.failure_id] > room:
            raise UnableToOffer(
                f"With what is owed and offered already this would pass {CAP_PERCENT} % of the price:"
                f" offer at most {Money(minor=room, currency=currency)} more."
            )
    return priced


def _not_twice(organization_id: int, offers: Sequence[Offer]) -> None:
    """Refuse an extra that stands offered or accepted for its failure; the failures are locked by now."""
    named = [(offer.failure_id, offer.remedy) for offer in offers if offer.part == "extra" and offer.remedy]
    extras = {"part": "extra", "state": (State.OFFERED.value, State.ACCEPTED.value)}
    ids = [failure_id for failure_id, _ in named]
    standing = set(read(MakeGood, "failure_id", "remedy", organization_id=organization_id, failure_id=ids, **extras))
    for one in named:
        if one in standing:
            raise UnableToOffer("This is offered to them already: wait for their answer, or offer something else.")
        standing.add(one)


def _take(
    organization_id: int, offers: Sequence[Offer], now: datetime
) -> tuple[dict[int, int], dict[int, tuple[int, ...]]]:
    """Take each giver's whole cost of a day at once, in a fixed order; return the allowance and pools of each offer.

    First it is held out of the budgets and towards the limits over a recovery and a customer. What is offered for a
    shadow's failures is held to the same limit of the day by itself, and taken from no allowance and no pool.
    """
    days = Days.of(organization_id=organization_id)
    shadows = failures_shadowed(organization_id=organization_id, failure_ids={one.failure_id for one in offers})
    shared: dict[tuple[int, str, date, bool], list[int]] = defaultdict(list)
    givings: dict[int, Giving] = {}
    for position, offer in enumerate(offers):
        if offer.part != "extra" or not offer.cost_minor:
            continue
        day_date = days.day(offer.at or now)
        if offer.failure_id not in shadows:
            cost = Money(minor=offer.cost_minor, currency=offer.currency)
            givings[position] = Giving(
                failure_id=offer.failure_id, member_id=offer.offered_by, day_date=day_date, cost=cost
            )
        if offer.offered_by is not None:
            shared[offer.offered_by, offer.currency, day_date, offer.failure_id in shadows].append(position)
    pools = dict(
        zip(givings, extras_hold(organization_id=organization_id, givings=[*givings.values()], now=now), strict=True)
    )
    taken: dict[int, int] = {}
    for (member_id, currency, day_date, shadow), positions in sorted(shared.items()):
        total = Money(minor=sum(offers[one].cost_minor for one in positions), currency=currency)
        given: dict[str, Any] = {"organization_id": organization_id, "member_id": member_id, "cost": total}
        if shadow:
            shadow_allowance_hold(**given, day_date=day_date, days=days)
        else:
            taken.update(dict.fromkeys(positions, allowance_take(**given, day_date=day_date, days=days)))
    return taken, pools
