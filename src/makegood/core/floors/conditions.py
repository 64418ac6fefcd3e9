"""Conditions over facts as data: comparisons joined by all and any. No text is ever evaluated as code."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Literal

import attrs

from makegood.core.floors.facts import Known, MissingFact

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in", "known"]

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda fact, values: fact in values,
}


def _compare(condition: Compare) -> Callable[[Any, Any], bool] | None:
    return OPERATORS.get(condition.op)


@attrs.frozen
class Compare:
    """One fact compared with a value. ``known`` asks whether the fact was given (value true) or not (false)."""

    field: str
    op: Operator
    value: Any
    _compare: Callable[[Any, Any], bool] | None = attrs.field(
        init=False,
        eq=False,
        repr=False,
        default=attrs.Factory(_compare, takes_self=True),
    )

    def holds(self, facts: Known) -> bool:
        """Whether it is so; an unknown fact makes every comparison false, a refused absence is an error."""
        if self._compare is None:
            return (facts.get(self.field) is not None) is self.value
        try:
            fact = facts[self.field]
        except KeyError:
            raise MissingFact(self.field) from None
        return fact is not None and self._compare(fact, self.value)


@attrs.frozen
class AllOf:
    """Every condition holds; read in order, and no further than the first that does not."""

    conditions: tuple[Condition, ...]

    def holds(self, facts: Known) -> bool:
        """Whether it is so."""
        return all(condition.holds(facts) for condition in self.conditions)


@attrs.frozen
class AnyOf:
    """At least one condition holds; read in order, and no further than the first that does."""

    conditions: tuple[Condition, ...]

    def holds(self, facts: Known) -> bool:
        """Whether it is so."""
        return any(condition.holds(facts) for condition in self.conditions)


Condition = Compare | AllOf | AnyOf


def fields_of(condition: Condition | None) -> tuple[str, ...]:
    """This function will name the facts that a condition looks at, each once, in order."""
    if condition is None:
        return ()
    if isinstance(condition, Compare):
        return (condition.field,)
    return tuple(dict.fromkeys(name for part in condition.conditions for name in fields_of(part)))
