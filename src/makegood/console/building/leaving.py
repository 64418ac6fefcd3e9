"""What the yes to an incident lets leave by itself, said before it is pressed: what, when, in whose name, the words."""

from __future__ import annotations

from typing import Final

from makegood.console.desk import Desk
from makegood.console.viewmodels import LeavingWords
from makegood.core.bursts import room
from makegood.failures.queries import IncidentFacts
from makegood.recoveries.operations import Leaving
from makegood.rules.playbooks.treating import said_send

LANGUAGES: Final = {"en": "English", "de": "German", "es": "Spanish", "fr": "French", "pt": "Portuguese"}
WORDS: Final = {"apology": "an apology", "acknowledgement": "a first word with their page"}
TITLES: Final = {"apology": "The apology", "acknowledgement": "The first word"}


def yes_said(desk: Desk, one: IncidentFacts, leaving: Leaving | None) -> str:
    """This function will say in a few sentences what a yes to a proposed incident lets leave, and whom it reaches."""
    said = [] if leaving is None else _leaves(desk, leaving)
    if one.reason != "silence":
        more = room(seen=one.failures - one.withdrawn)
        said.append(f"While it goes on your yes reaches up to {more:,} more; then you are asked again.")
    return " ".join(said)


def _leaves(desk: Desk, leaving: Leaving) -> list[str]:
    goes = [f"{WORDS[kind]} {said_send(send)}" for kind, send, _ in leaving.words]
    waits = [] if any(kind == "apology" for kind, _, _ in leaving.words) else ["The apology waits for a click."]
    gift = leaving.playbook.steps["make_good"].send
    if gift == "person":
        waits.append("Nothing is given without a click, but what is owed by law is paid.")
    else:
        goes.append(f"an offer that fits them all {said_send(gift)}")
    name = desk.facts.name
    whom = f"leaves to each of them who was not written to yet, in your name ({name})"
    said = f"With your yes this {whom}: {'; '.join(goes)}." if goes else ""
    return [said or "Nothing leaves with your yes.", *waits]


def leaving_words(leaving: Leaving | None) -> tuple[LeavingWords, ...]:
    """This function will show the words that leave by themselves, once for each language."""
    return tuple(
        LeavingWords(
            title=f"{TITLES[kind]}, as one of them reads it in {LANGUAGES.get(one.language, one.language)}",
            subject=one.subject,
            body=one.body,
        )
        for kind, _, shown in (leaving.words if leaving else ())
        for one in {one.language: one for one in reversed(shown)}.values()
    )
