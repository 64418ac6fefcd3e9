"""Trying a file dry: what an import would make, change and leave, what is wrong with which row, and the way to do it.

Nothing is written by trying. The import itself is that of `importing_tables` and `importing_people`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

import attrs

from makegood.listen.datasets.numbered import Collected, Problem, Problems, Row, Turned
from makegood.listen.importing import Told
from makegood.listen.importing_people import members_read, members_take, places_read, places_take
from makegood.listen.importing_tables import (
    Checked,
    customers_foreseen,
    customers_read,
    customers_take,
    events_read,
    events_write,
)
from makegood.listen.intake.apart import belonging, cells_of, rows_raw, waits
from makegood.listen.intake.columns import FAMILY, GIVEN, SOURCED
from makegood.listen.intake.reading import Sheet
from makegood.listen.intake.turning import Columns, turned
from makegood.listen.operations import body_plain, events_known
from makegood.promises.models import Source
from makegood.store.clocks import now
from makegood.store.tenancy import tenant

MOST_PROBLEMS = 1000
FIRST_ROWS = 5
MOST_MEMBERS = 300


@attrs.frozen(kw_only=True)
class Origin:
    """Which source a file's references are of, by its code; the rest counts where it is made now."""

    source: str = ""
    name: str = ""
    playbook: str = "default"
    live_from: datetime | None = None
    mode: str = "live"


@attrs.frozen(kw_only=True)
class Taking:
    """How a file is taken: who is told how many rows are in, whose word it is, whether its source counts as heard."""

    told: Told | None = None
    by: int | None = None
    heard: bool = True


@attrs.frozen(kw_only=True)
class Taken:
    """What an import came to: how many were new and known, and the passwords of new accounts, told this once."""

    new: int
    known: int
    passwords: Mapping[str, str] = attrs.field(factory=dict, repr=False)


@attrs.frozen(kw_only=True)
class Judged:
    """What a file would do. `counts` are of rows: new, changed, same, differ (known otherwise, which stays), refused
    (wrong) and held (right, and put aside with a wrong one to which they belong).

    `late` counts new promises that are due already and were not kept in time, of which `opening` are due since their
    source went live. `aside` are the rows that are put aside; `take` imports all others, unless the file `waits`: so
    much of it is wrong that nothing is taken. `named` are references that rows put aside may be of, by their numbers;
    those of `unsure` do not say it themselves. `read` are the references of the others. `roles` counts new people by
    what they become.
    """

    counts: Mapping[str, int]
    problems: Sequence[Problem]
    first: Sequence[Mapping[str, str]]
    take: Callable[[Taking], Taken]
    late: int = 0
    opening: int = 0
    aside: Sequence[int] = ()
    waits: bool = False
    named: Mapping[int, Collection[str]] = attrs.field(factory=dict, repr=False)
    unsure: Collection[int] = ()
    read: Collection[str] = attrs.field(factory=tuple, repr=False)
    roles: Mapping[str, int] = attrs.field(factory=dict)


def judged(*, organization_id: int, sheet: Sheet, mapping: Columns, origin: Origin) -> Judged:
    """Read and check all of a file. Opens its own units of work, and writes nothing.

    Raises UnusableData for what makes the whole of it unreadable.
    """
    judge = partial(_judged, organization_id=organization_id, sheet=sheet, mapping=mapping, origin=origin)
    found, problems = judge(without=frozenset())
    first = turned(sheet=sheet, mapping=mapping, problems=_Passed(sheet.name)).rows()
    shown = [row for _, row in islice(first, 1, 1 + FIRST_ROWS)]
    found = attrs.evolve(found, counts={**found.counts, "refused": len(problems.rows)}, first=shown)
    if not problems.rows:
        return found
    rows = rows_raw(sheet=sheet, columns=mapping.columns)
    cells = cells_of(sheet=sheet, numbers=problems.rows)
    wrong, listed, held = set(problems.rows), [*problems.found], dict[int, int]()
    lines = len(rows.keys() | wrong)
    while not waits(wrong=len(wrong), rows=lines):
        held = belonging(kind=mapping.kind, rows=rows, wrong=wrong, cells=cells)
        part, more = judge(without=wrong | held.keys())
        if not more.rows:
            aside = sorted(wrong | held.keys())
            if len(aside) == lines:
                break
            return attrs.evolve(
                part,
                counts={**part.counts, "refused": len(wrong), "held": len(held)},
                problems=_in_order([*listed, *(_with(*one) for one in islice(held.items(), MOST_PROBLEMS))]),
                first=shown,
                aside=aside,
                named={number: _named(rows.get(number), cells.get(number, ())) for number in aside},
                unsure={number for number in aside if not rows.get(number, {}).get("reference")},
            )
        wrong |= more.rows
        listed += more.found
    counts = {**found.counts, "refused": len(wrong)}
    return attrs.evolve(found, counts=counts, problems=_in_order(listed), waits=True)


def _judged(
    *, organization_id: int, sheet: Sheet, mapping: Columns, origin: Origin, without: Collection[int]
) -> tuple[Judged, Collected]:
    """Read and check a file without some of its rows."""
    whole = " + ".join(mapping.columns[part] for part in (GIVEN, FAMILY) if part in mapping.columns)
    said = {**({"name": whole} if whole else {}), **mapping.columns}
    problems = Collected(sheet.name, said=said, most=MOST_PROBLEMS, passed=without)
    file = turned(sheet=sheet, mapping=mapping, problems=problems, without=without)
    return JUDGES[mapping.kind](organization_id, file, problems, mapping, origin), problems


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda one: one.row)


def _with(number: int, cause: int) -> Problem:
    return Problem(row=number, column="", text=f"it is right, and put aside with row {cause}, to which it belongs")


def _named(row: Row | None, cells: Sequence[str]) -> tuple[str, ...]:
    """What a row may be known by: its reference, or anything in it where it cannot be read as a row."""
    return tuple(filter(None, cells if row is None else (row.get("reference", ""),)))


class _Passed(Problems):
    def add(self, row: int, text: str, *, column: str = "") -> None:
        """Pass over it: it is counted elsewhere."""

    def add_whole(self, row: int, text: str) -> None:
        """Pass over it."""


def _events(organization_id: int, file: Turned, problems: Collected, mapping: Columns, origin: Origin) -> Judged:
    checked = events_read(organization_id=organization_id, kind=mapping.kind, file=file, problems=problems)
    with tenant(organization_id=organization_id):
        source = Source.objects.filter(organization_id=organization_id, code=origin.source).first()
        known: list[Mapping[str, Any] | None] = [None] * len(checked.bodies)
        if source is not None:
            known = events_known(organization_id=organization_id, source_id=source.id, bodies=checked.bodies)
        moment_at = now(organization_id=organization_id)
    counts = _rows_counted(checked, known, problems.rows)
    live_from = source.live_from if source is not None else (origin.live_from or moment_at)
    late, opening = _late(checked, known, moment_at, live_from)

    read = {body["data"]["reference"] for body in checked.bodies if body["type"] == "promise.made"}

    def take(how: Taking) -> Taken:
        done = events_write(
            organization_id=organization_id,
            checked=checked,
            source=origin.source,
            name=origin.name,
            playbook=origin.playbook,
            live_from=origin.live_from,
            mode=origin.mode,
            told=how.told,
            heard=how.heard,
        )
        return Taken(new=done.new, known=done.known)

    return Judged(counts=counts, problems=(), first=(), take=take, late=late, opening=opening, read=read)


def _rows_counted(checked: Checked, known: Sequence[Mapping[str, Any] | None], bad: set[int]) -> dict[str, int]:
    """Count rows: new with anything new, differ where what is known was told otherwise, else the same."""
    rows: dict[int, str] = {}
    for number, body, there in zip(checked.numbers, checked.bodies, known, strict=True):
        if number in bad:
            continue
        if there is None:
            rows[number] = "new"
        elif rows.get(number) != "new":
            otherwise = bool(there) and there != body_plain(body)["data"]
            rows[number] = "differ" if otherwise or rows.get(number) == "differ" else "same"
    told = list(rows.values())
    return {what: told.count(what) for what in ("new", "same", "differ")}


def _late(
    checked: Checked, known: Sequence[Mapping[str, Any] | None], moment_at: datetime, live_from: datetime
) -> tuple[int, int]:
    """Count the new promises that are broken as they come, and those of them that are due since going live."""
    ended = {
        body["data"]["reference"]: body["time"]
        for body in checked.bodies
        if body["type"] in ("promise.kept", "promise.released")
    }
    due = [
        body["data"]["due_at"]
        for body, there in zip(checked.bodies, known, strict=True)
        if there is None
        and body["type"] == "promise.made"
        and body["data"]["due_at"] <= moment_at
        and not (ended.get(body["data"]["reference"], moment_at) <= body["data"]["due_at"])
    ]
    return len(due), sum(at >= live_from for at in due)


def _customers(organization_id: int, file: Turned, problems: Collected, _mapping: Columns, _origin: Origin) -> Judged:
    events = customers_read(file=file, problems=problems)
    new = customers_foreseen(organization_id=organization_id, events=events)

    def take(_how: Taking) -> Taken:
        done = customers_take(organization_id=organization_id, events=events)
        return Taken(new=done.new, known=done.known)

    return Judged(counts={"new": new, "known": len(events) - new}, problems=(), first=(), take=take)


def _places(organization_id: int, file: Turned, problems: Collected, _mapping: Columns, _origin: Origin) -> Judged:
    checked = places_read(organization_id=organization_id, file=file, problems=problems)
    same = len(checked.asked) - checked.new - checked.changed

    def take(_how: Taking) -> Taken:
        done = places_take(organization_id=organization_id, checked=checked)
        return Taken(new=done.new, known=done.known)

    counts = {"new": checked.new, "changed": checked.changed, "same": same}
    return Judged(counts=counts, problems=(), first=(), take=take)


def _members(organization_id: int, file: Turned, problems: Collected, _mapping: Columns, _origin: Origin) -> Judged:
    checked = members_read(organization_id=organization_id, file=file, problems=problems)
    new = len(checked.fresh)

    def take(how: Taking) -> Taken:
        joined = members_take(organization_id=organization_id, checked=checked, by=how.by)
        return Taken(new=joined.imported.new, known=joined.imported.known, passwords=joined.passwords)

    counts, roles = (
        {"new": new, "same": len(checked.limits) - new},
        Counter(row["role"] or "employee" for row in checked.fresh),
    )
    return Judged(counts=counts, problems=(), first=(), take=take, roles=roles)


Judge = Callable[[int, Turned, Collected, Columns, Origin], Judged]
JUDGES: dict[str, Judge] = {
    **dict.fromkeys(SOURCED, _events),
    "customers": _customers,
    "places": _places,
    "members": _members,
}
