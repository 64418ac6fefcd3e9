"""Nights: what may wait does not reach a customer while they sleep, and one window holds one kind of news."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from makegood.core.moments import micros
from makegood.core.reasons import Reason, because

EVENING: Final = time(21, 0)
MORNING: Final = time(8, 0)
"""The night by the customer's wall clock: from EVENING, which belongs to it, until MORNING, which does not."""
JUST_WROTE: Final = timedelta(hours=1)
"""So long after they wrote a customer is awake and waits for the answer."""
WAITING: Final = frozenset({"offer", "reminder", "score_request", "follow_up", "outcome", "floor"})
"""What keeps until the morning; an acknowledgement, an apology and an update have clocks of their own."""
UPDATE, EXPLANATION, ACKNOWLEDGEMENT = "update", "outcome", "acknowledgement"
NEWS: Final = frozenset({UPDATE, EXPLANATION})
INSTANT: Final = timedelta(microseconds=1)
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


@attrs.frozen(kw_only=True, slots=True)
class Word:
    """Something said between a customer and us: its kind, when it was sent or came, and whether it is ours."""

    kind: str
    at: datetime
    ours: bool = True
    subject: str = ""


def earlier_news(*, kind: str, at: datetime, words: Iterable[Word]) -> Word | None:
    """This function will return what makes a message the second kind of news in one window (update, explanation).

    None where nothing does. A customer who wrote since is answered, whatever it is called; and what answered them is
    no news, so it stops none. The window counts from when the earlier one was sent to `at`, when this one is.
    """
    told, asked = None, False
    for word in sorted(words, key=lambda one: (micros(one.at), one.ours)):
        if not word.ours:
            told, asked = None, True
        elif word.kind in NEWS:
            told, asked = (told if asked else word), False
        elif word.kind == ACKNOWLEDGEMENT:
            asked = False
    if told is None or {kind, told.kind} != NEWS or micros(at) - micros(told.at) >= ONE_KIND_IN // INSTANT:
        return None
    return told
