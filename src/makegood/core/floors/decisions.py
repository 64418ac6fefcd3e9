"""The decision: what is owed for one event, in which form, by when, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TypeVar

import attrs

from makegood.core.floors.amounts import amount_of
from makegood.core.floors.deadlines import Deadline, due_by
from makegood.core.floors.facts import Known, MissingFact, UnusableFacts
from makegood.core.floors.packs import Clause, FormClause, Pack, Rule, Version, shown
from makegood.core.money import CurrenciesDiffer, Money
from makegood.core.reasons import Reason

Choice = TypeVar("Choice", FormClause, Deadline)


@attrs.frozen(kw_only=True)
class Owed:
    """One amount that is owed: how much, in which form, by when, by which version of which rule, and where it says so.

    `cite` names the article or clause.
    """

    amount: Money
    form: str
    due_by: datetime
    rule: str
    cite: str
    evidence_needed: tuple[str, ...]
    claim_required: bool

    def as_dict(self) -> dict[str, object]:
        """This amount in the shape that the command line and the API carry."""
        return {
            "amount": self.amount.as_dict(),
            "form": self.form,
            "due_by": self.due_by.isoformat(),
            "rule": self.rule,
        }


@attrs.frozen(kw_only=True)
class FloorDecision:
    """Everything owed for one event (perhaps nothing), and the reasons either way."""

    owed: tuple[Owed, ...]
    reasons: tuple[Reason, ...]

    def as_dict(self) -> dict[str, object]:
        """The decision in the shape that the command line and the API carry."""
        return {
            "owed": [owed.as_dict() for owed in self.owed],
            "reasons": [reason.as_dict() for reason in self.reasons],
        }


@attrs.frozen(kw_only=True)
class _Outcome:
    """What one rule came to: an amount above nothing, or None."""

    rule: Rule
    amount: Money | None
    reasons: tuple[Reason, ...]


def owed(*, pack: Pack, facts: Mapping[str, object]) -> FloorDecision:
    """This function will decide what is owed under a pack for one event.

    `facts` are plain values as in JSON (times as ISO text or datetime with offset, money as Money or
    ``{"minor", "currency"}``, minutes, kilometres); the pack lists which. The version is the one in force on the
    event's date at the event's own offset. Raises UnusableFacts, whose message says what to give.
    """
    known, assumed = pack.reader.read(facts)
    event_at: datetime = known["event_at"]
    version = version_on(pack=pack, event_date=event_at.date())
    try:
        outcomes = [_apply(rule, known, pack) for rule in version.rules]
        winners = _largest_of_each_group(outcomes)
        clauses = [(_first(won.rule.forms, known), _first(won.rule.deadlines, known)) for won in winners]
        granted = [_owed(won, form, by, known, pack) for won, (form, by) in zip(winners, clauses, strict=True)]
    except MissingFact as error:
        raise MissingFact(error.name, pack.facts[error.name].means) from None
    except CurrenciesDiffer as error:
        raise UnusableFacts(f"the amounts cannot be compared: {error}") from error
    reasons = [version.reason]
    for outcome in outcomes:
        reasons += outcome.reasons
        if outcome.amount is not None and all(outcome is not winner for winner in winners):
            reasons.append(_not_added(outcome.rule))
    for form, by in clauses:
        reasons += form.reason, by.reason
    reasons += [note.reason for note in version.notes if _noted(note, known)]
    if assumed:
        reasons.append(pack.assumptions(assumed))
    return FloorDecision(owed=tuple(granted), reasons=tuple(reasons))


def version_on(*, pack: Pack, event_date: date) -> Version:
    """This function will find the version in force on a date. Raises UnusableFacts where there is none."""
    for version in reversed(pack.versions):
        if version.active_from <= event_date:
            if version.active_to is not None and event_date >= version.active_to:
                raise UnusableFacts(
                    f"{pack.name} has no rules for {event_date}: they ended on {version.active_to}",
                )
            return version
    first = pack.versions[0].active_from
    raise UnusableFacts(
        f"{pack.name} has no rules for {event_date}: its first version begins on {first}"
        + (f"; {pack.before}" if pack.before else "")
    )


def _apply(rule: Rule, facts: Known, pack: Pack) -> _Outcome:
    if not rule.trigger.holds(facts):
        return _Outcome(rule=rule, amount=None, reasons=(rule.not_here,))
    excluded = tuple(clause.reason for clause in rule.exclusions if _holds(clause, facts))
    if excluded:
        return _Outcome(rule=rule, amount=None, reasons=excluded)
    amount, reasons = amount_of(amount=rule.amount, reductions=rule.reductions, facts=facts)
    used = ", ".join([f"{name} {shown(facts[name])}" for name in rule.uses if facts.get(name) is not None])
    text = f"{rule.says}: {amount} ({rule.cite}; facts: {used})"
    reasons = (
        Reason(rule=rule.not_here.rule, evidence=pack.evidence, grade=rule.grade, text=text),
        *reasons,
    )
    return _Outcome(rule=rule, amount=amount or None, reasons=reasons)


def _largest_of_each_group(outcomes: list[_Outcome]) -> list[_Outcome]:
    best: dict[str, _Outcome] = {}
    for outcome in outcomes:
        if outcome.amount is None:
            continue
        held = best.get(outcome.rule.group)
        if held is None or (held.amount is not None and held.amount < outcome.amount):
            best[outcome.rule.group] = outcome
    return list(best.values())


def _owed(outcome: _Outcome, form: FormClause, deadline: Deadline, facts: Known, pack: Pack) -> Owed:
    assert outcome.amount is not None
    rule = outcome.rule
    return Owed(
        amount=outcome.amount,
        form=form.form,
        due_by=due_by(deadline=deadline, facts=facts, working_days=pack.working_days),
        rule=rule.reference,
        cite=rule.cite,
        evidence_needed=rule.evidence_needed,
        claim_required=rule.claim_required,
    )


def _first(choices: tuple[Choice, ...], facts: Known) -> Choice:
    for choice in choices[:-1]:
        if choice.when is None or choice.when.holds(facts):
            return choice
    return choices[-1]


def _holds(clause: Clause, facts: Known) -> bool:
    return clause.when is None or clause.when.holds(facts)


def _noted(note: Clause, facts: Known) -> bool:
    try:
        return _holds(note, facts)
    except MissingFact:
        return False


def _not_added(rule: Rule) -> Reason:
    return Reason(rule=rule.reference, text="Not added: another amount of the same kind, at least as large, is owed.")
