"""What happened in a recovery, in words, the newest first: the journal's entries and what was said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import attrs

from makegood.console.building.trouble import send_again, trouble_said
from makegood.console.building.words import TARGETS, code, said_at, step_name
from makegood.console.desk import Desk
from makegood.console.templatetags.makegood_tags import money
from makegood.console.viewmodels import TimelineEntry
from makegood.core.money import Money
from makegood.messages.receiving import CUT
from makegood.recoveries.queries import Case, MessageLine, TimelineLine

STATES = {
    "draft": "draft",
    "queued": "on its way",
    "failed": "did not arrive",
    "unknown": "may have arrived",
    "shadowed": "not sent: its source only watches",
}
ENDS = (".", "!", "?", "…")
PAUSED = {
    "customer": "for the customer",
    "third_party": "for somebody else",
    "incident": "for the incident",
    "other": "",
}
CLOSED = {
    "complete": "All was done.",
    "by_manager": "A manager closed it.",
    "by_owner": "Its owner closed it.",
    "shadow": "Its source went live: what it only watched is over.",
}
GATHERED = {"quiet": "Left quiet: nothing was said.", "contact": "Decided: they are contacted."}
REOPENED = {
    "score": "Open again, one level up: under 4 what we did has failed.",
    "reply": "Open again: they wrote back.",
    "complaint": "Open again: they complained.",
    "doubled": "Open again: what we promised them here was broken too.",
    "by_hand": "Open again, by hand.",
}
RETURNED = {
    "back": "They are back.",
    "lapsed": "They went elsewhere.",
    "declined": "They want no more contact.",
    "unknown": "Looked for: nobody knows whether they are back.",
}
LINKED = {
    "mail": "The link of their page left with a mail.",
    "opened": "They opened their page.",
    "form": "They were shown the link of their page when they reported it.",
    "shown": "They were shown the link of their page.",
    "sent": "They were sent the link of their page.",
    "told": "They were told the link of their page.",
    "shadow": "A mail would have brought them the link of their page.",
}
WHOSE = {"ours": "ours", "partner": "a partner's", "nobody": "nobody's", "unknown": "not known"}
Names = Mapping[int, str]
NO_ITEMS: Mapping[tuple[str, str], str] = MappingProxyType({})


def _opened(data: Mapping[str, Any], names: Names) -> str:
    return f"Opened, and given to {names.get(data.get('owner', 0), 'an owner')}."


def _owned(data: Mapping[str, Any], names: Names) -> str:
    return f"Owner: {names.get(data.get('owner', 0), 'a colleague')}."


def _stepped(data: Mapping[str, Any], names: Names) -> str:
    states = {"done": "done", "skipped": "left out", "todo": "to do again", "overdue": "overdue"}
    return f"{step_name(data['step'])}: {states.get(data.get('state', ''), data.get('state'))}."


def _escalated(data: Mapping[str, Any], names: Names) -> str:
    what, to = TARGETS.get(data.get("target", ""), "for what is due"), names.get(data.get("to", 0), "its manager")
    if data.get("level") == "warning":
        return f"Little time left {what}: its owner and {to} were told."
    return f"Late {what}: {to} was told{' again' if data.get('level') == 'repeat' else ''}."


EVENTS: dict[str, Callable[[Mapping[str, Any], Names], str]] = {
    "opened": _opened,
    "owned": _owned,
    "stepped": _stepped,
    "escalated": _escalated,
    "paused": lambda data, names: f"The clock is paused {PAUSED.get(data.get('reason', ''), '')}".rstrip() + ".",
    "resumed": lambda data, names: "The clock runs again.",
    "acknowledged": lambda data, names: "Somebody said that they know of a late clock.",
    "moved": lambda data, names: "It goes on by another version of a playbook.",
    "rated": lambda data, names: f"The customer gave {data.get('score')} of 7.",
    "asked": lambda data, names: "The customer was asked how well we did.",
    "closed": lambda data, names: f"Closed. {CLOSED.get(data.get('reason', ''), '')}".rstrip(),
    "blamed": lambda data, names: (
        f"What we tell them of the fault: {WHOSE[data['fault']]}; it was {WHOSE[data['was']]}."
    ),
    "graded": lambda data, names: f"Severity {data['severity']} of 4; it was {data['was']}.",
    "reopened": lambda data, names: REOPENED.get(data.get("reason", ""), "Open again."),
    "decided": lambda data, names: GATHERED.get(data.get("how", ""), "Decided."),
    "returned": lambda data, names: RETURNED[data["outcome"]],
    "allowed": lambda data, names: "They allow this to be told as a story, without their name.",
    "told": lambda data, names: "Told as a story.",
    "consent_withdrawn": lambda data, names: "They do not want it told any more: the story is gone.",
    "word_given": lambda data, names: f"On the ledger: a promise by {names.get(data.get('member', 0), 'a colleague')}.",
    "word_overdue": lambda data, names: (
        f"A promise by {names.get(data.get('member', 0), 'a colleague')} was not kept; "
        f"{names.get(data.get('to', 0), 'somebody above')} was told."
    ),
    "word_known": lambda data, names: "Somebody knows of the promise that was not kept.",
    "ticked": lambda data, names: "Ticked off a list." if data.get("ticked") else "A tick was taken back.",
    "filled": lambda data, names: "A form was filled in.",
    "talked": lambda data, names: "Talked it through with the customer.",
    "overruled": lambda data, names: (
        f"{step_name(data['step'])}: done though its list or form is not; a manager said why."
    ),
    "linked": lambda data, names: f"{LINKED[data['how']]} What stands there counts as said.",
    "joined": lambda data, names: "A further failure of the same matter joined.",
}


GIVEN: Mapping[tuple[str, str], str] = {
    ("floor", "accepted"): "Owed, and on its way",
    ("floor", "delivered"): "Paid, as it was owed",
    ("floor", "shadowed"): "Would be paid, as it was owed",
    ("floor", "withdrawn"): "Not owed after all",
    ("fix", "accepted"): "Part of the fix",
    ("fix", "delivered"): "Handed over, as part of the fix",
    ("fix", "shadowed"): "Would be handed over, as part of the fix",
    ("extra", "offered"): "Offered",
    ("extra", "accepted"): "They said yes",
    ("extra", "declined"): "They said no",
    ("extra", "swapped"): "They chose something else instead of",
    ("extra", "delivered"): "They have it",
    ("extra", "shadowed"): "They would have it",
    ("extra", "expired"): "The offer ended unanswered",
    ("extra", "withdrawn"): "Taken back",
}
ANSWERS = ("accepted", "declined", "swapped")
PAYMENTS: Mapping[str, str] = {
    "outbox:effect:failed": "The payment did not go through",
    "outbox:effect:unknown": "Nobody knows yet whether the payment went through",
    "outbox:effect:stopped": "The payment was stopped",
}


def _gift(desk: Desk, line: TimelineLine, case: Case, names: Names) -> TimelineEntry | None:
    title = line.data["title"] or "(erased)"
    if line.event in PAYMENTS:
        return TimelineEntry(at=line.at, text=f"{PAYMENTS[line.event]}: {title}.")
    action, part = line.event.rsplit(":", 1)[-1], line.data.get("part", "")
    said = GIVEN.get((part, action))
    if said is None:
        return None
    worth = Money(minor=line.data["minor"], currency=line.data["currency"])
    amount = f" ({money(worth, desk.reader)})" if worth else ""
    theirs = part == "extra" and action in ANSWERS
    by = names.get(line.actor_id, "") if line.actor_id else (case.customer or "The customer") if theirs else ""
    return TimelineEntry(at=line.at, text=f"{said}: {title}{amount}.", by=by)


def timeline(
    desk: Desk, case: Case, names: Names, *, why_url: str, items: Mapping[tuple[str, str], str] = NO_ITEMS
) -> tuple[TimelineEntry, ...]:
    """This function will tell what happened, the newest first; what was told again and again of one clock, once.

    `items` are the items of checklists in words, by the codes of list and item.
    """
    folded = _folded(case.timeline)
    entries = [
        entry if count == 1 else attrs.evolve(entry, text=f"{entry.text.removesuffix('.')}, {count} times in all.")
        for line, count in folded
        if (entry := _event(desk, line, names, why_url, items))
    ]
    entries += [entry for line in case.gifts if (entry := _gift(desk, line, case, names))]
    entries += [
        _said(desk, message, case, names) for message in case.messages if message.state not in ("draft", "stopped")
    ]
    for failure in case.failures:
        lead = "We noticed it" if failure.found_by_us else "Somebody told us"
        said = f"{lead}: {failure.what}" if failure.what else lead
        text = said if said.endswith(ENDS) else f"{said}."
        entries.append(TimelineEntry(at=failure.detected_at, text=text, why_url=f"{why_url}gate"))
    return tuple(sorted(entries, key=lambda entry: entry.at, reverse=True))


def _folded(lines: Sequence[TimelineLine]) -> list[tuple[TimelineLine, int]]:
    """Each entry and how often it was: that a clock is still late is told by its last repeat alone."""
    count = Counter(again for line in lines if (again := _again(line)))
    last = {again: line for line in lines if (again := _again(line))}
    found = []
    for line in lines:
        again = _again(line)
        if again is None or last[again] is line:
            found.append((line, count[again] if again else 1))
    return found


def _again(line: TimelineLine) -> tuple[str, str] | None:
    """Which clock, due when, this says is still late; None where it says something else."""
    repeats = line.event == "recoveries:recovery:escalated" and line.data.get("level") == "repeat"
    return (line.data.get("target", ""), line.data.get("due_at") or "") if repeats else None


def _event(
    desk: Desk, line: TimelineLine, names: Names, why_url: str, items: Mapping[tuple[str, str], str]
) -> TimelineEntry | None:
    action = line.event.rsplit(":", 1)[-1]
    words = EVENTS.get(action)
    if words is None:
        return None
    text = words(line.data, names)
    if action == "reopened" and line.data.get("due_at"):
        text += f" A person answers them by {said_at(desk, datetime.fromisoformat(line.data['due_at']))}."
    if action == "ticked" and (item := items.get((line.data["checklist"], line.data["item"]))):
        text = f"{'Ticked off' if line.data['ticked'] else 'No longer ticked off'}: {item}"
    return TimelineEntry(
        at=line.at,
        text=text,
        by=names.get(line.actor_id or 0, "") if line.actor_id else "",
        why_url=f"{why_url}owner" if action in ("opened", "owned") else "",
    )


def _cut(message: MessageLine) -> str:
    """What is said of a mail of which only the beginning was read."""
    found = next((one["bytes"] for one in message.findings if one.get("rule") == CUT), 0)
    size = f"{found / 1024 / 1024:,.0f} MB"
    return f"This mail is of {size}: only its beginning was read, and all of it lies in the mailbox." if found else ""


def _said(desk: Desk, message: MessageLine, case: Case, names: Names) -> TimelineEntry:
    ours = message.direction == "out"
    note, troubled = message.kind in ("note", "staff"), message.state in ("failed", "unknown")
    who = names.get(message.author_id or 0, "by itself") if ours else (case.customer or "The customer")
    return TimelineEntry(
        at=message.sent_at or message.created_at,
        text=message.body.strip() or "(erased)",
        kind="note" if note else "ours" if ours else "theirs",
        by=who
        if note or not ours
        else f"{who}, {message.through or ('e-mail' if message.channel == 'mail' else 'status page')}",
        state=STATES.get(message.state, ""),
        detail=trouble_said(message) if troubled else _cut(message),
        act=send_again(message, back=code(case.number)) if troubled and desk.may("mail-decide") else None,
    )
