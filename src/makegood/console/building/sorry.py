"""Saying sorry to all whom an incident hit: the words per language, what the rules say of them, and who gets none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs
from django.urls import reverse

from makegood.console.building import words
from makegood.console.building.bulks import UNDO
from makegood.console.building.for_all import codes
from makegood.console.building.leaving import LANGUAGES
from makegood.console.desk import Desk
from makegood.console.viewmodels import Field, Form, Link
from makegood.console.viewmodels.bulks import SorryPage, SorryWords
from makegood.failures.queries import IncidentFacts
from makegood.messages.judging import judge, may_go
from makegood.recoveries.saying import Shown

READ: Final = 500
"""How many apologies are worded and judged before the yes; each is judged again as it is sent."""


@attrs.frozen(kw_only=True)
class Sorry:
    """Whom an incident hit: why each may not be told sorry ("" where they may), by recovery, and their numbers."""

    why: Mapping[int, str]
    numbers: Mapping[int, int]
    shown: Sequence[Shown]

    @property
    def able(self) -> tuple[int, ...]:
        """Those who may be told."""
        return tuple(sorted(one for one, why in self.why.items() if not why))


def sorry_page(desk: Desk, one: IncidentFacts, sorry: Sorry) -> SorryPage:
    """This function will lay out what would be said, to whom it would not, and the form that says yes."""
    code, count = words.incident_code(one.number), len(sorry.able)
    all_of_them = f"all {count:,}" if count > 1 else "the one"
    return SorryPage(
        title=f"Say sorry to {all_of_them}" if count else "There is nobody to say sorry to",
        lead="Each gets the apology in your name and their own language, once. Nothing leaves before you say yes."
        if count
        else "Why stands below, for each.",
        back=Link(label=code, url=reverse("incident", args=[code])),
        words=tuple(
            _words(desk, language, [shown for shown in sorry.shown if shown.language == language], sorry, count)
            for language in dict.fromkeys(shown.language for shown in sorry.shown)
        ),
        refused=_refused(sorry),
        form=Form(
            key="sorry",
            action=reverse("incident-sorry", args=[code]),
            submit=f"Say sorry to {all_of_them}",
            lead=UNDO["apology"],
            fields=(Field(name="seen", label="", kind="hidden", value=str(count)),),
        )
        if count
        else None,
    )


def _words(desk: Desk, language: str, shown: Sequence[Shown], sorry: Sorry, count: int) -> SorryWords:
    told = desk.facts.language or "en"
    held = [one for one in shown if not may_go(text=one.body, kind="apology", language=told, case=one.case)]
    first = (held or shown)[0]
    findings = judge(text=first.body, kind="apology", language=told, case=first.case).findings
    of = "" if len(sorry.shown) == count else f" of the first {READ:,}"
    many = f"{len(shown):,}{of}"
    return SorryWords(
        language=LANGUAGES.get(language, language),
        who=f"{many}, as {words.code(sorry.numbers[first.recovery_id])} reads it",
        subject=first.subject,
        body=first.body,
        verdict=f"The wording rules hold {len(held):,} of them: those are not sent."
        if held
        else "The wording rules find nothing that holds it back.",
        held=bool(held),
        findings=tuple(str(one["message"]) for one in findings if one.get("message")),
    )


def _refused(sorry: Sorry) -> tuple[str, ...]:
    by_why: dict[str, list[int]] = {}
    for one, why in sorry.why.items():
        if why:
            by_why.setdefault(why, []).append(sorry.numbers[one])
    return tuple(f"{len(numbers):,} ({codes(numbers)}): {why}" for why, numbers in sorted(by_why.items()))
