"""What a plan gives without a click: the one make-good that matches, the same for every customer of an incident."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import attrs
from django.db import transaction

from makegood.core.money import CurrenciesDiffer, Money
from makegood.core.remedies import Choice, UnusableRemedy, choose, incident_base
from makegood.makegoods.models import MakeGood
from makegood.makegoods.operations import Offer, UnableToOffer, makegoods_offer
from makegood.organizations.models import Member, Organization
from makegood.recoveries.lateness import answered_late
from makegood.recoveries.planned import Planned


def extras_offer(*, organization_id: int, planned: Sequence[Planned], now: datetime) -> None:
    """Offer the one make-good that matches, where the playbook lets it go without a click."""
    at_once = [one for one in planned if one.playbook.steps["make_good"].send == "at_once"]
    if not at_once:
        return
    limits = dict(Member.objects.filter(organization_id=organization_id).values_list("id", "limit_minor"))
    currency = Organization.objects.values_list("currency", flat=True).get(id=organization_id)
    late = answered_late(organization_id=organization_id, at={one.recovery_id: one.at for one in at_once})
    bases: dict[int, Offer | None] = {}
    offers = []
    for one in at_once:
        limit = Money(minor=limits.get(one.owner_id, 0), currency=currency)
        if one.incident_id is None:
            offer = _extra(organization_id, one, limit, late=one.recovery_id in late)
        else:
            if one.incident_id not in bases:
                bases[one.incident_id] = _incident_extra(organization_id, one, limit, at_once, late)
            base = bases[one.incident_id]
            offer = base and attrs.evolve(base, failure_id=one.first.failure_id, customer_id=one.customer_id, at=one.at)
        if offer is not None:
            offers.append(offer)
    _offer_each(organization_id, offers, now)


def _offer_each(organization_id: int, offers: Sequence[Offer], now: datetime) -> None:
    """Offer all at once; where one of them is refused (a limit, the cap), the others still go and that one waits."""
    try:
        with transaction.atomic():
            makegoods_offer(organization_id=organization_id, offers=offers, now=now)
    except UnableToOffer:
        if len(offers) > 1:
            for offer in offers:
                _offer_each(organization_id, [offer], now)


def _floors(organization_id: int, failure_ids: Sequence[int]) -> list[Money]:
    rows = MakeGood.objects.filter(organization_id=organization_id, failure_id__in=failure_ids, part="floor")
    return [Money(minor=row.value_minor, currency=row.currency) for row in rows]


def _extra(organization_id: int, one: Planned, limit: Money, *, late: bool) -> Offer | None:
    floors = _floors(organization_id, one.failure_ids)
    try:
        choice = choose(
            loss=one.first.loss,
            price=one.first.price,
            kept_service=one.first.kept_service,
            late=late,
            catalogue=one.playbook.remedies,
            limit=limit,
            floor=sum(floors[1:], start=floors[0]) if floors else None,
        )
    except (CurrenciesDiffer, UnusableRemedy):
        return None
    return _offer_of(one, choice)


def _incident_extra(
    organization_id: int, one: Planned, limit: Money, planned: Sequence[Planned], late: Collection[int]
) -> Offer | None:
    """The same for every customer of an incident: what its first ones were offered, else what fits them all.

    Where one of them was answered late, it must fit that one too.
    """
    given = (
        MakeGood.objects.filter(
            organization_id=organization_id, failure__incident_id=one.incident_id or 0, part="extra"
        )
        .order_by("offered_at", "id")
        .first()
    )
    if given is not None:
        return Offer(
            failure_id=one.first.failure_id,
            customer_id=one.customer_id,
            part="extra",
            remedy=given.remedy,
            title=given.title,
            form=given.form,
            value_minor=given.value_minor,
            cost_minor=given.cost_minor,
            currency=given.currency,
            reasons=given.reasons,
            at=one.at,
            offered_by=one.owner_id,
        )
    mine = [other for other in planned if other.incident_id == one.incident_id]
    try:
        choice = incident_base(
            loss=one.first.loss,
            prices=[price for other in mine if (price := other.first.price)],
            floors=_floors(organization_id, [failure_id for other in mine for failure_id in other.failure_ids]),
            kept_service=one.first.kept_service,
            late=any(other.recovery_id in late for other in mine),
            catalogue=one.playbook.remedies,
            limit=limit,
        )
    except (CurrenciesDiffer, UnusableRemedy):
        return None
    return _offer_of(one, choice)


def _offer_of(one: Planned, choice: Choice) -> Offer | None:
    remedy = choice.remedy
    if remedy is None:
        return None
    return Offer(
        failure_id=one.first.failure_id,
        customer_id=one.customer_id,
        part="extra",
        remedy=remedy.code,
        title=remedy.title,
        form=remedy.form,
        value_minor=remedy.value.minor,
        cost_minor=remedy.cost.minor,
        currency=remedy.value.currency,
        reasons=[reason.as_dict() for reason in choice.reasons],
        at=one.at,
        offered_by=one.owner_id,
    )
