"""What may be owed by law and is not decided: the fact that is lacking, asked for in the kind that its pack wants."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.urls import reverse

from makegood.console.asking import CURRENCIES, select
from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.console.viewmodels import Field, Form
from makegood.console.viewmodels.doubts import DoubtCard
from makegood.core.floors import FactSpec
from makegood.makegoods.doubts import DoubtFacts
from makegood.recoveries.queries import Case

YES_NO = (("true", "Yes"), ("false", "No"))
At = tuple[str, str | int]
"""Whose page asks: a recovery by its code, or a promise by its number."""


def doubt_cards(desk: Desk, case: Case, *, acts: bool) -> tuple[DoubtCard, ...]:
    """This function will show what is not decided, with the question for the lacking fact, and a manager's way out."""
    return _cards(desk, case.doubts, ("recovery", words.code(case.number)), acts=acts)


def promise_doubts(desk: Desk, doubts: Sequence[DoubtFacts], *, promise_id: int) -> tuple[DoubtCard, ...]:
    """This function will show the same of a promise that broke quietly, which has no recovery to ask on."""
    return _cards(desk, doubts, ("promise", promise_id), acts=desk.may("promise-floor-fact"))


def _cards(desk: Desk, doubts: Sequence[DoubtFacts], at: At, *, acts: bool) -> tuple[DoubtCard, ...]:
    return tuple(
        DoubtCard(
            title=one.title,
            text=doubt_text(one),
            ask=_ask(desk, at, one) if acts else None,
            nothing=_nothing(at, one) if acts and desk.may(f"{at[0]}-floor-nothing") else None,
        )
        for one in doubts
    )


def doubt_text(one: DoubtFacts) -> str:
    """This function will say that it is not decided, and which fact is not known."""
    if one.lacks is None:
        return (
            "What is owed is not decided: the rules for it could not be read, or have changed. Whoever runs Makegood "
            "finds what is wrong with makegood doctor; decide again after that."
        )
    return f"What is owed is not decided: we do not know {_means(one.lacks)}."


def _means(lacks: FactSpec) -> str:
    """What the fact means, without what the pack's writer notes for lawyers."""
    return lacks.means.partition(";")[0].strip() or lacks.name.replace("_", " ")


def _ask(desk: Desk, at: At, one: DoubtFacts) -> Form:
    url = reverse(f"{at[0]}-floor-fact", args=[at[1], one.failure_id, one.pack])
    key = f"fact-{one.failure_id}-{one.pack}"
    if one.lacks is None:
        return Form(key=key, action=url, submit="Decide again", fields=())
    said = _means(one.lacks)
    return Form(
        key=key,
        action=url,
        submit="Keep it and decide",
        fields=_fields(desk, one.lacks, words.with_capital(said)),
    )


def _fields(desk: Desk, spec: FactSpec, label: str) -> tuple[Field, ...]:
    if spec.type == "boolean":
        return (select("fact", label, YES_NO, first="Choose", required=True),)
    if spec.one_of:
        return (select("fact", label, [(name, name) for name in sorted(spec.one_of)], first="Choose", required=True),)
    if spec.type in ("number", "integer"):
        step = "1" if spec.type == "integer" else "any"
        bounds = {"minimum": f"{spec.minimum:g}", "maximum": f"{spec.maximum:g}"}
        return (Field(name="fact", label=label, kind="number", step=step, required=True, **bounds),)  # type: ignore[arg-type]
    if spec.type == "datetime":
        zone = ZoneInfo(desk.facts.zone).key.replace("_", " ")
        return (
            Field(name="fact", label=label, kind="datetime-local", hint=f"By the clocks of {zone}.", required=True),
        )
    if spec.type == "money":
        currency = select("fact_currency", "Currency", [(one, one) for one in CURRENCIES], value=desk.facts.currency)
        return Field(name="fact", label=label, inputmode="decimal", required=True), currency
    return (Field(name="fact", label=label, required=True, maxlength=200),)


def _nothing(at: At, one: DoubtFacts) -> Form:
    return Form(
        key=f"nothing-{one.failure_id}-{one.pack}",
        action=reverse(f"{at[0]}-floor-nothing", args=[at[1], one.failure_id, one.pack]),
        submit="Nothing is owed",
        style="plain",
        fields=(
            Field(name="nothing", label="Why nothing is owed", kind="textarea", rows=2, required=True, maxlength=300),
        ),
    )
