"""Writes of make-goods: owed, offered, accepted, declined, swapped, delivered, withdrawn, forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from makegood.core.reasons import because
from makegood.journal.models import Effect
from makegood.journal.operations import Happened
from makegood.journal.outbox import effects_doubt, effects_stop
from makegood.makegoods.allowances import UnableToOffer
from makegood.makegoods.doubts import doubts_erase
from makegood.makegoods.floors import FloorDue, FloorOwed, floors_for, floors_owe, floors_post
from makegood.makegoods.models import Allowance, MakeGood
from makegood.makegoods.moves import State, UnableToMoveMakeGood
from makegood.makegoods.offering import Offer, makegood_offer, makegoods_offer
from makegood.makegoods.payouts import Payout, UnableToPayByHand, payout_done_by_hand, payout_not_made, payouts_add
from makegood.makegoods.pools import pools_retake
from makegood.makegoods.writing import NewMakeGood, makegood_locked, makegoods_move, makegoods_write

__all__ = [
    "FloorDue",
    "FloorOwed",
    "Offer",
    "UnableToDeliver",
    "UnableToMoveMakeGood",
    "UnableToOffer",
    "UnableToPayByHand",
    "UnableToSwap",
    "floors_for",
    "floors_owe",
    "floors_post",
    "makegood_accept",
    "makegood_decline",
    "makegood_delivered",
    "makegood_offer",
    "makegood_swap",
    "makegoods_erase",
    "makegoods_hear_erased",
    "makegoods_hear_withdrawn",
    "makegoods_offer",
    "payout_done_by_hand",
    "payout_not_made",
]


class UnableToSwap(ValueError):
    """This cannot be had instead: choose something of the same failure that costs no more."""


class UnableToDeliver(ValueError):
    """Money is delivered when it is paid: if a person paid it, record the payment instead."""


def makegood_accept(*, organization_id: int, makegood_id: int, now: datetime, by: int | None = None) -> None:
    """This function will take the customer's yes; money is then on its way. `by` is a member who says it for them.

    Raises UnableToMoveMakeGood if it is not offered any more.
    """
    row = makegood_locked(organization_id=organization_id, makegood_id=makegood_id, error=UnableToMoveMakeGood)
    makegoods_move(organization_id=organization_id, rows=[row], to=State.ACCEPTED, at={row.id: now}, by=by)
    _pay(organization_id, row, now)


def makegood_decline(*, organization_id: int, makegood_id: int, now: datetime, by: int | None = None) -> None:
    """This function will take the customer's no; what it cost is given back. What is owed cannot be declined here.

    Raises UnableToMoveMakeGood if it is not offered any more.
    """
    row = makegood_locked(organization_id=organization_id, makegood_id=makegood_id, error=UnableToMoveMakeGood)
    makegoods_move(organization_id=organization_id, rows=[row], to=State.DECLINED, at={row.id: now}, by=by)


def makegood_swap(
    *, organization_id: int, makegood_id: int, instead: Offer, now: datetime, by: int | None = None
) -> int:
    """This function will give the customer something else instead, of equal or lower cost and value; return its id.

    It is accepted at once, from the same allowance and pools. What is owed is never traded, since it is never
    merely offered.
    Raises UnableToSwap, or UnableToMoveMakeGood if it is not offered any more.
    """
    row = makegood_locked(organization_id=organization_id, makegood_id=makegood_id, error=UnableToMoveMakeGood)
    if row.part == "floor":
        raise UnableToSwap("What is owed is paid as it is: it cannot be swapped.")
    if (
        instead.failure_id != row.failure_id
        or instead.currency != row.currency
        or instead.cost_minor > row.cost_minor
        or instead.value_minor > row.value_minor
        or min(instead.cost_minor, instead.value_minor) < 0
    ):
        raise UnableToSwap(UnableToSwap.__doc__)
    makegoods_move(organization_id=organization_id, rows=[row], to=State.SWAPPED, at={row.id: now}, by=by)
    pools = pools_retake(organization_id=organization_id, makegood_id=row.id, minor=instead.cost_minor)
    allowance_id = _retake(organization_id, row, instead.cost_minor)
    why = because("makegood.swap", "The customer chose this instead; it costs no more.").as_dict()
    (new_id,) = makegoods_write(
        organization_id=organization_id,
        new=[
            NewMakeGood(
                failure_id=row.failure_id,
                customer_id=row.customer_id,
                part=row.part,
                remedy=instead.remedy,
                title=instead.title,
                form=instead.form,
                value_minor=instead.value_minor,
                cost_minor=instead.cost_minor,
                currency=instead.currency,
                reasons=[why],
                state=State.ACCEPTED,
                at=now,
                offered_by=row.offered_by_id,
                allowance_id=allowance_id,
                pools=pools,
            )
        ],
        by=by,
    )
    MakeGood.objects.filter(organization_id=organization_id, id=row.id).update(swapped_for_id=new_id)
    _pay(organization_id, MakeGood.objects.get(organization_id=organization_id, id=new_id), now)
    return new_id


def _retake(organization_id: int, row: MakeGood, cost_minor: int) -> int | None:
    """Take the smaller cost from the row's own allowance, to which its cost was just given back and which is locked."""
    if row.allowance_id is None or not cost_minor:
        return None
    Allowance.objects.filter(organization_id=organization_id, id=row.allowance_id).update(
        given_minor=F("given_minor") + cost_minor
    )
    return row.allowance_id


def _pay(organization_id: int, row: MakeGood, now: datetime) -> None:
    if row.form == "money" and row.value_minor:
        payouts_add(
            organization_id=organization_id,
            payouts=[
                Payout(
                    makegood_id=row.id,
                    failure_id=row.failure_id,
                    rule=row.rule,
                    minor=row.value_minor,
                    currency=row.currency,
                    form="cash_or_bank",
                    at=now,
                )
            ],
        )


def makegood_delivered(*, organization_id: int, makegood_id: int, now: datetime, by: int | None = None) -> None:
    """This function will record that the customer has it: a person says so, or a system (then `by` is None).

    Raises UnableToDeliver for money, which is delivered when it is paid, and UnableToMoveMakeGood if it is settled.
    """
    row = makegood_locked(organization_id=organization_id, makegood_id=makegood_id, error=UnableToMoveMakeGood)
    if row.form == "money" and row.value_minor:
        raise UnableToDeliver(UnableToDeliver.__doc__)
    makegoods_move(organization_id=organization_id, rows=[row], to=State.DELIVERED, at={row.id: now}, by=by)


def makegoods_hear_withdrawn(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Take back what was offered or owed for failures that evidence withdrew, unless it is, or may have been, paid.

    A handler of `failures:failure:withdrawn`.
    """
    at = {entry.subject_id: entry.at for entry in entries}
    rows = list(
        MakeGood.objects.select_for_update()
        .filter(organization_id=organization_id, failure_id__in=at, state__in=["offered", "accepted"])
        .order_by("id")
    )
    if not rows:
        return
    ids = [row.id for row in rows]
    doubtful = effects_doubt(organization_id=organization_id, subject="makegood", subject_ids=ids, now=max(at.values()))
    effects_stop(organization_id=organization_id, subject="makegood", subject_ids=ids, now=max(at.values()))
    paid = Effect.objects.filter(organization_id=organization_id, subject="makegood", subject_id__in=ids, state="done")
    left = doubtful | set(paid.values_list("subject_id", flat=True))
    back = [row for row in rows if row.id not in left]
    makegoods_move(
        organization_id=organization_id, rows=back, to=State.WITHDRAWN, at={row.id: at[row.failure_id] for row in back}
    )


def makegoods_hear_erased(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Forget what erased customers' make-goods say in words; a handler of `customers:customer:erased`."""
    makegoods_erase(organization_id=organization_id, customer_ids=[entry.subject_id for entry in entries])


def makegoods_erase(*, organization_id: int, customer_ids: Sequence[int]) -> None:
    """This function will blank what these customers' make-goods say in words; amounts and counts stay."""
    MakeGood.objects.filter(organization_id=organization_id, customer_id__in=list(customer_ids)).update(
        title="", reference=""
    )
    doubts_erase(organization_id=organization_id, customer_ids=customer_ids)
