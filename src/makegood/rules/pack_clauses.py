"""The parts of a rule pack: facts, conditions, amounts and holidays, read from checked nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, tzinfo
from typing import Any, cast

import attrs

from makegood.core.calendars import DAYS
from makegood.core.evidence import GRADE_MEANS
from makegood.core.floors import (
    AllOf,
    AnyOf,
    Band,
    Banded,
    Compare,
    Condition,
    EasterHoliday,
    FactSpec,
    FixedHoliday,
    Flat,
    Holiday,
    MovingHoliday,
    Percent,
    PerDay,
    PerUnit,
    Simple,
    SingleHoliday,
    WorkingDays,
)
from makegood.core.money import Money
from makegood.core.reasons import Reason
from makegood.rules.nodes import Node

TYPES = ("datetime", "boolean", "number", "integer", "text", "money")
NUMBERS = ("number", "integer")
ORDERINGS = ("<", "<=", ">", ">=")


@attrs.frozen(kw_only=True)
class Scope:
    """What the clauses of one pack may refer to, and how their reasons are marked.

    `rates` are the amounts of one version by name, for rules that stay the same while their amounts change.
    """

    name: str
    evidence: str | None
    facts: Mapping[str, FactSpec]
    working_days: WorkingDays
    zone: tzinfo | None = None
    grade: str | None = None
    rates: Mapping[str, Money] = attrs.field(factory=dict)

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

    def money(self, node: Node) -> Money:
        """An amount: {minor, currency}, or {rate} by the name that the version gives it."""
        if "rate" not in node:
            return node.money()
        return self.rates[node.keys(needs="rate")["rate"].one_of(*self.rates)]

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
    """This function will read a condition: {all: [...]}, {any: [...]}, {field, op, value} or {field, op, fact}."""
    if "all" in node:
        return AllOf(tuple(read_condition(part, scope) for part in node.keys(needs="all").many("all", least=1)))
    if "any" in node:
        return AnyOf(tuple(read_condition(part, scope) for part in node.keys(needs="any").many("any", least=1)))
    node.keys(needs="field op", may="value fact")
    node.either("value", "fact")
    spec = scope.fact(node["field"])
    if "fact" in node:
        return _against_other(node, spec, scope)
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


def _against_other(node: Node, spec: FactSpec, scope: Scope) -> Condition:
    """One fact compared with another of the same kind."""
    op = node["op"].one_of("=", "!=", *ORDERINGS)
    comparable = NUMBERS if spec.type in NUMBERS else (spec.type,)
    if op in ORDERINGS and spec.type not in (*NUMBERS, "datetime"):
        raise node.wrong(f"{op} compares numbers or times, and {spec.name} is a {spec.type}")
    return Compare(spec.name, cast("Any", op), None, scope.fact(node["fact"], *comparable).name)


def read_amount(node: Node, scope: Scope, code: str) -> Simple | Banded:
    """This function will read an amount: {flat}, {per_unit}, {per_day}, {percent} or {bands}."""
    if "bands" not in node:
        return _simple(node, scope)
    nodes = node.keys(needs="bands").many("bands", least=1)
    bands = [_band(one, scope, code) for one in nodes]
    last_is_open(nodes)
    if len({band.name for band in bands}) < len(bands):
        raise node["bands"].wrong("has two bands of one name")
    return Banded(tuple(bands))


def _band(node: Node, scope: Scope, code: str) -> Band:
    node.keys(needs="name says", may="when cite grade flat per_unit per_day percent")
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


def _flat(node: Node, scope: Scope) -> Flat:
    return Flat(scope.money(node))


def _per_unit(node: Node, scope: Scope) -> PerUnit:
    node.keys(needs="fact each", may="unit above cap")
    return PerUnit(
        fact=scope.fact(node["fact"], *NUMBERS).name,
        each=scope.money(node["each"]),
        unit=node["unit"].number(least=1e-6) if "unit" in node else 1,
        above=node["above"].number() if "above" in node else 0,
        cap=scope.money(node["cap"]) if "cap" in node else None,
    )


def _per_day(node: Node, scope: Scope) -> PerDay:
    node.keys(needs="from to each", may="after_working_days less cap")
    return PerDay(
        since=scope.fact(node["from"], "datetime").name,
        until=scope.fact(node["to"], "datetime").name,
        each=scope.money(node["each"]),
        after_working_days=node["after_working_days"].whole(least=0, most=3660) if "after_working_days" in node else 0,
        less=scope.fact(node["less"], "integer").name if "less" in node else "",
        cap=scope.money(node["cap"]) if "cap" in node else None,
        zone=scope.zone,
        working_days=scope.working_days,
    )


def _percent(node: Node, scope: Scope) -> Percent:
    node.keys(needs="of", may="share share_of cap divided_by")
    share = node.either("share", "share_of")
    return Percent(
        fact=scope.fact(node["of"], "money").name,
        percent=node["share"].share(most=1000) if share == "share" else scope.fact(node["share_of"], "integer").name,
        divided_by=_divisor(node["divided_by"], scope) if "divided_by" in node else 1,
        cap=_cap(node["cap"], scope) if "cap" in node else None,
    )


def _cap(node: Node, scope: Scope) -> Money | str:
    return scope.fact(node, "money").name if isinstance(node.data, str) else scope.money(node)


def _divisor(node: Node, scope: Scope) -> int | str:
    if not isinstance(node.data, str):
        return node.whole(least=1, most=100_000)
    spec = scope.fact(node, "integer")
    if spec.minimum < 1:
        raise node.wrong(f"divides by {spec.name}, whose minimum has to be 1 or more")
    return spec.name


SIMPLE: dict[str, Callable[[Node, Scope], Simple]] = {
    "flat": _flat,
    "per_unit": _per_unit,
    "per_day": _per_day,
    "percent": _percent,
}


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
    """This function will read a holiday of one of four shapes, each with a `name` for people.

    {month, day, sat, sun}: so many days later where it falls on a weekend. {month, weekday, nth, not_in}: nth -1 is
    the last. {easter}: so many days after Easter Sunday. {date}: once.
    """
    if "easter" in node:
        node.keys(needs="easter", may="name")
        return EasterHoliday(days=node["easter"].whole(least=-70, most=70))
    if "date" in node:
        return SingleHoliday(on=node.keys(needs="date", may="name")["date"].day())
    return _moving_holiday(node) if "weekday" in node else _fixed_holiday(node)


def _moving_holiday(node: Node) -> Holiday:
    node.keys(needs="month weekday nth", may="name not_in")
    nth = node["nth"].whole(least=-1, most=4)
    if nth == 0:
        raise node["nth"].wrong("must be 1 to 4, or -1 for the last")
    return MovingHoliday(
        month=node["month"].whole(least=1, most=12),
        weekday=DAYS.index(node["weekday"].one_of(*DAYS)),
        nth=nth,
        not_in=frozenset(year.whole(least=1900, most=2199) for year in node.many("not_in")),
    )


def _fixed_holiday(node: Node) -> Holiday:
    node.keys(needs="month day", may="name sat sun")
    holiday = FixedHoliday(
        month=node["month"].whole(least=1, most=12),
        day=node["day"].whole(least=1, most=31),
        saturday=node["sat"].whole(least=-7, most=7) if "sat" in node else -1,
        sunday=node["sun"].whole(least=-7, most=7) if "sun" in node else 1,
    )
    try:
        date(2025, holiday.month, holiday.day)
    except ValueError as error:
        raise node.wrong("is not a day of every year") from error
    return holiday
