"""Telling staff: whether a member is told something now, later or not at all, and why. Nothing is told twice.

What a member did not choose holds for them as the house has it: everything at once, news in the morning, and quiet
hours at night. A decision says until when to hold; asked again then, with what became known meanwhile, it decides anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import attrs

from makegood.core.moments import MICROSECOND, micros
from makegood.core.nights import EVENING, MORNING
from makegood.core.reasons import Reason, because

KINDS: Final = ("escalation", "approval", "breach", "warning", "customer", "assignment", "news")
"""What members are told of, the most urgent first."""
URGENT: Final = frozenset({"escalation", "approval", "breach"})
"""What somebody waits for: it waits for no digest."""
PACES: Final = ("at_once", "hourly", "morning")
PACES_OF_THE_HOUSE: Final[Mapping[str, str]] = dict.fromkeys(KINDS, "at_once") | {"news": "morning"}

_OF_WHAT: Final = {
    "warning": "warning",
    "breach": "breach",
    "repeat": "breach",
    "word_broken": "breach",
    "word_waiting": "breach",
    "ask": "approval",
    "incident": "approval",
    "proposed": "approval",
    "still_proposed": "approval",
    "opened": "assignment",
    "owned": "assignment",
    "approved": "assignment",
    "refused": "assignment",
    "handed": "assignment",
    "reply": "customer",
    "complaint": "customer",
    "review": "customer",
    "score": "customer",
    "follow_up": "customer",
    "withdrawn": "customer",
    "floor": "customer",
}


def kind_of(*, what: str, above: bool = False) -> str:
    """This function will say which of KINDS a note is of; `what` is its code, such as breach.fix.

    `above` says that it tells somebody who stands above its owner: what is late is an escalation to them.
    """
    kind = _OF_WHAT.get(what.partition(".")[0], "news")
    return "escalation" if above and kind == "breach" else kind


class UnusableQuiet(ValueError):
    """These quiet hours cannot be kept: the message says why."""


@attrs.frozen(kw_only=True)
class Quiet:
    """Hours of every day by the wall clock of a zone (an IANA name), in which a member is left alone.

    From `begins`, which belongs to them, until `ends`, which does not; past midnight where it ends before it begins.
    """

    begins: time = EVENING
    ends: time = MORNING
    zone: str

    def __attrs_post_init__(self) -> None:
        """Raise UnusableQuiet where they have no end."""
        if self.begins == self.ends:
            raise UnusableQuiet("Quiet hours end at another time than they begin: choose another one.")

    def holds(self, *, at: datetime) -> bool:
        """This function will say whether a moment lies in the quiet hours."""
        here = at.astimezone(ZoneInfo(self.zone)).time()
        if self.begins < self.ends:
            return self.begins <= here < self.ends
        return here >= self.begins or here < self.ends

    def next_at(self, *, at: datetime) -> datetime:
        """This function will return the first moment after `at` at which they begin, in UTC."""
        return _next(at, self.begins, self.zone)

    def over_at(self, *, at: datetime) -> datetime:
        """This function will return the first moment from `at` on that is not quiet, in UTC.

        Where the clocks go back over the end, it is the later one: nobody is woken between the two.
        """
        found = at.astimezone(UTC)
        while self.holds(at=found):
            found = _next(found, self.ends, self.zone)
        return found


@attrs.frozen(kw_only=True)
class Choices:
    """How one member is told: no `quiet` is no quiet hours; `paces` gives a pace of PACES for each of KINDS.

    `zone` is the one whose full hours and mornings a digest keeps to.
    """

    zone: str
    quiet: Quiet | None
    paces: Mapping[str, str] = PACES_OF_THE_HOUSE


@attrs.frozen(kw_only=True)
class Decision:
    """What to do with one thing to be told: tell it now, hold it until a moment (UTC), or leave it; and why."""

    do: Literal["now", "hold", "not"]
    until: datetime | None = None
    reasons: tuple[Reason, ...]


def decide(
    *,
    kind: str,
    at: datetime,
    now: datetime,
    choices: Choices,
    on_duty: bool = False,
    again: bool = False,
    told_at: datetime | None = None,
    seen: bool = False,
    settled: bool = False,
) -> Decision:
    """This function will decide about one thing of `kind` that happened `at`, for one member and one way, at `now`.

    `told_at` is when they were told of it by this way, `seen` that they read it or opened what it is about since,
    and `settled` that there is nothing left to do about it. `on_duty` lets an escalation, and nothing else, through
    their quiet hours. `again` says that they were told before that this same matter is late.
    """
    over = _over(told_at, seen=seen, settled=settled)
    if over is not None:
        return Decision(do="not", reasons=(over,))
    pace = choices.paces.get(kind, PACES_OF_THE_HOUSE[kind])
    if kind in URGENT:
        pace = "hourly" if again else "at_once"
    due_at = _paced(at, pace, choices)
    quiet = choices.quiet
    if micros(now) < micros(due_at):
        # An escalation is asked about again as it falls due: whether its member is on duty is known only then.
        until = due_at if quiet is None or kind == "escalation" else quiet.over_at(at=due_at)
        return Decision(do="hold", until=until, reasons=(_waits(kind, pace),))
    if quiet is None or not quiet.holds(at=now):
        return Decision(do="now", reasons=(because("telling.now", "They are told as they chose."),))
    if kind == "escalation" and on_duty:
        return Decision(do="now", reasons=(because("telling.duty", "It was escalated to them, and they are on duty."),))
    return Decision(
        do="hold", until=quiet.over_at(at=now), reasons=(because("telling.quiet", "These are their quiet hours."),)
    )


def _waits(kind: str, pace: str) -> Reason:
    """Why it waits for a digest."""
    if kind in URGENT:
        return because("telling.again", "They know that this is late: it is repeated with the full hour's others.")
    when = "at the full hour" if pace == "hourly" else "in the morning"
    return because("telling.digest", f"They chose to be told of this {when}.")


def _over(told_at: datetime | None, *, seen: bool, settled: bool) -> Reason | None:
    """Why it needs telling no more, if it does not."""
    if told_at is not None:
        return because("telling.once", "They were told of it already.")
    if settled:
        return because("telling.settled", "There is nothing left to do about it.")
    if seen:
        return because("telling.seen", "They have seen it since.")
    return None


def _paced(at: datetime, pace: str, choices: Choices) -> datetime:
    """The moment from which a pace lets something that happened `at` go, in UTC."""
    if pace == "at_once":
        return at.astimezone(UTC)
    if pace == "morning":
        return _next(at, choices.quiet.ends if choices.quiet else MORNING, choices.zone)
    here = at.astimezone(ZoneInfo(choices.zone))
    into = timedelta(minutes=here.minute, seconds=here.second, microseconds=here.microsecond)
    return at.astimezone(UTC) - into + timedelta(hours=1)


def _next(at: datetime, clock: time, zone: str) -> datetime:
    """The first moment after `at` at which the wall clock of a zone shows a time, or just after it skipped it."""
    day = at.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    while True:
        for fold in (0, 1):
            found = datetime.combine(day, clock.replace(fold=fold), tzinfo=ZoneInfo(zone)).astimezone(UTC)
            if micros(found) > micros(at):
                return found
        day += timedelta(days=1)


@attrs.frozen(kw_only=True)
class Waiting:
    """One thing that waits to be told to a member: `same` is shared by all that say how one matter stands."""

    id: int
    kind: str
    same: str
    at: datetime
    due_at: datetime | None = None


@attrs.frozen(kw_only=True)
class Telling:
    """What is told at once: `said`, the most urgent first; `folded` maps each id left out to the one that says it."""

    said: tuple[Waiting, ...]
    folded: Mapping[int, int]


def folded(*, waiting: Sequence[Waiting]) -> Telling:
    """This function will fold what waits for one member into what is said: of one matter only how it stands now."""
    latest: dict[str, Waiting] = {}
    for one in sorted(waiting, key=lambda each: (micros(each.at), each.id)):
        latest[one.same] = one
    said = sorted(
        latest.values(),
        key=lambda one: (
            KINDS.index(one.kind),
            one.due_at is None,
            micros(one.due_at or one.at),
            one.id,
        ),
    )
    return Telling(
        said=tuple(said),
        folded={one.id: latest[one.same].id for one in waiting if latest[one.same].id != one.id},
    )


TOLD_WITHOUT_ANSWER: Final = 3
ANSWERS_WITHIN: Final = timedelta(days=1)


@attrs.frozen(kw_only=True)
class Unanswered:
    """Since when somebody was told and opened nothing, how many times, and why that is noticed."""

    since_at: datetime
    times: int
    reasons: tuple[Reason, ...]


def unanswering(*, told: Sequence[datetime], seen_at: datetime | None, now: datetime) -> Unanswered | None:
    """This function will say whether a member never answers; None where they do, or it is too early to say so.

    `told` are the moments at which they were told of something that still waits for them; `seen_at` is when they last
    opened a page or did anything. It is too early before they were told TOLD_WITHOUT_ANSWER times since, the first
    of them ANSWERS_WITHIN ago.
    """
    since = sorted(one for one in told if seen_at is None or micros(one) > micros(seen_at))
    if len(since) < TOLD_WITHOUT_ANSWER or micros(now) - micros(since[0]) < ANSWERS_WITHIN // MICROSECOND:
        return None
    why = because("telling.unanswered", "They were told again and again for a day, and opened nothing.")
    return Unanswered(since_at=since[0], times=len(since), reasons=(why,))
