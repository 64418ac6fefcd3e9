"""Whether what is said to a customer reaches them, and in their language, or only stands on a page they cannot open."""

from __future__ import annotations

from typing import Final

from django.urls import reverse

from makegood.console.building.leaving import LANGUAGES
from makegood.console.building.words import code
from makegood.console.desk import Desk
from makegood.console.viewmodels import Choice, Fact, Field, Form
from makegood.customers.queries import CustomerFacts
from makegood.recoveries.queries import Case
from makegood.rules.phrases import languages, spoken

UNREACHED: Final = (
    "We know no e-mail and no phone number of theirs, so nothing that we write reaches them by itself. Give them the"
    " link of their page, or call on them and record under the step how they were told."
)
BY_PHONE: Final = (
    "We know no e-mail of theirs, so what we write only stands on their page. Give them its link, or call them."
)
HOWS: Final = (
    ("shown", "I showed it to them or printed it"),
    ("sent", "I sent it to them another way, such as a text message"),
    ("told", "I read it out to them"),
)


def unreached(case: Case, customer: CustomerFacts) -> str:
    """This function will say why nothing reaches this customer by itself; "" where it does, or they have the link."""
    wrote = any(one.direction == "in" and one.channel != "status" for one in case.messages)
    if case.state != "open" or case.link_at is not None or wrote or customer.identity("email"):
        return ""
    return BY_PHONE if customer.identity("phone") else UNREACHED


def unspoken(desk: Desk, language: str) -> list[Fact]:
    """This function will say that we write in another language than a customer's, where theirs is not spoken here."""
    theirs = language.strip().lower().replace("_", "-").partition("-")[0]
    if not theirs or theirs in languages():
        return []
    ours = spoken(desk.facts.language)
    return [
        Fact(
            label="Language",
            value=f"They speak {theirs}; letters and their page begin in {LANGUAGES.get(ours, ours)}",
            note="You may write the drafts in theirs. Two catalogue files add a language: docs/guides/languages.md",
        )
    ]


def hand_over_form(case: Case) -> Form:
    """This function will ask how a customer got the link of their page."""
    return Form(
        key="link",
        action=reverse("recovery-link", args=[code(case.number)]),
        submit="They have the link",
        fields=(
            Field(
                name="how",
                label="How did they get it?",
                kind="radio",
                required=True,
                choices=tuple(Choice(value=value, label=label) for value, label in HOWS),
            ),
        ),
    )
