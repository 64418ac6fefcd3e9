"""What is known of a word that staff give to a customer, and the rules that it is recognised by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import attrs

from makegood.core.reasons import Reason


@attrs.frozen(kw_only=True)
class Phrase:
    """One way to say a time. `kind` is span, clock, day, week, month or part; named groups give its pieces."""

    kind: str
    pattern: re.Pattern[str]


@attrs.frozen(kw_only=True, eq=False)
class StaffWordRules:
    """How staff of one language give their word: data that `makegood.rules` loads.

    `parts` are minutes of the local day, or the names "opening" and "close", which a calendar answers; `opening` and
    `close` hold where there is none.
    """

    language: str
    commits: re.Pattern[str]
    openings: re.Pattern[str]
    breaks: re.Pattern[str]
    blocked_before: re.Pattern[str]
    blocked_between: re.Pattern[str]
    blocked_after: re.Pattern[str]
    innocent: re.Pattern[str]
    resets: re.Pattern[str]
    loose_ends: re.Pattern[str]
    segments: re.Pattern[str]
    joins: re.Pattern[str]
    deadlines: re.Pattern[str]
    before: re.Pattern[str]
    not_due: re.Pattern[str]
    ago: re.Pattern[str]
    phrases: tuple[Phrase, ...]
    acts: Mapping[str, re.Pattern[str]]
    numbers: Mapping[str, float]
    weekdays: Mapping[str, int]
    months: Mapping[str, int]
    units: Mapping[str, str]
    parts: Mapping[str, int | str]
    opening: int
    close: int


@attrs.frozen(kw_only=True)
class GivenWord:
    """One promise found in a text: what, by when (UTC), and the words it stands in.

    `start` and `end` bound the quote in the text. `act` is call, message, pay or other: what would keep it.
    """

    what: str
    due_at: datetime
    act: str
    quote: str
    start: int
    end: int
    reasons: tuple[Reason, ...]
