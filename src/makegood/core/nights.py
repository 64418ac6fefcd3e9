"""Nights: what may wait does not reach a customer while they sleep, and one window holds one kind of news."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from makegood.core.moments import micros
from makegood.core.reasons import Reason, because

EVENING: Final = time(21, 0)
MORNING: Final = time(8, 0)
"""The night by the customer's wall clock: from EVENING, which belongs to it, until MORNING, which does not."""
JUST_WROTE: Final = timedelta(hours=1)
"""So long after they wrote a customer is awake and waits for the answer."""
WAITING: Final = frozenset({"offer", "reminder", "score_request", "follow_up", "outcome", "floor"})
"""What keeps until the morning; an acknowledgement, an apology and an update have clocks of their own."""
UPDATE, EXPLANATION = "update", "outcome"
ONE_KIND_IN: Final = timedelta(hours=12)
"""The window in which a customer hears an update or an explanation, not both; shorter than the longest silence."""


def morning_after(*, at: datetime, zone: str) -> datetime | None:
    """This function will return the moment, in UTC, at which the night that `at` lies in ends; None by day.

    Where the clocks change, the morning is the wall clock's. `at` is aware, `zone` an IANA name.
    """
    here = at.astimezone(ZoneInfo(zone))
    if MORNING <= here.time() < EVENING:
        return None
    day = here.date() + timedelta(days=1) if here.time() >= EVENING else here.date()
    return datetime.combine(day, MORNING, tzinfo=ZoneInfo(zone)).astimezone(at.tzinfo)


def leaves_at(
    *, at: datetime, zone: str, kind: str, heard_at: datetime | None = None, due_at: datetime | None = None
) -> tuple[datetime, tuple[Reason, ...]]:
    """This function will say when a message that is ready at `at` leaves, and why it waits, if it does.

    `kind` is the message's; `heard_at` when the customer last wrote; `due_at` the moment by which it was promised
    (None: it keeps). Nothing waits past what was promised, and nobody who just wrote is kept waiting.
    """
    morning = morning_after(at=at, zone=zone)
    awake = heard_at is not None and timedelta() <= timedelta(microseconds=micros(at) - micros(heard_at)) < JUST_WROTE
    if morning is None or awake:
        return at, ()
    keeps = kind in WAITING if due_at is None else morning <= due_at
    if not keeps:
        return at, ()
    return morning, (because("message.night", "It is night where the customer is, and this keeps until the morning."),)


def both_kinds(*, kind: str, said: str, between: timedelta, heard_between: bool) -> bool:
    """This function will say whether a message would be the second kind of news in one window: update, explanation.

    `said` is the kind that left before, `between` how long ago. A customer who wrote in between is answered.
    """
    return {kind, said} == {UPDATE, EXPLANATION} and between < ONE_KIND_IN and not heard_between
