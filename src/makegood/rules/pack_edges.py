"""Edges: whether a table of cases holds a rule pack in its place from both sides.

A pack is changed in one place at a time: a threshold moved by one either way or made strict, an amount by one minor
unit, a date by a day, a default to its bound, an exclusion dropped. A change that no case of the table notices is an
edge that it does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any, cast

import attrs

from makegood.core.floors import (
    Band,
    Clause,
    Compare,
    Deadline,
    FactSpec,
    Flat,
    FormClause,
    Pack,
    Percent,
    PerDay,
    PerUnit,
    Reduction,
    Rule,
    Version,
)
from makegood.core.floors.conditions import Operator
from makegood.core.floors.packs import shown
from makegood.core.money import Money
from makegood.rules.pack_cases import PackCase, difference

Change = tuple[str, Any]
"""What was changed, in words, and the changed part."""

STRICTER: dict[Operator, Operator] = {">=": ">", ">": ">=", "<=": "<", "<": "<=", "=": "!=", "!=": "="}
DAY = timedelta(days=1)


@attrs.frozen(kw_only=True)
class Edges:
    """How many changes of a pack were tried, and those of them that no case noticed."""

    tried: int
    unheld: tuple[str, ...]


def edges(*, pack: Pack, cases: Iterable[PackCase]) -> Edges:
    """This function will say which changes of a pack its table of cases does not notice.

    The cases have to fit the pack as it is. A change that the same clause allows in several versions counts as noticed
    where one of them is.
    """
    waiting = list(cases)
    noticed: dict[str, bool] = {}
    for says, changed in changes(pack):
        if noticed.get(says):
            continue
        noticed[says] = False
        for at, case in enumerate(waiting):
            if difference(pack=changed, case=case):
                noticed[says] = True
                waiting.insert(0, waiting.pop(at))
                break
    return Edges(tried=len(noticed), unheld=tuple(says for says, seen in noticed.items() if not seen))


def changes(pack: Pack) -> Iterator[tuple[str, Pack]]:
    """This function will make packs that differ from this one in one place, and say which."""
    for says, versions in _dates(pack.versions):
        yield says, attrs.evolve(pack, versions=versions)
    for name, spec in pack.facts.items():
        for says, changed in _of_fact(spec):
            yield says, attrs.evolve(pack, facts={**pack.facts, name: changed})
    for at, version in enumerate(pack.versions):
        for says, changed in _within(version):
            yield says, attrs.evolve(pack, versions=(*pack.versions[:at], changed, *pack.versions[at + 1 :]))


def _dates(versions: tuple[Version, ...]) -> Iterator[tuple[str, tuple[Version, ...]]]:
    for at, version in enumerate(versions):
        for by in (-DAY, DAY):
            begins = attrs.evolve(version, active_from=version.active_from + by)
            earlier = versions[:at]
            if earlier and earlier[-1].active_to == version.active_from:
                earlier = (*earlier[:-1], attrs.evolve(earlier[-1], active_to=begins.active_from))
            yield (
                f"the version from {version.active_from} begins on {begins.active_from}",
                (*earlier, begins, *versions[at + 1 :]),
            )
    last = versions[-1]
    if last.active_to is not None:
        for ends in (last.active_to - DAY, last.active_to + DAY):
            changed = attrs.evolve(last, active_to=ends)
            yield f"the version to {last.active_to} ends on {ends}", (*versions[:-1], changed)


def _of_fact(spec: FactSpec) -> Iterator[Change]:
    if spec.absent != "default":
        return
    default = spec.default
    if isinstance(default, bool):
        others: list[object] = [not default]
    elif isinstance(default, int | float):
        others = [bound for bound in (spec.minimum, spec.maximum) if bound != default]
    else:
        return
    for other in others:
        yield f"{spec.name} is taken as {shown(other)}", attrs.evolve(spec, default=cast("Any", other))


def _within(part: Any, where: str = "") -> Iterator[Change]:
    """Each way to change one place in a part of a pack."""
    if isinstance(part, tuple):
        yield from _among(part, where)
    elif attrs.has(type(part)):
        where = _place(part, where)
        for says, changed in _here(part):
            yield f"{where}: {says}", changed
        for field in attrs.fields(type(part)):
            if field.init:
                for says, changed in _within(getattr(part, field.name), where):
                    yield says, attrs.evolve(part, **{field.name: changed})


def _among(parts: tuple[Any, ...], where: str) -> Iterator[Change]:
    for at, one in enumerate(parts):
        before, after = parts[:at], parts[at + 1 :]
        if isinstance(one, Clause | Reduction):
            yield f"{one.reason.rule} is left out", (*before, *after)
        numbered = f"{where}.{at}" if isinstance(one, Deadline | FormClause) else where
        for says, changed in _within(one, numbered):
            yield says, (*before, changed, *after)


def _place(part: Any, where: str) -> str:
    if isinstance(part, Rule):
        return part.id
    return part.reason.rule if isinstance(part, Clause | Reduction | Band) else where


def _here(part: Any) -> Iterator[Change]:
    for kind, ways in WAYS.items():
        if isinstance(part, kind):
            yield from ways(part)


def _of_rule(one: Rule) -> Iterator[Change]:
    if one.group != one.id:
        yield "is added to the others of its group", attrs.evolve(one, group=one.id)


def _of_deadline(one: Deadline) -> Iterator[Change]:
    yield from _numbers(one, "days")
    if one.days:
        kind = "calendar" if one.business else "working"
        yield f"{one.days} {kind} days", attrs.evolve(one, business=not one.business)


def _of_form(one: FormClause) -> Iterator[Change]:
    yield f"not {one.form}", attrs.evolve(one, form=f"not_{one.form}")


def _of_units(one: PerUnit) -> Iterator[Change]:
    yield from _numbers(one, "unit", "above")
    yield from _money(one, "each", "cap")


def _of_days(one: PerDay) -> Iterator[Change]:
    yield from _numbers(one, "after_working_days")
    yield from _money(one, "each", "cap")
    if one.less:
        yield f"{one.less} counts nothing", attrs.evolve(one, less="")


def _of_share(one: Percent) -> Iterator[Change]:
    yield from _numbers(one, "percent", "divided_by")
    yield from _money(one, "cap")
    if isinstance(one.cap, str):
        yield f"{one.cap} is no limit", attrs.evolve(one, cap=None)


def _of_comparison(one: Compare) -> Iterator[Change]:
    says = f"{one.field} {one.op} {one.other or _listed(one.value)}"
    if one.op in STRICTER:
        op = STRICTER[one.op]
        yield f"{says} reads {op}", attrs.evolve(one, op=op)
    if one.op == "known":
        yield f"{says} reads {shown(not one.value)}", attrs.evolve(one, value=not one.value)
    elif one.op == "in":
        for value in sorted(one.value, key=str):
            yield f"{says} lacks {value}", attrs.evolve(one, value=one.value - {value})
    elif isinstance(one.value, int | float) and not isinstance(one.value, bool):
        for value in (one.value - 1, one.value + 1):
            yield f"{says} reads {value}", attrs.evolve(one, value=value)


def _listed(value: object) -> str:
    return ", ".join(sorted(map(shown, value))) if isinstance(value, frozenset) else shown(value)


def _numbers(part: Any, *names: str) -> Iterator[Change]:
    for name in names:
        value = getattr(part, name)
        for other in (value - 1, value + 1) if isinstance(value, int) else ():
            if other >= 0 and (name not in ("unit", "divided_by") or other):
                yield f"{name} {value} reads {other}", attrs.evolve(part, **{name: other})


def _money(part: Any, *names: str) -> Iterator[Change]:
    for name in names:
        value = getattr(part, name)
        for by in (-1, 1) if isinstance(value, Money) else ():
            other = Money(minor=value.minor + by, currency=value.currency)
            yield f"{name} {value} reads {other}", attrs.evolve(part, **{name: other})


WAYS: dict[type, Callable[[Any], Iterator[Change]]] = {
    Compare: _of_comparison,
    Rule: _of_rule,
    Reduction: lambda one: _numbers(one, "percent"),
    Deadline: _of_deadline,
    FormClause: _of_form,
    Flat: lambda one: _money(one, "amount"),
    PerUnit: _of_units,
    PerDay: _of_days,
    Percent: _of_share,
}
"""How each part of a pack can be changed in one place."""
