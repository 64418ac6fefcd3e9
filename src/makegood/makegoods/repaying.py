"""Giving back what was charged wrongly: that is the fix itself, so it is no extra and asks for nobody's yes."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.models import Sum

from makegood.core.money import Money
from makegood.core.reasons import because
from makegood.failures.models import Failure
from makegood.makegoods.models import MakeGood
from makegood.makegoods.moves import HAD
from makegood.makegoods.offering import Offer, makegood_offer
from makegood.makegoods.payouts import Payout, payouts_add
from makegood.organizations.models import Member

WRONG_CHARGE: Final = "wrong_charge"
REPAYMENT: Final = "repayment"
STANDS: Final = ("accepted", *HAD)
WHY: Final = because(
    "makegood.repayment", "What was charged wrongly is theirs: it goes back whole, before anything beyond it."
)


class UnableToRepay(ValueError):
    """This cannot be given back: the message says why."""


def repayment_make(*, organization_id: int, failure_id: int, title: str, amount: Money, by: int, now: datetime) -> int:
    """This function will give back what was charged wrongly, as the fix; money is then on its way. Returns its id.

    With what was given back before it stays within what they had paid. Where no purchase or charge is known behind the
    failure, only somebody's word says what they had paid: then it stays within the limit of who gives it back, too.
    Raises UnableToRepay.
    """
    failure = (
        Failure.objects.select_for_update(no_key=True).filter(organization_id=organization_id, id=failure_id).first()
    )
    if failure is None or failure.kind != WRONG_CHARGE:
        raise UnableToRepay("Only what was charged wrongly is given back here.")
    if amount.minor <= 0:
        raise UnableToRepay("Write an amount of more than zero.")
    if failure.currency and failure.currency != amount.currency:
        raise UnableToRepay(f"They paid in {failure.currency}: give it back in {failure.currency}.")
    _within(organization_id, failure, amount, by)
    makegood_id = makegood_offer(
        organization_id=organization_id,
        offer=Offer(
            failure_id=failure.id,
            customer_id=failure.customer_id,
            part="fix",
            remedy=REPAYMENT,
            title=title,
            form="money",
            value_minor=amount.minor,
            cost_minor=amount.minor,
            currency=amount.currency,
            reasons=[WHY],
            offered_by=by,
        ),
        now=now,
    )
    payouts_add(
        organization_id=organization_id,
        payouts=[
            Payout(
                makegood_id=makegood_id,
                failure_id=failure.id,
                rule="",
                minor=amount.minor,
                currency=amount.currency,
                form="cash_or_bank",
                at=now,
            )
        ],
    )
    return makegood_id


def _within(organization_id: int, failure: Failure, amount: Money, by: int) -> None:
    """Hold what is given back, in all, to what they had paid, and to the giver's limit where nothing shows that."""
    before = MakeGood.objects.filter(
        organization_id=organization_id, failure_id=failure.id, remedy=REPAYMENT, state__in=STANDS
    ).aggregate(minor=Sum("value_minor"))["minor"]
    given = Money(minor=(before or 0) + amount.minor, currency=amount.currency)
    if failure.price_minor is not None and given.minor > failure.price_minor:
        paid = Money(minor=failure.price_minor, currency=amount.currency)
        more = f" {Money(minor=before, currency=amount.currency)} of it was given back before." if before else ""
        raise UnableToRepay(f"They had paid {paid}: no more than that can be given back.{more}")
    if failure.purchase_id is not None or failure.charge_id is not None:
        return
    limit = Member.objects.values_list("limit_minor", flat=True).get(organization_id=organization_id, id=by)
    if given.minor > limit:
        raise UnableToRepay(
            "No purchase or charge is known here that shows what they paid, so it stays within your limit of"
            f" {Money(minor=limit, currency=amount.currency)}: let somebody who may give more do it."
        )
