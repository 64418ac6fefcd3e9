"""What the pages of clocks receive: the clocks of one recovery, and one clock taken apart."""

from __future__ import annotations

import attrs

from makegood.console.viewmodels.shell import Action, Fact, Link, ReasonLine, Tag, TimelineEntry


@attrs.frozen(kw_only=True)
class ClockRow:
    """One clock of a recovery: what it runs to, where it stands, and the way to ask why.

    `know` says that a person knows of it, where it is late and nobody does yet.
    """

    text: str
    said: str
    tag: Tag
    why_url: str
    know: Action | None = None


@attrs.frozen(kw_only=True)
class PieceRow:
    """One stretch of a clock's way: `kind` is counts, closed or paused; `used` is what had counted by its end."""

    kind: str
    span: str
    text: str
    length: str
    used: str


@attrs.frozen(kw_only=True)
class PauseRow:
    """One pause: why, in whose name, from when to when, and what its writer said of it."""

    text: str
    by: str
    span: str
    note: str = ""


@attrs.frozen(kw_only=True)
class ClockPage:
    """Why a clock is due when it is: its events, its pauses, and the pieces that re-add to the deadline.

    `total` says the sum in a sentence.
    """

    title: str
    decision: str
    back: Link
    reasons: tuple[ReasonLine, ...]
    inputs: tuple[Fact, ...]
    pieces: tuple[PieceRow, ...]
    total: str
    pauses: tuple[PauseRow, ...]
    events: tuple[TimelineEntry, ...]
    others: tuple[Link, ...] = ()
    know: Action | None = None
