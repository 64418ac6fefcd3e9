"""Staying: whether a customer is back at their own baseline, from what they bought and used before and since.

The formula, for spending and for use alike. Their usual pace is reckoned from the two years before the failure was
known: the median of the times between one purchase (or visit) and the next, and the mean of what one came to; both need
THREE of them. Since then as many should have come as whole usual times have passed, and at least one. They are *back*
when what came since makes nine tenths of that; *lapsed* when nothing came for twice their usual time and longer than
ever before; else *unknown*. Without a pace of their own, coming back at all is the only thing that can be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Final, Literal

import attrs

from makegood.core.reasons import Reason, because

LOOKBACK: Final = timedelta(days=730)
GIVE_UP: Final = timedelta(days=365)
"""After so long without an answer nobody looks any more: it stays unknown."""
LOOK_AT_LEAST: Final = timedelta(days=30)
THREE: Final = 3
TENTHS: Final = 9


@attrs.frozen(kw_only=True)
class Came:
    """One purchase or visit: when, and what it came to in minor units; a visit comes to 1."""

    at: datetime
    worth: int = 1


@attrs.frozen(kw_only=True)
class Pace:
    """How often they usually came, what one came to on the mean, and the longest that they ever stayed away."""

    usual: timedelta
    worth: float
    longest: timedelta


@attrs.frozen(kw_only=True)
class Seen:
    """Whether they are back, why, and when to look again where it is not to be told yet (None: not any more)."""

    outcome: Literal["back", "lapsed", "unknown"]
    reasons: tuple[Reason, ...]
    again_at: datetime | None = None


_BACK = because("stay.back", "They buy or use as much as before, by their own pace.", evidence="1.10")
_AGAIN = because("stay.again", "They came back. They have no usual pace of their own yet to measure it by.")
_LAPSED = because(
    "stay.lapsed", "Nothing for twice their usual time, and longer than they ever stayed away.", evidence="D2"
)
_LESS = because("stay.less", "They came, but for less than they used to: that is not back yet.", evidence="1.10")
_SOON = because("stay.soon", "Nothing yet, and by their own pace it is too soon to tell.")
_NOTHING = because("stay.nothing", "Nothing seen since, and no usual pace to tell by: nobody knows.", evidence="1.9")

WHY: Final = {one.rule: one for one in (_BACK, _AGAIN, _LAPSED, _LESS, _SOON, _NOTHING)}
"""Every reason that `seen` can give, by its rule."""


def pace(*, before: Sequence[Came], since: datetime) -> Pace | None:
    """This function will reckon a customer's usual pace up to `since`; None from fewer than three in two years."""
    known = sorted((one for one in before if since - LOOKBACK < one.at <= since), key=lambda one: one.at)
    apart = [later.at - one.at for one, later in pairwise(known) if later.at > one.at]
    if len(apart) < THREE - 1:
        return None
    usual = timedelta(seconds=median(one.total_seconds() for one in apart))
    return Pace(usual=usual, worth=sum(one.worth for one in known) / len(known), longest=max(apart))


def seen(*, bought: Sequence[Came], used: Sequence[Came], since: datetime, now: datetime) -> Seen:
    """This function will say whether a customer is back, by the formula above; spending or use is enough.

    `since` is when the recovery began; what came up to that moment, the failed purchase included, is from before. All
    datetimes are aware. Amounts must be of one currency; pass worth 1 for each where they are not. Raises ValueError
    for a `now` before `since`.
    """
    if now < since:
        raise ValueError("Nobody can be back before it happened")
    found = [_one(came, since, now) for came in (bought, used)]
    rules = {reason.rule: reason for reason in found if reason is not None}
    for reason in (_BACK, _AGAIN):
        if reason.rule in rules:
            return Seen(outcome="back", reasons=(reason,))
    if _LAPSED.rule in rules and not rules.keys() - {_LAPSED.rule}:
        return Seen(outcome="lapsed", reasons=(_LAPSED,))
    paces = [one for came in (bought, used) if (one := pace(before=came, since=since))]
    again_at = now + max([LOOK_AT_LEAST, *(one.usual for one in paces)])
    last = next((rules[one.rule] for one in (_LESS, _SOON) if one.rule in rules), _NOTHING)
    return Seen(outcome="unknown", reasons=(last,), again_at=again_at if again_at <= since + GIVE_UP else None)


def _one(came: Sequence[Came], since: datetime, now: datetime) -> Reason | None:
    """What purchases, or visits, say on their own; None where they say nothing."""
    after = [one for one in came if since < one.at <= now]
    own = pace(before=came, since=since)
    if own is None:
        return _AGAIN if after else None
    elapsed = now - since
    if not after:
        return _LAPSED if elapsed > 2 * own.usual and elapsed > own.longest else _SOON
    expected = max(1, elapsed // own.usual) * own.worth
    return _BACK if sum(one.worth for one in after) * 10 >= expected * TENTHS else _LESS
