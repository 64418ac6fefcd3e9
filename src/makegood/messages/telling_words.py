"""What a member reads outside of Makegood: what happened, and one link to the one next thing to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from makegood.messages.staff import note_words

NEXT = {
    "escalation": "Say that you know, or hand it over",
    "approval": "Say yes, or say why not",
    "breach": "Do it now, or say that you know",
    "warning": "Do it before it is late",
    "customer": "Look after them",
    "assignment": "Begin with its next step",
    "news": "Have a look",
}
PLACE = {"ask": "#give", "incident": "#for-all"}
"""Where on its page the answer is given."""
MOST_LINES = 20


@attrs.frozen(kw_only=True)
class Said:
    """One telling in words: a line that stands alone, what follows it, and the one next action with its link."""

    head: str
    more: tuple[str, ...]
    action: str
    link: str


@attrs.frozen(kw_only=True)
class ToSay:
    """One thing to be said: its kind (of `core.telling`), its code, its note, and by when it is or was due."""

    kind: str
    what: str
    note: Mapping[str, Any]
    due_at: datetime | None


def said_to(*, things: Sequence[ToSay], zone: str, now: datetime, tap: str = "") -> Said:
    """This function will put what a member is told at once into words, the first of `things` being the most urgent.

    `tap` is a link of that member's own by which they answer the first without signing in; empty where others may read
    it, too.
    """
    first = things[0]
    head, link = note_words(first.note)
    more = []
    if first.due_at is not None:
        when = f"{first.due_at.astimezone(ZoneInfo(zone)):%A %-d %B at %H:%M}"
        more.append(f"It {'is' if first.due_at > now else 'was'} due on {when}.")
    if first.kind == "escalation":
        more.append("It was told to you because you stand above its owner, who was told too.")
    if len(things) > 1:
        lines = [f"- {note_words(one.note)[0]}" for one in things[1 : MOST_LINES + 1]]
        left = len(things) - 1 - len(lines)
        rest = [f"- and {left} more"] if left else []
        more.append(
            "\n".join(
                ["After that:", *lines, *rest, "All of them wait in Makegood, on your Today or among your notices."]
            )
        )
    return Said(
        head=head if len(things) == 1 else f"{head} And {len(things) - 1} more.",
        more=tuple(more),
        action=NEXT[first.kind],
        link=tap or link + PLACE.get(first.what.partition(".")[0], ""),
    )


def mail_words(said: Said) -> tuple[str, str]:
    """This function will write a telling as a mail: its subject and its text."""
    own = "How and when you are told is yours to choose, under “Your sign-in” in Makegood."
    return said.head, "\n\n".join([said.head, *said.more, f"{said.action}:\n{said.link}", own]) + "\n"
