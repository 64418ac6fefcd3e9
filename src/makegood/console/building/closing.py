"""What keeps a recovery from closing: each thing that is asked for, and what asks for nothing here."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse

from makegood.console import permissions
from makegood.console.building import words
from makegood.console.building.seeing import seen_field, seen_pair
from makegood.console.desk import Desk
from makegood.console.viewmodels import Action, ClosePanel, Field, Form, MissingItem
from makegood.makegoods.repaying import WRONG_CHARGE
from makegood.recoveries.queries import Case

MISSING = (
    ("fix", "The fix is done", "#steps"),
    ("floor_decided", "What is owed is decided", "#doubts"),
    ("floor", "What is owed is delivered", "#give"),
    ("make_goods", "Every offer is delivered, declined or expired", "#give"),
    ("cause", "The cause is known", "#cause"),
    ("follow_up", "The follow-up has an outcome", "#follow-up"),
)


def closing_of(desk: Desk, case: Case) -> ClosePanel | None:
    """This function will say what closing still asks for, and offer it once nothing is missing."""
    decision = case.closing
    if decision is None or case.review:
        return None
    url = reverse("recovery-close", args=[words.code(case.number)])
    by_manager = None
    if desk.facts.role in permissions.CLOSES_WITH_A_REASON:
        by_manager = Form(
            key="close-anyway",
            action=url,
            submit="Close it all the same",
            style="danger",
            fields=(
                seen_field(case, "persons"),
                Field(name="reason", label="Your reason, in writing", kind="textarea", required=True, maxlength=300),
            ),
        )
    return ClosePanel(
        items=tuple(
            _asked(case, name, text, place, decision.missing) for name, text, place in MISSING if _asks(case, name)
        ),
        close=Action(label="Close it", url=url, style="go", hidden=(seen_pair(case, "persons"),))
        if decision.allowed
        else None,
        by_manager=by_manager,
    )


def _asks(case: Case, name: str) -> bool:
    """Whether closing has this to ask: of what is owed, not that it is delivered where none of it is."""
    return name != "floor" or any(one.part == "floor" for one in case.makegoods)


def _asked(case: Case, name: str, text: str, place: str, missing: Collection[str]) -> MissingItem:
    """One thing that closing asks for; where nothing is owed, that is said and not ticked."""
    if name == "floor_decided" and name not in missing and not _asks(case, "floor"):
        beyond = " beyond what was charged wrongly" if case.kind == WRONG_CHARGE else ""
        return MissingItem(text=f"Nothing is owed by law or contract{beyond}", url=place, idle=True)
    return MissingItem(text=text, url=place, met=name not in missing)
