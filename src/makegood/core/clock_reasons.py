"""What a clock says about its deadline: one sentence for each input that moved it, moments in local time.

The sentences carry no pause's own words, since those may name people and reasons are kept in the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

import attrs

from makegood.core.calendars import ALWAYS, CalendarVersion, zone_named
from makegood.core.moments import MINUTE, micros, moment
from makegood.core.reasons import Reason, because
from makegood.core.worktime import Range

CLOCKS = "4"
"""The evidence: clocks that ignore hours, pauses or changes are what helpdesk users complain of most."""


def _count(minutes: float) -> str:
    return "1 minute" if minutes == 1 else f"{minutes:.10g} minutes"


@attrs.frozen(kw_only=True)
class Telling:
    """The makings of a clock's sentences.

    `start` and `last` are the first and last moment of interest, in microseconds since 1970; `start_zone` is the
    offset or zone in which the start was given, which is shown where no calendar tells a zone.
    """

    versions: Sequence[CalendarVersion]
    start: int
    last: int
    start_zone: tzinfo | None

    zone: tzinfo | None = attrs.field(init=False)

    @zone.default
    def _zone_in_force(self) -> tzinfo | None:
        begun = [v for v in self.versions if v.active_from is None or micros(v.active_from) <= self.last]
        calendar = begun[-1].calendar
        return self.start_zone if calendar == ALWAYS else zone_named(calendar.zone)

    def allows(self, minutes: int) -> Reason:
        """This function will say when the clock starts and what it allows."""
        return because("clock.start", f"The clock starts at {self._shown(self.start)} and allows {_count(minutes)}.")

    def calendars(self) -> list[Reason]:
        """This function will say which calendar counts, and from when each later version does."""
        told = []
        begins = [self.start if v.active_from is None else micros(v.active_from) for v in self.versions]
        for version, begin, end in zip(self.versions, begins, [*begins[1:], self.last + 1], strict=True):
            if begin > self.last or max(begin, self.start) >= end:
                continue
            if version.calendar == ALWAYS:
                text = "every minute counts, since no calendar is set."
            else:
                text = f"only working hours count, by the calendar of {version.calendar.zone}."
            text = f"From {self._shown(begin)} on {text}" if begin > self.start else text[0].upper() + text[1:]
            told.append(because("clock.calendar", text, evidence=CLOCKS))
        return told

    def pauses(self, gaps: Sequence[Range]) -> list[Reason]:
        """This function will say when the clock stood still; pauses that touch each other are told as one."""
        return [
            because(
                "clock.pause",
                f"A pause stops the clock from {self._shown(max(begin, self.start))} to {self._shown(end)}.",
                evidence=CLOCKS,
            )
            for begin, end in gaps
            if begin < end <= self.last and end > self.start
        ]

    def due(self, minutes: int) -> Reason:
        """This function will say when the allowed minutes are used."""
        return because("clock.due", f"The allowed time ({_count(minutes)}) is used up at {self._shown(self.last)}.")

    def unknown(self, left: int) -> Reason:
        """This function will say that an open pause keeps the deadline unknown, and what is left (microseconds)."""
        text = f"The clock is paused since {self._shown(self.last)} with {_count(left / MINUTE)} left"
        return because("clock.paused", f"{text}; the deadline is known once the pause ends.", evidence=CLOCKS)

    def visit_end(self) -> Reason:
        """This function will say that the end of the visit is the deadline."""
        return because("clock.visit", f"The visit ends sooner, at {self._shown(self.last)}: that is the deadline.")

    def visit_over(self) -> Reason:
        """This function will say that a visit already over sets no deadline."""
        return because("clock.visit", f"The visit was over at {self._shown(self.last)}, so it sets no deadline.")

    def _shown(self, at: int) -> str:
        return moment(at).astimezone(self.zone).isoformat()
