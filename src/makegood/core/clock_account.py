"""The account of a clock: the pieces from its start to its deadline, which re-add to both exactly.

Every moment between start and end lies in just one piece: the clock counts, or it is outside working time, or a pause
covers it. The pieces that count sum to the minutes allowed, and all of them together to the way from start to end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

import attrs

from makegood.core.clock import Calendars, Pause, deadline_or_visit_end, pause_gaps, working_spans
from makegood.core.moments import micros, moment
from makegood.core.reasons import Reason
from makegood.core.worktime import Range

Kind = Literal["counts", "closed", "paused"]


@attrs.frozen(kw_only=True)
class Piece:
    """A stretch between a clock's start and its end, in UTC, end exclusive; `used` is what had counted by its end."""

    from_at: datetime
    to_at: datetime
    kind: Kind
    used: timedelta

    @property
    def length(self) -> timedelta:
        """How long it lasts."""
        return self.to_at - self.from_at


@attrs.frozen(kw_only=True)
class Account:
    """A clock taken apart. `due_at` is None while an open pause keeps it unknown; the pieces then end at that pause.

    `left` is what is allowed and was not used at the end: nothing, unless a visit ends first or a pause is open.
    """

    start_at: datetime
    due_at: datetime | None
    allowed: timedelta
    pieces: tuple[Piece, ...]
    reasons: tuple[Reason, ...]

    @property
    def used(self) -> timedelta:
        """What the pieces that count sum to."""
        return sum((piece.length for piece in self.pieces if piece.kind == "counts"), timedelta())

    @property
    def left(self) -> timedelta:
        """What is allowed and not used."""
        return self.allowed - self.used

    @property
    def end_at(self) -> datetime:
        """Where the pieces end: the start and all their lengths."""
        return self.start_at + sum((piece.length for piece in self.pieces), timedelta())


def account(
    *,
    start_at: datetime,
    minutes: int,
    calendars: Calendars,
    pauses: Sequence[Pause] = (),
    visit_ends_at: datetime | None = None,
) -> Account:
    """This function will take a deadline apart, as `deadline_or_visit_end` finds it, into pieces that re-add to it.

    All moments are in UTC. Raises what `deadline_or_visit_end` raises.
    """
    found = deadline_or_visit_end(
        start_at=start_at, minutes=minutes, calendars=calendars, pauses=pauses, visit_ends_at=visit_ends_at
    )
    start, gaps = micros(start_at), pause_gaps(pauses)
    end = max(start, gaps[-1][0]) if found.due_at is None else micros(found.due_at)
    spans = working_spans(start_at=start_at, until_at=moment(end), calendars=calendars, pauses=pauses)
    pieces, used = [], 0
    for begin, stop, kind in _cut(start, end, [(micros(one.from_at), micros(one.to_at)) for one in spans], gaps):
        used += stop - begin if kind == "counts" else 0
        pieces.append(
            Piece(from_at=moment(begin), to_at=moment(stop), kind=kind, used=timedelta(microseconds=used)),
        )
    return Account(
        start_at=moment(start),
        due_at=found.due_at,
        allowed=timedelta(minutes=minutes),
        pieces=tuple(pieces),
        reasons=found.reasons,
    )


def _cut(start: int, end: int, spans: Sequence[Range], gaps: Sequence[Range]) -> Iterator[tuple[int, int, Kind]]:
    at = start
    for begin, stop in spans:
        yield from _still(at, begin, gaps)
        yield begin, stop, "counts"
        at = stop
    yield from _still(at, end, gaps)


def _still(start: int, end: int, gaps: Sequence[Range]) -> Iterator[tuple[int, int, Kind]]:
    """A stretch in which nothing counted: where no pause covers it, it was outside working time."""
    at = start
    for gap_begin, gap_end in gaps:
        begin, stop = max(gap_begin, at), min(gap_end, end)
        if begin >= stop:
            continue
        if at < begin:
            yield at, begin, "closed"
        yield begin, stop, "paused"
        at = stop
    if at < end:
        yield at, end, "closed"
