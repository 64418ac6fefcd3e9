"""What a rule pack is made of: dated versions of rules, each clause carrying its reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import attrs

from makegood.core.floors.amounts import Banded, Reduction, Simple
from makegood.core.floors.conditions import Condition, Holds, holds_of
from makegood.core.floors.deadlines import Deadline, WorkingDays
from makegood.core.floors.facts import FactReader, FactSpec
from makegood.core.reasons import Reason


@attrs.frozen(kw_only=True)
class Clause:
    """Something that holds under a condition, and the reason to give then: an exclusion or a note."""

    when: Condition | None
    reason: Reason
    holds: Holds = attrs.field(init=False, eq=False, repr=False)

    @holds.default
    def _holds(self) -> Holds:
        return holds_of(self.when)


@attrs.frozen(kw_only=True)
class FormClause:
    """In which form the amount may be paid, under a condition: ``cash_or_bank``, ``original_payment`` and so on."""

    when: Condition | None
    form: str
    reason: Reason


@attrs.frozen(kw_only=True)
class Rule:
    """One thing that can be owed.

    `reference` names rule and version (``eu261.delay@2005-02-17``). Of the rules of one `group` only the one that
    pays most is owed. `forms` and `deadlines` are read from the top; the last of each has no condition.
    `evidence_needed` is what the payer should have on file; `claim_required` whether the customer has to ask.
    `not_here` is the reason given where the trigger does not hold.
    """

    id: str
    reference: str
    group: str
    says: str
    cite: str
    grade: str | None
    trigger: Condition
    uses: tuple[str, ...]
    amount: Simple | Banded
    reductions: tuple[Reduction, ...]
    exclusions: tuple[Clause, ...]
    forms: tuple[FormClause, ...]
    deadlines: tuple[Deadline, ...]
    evidence_needed: tuple[str, ...]
    claim_required: bool
    not_here: Reason


@attrs.frozen(kw_only=True)
class Version:
    """The rules in force from one date up to, and without, another (None: still in force)."""

    active_from: date
    active_to: date | None
    checked_date: date
    rules: tuple[Rule, ...]
    notes: tuple[Clause, ...]
    reason: Reason


@attrs.frozen(kw_only=True)
class Pack:
    """A body of law, a contract or a published guarantee, as data. `versions` are in order and do not overlap.

    `before` says where to look for events before the first version. `evidence` is an id of the evidence register,
    or None for a house's own contract. `reader` reads the facts of a case.
    """

    name: str
    title: str
    jurisdiction: str
    evidence: str | None
    before: str
    facts: Mapping[str, FactSpec]
    needs_one_of: tuple[str, ...]
    working_days: WorkingDays
    versions: tuple[Version, ...]
    reader: FactReader = attrs.field(init=False, eq=False, repr=False)
    _assumed: dict[tuple[str, ...], Reason] = attrs.field(init=False, eq=False, repr=False, factory=dict)

    @reader.default
    def _reader(self) -> FactReader:
        return FactReader(self.facts, self.needs_one_of)

    def assumptions(self, names: tuple[str, ...]) -> Reason:
        """The reason that says which facts were not given, and what they were taken as."""
        if names not in self._assumed:
            taken = ", ".join([f"{name} {shown(self.facts[name].default)}" for name in names])
            self._assumed[names] = Reason(rule=f"{self.name}.assumed", text=f"Not said, so taken as: {taken}.")
        return self._assumed[names]


def shown(value: object) -> str:
    """This function will write a fact as it is written in a file of facts."""
    if value is True or value is False:
        return "true" if value else "false"
    return str(value)
