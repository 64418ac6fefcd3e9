"""The clocks of a recovery in words: where each stands, and one taken apart until its pieces re-add."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import attrs
from django.urls import reverse

from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.console.moments import TIED
from makegood.console.viewmodels import Action, Fact, Link, Tag, TimelineEntry
from makegood.console.viewmodels.clocks import ClockPage, ClockRow, PauseRow, PieceRow
from makegood.core.clock_account import Account
from makegood.recoveries.queries import Case, ClockLine, ClockWhy, PauseLine, TimelineLine

NAMES = {
    "acknowledge": "They know that we know",
    "own": "It has an owner",
    "remedy": "Something is done or offered that helps",
    "fix": "It is put right",
    "make_good": "It is made good",
    "respond": "A person answers them",
    "update": "They have our next word",
}
DECISIONS = {**NAMES, "make_good": "It is to be made good", "update": "They are to have our next word"}
PIECES = {"counts": "counts", "closed": "outside working hours", "paused": "paused"}
WAITED = {
    "customer": "We waited for the customer",
    "third_party": "We waited for somebody else",
    "incident": "An incident went first",
    "other": "Something else",
}
TOLD = {"warning": "Its people were warned.", "breach": "It ran out: its people were told.", "repeat": "Told again."}
STATES = {"met": "Done in time.", "missed": "Late.", "ended": "It ended.", "paused": "It stands still."}
EVENTS = {
    "opened": "The recovery opened.",
    "paused": "The clocks were paused.",
    "resumed": "The clocks ran again.",
    "moved": "The recovery went on by another version of a playbook.",
}
SHOWN_IN_THE_SUM = frozenset({"clock.start", "clock.pause", "clock.due", "clock.paused"})
UNITS = ((3_600, "h"), (60, "min"))
"""No days: of time that counts only while one is open, 24 hours are several."""
Names = Mapping[int, str]


def clock_rows(desk: Desk, case: Case, names: Names) -> tuple[ClockRow, ...]:
    """This function will say where each clock of a recovery stands."""
    return tuple(
        ClockRow(
            text=NAMES[clock.target],
            said=_said(desk, clock, names),
            tag=_tag(clock, case, desk),
            why_url=_why_url(case, clock.target),
            know=know_action(desk, case, clock),
        )
        for clock in case.clocks
    )


def know_action(desk: Desk, case: Case, clock: ClockLine) -> Action | None:
    """This function will offer to say that one knows of a late clock, where nobody does yet."""
    waits = clock.state == "missed" and clock.met_at is None and clock.acknowledged_by_id is None
    if not waits or case.state != "open" or not desk.may("recovery-know"):
        return None
    return Action(
        label="I know",
        about=f"that it is late: {NAMES[clock.target].lower()}",
        url=reverse("recovery-know", args=[words.code(case.number), clock.target]),
    )


def clock_page(desk: Desk, case: Case, found: ClockWhy, names: Names) -> ClockPage:
    """This function will take a clock apart: its events, its pauses, its pieces and their sum."""
    clock, account = found.clock, in_whole_seconds(found.account)
    at = words.said_at(desk, found.due_at) if found.due_at else ""
    return ClockPage(
        title="Why this deadline?",
        decision=f"{DECISIONS[clock.target]} by {at}."
        if at
        else f"{DECISIONS[clock.target]}: by when is not known before the pause ends.",
        back=Link(label=words.code(case.number), url=reverse("recovery", args=[words.code(case.number)])),
        reasons=words.reason_lines(one for one in found.reasons if one["rule"] not in SHOWN_IN_THE_SUM),
        inputs=(
            Fact(label="Runs from", value=_exact(desk, clock.started_at)),
            Fact(label="Allows", value=f"{length_said(account.allowed)} ({clock.minutes} minutes that count)"),
            Fact(label="Stands", value=_said(desk, clock, names)),
        ),
        pieces=tuple(
            PieceRow(
                kind=piece.kind,
                span=f"{_exact(desk, piece.from_at)} to {_exact(desk, piece.to_at)}",
                text=PIECES[piece.kind],
                length=length_said(piece.length),
                used=length_said(piece.used),
            )
            for piece in account.pieces
        ),
        total=_total(desk, account),
        pauses=tuple(_pause(desk, one, names, clock.target) for one in case.pauses),
        events=tuple(TimelineEntry(at=line.at, text=_event(line, clock.target, names)) for line in found.history),
        others=tuple(
            Link(label=NAMES[one.target], url=_why_url(case, one.target))
            for one in case.clocks
            if one.target != clock.target
        ),
        know=know_action(desk, case, clock),
    )


def length_said(length: timedelta) -> str:
    """This function will write a length of time exactly: "26 h 30 min", with seconds where there are any."""
    left, said = length // timedelta(seconds=1), []
    for size, unit in UNITS:
        count, left = divmod(left, size)
        said += [f"{count}{TIED}{unit}"] if count else []
    seconds = _seconds(left, length.microseconds)
    return " ".join([*said, *([f"{seconds}{TIED}s"] if seconds else [])]) or f"0{TIED}min"


def _seconds(seconds: int, micros: int) -> str:
    """Seconds with every digit that they have, and nothing where there are none."""
    return f"{seconds}.{micros:06}".rstrip("0").rstrip(".") if micros else f"{seconds or ''}"


def in_whole_seconds(account: Account) -> Account:
    """This function will cut the moments of an account to whole seconds, so that what is shown still adds up."""
    pieces, used = [], timedelta()
    for one in account.pieces:
        whole = attrs.evolve(one, from_at=_cut(one.from_at), to_at=_cut(one.to_at))
        used += whole.length if one.kind == "counts" else timedelta()
        pieces.append(attrs.evolve(whole, used=used))
    due_at = _cut(account.due_at) if account.due_at else None
    return attrs.evolve(account, start_at=_cut(account.start_at), due_at=due_at, pieces=tuple(pieces))


def _cut(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _total(desk: Desk, account: Account) -> str:
    counted = f"What counts adds up to {length_said(account.used)}"
    if not account.left:
        return f"{counted}, which is all that it allows; the pieces end at {_exact(desk, account.end_at)}."
    why = "an open pause hides the rest" if account.due_at is None else "the visit ends before the rest is used"
    return f"{counted} of {length_said(account.allowed)}; {length_said(account.left)} are left: {why}."


def _exact(desk: Desk, at: datetime) -> str:
    """A moment in words, with its seconds where it has any, so that what is shown adds up."""
    return f"{words.said_at(desk, at)}{f':{at.second:02}' if at.second else ''}"


def _why_url(case: Case, target: str) -> str:
    return reverse("recovery-why", args=[words.code(case.number), f"clock-{target}"])


def _said(desk: Desk, clock: ClockLine, names: Names) -> str:
    due = words.said_at(desk, clock.due_at) if clock.due_at else ""
    if clock.met_at is not None:
        done = words.said_at(desk, clock.met_at)
        return f"done {done}" if clock.state == "met" else f"done {done}, was due {due}"
    if clock.state == "missed":
        who = names.get(clock.acknowledged_by_id or 0, "")
        return f"was due {due}; {f'{who} knows' if who else 'nobody has said that they know'}"
    return {"paused": "known once the pause ends", "ended": "no longer asked for"}.get(clock.state, f"due {due}")


def _tag(clock: ClockLine, case: Case, desk: Desk) -> Tag:
    if clock.state == "running":
        heat = words.heat(due_at=clock.due_at, now=desk.facts.now)
        return Tag(text="running", tone={"hot": "clay", "warm": "gold"}.get(heat, "plain"))
    text = {"met": "kept", "missed": "late", "ended": "over", "paused": "paused"}[clock.state]
    return Tag(text=text, tone={"met": "glaze", "missed": "clay"}.get(clock.state, "plain"))


def _pause(desk: Desk, pause: PauseLine, names: Names, target: str) -> PauseRow:
    until = _exact(desk, pause.to_at) if pause.to_at else "now"
    runs_on = target == "update" and pause.reason != "customer"
    note = f"{pause.note.rstrip('.')}. " if pause.note else ""
    return PauseRow(
        text=WAITED[pause.reason],
        by=names.get(pause.by_id, ""),
        span=f"{_exact(desk, pause.from_at)} to {until}",
        note=f"{note}{'It did not stop this clock: the customer is still told.' if runs_on else ''}".strip(),
    )


def _event(line: TimelineLine, target: str, names: Names) -> str:
    action, data = line.event.rsplit(":", 1)[-1], line.data
    if action == "clocked":
        if data.get("state") == "running":
            return "It started over." if target in ("update", "respond") else "Its deadline was reckoned anew."
        return STATES.get(str(data.get("state")), "It changed.")
    if action == "escalated":
        return TOLD.get(str(data.get("level")), "Its people were told.")
    if action == "acknowledged":
        return "Somebody said that they know."
    return EVENTS.get(action, action.capitalize())
