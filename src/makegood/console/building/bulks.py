"""The pages of one action for many recoveries: the ways to choose from, and how far one is."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from makegood.console.asking import select
from makegood.console.building import words
from makegood.console.building.recovery import PAUSES
from makegood.console.desk import Desk
from makegood.console.viewmodels import Action, Field, Form, Link
from makegood.console.viewmodels.bulks import BulkCard, BulkPage, BulkRowLine, SeveralPage, Way
from makegood.failures.queries import CauseFacts
from makegood.organizations.queries import MemberFacts
from makegood.recoveries.operations.bulk import LONGEST
from makegood.recoveries.queries.bulks import BulkFacts, BulkLine

TITLES = {
    "hand_over": "Hand over",
    "severity": "Set the severity",
    "pause": "Pause the clocks",
    "resume": "Let the clocks run again",
    "cause": "Link a cause",
    "apology": "Say sorry",
    "update": "Send news",
    "close": "Close with a reason",
}
WAYS = tuple(action for action in TITLES if action != "apology")
"""What is done for those chosen in the list; sorry is said to all of an incident, whose page shows the words first."""
UNDO = {
    "hand_over": "Undo gives each back to whom it was taken from.",
    "severity": "Undo sets each back.",
    "pause": "Undo lets them run again; the time paused does not count.",
    "resume": "Undo pauses them again; the time that they ran in between counts.",
    "cause": "Undo takes it off, and brings back what was there.",
    "apology": "What was sent cannot be undone; what has not left yet is stopped, and may be said again.",
    "update": "What was sent cannot be undone; what has not left yet is stopped.",
    "close": "Undo opens them again, with a clock to answer; looks after them that had ended stay ended.",
}
STATES = {
    "waiting": ("waits", "plain"),
    "done": ("done", "glaze"),
    "refused": ("refused", "clay"),
    "undo": ("to be undone", "gold"),
    "undone": ("undone", "plain"),
    "kept": ("not undone", "clay"),
}
SHOWN = (("", "All"), ("done", "Done"), ("refused", "Refused"), ("undone", "Undone"), ("kept", "Not undone"))


def several_page(
    desk: Desk,
    *,
    picked: Sequence[tuple[str, str]],
    count: int,
    members: Sequence[MemberFacts],
    causes: Sequence[CauseFacts],
    recent: Sequence[BulkFacts],
    back: str,
) -> SeveralPage:
    """This function will lay out what can be done for `count` recoveries; `picked` says again which they are."""
    many = f"{count:,} recover{'y' if count == 1 else 'ies'}"
    return SeveralPage(
        title=f"Do something for {many}" if count else "Done for several",
        lead="Each is done as if you did it there alone, one after the other; you can leave and come back. "
        "What does not go says why."
        if count
        else "Choose recoveries in the list first. What was done for several stands here.",
        back=Link(label="Recoveries", url=back),
        ways=tuple(_way(action, picked, members, causes, many) for action in WAYS) if count else (),
        recent=tuple(_card(one) for one in recent),
    )


def _way(
    action: str,
    picked: Sequence[tuple[str, str]],
    members: Sequence[MemberFacts],
    causes: Sequence[CauseFacts],
    many: str,
) -> Way:
    hidden = tuple(Field(name=name, label="", kind="hidden", value=value) for name, value in [*picked, ("do", action)])
    return Way(
        title=TITLES[action],
        undo=UNDO[action],
        form=Form(
            key=f"do-{action.replace('_', '-')}",
            action=reverse("several-begin"),
            submit=f"{TITLES[action]}: {many}",
            style="danger" if action == "close" else "go",
            fields=(*hidden, *_asked(action, members, causes)),
        ),
    )


def _asked(action: str, members: Sequence[MemberFacts], causes: Sequence[CauseFacts]) -> tuple[Field, ...]:
    if action == "hand_over":
        people = [(str(one.id), one.name) for one in members if one.active]
        return (
            select("to", "To", people, first="Whoever the rules choose, each"),
            Field(name=f"why_{action}", label="Why", maxlength=300),
        )
    if action == "severity":
        return (select("severity", "How grave are they?", words.SEVERITIES, value="2", required=True),)
    if action == "pause":
        return (
            select("reason", "Why", PAUSES, required=True),
            Field(name=f"why_{action}", label="In words that the customers may read", maxlength=300),
        )
    if action == "cause":
        return (select("cause", "Cause", [(str(one.id), one.path) for one in causes], first="Choose", required=True),)
    if action == "update":
        hint = "Left empty, each gets the template in their own language. Greeting and your name go around your words."
        most = LONGEST[action]
        return (Field(name=f"why_{action}", label="The news", kind="textarea", rows=6, hint=hint, maxlength=most),)
    if action == "close":
        return (
            Field(name=f"why_{action}", label="Your reason, in writing", kind="textarea", required=True, maxlength=300),
        )
    return ()


def _card(bulk: BulkFacts) -> BulkCard:
    return BulkCard(
        title=f"{TITLES[bulk.action]}: {bulk.total:,}",
        url=reverse("bulk", args=[bulk.id]),
        at=bulk.begun_at,
        by=bulk.by,
        said=said_of(bulk),
    )


def said_of(bulk: BulkFacts) -> str:
    """This function will say in a line how far it is."""
    counts = bulk.counts
    told = [f"{counts[state]:,} {STATES[state][0]}" for state in STATES if counts.get(state)]
    return ", ".join(told) or "nothing to do"


def bulk_page(desk: Desk, bulk: BulkFacts, lines: Sequence[BulkLine], *, show: str, page: int, more: bool) -> BulkPage:
    """This function will show how far one is, what became of each, and the ways to stop or undo it."""
    url = reverse("bulk", args=[bulk.id])
    going = bulk.state in ("running", "undoing")
    done = bulk.total - bulk.left
    return BulkPage(
        title=f"{TITLES[bulk.action]}: {bulk.total:,} recover{'y' if bulk.total == 1 else 'ies'}",
        lead=f"Begun by {bulk.by}, {words.said_at(desk, bulk.begun_at)}."
        + (f" Undone {words.said_at(desk, bulk.undo_at)}." if bulk.undo_at else ""),
        back=Link(label="Done for several", url=reverse("several")),
        progress=f"{done:,} of {bulk.total:,}: {said_of(bulk)}." if going else f"{said_of(bulk).capitalize()}.",
        share=round(100 * done / bulk.total) if bulk.total else 100,
        going=going,
        rows=tuple(_row(one) for one in lines),
        filters=tuple(
            Link(
                label=label,
                url=f"{url}?show={name}" if name else url,
                current=name == show,
                count=bulk.counts.get(name, 0) if name else bulk.total,
            )
            for name, label in SHOWN
            if not name or bulk.counts.get(name) or name == show
        ),
        refresh_url=f"{url}?show={show}&page={page}" if going else "",
        undo=Action(label="Undo all of it", url=reverse("bulk-act", args=[bulk.id, "undo"]), style="danger")
        if bulk.state == "done" and bulk.counts.get("done")
        else None,
        undo_note=UNDO[bulk.action] if bulk.state == "done" else "",
        stop=Action(label="Stop the rest", url=reverse("bulk-act", args=[bulk.id, "stop"]))
        if going and bulk.left
        else None,
        pager=words.pager(path=url, query=f"show={show}", page=page, shown=len(lines), more=more),
    )


def _row(line: BulkLine) -> BulkRowLine:
    state, tone = STATES[line.state]
    code = words.code(line.number)
    return BulkRowLine(
        code=code,
        url=reverse("recovery", args=[code]),
        who=words.who(line.customer),
        state=state,
        tone=tone,
        why=line.why,
    )
