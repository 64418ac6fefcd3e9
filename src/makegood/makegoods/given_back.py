"""Whether what is about to be paid was given back elsewhere meanwhile: at a till, in a shop's own system, by a bank."""

from __future__ import annotations

from datetime import datetime

import attrs
from django.db.models import Max, Q, Sum

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
    """How much more than we paid ourselves was given back on a purchase since it failed, and when last."""

    amount: Money
    last_at: datetime

    def said(self) -> str:
        """Return it as finance reads it."""
        return (
            f"{self.amount} was given back on this purchase elsewhere, last on {self.last_at:%Y-%m-%d}: if that was for"
            " this, write its reference here; else pay what is still owed."
        )


def given_back(*, organization_id: int, makegood_id: int) -> GivenBack | None:
    """This function will find refunds and chargebacks made elsewhere on what a make-good pays for, since that failed.

    What we paid ourselves for the same purchase may come back as such a refund and is taken off. None where there is
    nothing beyond that, or no purchase is known; else the make-good's reasons say so from now on.
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
    ).aggregate(minor=Sum("amount_minor"), last_at=Max("charged_at"))
    of_it = Q(failure__purchase_id=purchase_id) | Q(failure__charge__purchase_id=purchase_id)
    ours = MakeGood.objects.filter(
        of_it, organization_id=organization_id, form="money", state=State.DELIVERED, currency=row.currency
    ).aggregate(minor=Sum("value_minor"))
    beyond = (back["minor"] or 0) - (ours["minor"] or 0)
    if beyond <= 0:
        return None
    if ELSEWHERE.as_dict() not in row.reasons:
        row.reasons = [*row.reasons, ELSEWHERE.as_dict()]
        row.save(update_fields=["reasons"])
    return GivenBack(amount=Money(minor=beyond, currency=row.currency), last_at=back["last_at"])
