"""The decision: what is owed for one event, in which form, by when, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def owed(*, pack: Pack, facts: Mapping[str, object]) -> FloorDecision:
    """This function will decide what is owed under a pack for one event.

    `facts` are plain values as in JSON (times as ISO text or datetime with offset, money as Money or
    ``{"minor", "currency"}``, minutes, kilometres); the pack lists which. The version is the one in force on the
    event's date at the event's own offset. Raises UnusableFacts, whose message says what to give.
    """
    known, assumed = pack.reader.read(facts)
    event_at: datetime = known["event_at"]
    version = version_on(pack=pack, event_date=event_at.date())
    reasons = [version.reason]
    try:
        granted = _granted(version.rules, known, pack, reasons)
        result = [_owed(rule, amount, known, pack, reasons) for rule, amount in granted]
    except MissingFact as error:
        raise MissingFact(error.name, pack.facts[error.name].means) from None
    except CurrenciesDiffer as error:
        raise UnusableFacts(f"the amounts cannot be compared: {error}") from error
    reasons += [note.reason for note in version.notes if _noted(note, known)]
    if assumed:
        reasons.append(pack.assumptions(assumed))
    return FloorDecision(owed=tuple(result), reasons=tuple(reasons))


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


def _granted(rules: tuple[Rule, ...], facts: Known, pack: Pack, reasons: list[Reason]) -> Iterable[tuple[Rule, Money]]:
    """By which rules how much is owed; of each group by the one that pays most. Adds why to `reasons`."""
    found = [(rule, _amount(rule, facts, pack, reasons)) for rule in rules if _applies(rule, facts, reasons)]
    best: dict[str, tuple[Rule, Money]] = {}
    for rule, amount in found:
        held = best.get(rule.group)
        if amount and (held is None or held[1] < amount):
            best[rule.group] = rule, amount
    if len(best) < len(found):
        reasons += [_not_added(rule) for rule, amount in found if amount and best[rule.group][0] is not rule]
    return best.values()


def _applies(rule: Rule, facts: Known, reasons: list[Reason]) -> bool:
    if not rule.trigger.holds(facts):
        reasons.append(rule.not_here)
        return False
    excluded = [clause.reason for clause in rule.exclusions if clause.holds(facts)]
    reasons += excluded
    return not excluded


def _amount(rule: Rule, facts: Known, pack: Pack, reasons: list[Reason]) -> Money:
    amount, why = amount_of(amount=rule.amount, reductions=rule.reductions, facts=facts)
    used = ", ".join([f"{name} {shown(fact)}" for name in rule.uses if (fact := facts.get(name)) is not None])
    text = f"{rule.says}: {amount} ({rule.cite}; facts: {used})"
    reasons.append(Reason(rule=rule.not_here.rule, evidence=pack.evidence, grade=rule.grade, text=text))
    reasons += why
    return amount


def _owed(rule: Rule, amount: Money, facts: Known, pack: Pack, reasons: list[Reason]) -> Owed:
    form, deadline = _first(rule.forms, facts), _first(rule.deadlines, facts)
    reasons += form.reason, deadline.reason
    return Owed(
        amount=amount,
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


def _noted(note: Clause, facts: Known) -> bool:
    try:
        return note.holds(facts)
    except MissingFact:
        return False


def _not_added(rule: Rule) -> Reason:
    return Reason(rule=rule.reference, text="Not added: another amount of the same kind, at least as large, is owed.")
