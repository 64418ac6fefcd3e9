"""Whether what is about to be paid was given back elsewhere meanwhile: at a till, in a shop's own system, by a bank."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs
from django.db.models import Q

from makegood.core.money import Money
from makegood.core.reasons import because
from makegood.customers.models import Charge
from makegood.customers.queries import customers_merged
from makegood.makegoods.models import MakeGood
from makegood.makegoods.moves import State

ELSEWHERE = because(
    "payout.given_back",
    "Money was given back on this purchase elsewhere since: a person looks before it is given twice.",
    evidence="O6",
)


@attrs.frozen(kw_only=True)
class GivenBack:
    """How much was given back on a purchase since it failed, beyond what we paid ourselves, and when last."""

    amount: Money
    last_at: datetime

    def said(self) -> str:
        """Return it as finance reads it."""
        return (
            f"{self.amount} was given back on this purchase elsewhere, last on {self.last_at:%Y-%m-%d}: if that was for"
            " this, write its reference here; else pay what is still owed."
        )


@attrs.frozen(order=True)
class Flow:
    """One sum of money in minor units that went to the customer, and the earliest moment at which it did."""

    at: datetime
    minor: int


def not_ours(*, back: Iterable[Flow], paid: Iterable[Flow]) -> list[Flow]:
    """This function will return what was given back that no payment of ours explains, the last of it last.

    A payment explains one sum at most, of its own amount and not of before it. So what never came back as a refund, as
    money paid by bank does not, explains nothing that a shop gave back in another amount.
    """
    left = sorted(paid)
    found = []
    for flow in sorted(back):
        mine = next((one for one in left if one.minor == flow.minor and one.at <= flow.at), None)
        if mine is None:
            found.append(flow)
        else:
            left.remove(mine)
    return found


def given_back(*, organization_id: int, makegood_id: int) -> GivenBack | None:
    """This function will find refunds and chargebacks made elsewhere on what a make-good pays for, since that failed.

    What we paid ourselves for the same purchase since may come back as such a refund and is taken off (`not_ours`);
    what we paid before cannot. None where there is nothing beyond that, or no purchase is known; else the make-good's
    reasons say so from now on.
    """
    rows = MakeGood.objects.select_related("failure__charge", "customer").select_for_update(of=("self",))
    row = rows.get(organization_id=organization_id, id=makegood_id)
    failure = row.failure
    purchase_id = failure.purchase_id or (failure.charge.purchase_id if failure.charge else None)
    if purchase_id is None:
        return None
    family = customers_merged(
        organization_id=organization_id, customer_ids=[row.customer.merged_into_id or row.customer_id]
    )
    back = Charge.objects.filter(
        organization_id=organization_id,
        customer_id__in=list(family),
        purchase_id=purchase_id,
        kind__in=("refund", "chargeback"),
        currency=row.currency,
        charged_at__gte=failure.happened_at,
    ).values_list("charged_at", "amount_minor")
    of_it = Q(failure__purchase_id=purchase_id) | Q(failure__charge__purchase_id=purchase_id)
    ours = MakeGood.objects.filter(
        of_it,
        organization_id=organization_id,
        form="money",
        state=State.DELIVERED,
        currency=row.currency,
        settled_at__gte=failure.happened_at,
    ).values_list("offered_at", "value_minor")
    beyond = not_ours(back=[Flow(*one) for one in back], paid=[Flow(*one) for one in ours])
    if not beyond:
        return None
    if ELSEWHERE.as_dict() not in row.reasons:
        row.reasons = [*row.reasons, ELSEWHERE.as_dict()]
        row.save(update_fields=["reasons"])
    amount = Money(minor=sum(one.minor for one in beyond), currency=row.currency)
    return GivenBack(amount=amount, last_at=beyond[-1].at)
