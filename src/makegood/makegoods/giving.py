"""What may I give: up to three extras for one failure, within the member's own limit, each with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

import attrs

from makegood.core.limits import Room, least
from makegood.core.money import Money
from makegood.core.reasons import Reason
from makegood.core.remedies import Choice, Remedy, choose
from makegood.failures.models import Failure
from makegood.makegoods.limits import rooms_for
from makegood.makegoods.models import MakeGood
from makegood.makegoods.offering import Offer
from makegood.organizations.models import PlaybookVersion
from makegood.promises.models import Source
from makegood.rules.playbooks import from_data, load
from makegood.store.reading import read

MOST = 3
STANDING = ("offered", "accepted", "delivered", "shadowed")
FALLBACK = "default"


@attrs.frozen(kw_only=True)
class Gift:
    """One extra that may be given: what it is worth, what it costs, why it fits, and what is left to give then."""

    remedy: str
    title: str
    form: str
    value: Money
    cost: Money
    left: Money
    said: str
    reasons: tuple[Reason, ...]

    def offer(
        self,
        *,
        failure_id: int,
        customer_id: int,
        at: datetime,
        offered_by: int | None,
        reasons: Sequence[Reason] = (),
    ) -> Offer:
        """This function will make of this gift what may be offered to a customer for a failure."""
        return Offer(
            failure_id=failure_id,
            customer_id=customer_id,
            part="extra",
            remedy=self.remedy,
            title=self.title,
            form=self.form,
            value_minor=self.value.minor,
            cost_minor=self.cost.minor,
            currency=self.cost.currency,
            at=at,
            reasons=reasons,
            offered_by=offered_by,
        )


@attrs.frozen(kw_only=True)
class Gifts:
    """Up to three extras, the best first; what the member may still give; why others were refused.

    `left` is what the tightest of `rooms` leaves. `beyond` would fit, and stands offered to nobody here, but costs more
    than that: a colleague may say yes.
    """

    gifts: tuple[Gift, ...]
    left: Money
    reasons: tuple[Reason, ...]
    rooms: tuple[Room, ...]
    beyond: tuple[Gift, ...] = ()


def what_may_i_give(
    *,
    organization_id: int,
    failure_id: int,
    member_id: int,
    now: datetime,
    late: bool = False,
    remedies: Sequence[Remedy] | None = None,
) -> Gifts:
    """This function will find up to three extras that a member may give for a failure without asking.

    What the customer said yes to for this failure is not among them.

    `remedies` is the catalogue of the recovery's frozen playbook; without it, of the latest playbook that the failure's
    source names. `late` says that our first answer missed its clock. Raises Failure.DoesNotExist.
    """
    found = read(Failure, *_Failed._fields, organization_id=organization_id, id=failure_id)
    if not found:
        raise Failure.DoesNotExist
    failure = _Failed(*found[0])
    rooms = rooms_for(
        organization_id=organization_id, failure_id=failure_id, member_id=member_id, at=now, shadow=failure.shadow
    )
    left = least(rooms).left
    price = (
        Money(minor=failure.price_minor, currency=failure.currency)
        if failure.price_minor is not None and failure.currency
        else None
    )
    catalogue = list(_catalogue(organization_id, failure.source_id) if remedies is None else remedies)
    standing = _standing(organization_id, failure_id)
    stands = {one.remedy for one in standing if one.part == "extra"}
    had = {one.remedy for one in standing if one.part == "extra" and one.state != "offered"}
    catalogue = [one for one in catalogue if one.code not in had]
    given = _given(standing, counted_in=failure.currency or left.currency)
    judged = partial(choose, loss=failure.loss, price=price, kept_service=failure.kept_service, late=late, floor=given)
    beyond = tuple(
        _gift(choice, one, left=left)
        for one in catalogue
        if one.code not in stands
        and not Room(kind="day", limit=left, left=left).fits(one.cost)
        and (choice := judged(catalogue=[one], limit=None)).remedy
    )
    gifts: list[Gift] = []
    while True:
        choice = judged(catalogue=catalogue, limit=left)
        if choice.remedy is None or len(gifts) == MOST:
            refused = tuple(one.reason for one in choice.refused)
            return Gifts(
                gifts=tuple(gifts),
                left=left,
                reasons=refused if gifts else (*choice.reasons, *refused),
                rooms=rooms,
                beyond=tuple(sorted(beyond, key=lambda one: (one.cost.minor, one.remedy)))[:MOST],
            )
        one = choice.remedy
        gifts.append(_gift(choice, one, left=left - one.cost if one.cost else left))
        catalogue = [other for other in catalogue if other.code != one.code]


def _gift(choice: Choice, one: Remedy, *, left: Money) -> Gift:
    return Gift(
        remedy=one.code,
        title=one.title,
        form=one.form,
        value=one.value,
        cost=one.cost,
        left=left,
        said=choice.non_monetary,
        reasons=choice.reasons,
    )


class _Failed(NamedTuple):
    loss: str
    price_minor: int | None
    currency: str
    kept_service: bool | None
    source_id: int | None
    shadow: bool


class _Standing(NamedTuple):
    part: str
    remedy: str
    state: str
    value_minor: int
    currency: str


def _standing(organization_id: int, failure_id: int) -> list[_Standing]:
    """What stands for a failure, owed or given beyond."""
    rows = read(MakeGood, *_Standing._fields, organization_id=organization_id, failure_id=failure_id, state=STANDING)
    return [_Standing(*row) for row in rows]


def _given(standing: Sequence[_Standing], *, counted_in: str) -> Money | None:
    """What counts towards the cap already: what is owed, and the extras that stand.

    Where some of it is in another currency than the cap is `counted_in`, that part is returned: it cannot be added up,
    so nothing fits.
    """
    totals: dict[str, Money] = {}
    for row in standing:
        if row.part in ("floor", "extra") and row.value_minor > 0:
            one = Money(minor=row.value_minor, currency=row.currency)
            totals[row.currency] = totals[row.currency] + one if row.currency in totals else one
    return next((one for currency, one in totals.items() if currency != counted_in), totals.get(counted_in))


def _catalogue(organization_id: int, source_id: int | None) -> tuple[Remedy, ...]:
    named = Source.objects.filter(organization_id=organization_id, id=source_id or 0)
    codes = (*named.values_list("playbook", flat=True), FALLBACK)
    for code in codes:
        version = (
            PlaybookVersion.objects.filter(organization_id=organization_id, code=code).order_by("-version").first()
        )
        if version is not None:
            return from_data(version.data, where=f"playbook {code}").remedies
    return load(FALLBACK).remedies
