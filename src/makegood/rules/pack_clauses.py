"""The parts of a rule pack: facts, conditions, amounts and holidays, read from checked nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, cast

import attrs

from makegood.core.evidence import GRADE_MEANS
from makegood.core.floors import (
    AllOf,
    AnyOf,
    Band,
    Banded,
    Compare,
    Condition,
    FactSpec,
    FixedHoliday,
    Flat,
    Holiday,
    MovingHoliday,
    Percent,
    PerUnit,
    Simple,
)
from makegood.core.reasons import Reason
from makegood.rules.nodes import Node

TYPES = ("datetime", "boolean", "number", "integer", "text", "money")
NUMBERS = ("number", "integer")
ORDERINGS = ("<", "<=", ">", ">=")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@attrs.frozen(kw_only=True)
class Scope:
    """What the clauses of one pack may refer to, and how their reasons are marked."""

    name: str
    evidence: str | None
    facts: Mapping[str, FactSpec]
    grade: str | None = None

    def reason(self, node: Node, code: str) -> Reason:
        """The reason that a clause gives: its `says` and `cite`, its own `grade` before the rule's."""
        grade = node["grade"].one_of(*GRADE_MEANS) if "grade" in node else self.grade
        text = node["says"].text()
        if "cite" in node:
            text = f"{text} ({node['cite'].text()})"
        return Reason(rule=f"{self.name}.{code}", evidence=self.evidence, grade=self.graded(grade), text=text)

    def graded(self, grade: str | None) -> str | None:
        """A grade, which only a finding of the evidence register can have."""
        return grade if self.evidence else None

    def fact(self, node: Node, *types: str) -> FactSpec:
        """The fact that a clause names."""
        spec = self.facts.get(node.text())
        if spec is None:
            raise node.wrong(f"names no fact of this pack, which are {', '.join(self.facts)}")
        if types and spec.type not in types:
            raise node.wrong(f"names {spec.name}, whose type {spec.type} cannot stand here")
        return spec

    def when(self, node: Node) -> Condition | None:
        """The condition of a clause, if it has one."""
        return read_condition(node["when"], self) if "when" in node else None


def read_fact(name: str, node: Node) -> FactSpec:
    """This function will read one fact that the pack accepts."""
    node.keys(needs="type means", may="absent default minimum maximum one_of")
    absent = "default" if "default" in node else "refuse-if-used"
    if "absent" in node:
        if "default" in node:
            raise node.wrong("has both absent and default: keep one")
        absent = node["absent"].one_of("refuse", "refuse-if-used", "unknown")
    spec = FactSpec(
        name=name,
        type=cast("Any", node["type"].one_of(*TYPES)),
        means=node["means"].text(),
        absent=cast("Any", absent),
        default=node.data.get("default"),
        minimum=node["minimum"].number(least=-1e9) if "minimum" in node else -1e9,
        maximum=node["maximum"].number(least=-1e9) if "maximum" in node else 1e9,
        one_of=frozenset(one.text() for one in node.many("one_of")),
    )
    if "default" in node:
        _value(spec, node["default"])
    return spec


def _value(spec: FactSpec, node: Node) -> Any:
    """A value that can be compared with a fact."""
    if spec.type == "boolean":
        return node.true_or_false()
    if spec.type in NUMBERS:
        return node.number(least=-1e9)
    if spec.type == "text":
        return node.one_of(*sorted(spec.one_of)) if spec.one_of else node.text()
    raise node.wrong(f"cannot be compared with {spec.name}, which is a {spec.type}")


def read_condition(node: Node, scope: Scope) -> Condition:
    """This function will read a condition: {all: [...]}, {any: [...]} or {field, op, value}."""
    if "all" in node:
        return AllOf(tuple(read_condition(part, scope) for part in node.keys(needs="all").many("all", least=1)))
    if "any" in node:
        return AnyOf(tuple(read_condition(part, scope) for part in node.keys(needs="any").many("any", least=1)))
    node.keys(needs="field op value")
    spec = scope.fact(node["field"])
    op = node["op"].one_of("=", "!=", *ORDERINGS, "in", "known")
    if op == "known":
        if spec.absent != "unknown":
            raise node.wrong(f"asks whether {spec.name} is known: its fact needs absent: unknown")
        return Compare(spec.name, "known", node["value"].true_or_false())
    if op in ORDERINGS and spec.type not in NUMBERS:
        raise node.wrong(f"{op} compares numbers, and {spec.name} is a {spec.type}")
    if op == "in":
        return Compare(spec.name, "in", frozenset(_value(spec, one) for one in node.many("value", least=1)))
    return Compare(spec.name, cast("Any", op), _value(spec, node["value"]))


def read_amount(node: Node, scope: Scope, code: str) -> Simple | Banded:
    """This function will read an amount: {flat}, {per_unit}, {percent} or {bands}."""
    if "bands" not in node:
        return _simple(node, scope)
    nodes = node.keys(needs="bands").many("bands", least=1)
    bands = [_band(one, scope, code) for one in nodes]
    last_is_open(nodes)
    if len({band.name for band in bands}) < len(bands):
        raise node["bands"].wrong("has two bands of one name")
    return Banded(tuple(bands))


def _band(node: Node, scope: Scope, code: str) -> Band:
    node.keys(needs="name says", may="when cite grade flat per_unit percent")
    name = node["name"].text()
    amount = {key: value for key, value in node.data.items() if key in SIMPLE}
    return Band(
        name=name,
        when=scope.when(node),
        amount=_simple(Node(amount, node.where), scope),
        reason=scope.reason(node, f"{code}.{name}"),
    )


def _simple(node: Node, scope: Scope) -> Simple:
    kinds = [key for key in SIMPLE if key in node]
    if len(kinds) != 1:
        raise node.wrong(f"must say the amount by one of {', '.join(SIMPLE)}, or bands")
    node.keys(needs=kinds[0])
    return SIMPLE[kinds[0]](node[kinds[0]], scope)


def _flat(node: Node, _: Scope) -> Flat:
    return Flat(node.money())


def _per_unit(node: Node, scope: Scope) -> PerUnit:
    node.keys(needs="fact each", may="unit above cap")
    return PerUnit(
        fact=scope.fact(node["fact"], *NUMBERS).name,
        each=node["each"].money(),
        unit=node["unit"].number(least=1e-6) if "unit" in node else 1,
        above=node["above"].number() if "above" in node else 0,
        cap=node["cap"].money() if "cap" in node else None,
    )


def _percent(node: Node, scope: Scope) -> Percent:
    node.keys(needs="of share", may="cap")
    return Percent(
        fact=scope.fact(node["of"], "money").name,
        percent=node["share"].share(most=1000),
        cap=node["cap"].money() if "cap" in node else None,
    )


SIMPLE: dict[str, Callable[[Node, Scope], Simple]] = {"flat": _flat, "per_unit": _per_unit, "percent": _percent}


def last_is_open(nodes: list[Node]) -> None:
    """This function will refuse a list read from the top whose last entry alone is not without a condition."""
    for number, node in enumerate(nodes, start=1):
        if ("when" in node) is (number == len(nodes)):
            raise node.wrong(
                "must have a condition (when), since only the last is for all other cases"
                if number < len(nodes)
                else "must have no condition (when): it is for all other cases"
            )


def read_holiday(node: Node) -> Holiday:
    """This function will read a holiday: {month, day}, or {month, weekday, nth} with nth -1 for the last."""
    if "weekday" in node:
        node.keys(needs="month weekday nth", may="name")
        nth = node["nth"].whole(least=-1, most=4)
        if nth == 0:
            raise node["nth"].wrong("must be 1 to 4, or -1 for the last")
        weekday = WEEKDAYS.index(node["weekday"].one_of(*WEEKDAYS))
        return MovingHoliday(month=node["month"].whole(least=1, most=12), weekday=weekday, nth=nth)
    node.keys(needs="month day", may="name")
    holiday = FixedHoliday(month=node["month"].whole(least=1, most=12), day=node["day"].whole(least=1, most=31))
    try:
        date(2025, holiday.month, holiday.day)
    except ValueError as error:
        raise node.wrong("is not a day of every year") from error
    return holiday
