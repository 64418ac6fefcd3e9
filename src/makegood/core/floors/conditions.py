"""Conditions over facts as data: comparisons joined by all and any. No text is ever evaluated as code."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Literal

import attrs

from makegood.core.floors.facts import Known, MissingFact

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in", "known"]
Holds = Callable[[Known], bool]

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda fact, values: fact in values,
}
TRUTHS = {"=": True, "!=": False}


def _comparison(condition: Compare) -> Holds:
    field, value, other = condition.field, condition.value, condition.other
    if condition.op == "known":
        return lambda facts: (facts.get(field) is not None) is value
    if other:
        return _against_other(field, OPERATORS[condition.op], other)
    if type(value) is bool and condition.op in TRUTHS:
        return _truth(field, value is TRUTHS[condition.op])
    return _against_value(field, OPERATORS[condition.op], value)


def _truth(field: str, value: bool) -> Holds:
    def holds(facts: Known) -> bool:
        try:
            return facts[field] is value
        except KeyError:
            raise MissingFact(field) from None

    return holds


def _against_value(field: str, compare: Callable[[Any, Any], bool], value: Any) -> Holds:
    def holds(facts: Known) -> bool:
        try:
            fact = facts[field]
        except KeyError:
            raise MissingFact(field) from None
        return fact is not None and compare(fact, value)

    return holds


def _against_other(field: str, compare: Callable[[Any, Any], bool], other: str) -> Holds:
    def holds(facts: Known) -> bool:
        try:
            fact, than = facts[field], facts[other]
        except KeyError as error:
            raise MissingFact(error.args[0]) from None
        return fact is not None and than is not None and compare(fact, than)

    return holds


def _all(parts: tuple[Holds, ...]) -> Holds:
    if len(parts) == 2:
        first, second = parts
        return lambda facts: first(facts) and second(facts)

    def holds(facts: Known) -> bool:
        for part in parts:  # noqa: SIM110 (a generator would cost as much again as the comparisons)
            if not part(facts):
                return False
        return True

    return holds


def _any(parts: tuple[Holds, ...]) -> Holds:
    if len(parts) == 2:
        first, second = parts
        return lambda facts: first(facts) or second(facts)

    def holds(facts: Known) -> bool:
        for part in parts:  # noqa: SIM110
            if part(facts):
                return True
        return False

    return holds


@attrs.frozen
class Compare:
    """One fact compared with a value, or with the fact named by `other`.

    ``known`` asks whether the fact was given (value true) or not (false). `holds` says whether it is so; an unknown
    fact makes every comparison false, a refused absence is an error. It is a function made once, as in the other two:
    packs are read rarely and asked often.
    """

    field: str
    op: Operator
    value: Any
    other: str = ""
    holds: Holds = attrs.field(init=False, eq=False, repr=False)

    @holds.default
    def _holds(self) -> Holds:
        return _comparison(self)


@attrs.frozen
class AllOf:
    """Every condition holds; read in order, and no further than the first that does not."""

    conditions: tuple[Condition, ...]
    holds: Holds = attrs.field(init=False, eq=False, repr=False)

    @holds.default
    def _holds(self) -> Holds:
        return _all(tuple(part.holds for part in self.conditions))


@attrs.frozen
class AnyOf:
    """At least one condition holds; read in order, and no further than the first that does."""

    conditions: tuple[Condition, ...]
    holds: Holds = attrs.field(init=False, eq=False, repr=False)

    @holds.default
    def _holds(self) -> Holds:
        return _any(tuple(part.holds for part in self.conditions))


Condition = Compare | AllOf | AnyOf


def holds_of(condition: Condition | None) -> Holds:
    """This function will return what says whether a condition holds; one that is not there always does."""
    return _always if condition is None else condition.holds


def _always(_: Known) -> bool:
    return True


def fields_of(condition: Condition | None) -> tuple[str, ...]:
    """This function will name the facts that a condition looks at, each once, in order."""
    if condition is None:
        return ()
    if isinstance(condition, Compare):
        return (condition.field, condition.other) if condition.other else (condition.field,)
    return tuple(dict.fromkeys(name for part in condition.conditions for name in fields_of(part)))
