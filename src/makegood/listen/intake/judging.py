"""Trying a file dry: what an import would make, change and leave, what is wrong with which row, and the way to do it.

Nothing is written by trying. The import itself is that of `importing_tables` and `importing_people`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import attrs
from django.db import transaction

from makegood.listen.datasets.numbered import Collected, Problem, Problems, Turned
from makegood.listen.importing import Told
from makegood.listen.importing_people import members_read, members_take, places_read, places_take
from makegood.listen.importing_tables import Checked, customers_read, customers_take, events_read, events_write
from makegood.listen.intake.columns import SOURCED
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


@attrs.frozen(kw_only=True)
class Taken:
    """What an import came to: how many were new and known, and the passwords of new accounts, told this once."""

    new: int
    known: int
    passwords: Mapping[str, str] = attrs.field(factory=dict, repr=False)


@attrs.frozen(kw_only=True)
class Judged:
    """What a file would do. `counts` are of rows: new, changed, same, differ (known otherwise, which stays), refused.

    `late` counts new promises that are due already and were not kept in time, of which `opening` are due since their
    source went live. `take` does the import, in the name of the member who accepted it; only where nothing is refused.
    """

    counts: Mapping[str, int]
    problems: Sequence[Problem]
    first: Sequence[Mapping[str, str]]
    take: Callable[[Told | None, int | None], Taken]
    late: int = 0
    opening: int = 0


def judged(*, organization_id: int, sheet: Sheet, mapping: Columns, origin: Origin) -> Judged:
    """Read and check all of a file. Opens its own units of work, and writes nothing.

    Raises UnusableData for what makes the whole of it unreadable.
    """
    problems = Collected(sheet.name, said=mapping.columns, most=MOST_PROBLEMS)
    file = turned(sheet=sheet, mapping=mapping, problems=problems)
    found = JUDGES[mapping.kind](organization_id, file, problems, mapping, origin)
    first = turned(sheet=sheet, mapping=mapping, problems=_Passed(sheet.name)).rows()
    shown = [row for _, row in islice(first, 1, 1 + FIRST_ROWS)]
    counts = {**found.counts, "refused": len(problems.rows)}
    listed = sorted(problems.found, key=lambda one: one.row)
    return attrs.evolve(found, counts=counts, problems=listed, first=shown)


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

    def take(told: Told | None, _by: int | None) -> Taken:
        done = events_write(
            organization_id=organization_id,
            checked=checked,
            source=origin.source,
            name=origin.name,
            playbook=origin.playbook,
            live_from=origin.live_from,
            told=told,
        )
        return Taken(new=done.new, known=done.known)

    return Judged(counts=counts, problems=(), first=(), take=take, late=late, opening=opening)


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


class _Undo(Exception):
    """Leaves a savepoint without keeping what was written in it."""


def _customers(organization_id: int, file: Turned, problems: Collected, _mapping: Columns, _origin: Origin) -> Judged:
    events = customers_read(file=file, problems=problems)
    new = 0
    try:
        with transaction.atomic():
            new = customers_take(organization_id=organization_id, events=events).new
            raise _Undo
    except _Undo:
        pass

    def take(_told: Told | None, _by: int | None) -> Taken:
        done = customers_take(organization_id=organization_id, events=events)
        return Taken(new=done.new, known=done.known)

    return Judged(counts={"new": new, "known": len(events) - new}, problems=(), first=(), take=take)


def _places(organization_id: int, file: Turned, problems: Collected, _mapping: Columns, _origin: Origin) -> Judged:
    checked = places_read(organization_id=organization_id, file=file, problems=problems)
    same = len(checked.asked) - checked.new - checked.changed

    def take(_told: Told | None, _by: int | None) -> Taken:
        done = places_take(organization_id=organization_id, checked=checked)
        return Taken(new=done.new, known=done.known)

    counts = {"new": checked.new, "changed": checked.changed, "same": same}
    return Judged(counts=counts, problems=(), first=(), take=take)


def _members(organization_id: int, file: Turned, problems: Collected, _mapping: Columns, _origin: Origin) -> Judged:
    checked = members_read(organization_id=organization_id, file=file, problems=problems)
    new = len(checked.fresh)

    def take(_told: Told | None, by: int | None) -> Taken:
        joined = members_take(organization_id=organization_id, checked=checked, by=by)
        return Taken(new=joined.imported.new, known=joined.imported.known, passwords=joined.passwords)

    return Judged(counts={"new": new, "same": len(checked.limits) - new}, problems=(), first=(), take=take)


Judge = Callable[[int, Turned, Collected, Columns, Origin], Judged]
JUDGES: dict[str, Judge] = {
    **dict.fromkeys(SOURCED, _events),
    "customers": _customers,
    "places": _places,
    "members": _members,
}
