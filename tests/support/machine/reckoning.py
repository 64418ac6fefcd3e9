"""A deadline reckoned the plain way: cut time wherever anything changes, and add up the pieces in which a clock runs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs

REACH = timedelta(days=400)
OPENS = 12
ALWAYS = 0


@attrs.frozen(kw_only=True)
class Rules:
    """What a recovery's clocks run by.

    `hours` is the history (from when, for how many hours from noon) of its calendars, over every move to another
    playbook; ALWAYS is every minute. `pauses` are (from, to or None).
    """

    hours: Sequence[tuple[datetime, int]]
    pauses: Sequence[tuple[datetime, datetime | None]]

    def runs(self, at: datetime) -> bool:
        """Whether a clock runs in the piece of time that begins at this moment."""
        known = bisect_right([begin for begin, _ in self.hours], at) - 1
        hours = self.hours[known][1] if known >= 0 else ALWAYS
        is_open = hours == ALWAYS or OPENS <= at.hour < OPENS + hours
        return is_open and not any(begin <= at and (end is None or at < end) for begin, end in self.pauses)

    def due(self, start: datetime, minutes: int) -> datetime | None:
        """When so many minutes have run since a start; None where an open pause hides it."""
        left = timedelta(minutes=minutes)
        cuts = {begin for begin, _ in self.hours} | {at for pause in self.pauses for at in pause if at}
        at = start
        later = sorted(cut for cut in cuts if cut > start)
        while left > timedelta():
            if at > start + REACH:
                return None
            whole = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            after = bisect_right(later, at)
            until = min([whole, *later[after : after + 1]])
            if self.runs(at):
                if until - at >= left:
                    return at + left
                left -= until - at
            at = until
        return at


def spliced(
    moves: Sequence[tuple[datetime, str, str]], calendar: str, versions: Sequence[tuple[datetime, int]]
) -> list[tuple[datetime, int]]:
    """The history of hours of a recovery that moved, (at, calendar before, calendar after), between playbooks.

    `calendar` is the one of its playbook now; `versions` are those of the one calendar that there is.
    """
    named = [(datetime.min.replace(tzinfo=versions[0][0].tzinfo), moves[0][1] if moves else calendar)]
    named += [(at, after) for at, _, after in moves]
    found: list[tuple[datetime, int]] = []
    for position, (begin, code) in enumerate(named):
        end = named[position + 1][0] if position + 1 < len(named) else None
        before = [hours for at, hours in versions if at <= begin]
        found.append((begin, before[-1] if code and before else ALWAYS))
        found += [(at, hours) for at, hours in versions if code and at > begin and (end is None or at < end)]
    return found
