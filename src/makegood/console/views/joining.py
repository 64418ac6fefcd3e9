"""Asking once more before two customers, both known, become one person."""

from __future__ import annotations

from django.urls import reverse

from makegood.console.building.words import code as code_of
from makegood.console.viewmodels import ConfirmPage, Field, Form, Link
from makegood.console.views.frame import Screen
from makegood.customers.queries import CustomerFacts
from makegood.recoveries.queries import Case


def merge_screen(*, case: Case, one: CustomerFacts, other: CustomerFacts, typed: str) -> Screen:
    """This function will show what follows when the case's customer turns out to be the other one."""
    code = code_of(case.number)
    back = Link(label=code, url=reverse("recovery", args=[code]))
    return Screen(
        template="console/confirm.html",
        current="recoveries",
        page=ConfirmPage(
            title=f"Are {one.called_inside} and {other.called_inside} one person?",
            lead=f"{typed} is {other.called_inside}'s already. This cannot be undone.",
            will=(
                f"Everything of {one.called_inside} counts as {other.called_inside}'s from now on: "
                "recoveries, apologies, gifts.",
                f"{other.called}'s name stands on this case and on the page that its customer follows.",
                f"Messages on this case go to {other.called_inside}.",
            ),
            stays=("Each recovery, with its owner, its words and its promises.",),
            form=Form(
                key="merge-customers",
                action=reverse("recovery-identify", args=[code]),
                submit="They are one person",
                style="danger",
                fields=(
                    Field(
                        name="identity", label="The address that both have", value=typed, required=True, maxlength=200
                    ),
                    Field(
                        name="sure",
                        label="I have checked that they are one person",
                        kind="checkbox",
                        required=True,
                    ),
                ),
                cancel=Link(label="Keep them apart", url=back.url),
            ),
            back=back,
        ),
    )
