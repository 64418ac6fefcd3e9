"""What a machine is told when a colleague has it draft a letter: the facts that the letter needs, and no others."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import attrs
from babel import Locale

from makegood.core.wording.founded import unfounded
from makegood.messages.machine import shown_safe
from makegood.recoveries.queries.lines import Case, MessageLine
from makegood.recoveries.saying import BEGUN, told_by
from makegood.recoveries.words import Told, enclosed, facts_said
from makegood.rules.phrases import amount, locale_for, shipped

LETTERS: Final = {
    "apology": "an apology",
    "update": "word of how it stands",
    "outcome": "word of how it ended",
    "follow_up": "a later look after them",
}
"""The kinds of letter that a machine may draft: those that a colleague begins."""
FAULTS: Final = {
    "ours": "ours",
    "partner": "a partner's of ours; we answer for it all the same",
    "nobody": "nobody's",
    "unknown": "not known yet: claim nothing about it",
}
STANDS: Final = {"offered": "offered", "accepted": "they said yes", "delivered": "they have it"}
MOST_WRITTEN: Final = 2000
SAYS: Final = {
    "link": "The machine put “{what}” in: it is no link or address of this case.",
    "number": "Nothing in the case says “{what}”: the machine may have made it up.",
    "name": "Nothing in the case names “{what}”: see whether it is right.",
}


@attrs.frozen(kw_only=True)
class Letter:
    """One letter to be drafted: `facts` is all that leaves, (what it is, what it says), in this order.

    `told` is what we put around the machine's words ourselves, which never leaves.
    """

    facts: tuple[tuple[str, str], ...]
    told: Told
    kind: str

    def whole(self, paragraphs: str) -> str:
        """The letter with its greeting, the link of the customer's page, and who signs."""
        _, body = BEGUN[self.kind][1](self.told)
        return enclosed(self.told, paragraphs, letter=body)

    def unfounded(self, text: str) -> list[dict[str, Any]]:
        """Findings on what a letter says and its case does not: numbers and links must go or be answered for."""
        told = self.told
        known = [value for _, value in self.facts]
        known += [told.customer, told.owner, told.voice.organization, told.status_url]
        return [
            {
                "rule": "wording.unfounded",
                "evidence": None,
                "grade": None,
                "severity": "advice" if kind == "name" else "block",
                "start": start,
                "end": end,
                "text": text[start:end],
                "suggestion": "",
                "message": SAYS[kind].format(what=text[start:end]),
            }
            for start, end, kind in unfounded(text=text, known=known, language=told.language)
        ]


def letter_of(*, organization_id: int, case: Case, message: MessageLine, by: int, now: datetime) -> Letter | None:
    """This function will gather what a machine would be told for this draft; None where it drafts no such letter.

    Of a shadow nothing leaves, to no machine either.
    """
    if message.kind not in LETTERS or case.shadow:
        return None
    told = told_by(organization_id=organization_id, recovery_id=case.id, by=by, now=now)
    said = facts_said(told)
    facts = [
        ("The letter", LETTERS[message.kind]),
        ("Its language", Locale.parse(locale_for(told.language)).get_language_name("en") or told.language),
        ("Who writes", told.voice.organization),
        ("What failed", f"{said['what']} {said['when']}"),
        ("Whose fault it was", FAULTS[told.fault]),
        ("What is done about it", said["fix"]),
        ("By when they hear from us next", said["next_by"]),
    ]
    if gifts := _gifts(case, told.language):
        facts.append(("What they are given", gifts))
    if message.kind == "update" and (wrote := _unanswered(case)):
        facts.append(("What they wrote, to be answered", wrote))
    return Letter(facts=tuple((label, shown_safe(value)) for label, value in facts), told=told, kind=message.kind)


def _gifts(case: Case, language: str) -> str:
    said = []
    for one in case.makegoods:
        if one.state in STANDS:
            worth = f" ({amount(one.value, language=language)})" if one.value else ""
            said.append(f"{shipped(one.title, language=language)}{worth}: {STANDS[one.state]}")
    return "; ".join(said)


def _unanswered(case: Case) -> str:
    """The words of the customer that wait for an answer; of nobody else, and no note of a colleague's."""
    since = case.unanswered_at
    wrote = [one.body for one in case.messages if since and one.direction == "in" and one.created_at >= since]
    return "\n".join(wrote).strip()[-MOST_WRITTEN:]
