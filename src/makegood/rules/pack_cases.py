"""Tables of cases: what a rule pack has to answer, one case a line, so that a pack can be checked before it is used.

A table is JSON Lines, for any program to read. Each line is an object: `case` names it, `cite` says where the answer
stands, `facts` are those of `makegood floor`, and `owed` is its answer, of which any of `rule`, `amount`, `form` and
`due_by` may be left out. `reasons`, if given, are the clauses that decided (``delay.medium``): these, and no others.
In place of `owed`, `refused` is a part of the message with which the facts are refused. `evidence`, `grade` and
`checked` say how good the source is and when it was looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import attrs

from makegood.core.evidence import GRADE_MEANS
from makegood.core.floors import FloorDecision, Owed, Pack, UnusableFacts, owed

NEEDED = {"case": str, "cite": str, "facts": dict}
ANSWER = {"rule", "amount", "form", "due_by"}
MAY = {"evidence", "grade", "checked", "owed", "refused", "reasons"}


class UnusableCases(ValueError):
    """A table of cases cannot be read; the message says in which line and what belongs there."""


@attrs.frozen(kw_only=True)
class PackCase:
    """One line of a table; `owed` is None where the facts have to be refused with a message that holds `refused`."""

    case: str
    cite: str
    facts: Mapping[str, object]
    owed: tuple[Mapping[str, object], ...] | None
    refused: str = ""
    reasons: frozenset[str] | None = None
    evidence: str = ""
    grade: str = ""
    checked: date | None = None


def read_cases(text: str, *, where: str) -> tuple[PackCase, ...]:
    """This function will read a table of cases; `where` names it in errors. Raises UnusableCases."""
    found = tuple(
        _case(line, f"{where}, line {number}") for number, line in enumerate(text.splitlines(), start=1) if line.strip()
    )
    if not found:
        raise UnusableCases(f'{where} holds no case: write lines like {{"case", "cite", "facts", "owed"}}')
    names = [one.case for one in found]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UnusableCases(f"{where}: the case {twice!r} stands twice: give each a name of its own")
    return found


def differences(*, pack: Pack, cases: Iterable[PackCase]) -> Iterator[str]:
    """This function will say, in one sentence each, which cases a pack answers otherwise than the table."""
    for case in cases:
        told = difference(pack=pack, case=case)
        if told:
            yield f"{case.case} ({case.cite}): {told}"


def difference(*, pack: Pack, case: PackCase) -> str:
    """This function will say how a pack's answer differs from a case; nothing where it does not."""
    try:
        decision = owed(pack=pack, facts=case.facts)
    except UnusableFacts as error:
        if case.owed is None and case.refused in str(error):
            return ""
        return f"the facts are refused: {error}"
    if case.owed is None:
        return f"the facts are not refused with {case.refused!r}, but {_said(decision.owed)} owed"
    if len(case.owed) != len(decision.owed) or not all(map(_fits, case.owed, decision.owed)):
        return f"{_said(decision.owed)} owed, and not {_told(case.owed)}"
    if case.reasons is not None and (given := clauses_of(pack=pack, decision=decision)) != case.reasons:
        return f"the reasons are {', '.join(sorted(given)) or 'none'}, and not {', '.join(sorted(case.reasons))}"
    return ""


def clauses_of(*, pack: Pack, decision: FloorDecision) -> frozenset[str]:
    """This function will name the clauses among a decision's reasons: exclusions, bands, reductions and notes."""
    names = (one.rule.removeprefix(f"{pack.name}.") for one in decision.reasons)
    return frozenset(
        name for name in names if "." in name and "@" not in name and not name.endswith((".form", ".deadline"))
    )


def _fits(said: Mapping[str, object], one: Owed) -> bool:
    given = one.as_dict()
    return all(given[name] == value for name, value in said.items())


def _said(owed_now: tuple[Owed, ...]) -> str:
    return "; ".join(f"{one.amount} {one.form} by {one.due_by.isoformat()} ({one.rule}) is" for one in owed_now) or (
        "nothing is"
    )


def _told(owed_then: tuple[Mapping[str, object], ...]) -> str:
    return json.dumps([dict(one) for one in owed_then], ensure_ascii=False) if owed_then else "nothing"


def _case(line: str, where: str) -> PackCase:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UnusableCases(f"{where} is not JSON: write one object a line") from error
    if not isinstance(row, dict):
        raise UnusableCases(f"{where} must be one JSON object")
    for name, kind in NEEDED.items():
        if not isinstance(row.get(name), kind) or (kind is str and not row[name].strip()):
            raise UnusableCases(f"{where} lacks {name}")
    if unknown := row.keys() - NEEDED.keys() - MAY:
        raise UnusableCases(f"{where} has unknown {', '.join(sorted(unknown))}; it may have {', '.join(sorted(MAY))}")
    if ("refused" in row) == (row.get("owed") is not None):
        raise UnusableCases(f"{where} must have either owed or refused")
    return PackCase(
        case=row["case"],
        cite=row["cite"],
        facts=row["facts"],
        owed=_answer(row["owed"], where) if "refused" not in row else None,
        refused=_text(row, "refused", where),
        reasons=_reasons(row, where),
        evidence=_text(row, "evidence", where),
        grade=_grade(row, where),
        checked=_day(row, where),
    )


def _answer(value: Any, where: str) -> tuple[Mapping[str, object], ...]:
    if not isinstance(value, list) or not all(isinstance(one, dict) and one and one.keys() <= ANSWER for one in value):
        raise UnusableCases(f"{where}: owed must be a list of objects with some of {', '.join(sorted(ANSWER))}")
    return tuple(value)


def _reasons(row: Mapping[str, Any], where: str) -> frozenset[str] | None:
    value = row.get("reasons")
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise UnusableCases(f"{where}: reasons must be a list of clauses, such as delay.medium")
    return frozenset(value)


def _text(row: Mapping[str, Any], name: str, where: str) -> str:
    value = row.get(name, "")
    if not isinstance(value, str):
        raise UnusableCases(f"{where}: {name} must be a text")
    return value


def _grade(row: Mapping[str, Any], where: str) -> str:
    grade = _text(row, "grade", where)
    if grade and grade not in GRADE_MEANS:
        raise UnusableCases(f"{where}: grade must be one of {', '.join(GRADE_MEANS)}")
    return grade


def _day(row: Mapping[str, Any], where: str) -> date | None:
    text = _text(row, "checked", where)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UnusableCases(f"{where}: checked must be a date, such as 2026-01-31") from error
