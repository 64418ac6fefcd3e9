"""The page for two people at one part of a recovery: theirs, yours, what it was, and the three ways on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs
from django.urls import reverse

from makegood.console.asking import select
from makegood.console.building import words
from makegood.console.building.recovery import OUTCOMES, PAUSES
from makegood.console.building.seeing import SEEN, seen_field
from makegood.console.building.timeline import WHOSE, timeline
from makegood.console.desk import Desk
from makegood.console.viewmodels import Field, Form, Link
from makegood.console.viewmodels.merging import MergePage, MergePart
from makegood.core.merging import merge
from makegood.failures.queries import CauseFacts
from makegood.organizations.queries import MemberFacts
from makegood.recoveries.queries import Case
from makegood.recoveries.queries.changed import Changed
from makegood.recoveries.queries.parts import part_value

LABELS = {
    "owner": "Owner",
    "severity": "How grave it is",
    "fault": "What we tell them of the fault",
    "pause": "The clock",
    "cause": "Why it happened",
    "customer": "Who the customer is",
    "persons": "What happened meanwhile",
    "follow_up": "The follow-up",
    "message": "The message",
}
SENT = {
    "queued": "On its way",
    "sent": "Sent",
    "stopped": "Thrown away",
    "shadowed": "Not sent: its source only watches",
}
HOW = {"done": "Done", "skip": "Left out", "undo": "To be done again"}
STATES = {"done": "Done", "skipped": "Left out"}
WORDY = ("text", "fixed", "fixed_told", "pause_note", "cause_note", "reason", "handed_why", "note", "call", "subject")
"""Fields that hold words; so do those that begin with done_ and skip_."""
DRAFTING = ("draft", "undraft")
"""Acts that put other words into a letter: what is kept of one who met a colleague there is what they typed."""


@attrs.frozen(kw_only=True)
class Met:
    """One refused form: to which address it went, what it held, and what of the recovery changed before it came."""

    case: Case
    path: str
    posted: Mapping[str, str]
    changed: Mapping[str, Changed | None]
    members: Sequence[MemberFacts]
    causes: Sequence[CauseFacts]
    error: str = ""


def merge_page(desk: Desk, met: Met) -> MergePage:
    """This function will lay out what two people did to the same thing, and the ways on."""
    here = words.code(met.case.number)
    url = reverse("recovery", args=[here])
    names = {one.id: one.name for one in met.members}
    parts = tuple(_part(desk, met, names, part, found) for part, found in met.changed.items())
    who = next((one.by for one in parts if one.by), "")
    path, extra = _again_at(met)
    return MergePage(
        title=f"{who} was here first" if who else "It has changed meanwhile",
        lead=met.error
        or f"{who or 'Somebody'} changed the same thing while you were at it. Nothing of yours is lost: choose.",
        back=Link(label=here, url=url),
        parts=parts,
        take=Link(label="Leave theirs" if parts else "Leave it as it is", url=url),
        keep=_keep(met, path, extra) if parts and path else None,
        together=_together(met, path, extra) if parts and path else None,
        note=_note(met, here),
    )


def _part(desk: Desk, met: Met, names: Mapping[int, str], part: str, found: Changed | None) -> MergePart:
    name, _, which = part.partition(":")
    now = part_value(case=met.case, part=part)
    since: tuple[str, ...] = ()
    if name == "persons":
        since = _since(desk, met, names)
    return MergePart(
        label=words.step_name(which) if name == "step" else LABELS[name],
        was="" if since else _said(met, names, name, met.posted[f"{SEEN}{part}"]),
        theirs="" if since else _said(met, names, name, now),
        mine=_mine(met, names, name),
        by=names.get(found.by or 0, "") if found else "",
        at=found.at if found else None,
        since=since,
    )


def _since(desk: Desk, met: Met, names: Mapping[int, str]) -> tuple[str, ...]:
    """What was done and written since the form was made, the newest first."""
    first = met.posted[f"{SEEN}persons"].split(" ")[0]
    after = datetime.fromisoformat(first) if first else met.case.opened_at
    told = timeline(desk, met.case, names, why_url="")
    return tuple(
        f"{words.said_at(desk, one.at)}: {one.text}{f' ({one.by})' if one.by else ''}" for one in told if one.at > after
    )


def _said(met: Met, names: Mapping[int, str], name: str, value: str) -> str:
    """A part's value in words."""
    head, _, rest = value.partition("\n")
    if name == "owner":
        return names.get(int(head) if head.isdecimal() else 0, "A colleague")
    if name == "severity":
        return dict(words.SEVERITIES).get(head, head)
    if name == "fault":
        return WHOSE.get(head, head).capitalize()
    if name == "pause":
        return ": ".join(part for part in (f"Paused, {dict(PAUSES).get(head, head)}", rest) if part) if head else "Runs"
    if name == "cause":
        return _cause(met, head, rest)
    if name == "customer":
        return words.who(rest)
    if name == "message":
        return rest.strip() if head == "draft" else f"{SENT.get(head, head.capitalize())}:\n{rest.strip()}"
    if name == "follow_up":
        state, _, outcome = value.partition(" ")
        return dict(OUTCOMES)[outcome] if outcome else STATES.get(state, "Ended" if state else "Not yet")
    return ": ".join(part for part in (STATES.get(head, "Not yet"), rest) if part)


def _cause(met: Met, head: str, note: str) -> str:
    if head == "unknown":
        return f"Not known: {note}"
    paths = {str(one.id): one.path for one in met.causes}
    return ", ".join(dict.fromkeys(paths.get(one, "A cause") for one in head.split(",") if one)) or "Not said yet"


def _mine(met: Met, names: Mapping[int, str], name: str) -> str:
    """What the form would have done, in words."""
    posted = met.posted
    if name == "owner":
        to = posted.get("to", "")
        chosen = names.get(int(to), "A colleague") if to.isdecimal() else "Whoever the rules choose"
        return _with(chosen, posted.get("handed_why", ""))
    if name == "pause":
        reason = dict(PAUSES).get(posted.get("pause_reason", ""), "")
        return _with(f"Paused, {reason}", posted.get("pause_note", "")) if reason else "Runs"
    if name == "cause":
        chosen = {"new": "A new cause", "none": "Not known"}.get(posted.get("cause", ""), "")
        return _with(chosen or _cause(met, posted.get("cause", ""), ""), posted.get("cause_note", ""))
    if name == "step":
        return _with(HOW.get(met.path.rsplit("/", 1)[-1], ""), _words(met))
    if name == "message":
        return "\n".join(part for part in (posted.get("subject", ""), _words(met)) if part)
    if name == "follow_up":
        chosen = next((value for key, value in posted.items() if key.startswith("outcome_")), "")
        return dict(OUTCOMES).get(chosen, "")
    if name == "customer":
        return _with(posted.get("called", ""), posted.get("identity", ""))
    if name == "persons":
        return _with(
            {"contact": "Contact them", "quiet": "Leave it quiet"}.get(posted.get("decision", ""), "Close it"),
            posted.get("reason", ""),
        )
    return _said(met, names, name, posted.get(name, ""))


def _with(first: str, more: str) -> str:
    return ": ".join(part for part in (first, more.strip()) if part)


def _wordy(name: str) -> bool:
    of_a_form = "." in name and not name.startswith(SEEN)
    return of_a_form or name in WORDY or name.startswith(("done_", "skip_", "anyway_"))


def _words(met: Met) -> str:
    """The words that were typed, but for a subject."""
    return "\n".join(
        value.strip() for name, value in met.posted.items() if _wordy(name) and name != "subject" and value.strip()
    )


def _again_at(met: Met) -> tuple[str, dict[str, str]]:
    """Where mine goes if it is kept, and what is said along; nowhere where theirs cannot be changed any more."""
    for part in met.changed:
        name, _, which = part.partition(":")
        if name == "follow_up":
            return "", {}
        gone = next((one for one in met.case.messages if str(one.id) == which and one.state != "draft"), None)
        if name == "message" and gone is not None:
            kind = gone.kind if gone.kind in ("update", "outcome", "follow_up") else "update"
            return reverse("recovery-say", args=[words.code(met.case.number)]), {"begin": kind}
    if met.path.rsplit("/", 1)[-1] in DRAFTING:
        return reverse("recovery-say", args=[words.code(met.case.number)]), {"save": "1"}
    return met.path, {}


def _fresh(met: Met) -> tuple[Field, ...]:
    return tuple(seen_field(met.case, name.removeprefix(SEEN)) for name in met.posted if name.startswith(SEEN))


def _rest(met: Met, extra: Mapping[str, str]) -> list[tuple[str, str]]:
    told = {name: value for name, value in met.posted.items() if not name.startswith(SEEN)}
    return list({**told, **extra}.items())


def _keep(met: Met, path: str, extra: Mapping[str, str]) -> Form:
    hidden = tuple(Field(name=name, label="", kind="hidden", value=value) for name, value in _rest(met, extra))
    label = "Keep mine as a new draft" if "begin" in extra else "Keep mine"
    return Form(key="keep-mine", action=path, submit=label, style="plain", fields=(*_fresh(met), *hidden))


def _together(met: Met, path: str, extra: Mapping[str, str]) -> Form | None:
    """The same form once more, with both texts in it; none where nothing in it can be edited."""
    asked = tuple(_asked(met, name, value) for name, value in _rest(met, extra))
    if all(field.kind == "hidden" for field in asked):
        return None
    return Form(
        key="together",
        title="Or edit both together",
        action=path,
        submit="Keep this",
        style="go",
        fields=(*_fresh(met), *asked),
    )


def _asked(met: Met, name: str, value: str) -> Field:
    if name == "text":
        return Field(
            name=name, label="Message", kind="textarea", rows=12, required=True, value=_merged(met, name, value)
        )
    if name == "subject":
        return Field(name=name, label="Subject", value=value, maxlength=300)
    if _wordy(name):
        return Field(name=name, label="In words", value=_merged(met, name, value), maxlength=300)
    if name == "to":
        others = [(str(one.id), one.name) for one in met.members if one.active]
        return select(name, "To", others, first="Whoever the rules choose", value=value)
    if name == "severity":
        return select(name, LABELS[name], words.SEVERITIES, value=value)
    if name == "pause_reason":
        return select(name, "Why", PAUSES, value=value)
    if name == "cause":
        causes = [(str(one.id), one.path) for one in met.causes]
        return select(
            name, "Cause", [*causes, ("new", "A cause that is not listed"), ("none", "Not known")], value=value
        )
    if name in ("identity", "called"):
        return Field(name=name, label="E-mail or phone" if name == "identity" else "Name", value=value, maxlength=200)
    return Field(name=name, label="", kind="hidden", value=value)


def _merged(met: Met, name: str, mine: str) -> str:
    """What both wrote, merged line by line; in one line where the question is."""
    for part in met.changed:
        kind = part.partition(":")[0]
        if kind not in ("message", "step", "pause", "cause"):
            continue
        skip = 2 if kind == "message" else 1
        was, theirs = (
            "\n".join(value.split("\n")[skip:])
            for value in (met.posted[f"{SEEN}{part}"], part_value(case=met.case, part=part))
        )
        text = merge(was=was, theirs=theirs, mine=mine.replace("\r\n", "\n")).text
        return text if name == "text" else "; ".join(line for line in text.split("\n") if line)
    return mine


def _note(met: Met, here: str) -> Form | None:
    """A way to keep what was typed that overwrites nothing."""
    typed = _words(met)
    if not typed:
        return None
    return Form(
        key="as-a-note",
        action=reverse("recovery-note", args=[here]),
        submit="Add the note",
        style="plain",
        fields=(Field(name="note", label="For colleagues only", kind="textarea", value=typed, rows=4, required=True),),
    )
