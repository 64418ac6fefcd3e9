"""What a customer taps on their page: the score of a delivery, and the five CARES taps, each on its own."""

from __future__ import annotations

from datetime import datetime, timedelta

from makegood.core.reasons import Reason
from makegood.core.scores import CARES, checked
from makegood.recoveries.models import Rating
from makegood.recoveries.operations.rating import UnableToRate, askable, latest_delivered, rating_answer
from makegood.store.bulk import insert

TAPS_FOR = timedelta(days=30)


def rating_tap(*, organization_id: int, recovery_id: int, name: str, value: int, now: datetime) -> None:
    """This function will add one tap (1 to 7) to the latest score that the customer gave.

    Raises UnableToRate for a tap that is none of the five, or without a score of the last thirty days; UnusableScore.
    """
    row = (
        Rating.objects.select_for_update()
        .filter(organization_id=organization_id, recovery_id=recovery_id, answered_at__gte=now - TAPS_FOR)
        .order_by("-answered_at", "-id")
        .first()
    )
    if row is None or name not in CARES:
        raise UnableToRate(UnableToRate.__doc__)
    row.cares = {**row.cares, name: checked(score=value)}
    row.save(update_fields=["cares"])


def rating_may(*, organization_id: int, recovery_id: int) -> bool:
    """This function will say whether the latest delivery can still be rated: asked and unanswered, or not asked yet.

    Before the fix is done nobody is asked how it was put right.
    """
    ratings = Rating.objects.filter(organization_id=organization_id, recovery_id=recovery_id)
    if ratings.filter(answered_at=None).exists():
        return True
    delivered = latest_delivered(organization_id, [recovery_id]).get(recovery_id)
    return delivered is not None and recovery_id in askable(organization_id, [recovery_id])


def rating_give(*, organization_id: int, recovery_id: int, score: int, now: datetime) -> tuple[Reason, ...]:
    """This function will take a score that the customer gives on their page, also before they were asked for it.

    A delivery is rated once: given here, it is not asked for by mail any more. Raises UnableToRate, UnusableScore.
    """
    open_ones = Rating.objects.filter(organization_id=organization_id, recovery_id=recovery_id, answered_at=None)
    asked = open_ones.exists()
    delivered = None if asked else latest_delivered(organization_id, [recovery_id]).get(recovery_id)
    if not asked and (delivered is None or recovery_id not in askable(organization_id, [recovery_id])):
        raise UnableToRate(UnableToRate.__doc__)
    checked(score=score)
    if not asked:
        insert(
            Rating,
            ("organization_id", "recovery_id", "makegood_id", "asked_at", "cares"),
            [(organization_id, recovery_id, delivered, now, {})],
            on_conflict="ON CONFLICT DO NOTHING",
        )
    return rating_answer(organization_id=organization_id, recovery_id=recovery_id, score=score, now=now)
