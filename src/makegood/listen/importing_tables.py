"""Importing customers, purchases and charges from CSV files: a whole file, or nothing of it.

What is there already is known by its reference or identity, so the same file twice changes nothing.
docs/guides/csv-files.md lists the columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from makegood.customers.models import Customer
from makegood.customers.operations import Seen, customers_resolve
from makegood.listen.datasets.numbered import Row, numbered_rows
from makegood.listen.datasets.recorded import Body, UnusableData
from makegood.listen.events import CHARGES, IDENTITY_KINDS, MOST_EVENTS, Event, UnusableEvents, read
from makegood.listen.importing import Imported
from makegood.listen.mapping_values import UnusableValue, amount, moment
from makegood.listen.operations import events_accept
from makegood.organizations.models import Place
from makegood.organizations.queries import OrganizationFacts, organization_facts
from makegood.promises.operations import source_create
from makegood.store.clocks import now
from makegood.store.tenancy import tenant

WHO = (*IDENTITY_KINDS, "name", "language", "zone")
SOURCE = "import"
TYPES = {kind: type_ for type_, kind in CHARGES.items()}


@attrs.frozen(kw_only=True)
class Table:
    """A kind of CSV file: its columns, and which of them it cannot do without."""

    needed: tuple[str, ...]
    allowed: tuple[str, ...]


CUSTOMERS = Table(needed=(), allowed=WHO)
PURCHASES = Table(needed=("reference", "placed_at", "total"), allowed=("currency", "what", "place", *WHO))
CHARGED = Table(
    needed=("reference", "charged_at", "amount"),
    allowed=("kind", "currency", "tender", "purchase", "promise", *WHO),
)


def table_rows(path: Path, table: Table) -> list[tuple[int, Row]]:
    """Read a CSV file of this kind: each row's number, and a text for every column of the kind.

    Raises UnusableData for a column that is missing or unknown, and for an empty cell in one that is needed.
    """
    told = numbered_rows(path, form="csv")
    columns = (*table.needed, *table.allowed)
    _, header = next(told)
    missing = next((name for name in table.needed if name not in header), None)
    if missing is not None:
        raise UnusableData(f"{path.name} has no column {missing!r}: it needs {', '.join(table.needed)}")
    strange = next((name for name in header if name not in columns), None)
    if strange is not None:
        raise UnusableData(f"{path.name} has a column {strange!r}: its columns may be {', '.join(columns)}")
    rows = []
    for number, row in told:
        empty = next((name for name in table.needed if not row[name]), None)
        if empty is not None:
            raise UnusableData(f"{path.name} row {number}: {empty} is empty")
        rows.append((number, {name: row.get(name, "") for name in columns}))
    return rows


def customers_import(*, organization_id: int, path: Path) -> Imported:
    """Find or make the customer of each row; what is new of a known one is added. Opens its own unit of work.

    Raises UnusableData, with nothing written.
    """
    rows = table_rows(path, CUSTOMERS)
    events = _checked(path, rows, [_event("customer.seen", number, {"customer": _who(row)}) for number, row in rows])
    with tenant(organization_id=organization_id):
        moment_at = now(organization_id=organization_id)
        before = Customer.objects.filter(organization_id=organization_id).count()
        for part in _parts(events):
            customers_resolve(
                organization_id=organization_id,
                seen=[Seen(**{name: event.data[name] for name in ("identities", *WHO[-3:])}) for event in part],
                now=moment_at,
            )
        new = Customer.objects.filter(organization_id=organization_id).count() - before
    return Imported(what="customers", new=new, known=len(events) - new)


def purchases_import(*, organization_id: int, path: Path, source: str = SOURCE) -> Imported:
    """Keep the purchase of each row, once for its source and reference. Opens its own unit of work.

    Raises UnusableData, with nothing written.
    """
    return _take(organization_id, path, source, PURCHASES, _purchase)


def charges_import(*, organization_id: int, path: Path, source: str = SOURCE) -> Imported:
    """Keep the charge, refund or chargeback of each row, once for its source and reference. Opens its unit of work.

    Raises UnusableData, with nothing written.
    """
    return _take(organization_id, path, source, CHARGED, _charge)


MakeBody = Callable[[Mapping[str, str], OrganizationFacts], Body]


def _take(organization_id: int, path: Path, source: str, table: Table, make: MakeBody) -> Imported:
    rows = table_rows(path, table)
    _refuse_twice(path, rows)
    with tenant(organization_id=organization_id):
        facts = organization_facts(organization_id=organization_id)
        moment_at = now(organization_id=organization_id)
        bodies = [_made(path, number, row, facts, make) for number, row in rows]
        events = _checked(path, rows, bodies)
        _refuse_unknown_places(organization_id, path, rows, events)
        source_id = source_create(organization_id=organization_id, code=source, now=moment_at)
        taken = [
            events_accept(
                organization_id=organization_id,
                source_id=source_id,
                bodies=bodies[start : start + MOST_EVENTS],
                now=moment_at,
            )
            for start in range(0, len(bodies), MOST_EVENTS)
        ]
    what = "purchases" if table is PURCHASES else "charges"
    return Imported(what=what, new=sum(one.new for one in taken), known=sum(one.known for one in taken))


def _made(path: Path, number: int, row: Mapping[str, str], facts: OrganizationFacts, make: MakeBody) -> Body:
    try:
        return make(row, facts)
    except UnusableValue as error:
        raise UnusableData(f"{path.name} row {number}: {error}") from None


def _purchase(row: Mapping[str, str], facts: OrganizationFacts) -> Body:
    at = moment(row["placed_at"], column="placed_at", zone=facts.zone)
    total = amount(row["total"], column="total", currency=row["currency"] or facts.currency)
    said = {name: row[name] for name in ("reference", "what", "place")}
    data = {**said, "customer": _who(row), "placed_at": at, "total": total}
    return {"id": f"purchase:{row['reference']}", "type": "purchase.made", "time": at, "data": data}


def _charge(row: Mapping[str, str], facts: OrganizationFacts) -> Body:
    kind = row["kind"] or "charge"
    if kind not in TYPES:
        raise UnusableValue(f"kind {kind[:60]!r} is none of {', '.join(TYPES)}")
    at = moment(row["charged_at"], column="charged_at", zone=facts.zone)
    money = amount(row["amount"], column="amount", currency=row["currency"] or facts.currency)
    said = {name: row[name] for name in ("reference", "tender", "purchase", "promise")}
    data = {**said, "customer": _who(row), "amount": money}
    return {"id": f"charge:{row['reference']}", "type": TYPES[kind], "time": at, "data": data}


def _who(row: Mapping[str, str]) -> dict[str, str]:
    return {name: row[name] for name in WHO if row[name]}


def _event(kind: str, number: int, data: dict[str, Any]) -> Body:
    return {"id": str(number), "type": kind, "time": "2000-01-01T00:00:00Z", "data": data}


def _checked(path: Path, rows: Sequence[tuple[int, Row]], bodies: Sequence[Body]) -> list[Event]:
    events: list[Event] = []
    for part in _parts(bodies):
        try:
            events += read(part)
        except UnusableEvents as error:
            wrong, problem = error.problems[0]
            raise UnusableData(f"{path.name} row {rows[len(events) + wrong][0]}: {problem}") from None
    return events


def _parts(listed: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (listed[start : start + MOST_EVENTS] for start in range(0, len(listed), MOST_EVENTS))


def _refuse_twice(path: Path, rows: Sequence[tuple[int, Row]]) -> None:
    first: dict[str, tuple[int, Row]] = {}
    for number, row in rows:
        before, same = first.setdefault(row["reference"], (number, row))
        if same != row:
            raise UnusableData(f"{path.name} rows {before} and {number} differ but have the same reference")


def _refuse_unknown_places(
    organization_id: int, path: Path, rows: Sequence[tuple[int, Row]], events: Sequence[Event]
) -> None:
    there = set(Place.objects.filter(organization_id=organization_id).values_list("code", flat=True))
    for (number, _), event in zip(rows, events, strict=True):
        if event.data.get("place") and event.data["place"] not in there:
            raise UnusableData(f"{path.name} row {number}: there is no place {event.data['place']!r}: add it first")
