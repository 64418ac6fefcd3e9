"""Importing customers, purchases, charges and promises from CSV files: all of it checked first, or nothing of it taken.

What is there already is known by its reference or identity, so the same file twice changes nothing.
docs/guides/csv-files.md lists the columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate, groupby
from operator import ne
from pathlib import Path
from typing import Any

import attrs

from makegood.core.contacts import why_no_email, why_no_phone
from makegood.customers.operations import Seen, customers_new, customers_resolve
from makegood.listen.datasets.numbered import Numbered, Problems, Row, Turned, numbered_rows
from makegood.listen.datasets.recorded import Body, UnusableData
from makegood.listen.events import CHARGES, MOST_EVENTS, Event, UnusableEvents, read
from makegood.listen.importing import Imported, Told, events_take, live_as_said
from makegood.listen.mapping_values import UnusableValue, amount, moment
from makegood.listen.tables import CHARGED, CUSTOMERS, PROMISES, PURCHASES, WHO, Table
from makegood.organizations.models import Place
from makegood.organizations.queries import OrganizationFacts, organization_facts
from makegood.promises.operations import source_create
from makegood.store.clocks import now
from makegood.store.tenancy import tenant

SOURCE = "import"
TYPES = {kind: type_ for type_, kind in CHARGES.items()}
DAY = re.compile(r"\d{4}-?\d{2}-?\d{2}", re.ASCII)
File = Path | Turned


@attrs.frozen(kw_only=True)
class Checked:
    """A file that was read and checked whole: its events, the row that makes each, and how many rows it has."""

    what: str
    rows: int
    numbers: Sequence[int]
    bodies: Sequence[Body]


def table_rows(file: File, table: Table, problems: Problems) -> list[Numbered]:
    """Read a CSV file of this kind: each row's number, and a text for every column of the kind.

    An empty cell in a column that is needed is a problem. Raises UnusableData for a column that is missing or unknown.
    """
    told = numbered_rows(file, form="csv", delimiter="") if isinstance(file, Path) else file.rows()
    _, header = next(told)
    missing = next((name for name in table.needed if name not in header), None)
    if missing is not None:
        raise UnusableData(f"{file.name} has no column {missing!r}: it needs {', '.join(table.needed)}")
    strange = next((name for name in header if name not in table.columns), None)
    if strange is not None:
        raise UnusableData(
            f"{file.name} has a column {strange!r}: its columns may be {', '.join(table.columns)};"
            " others are matched under Settings, Data in"
        )
    rows, known_by = [], set(WHO) <= set(table.columns)
    for number, row in told:
        empty = next((name for name in table.needed if not row[name]), None)
        if empty is not None:
            problems.add(number, "is empty", column=empty)
            continue
        if known_by and not _reachable(number, row, problems):
            continue
        rows.append((number, {name: row.get(name, "") for name in table.columns}))
    return rows


def _reachable(number: int, row: Row, problems: Problems) -> bool:
    """Tell whether what names a customer is an address and a number, and say of each that is none what to do."""
    wrong = [
        (column, why(text=row[column]))
        for column, why in (("email", why_no_email), ("phone", why_no_phone))
        if row.get(column)
    ]
    for column, problem in wrong:
        if problem:
            problems.add(number, problem, column=column)
    return not any(problem for _, problem in wrong)


def customers_read(*, file: File, problems: Problems) -> list[Event]:
    """Read and check customers; the rows of which something is wrong are left out."""
    rows = table_rows(file, CUSTOMERS, problems)
    bodies = [_event("customer.seen", number, {"customer": _who(row)}) for number, row in rows]
    return _checked([number for number, _ in rows], bodies, problems)


def customers_foreseen(*, organization_id: int, events: Sequence[Event]) -> int:
    """Return how many of these would be new customers. Opens its own unit of work, and writes nothing."""
    with tenant(organization_id=organization_id):
        return customers_new(organization_id=organization_id, seen=_seen(events))


def customers_take(*, organization_id: int, events: Sequence[Event]) -> Imported:
    """Find or make the customer of each; what is new of a known one is added. Opens its own units of work.

    Each batch is one: a unit of work takes customers once, so that it waits for no other crosswise.
    """
    new = 0
    for part in _parts(events):
        seen = _seen(part)
        with tenant(organization_id=organization_id):
            new += customers_new(organization_id=organization_id, seen=seen)
            customers_resolve(organization_id=organization_id, seen=seen, now=now(organization_id=organization_id))
    return Imported(what="customers", new=new, known=len(events) - new)


def _seen(events: Sequence[Event]) -> list[Seen]:
    return [Seen(**{name: event.data[name] for name in ("identities", *WHO[-3:])}) for event in events]


def customers_import(*, organization_id: int, path: Path) -> Imported:
    """Find or make the customer of each row; what is new of a known one is added. Opens its own units of work.

    Raises UnusableData, with nothing written.
    """
    events = customers_read(file=path, problems=Problems(path.name))
    return customers_take(organization_id=organization_id, events=events)


def purchases_import(*, organization_id: int, path: Path, source: str = SOURCE) -> Imported:
    """Keep the purchase of each row, once for its source and reference. Opens its own units of work.

    Raises UnusableData, with nothing written.
    """
    return _import(organization_id, "purchases", path, source)


def charges_import(*, organization_id: int, path: Path, source: str = SOURCE) -> Imported:
    """Keep the charge, refund or chargeback of each row, once for its source and reference. Opens its units of work.

    Raises UnusableData, with nothing written.
    """
    return _import(organization_id, "charges", path, source)


def promises_import(*, organization_id: int, path: Path, source: str = SOURCE) -> Imported:
    """Put the promise of each row on the ledger, once for its source and reference. Opens its own units of work.

    A new source is live from now on: what was due before is kept on record and opens nothing. Raises UnusableData, with
    nothing written.
    """
    return _import(organization_id, "promises", path, source)


def _import(organization_id: int, kind: str, path: Path, source: str) -> Imported:
    checked = events_read(organization_id=organization_id, kind=kind, file=path, problems=Problems(path.name))
    return events_write(organization_id=organization_id, checked=checked, source=source)


def events_read(*, organization_id: int, kind: str, file: File, problems: Problems) -> Checked:
    """Read and check purchases, charges or promises, as `kind` says. Opens its own unit of work, and writes nothing.

    The rows of which something is wrong are left out.
    """
    table, make = KINDS[kind]
    rows = _told_once(table_rows(file, table, problems), problems)
    with tenant(organization_id=organization_id):
        facts = organization_facts(organization_id=organization_id)
        moment_at = now(organization_id=organization_id)
        rows = _placed(organization_id, rows, problems) if "place" in table.allowed else rows
    numbers: list[int] = []
    bodies: list[Body] = []
    for number, row in rows:
        try:
            made = make(row, facts, moment_at)
        except UnusableValue as error:
            problems.add(number, str(error))
            continue
        numbers += [number] * len(made)
        bodies += made
    _checked(numbers, bodies, problems, by=moment_at)
    return Checked(what=kind, rows=len(rows), numbers=numbers, bodies=bodies)


def events_write(
    *,
    organization_id: int,
    checked: Checked,
    source: str,
    name: str = "",
    playbook: str = "default",
    live_from: datetime | None = None,
    mode: str = "live",
    told: Told | None = None,
    heard: bool = True,
) -> Imported:
    """Take what was read, in batches of their own units of work; its source is made with its first import.

    `told` is told how many rows were taken so far. Without `heard` the source does not count as heard by them.
    """
    with tenant(organization_id=organization_id):
        source_id = source_create(
            organization_id=organization_id,
            code=source,
            name=name[:120],
            now=now(organization_id=organization_id),
            live_from=live_from,
            playbook=playbook,
            mode=mode,
        )
        if live_from is not None:
            live_as_said(
                organization_id=organization_id, source_id=source_id, live_from=live_from, where=f"Source {source!r}"
            )
    rows = list(accumulate(map(int, map(ne, checked.numbers, [0, *checked.numbers]))))
    taken = events_take(
        organization_id=organization_id,
        source_id=source_id,
        batches=_batches(checked),
        told=told and (lambda events: told(rows[events - 1])),
        heard=heard,
    )
    return attrs.evolve(taken, what=checked.what)


def _batches(checked: Checked) -> Iterator[list[Body]]:
    """Yield the events in batches that part no row: else a promise might break before word that it was kept."""
    batch: list[Body] = []
    for _, made in groupby(zip(checked.numbers, checked.bodies, strict=True), key=lambda one: one[0]):
        row = [body for _, body in made]
        if len(batch) + len(row) > MOST_EVENTS:
            yield batch
            batch = []
        batch += row
    if batch:
        yield batch


def _purchase(row: Row, facts: OrganizationFacts, _now: datetime) -> list[Body]:
    at = moment(row["placed_at"], column="placed_at", zone=facts.zone)
    said = {name: row[name] for name in ("reference", "what", "place")}
    return [_bought(row["reference"], at, {**said, "customer": _who(row), "total": _money(row, "total", facts)})]


def _bought(reference: str, at: datetime, data: Mapping[str, Any]) -> Body:
    return {"id": f"purchase:{reference}", "type": "purchase.made", "time": at, "data": {**data, "placed_at": at}}


def _charge(row: Row, facts: OrganizationFacts, _now: datetime) -> list[Body]:
    kind = row["kind"] or "charge"
    if kind not in TYPES:
        raise UnusableValue(f"kind {kind[:60]!r} is none of {', '.join(TYPES)}")
    at = moment(row["charged_at"], column="charged_at", zone=facts.zone)
    said = {name: row[name] for name in ("reference", "tender", "purchase", "promise")}
    data = {**said, "customer": _who(row), "amount": _money(row, "amount", facts)}
    return [{"id": f"charge:{row['reference']}", "type": TYPES[kind], "time": at, "data": data}]


def _promise(row: Row, facts: OrganizationFacts, now: datetime) -> list[Body]:
    """The promise, its purchase where it says what was paid in all, and how it ended where it did.

    A day without a time is due as it ends.
    """
    reference, who = row["reference"], _who(row)
    due_at = moment(row["due_at"], column="due_at", zone=facts.zone, end_of_day=bool(DAY.fullmatch(row["due_at"])))
    made_at = moment(row["made_at"], column="made_at", zone=facts.zone) if row["made_at"] else None
    total, value = (_money(row, name, facts) if row[name] else None for name in ("total", "value"))
    said = {name: row[name] for name in ("kind", "what", "place", "product", "partner") if row[name]}
    bodies: list[Body] = []
    bought = row["purchase"]
    if total is not None:
        if made_at is None:
            raise UnusableValue("made_at is empty, and a total needs the moment of its purchase")
        bought = bought or reference
        what: dict[str, str] = {name: said[name] for name in ("what", "place") if name in said}
        bodies.append(_bought(bought, made_at, {"reference": bought, **what, "customer": who, "total": total}))
    data: dict[str, Any] = {"reference": reference, **said, "customer": who, "due_at": due_at}
    data |= {"made_at": made_at} if made_at else {}
    data |= {"purchase": bought} if bought else {}
    data |= {"value": value or total} if value or total else {}
    at = made_at or min(due_at, now)
    bodies.append({"id": f"promise:{reference}", "type": "promise.made", "time": at, "data": data})
    for column, type_ in (("kept_at", "promise.kept"), ("released_at", "promise.released")):
        if row[column]:
            ended = moment(row[column], column=column, zone=facts.zone)
            bodies.append(
                {"id": f"{type_}:{reference}", "type": type_, "time": ended, "data": {"reference": reference}}
            )
    return bodies


Make = Callable[[Row, OrganizationFacts, datetime], list[Body]]
KINDS: dict[str, tuple[Table, Make]] = {
    "purchases": (PURCHASES, _purchase),
    "charges": (CHARGED, _charge),
    "promises": (PROMISES, _promise),
}
"""What is taken as events of a source: its table, and how a row becomes events."""
MOST_OF_ROW = {"promises": 4}
"""So many events a row of a kind makes at most, else one: its purchase, its promise, that it was kept, and released."""


def one_batch(*, kind: str, rows: int) -> bool:
    """Tell whether so many rows of a kind are surely taken as one batch, so that a unit of work may hold them all."""
    return rows * MOST_OF_ROW.get(kind, 1) <= MOST_EVENTS


def _money(row: Row, column: str, facts: OrganizationFacts) -> dict[str, int | str]:
    return amount(row[column], column=column, currency=row["currency"] or facts.currency)


def _who(row: Row) -> dict[str, str]:
    return {name: row[name] for name in WHO if row[name]}


def _event(kind: str, number: int, data: dict[str, Any]) -> Body:
    return {"id": str(number), "type": kind, "time": "2000-01-01T00:00:00Z", "data": data}


def _checked(
    numbers: Sequence[int], bodies: Sequence[Body], problems: Problems, *, by: datetime | None = None
) -> list[Event]:
    """Check the events, made by these rows, none after `by`; those of which something is wrong are left out."""
    events: list[Event] = []
    for start in range(0, len(bodies), MOST_EVENTS):
        part = bodies[start : start + MOST_EVENTS]
        try:
            events += read(part, by=by)
        except UnusableEvents as error:
            for wrong, problem in error.problems:
                problems.add(numbers[start + wrong], problem)
            bad = {wrong for wrong, _ in error.problems}
            events += read([body for position, body in enumerate(part) if position not in bad], by=by)
    return events


def _parts(listed: Sequence[Event]) -> Iterator[Sequence[Event]]:
    return (listed[start : start + MOST_EVENTS] for start in range(0, len(listed), MOST_EVENTS))


def _told_once(rows: Sequence[Numbered], problems: Problems) -> list[Numbered]:
    first: dict[str, Numbered] = {}
    kept = []
    for number, row in rows:
        before, same = first.setdefault(row["reference"], (number, row))
        if same != row:
            problems.add(number, f"rows {before} and {number} differ but have the same reference")
            continue
        kept.append((number, row))
    return kept


def _placed(organization_id: int, rows: Sequence[Numbered], problems: Problems) -> list[Numbered]:
    there = {"", *Place.objects.filter(organization_id=organization_id).values_list("code", flat=True)}
    kept = []
    for number, row in rows:
        if row["place"] not in there:
            problems.add(number, f"place {row['place'][:60]!r} is not known here: add it first")
            continue
        kept.append((number, row))
    return kept
