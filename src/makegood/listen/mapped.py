"""Data read through a mapping file: all of it is read, and every event checked, before any is given.

So one wrong row is one error that names it, and nothing was written.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

import attrs

from makegood.listen.datasets.numbered import form_of, numbered_rows
from makegood.listen.datasets.recorded import Body, Moment, Place, Recorded, UnusableData
from makegood.listen.events import MOST_EVENTS, UnusableEvents
from makegood.listen.events import read as read_events
from makegood.listen.mapping import LONGEST_CODE, EventRule, MappingFile, mapping_read
from makegood.listen.mapping_values import UnusableMapping, UnusableValue


@attrs.frozen(kw_only=True)
class Mapped:
    """A data file read through its mapping: its events in time order, the row of the last, and that of each place."""

    mapping: MappingFile
    recorded: Recorded
    data: Path
    places_named: Mapping[str, int]
    last_row: int


def data_path(mapping: MappingFile, data: Path | None) -> Path:
    """Return which file a mapping is for: the one that is named, or the mapping's own, beside it.

    Raises UnusableMapping if there is neither.
    """
    if data is not None:
        return data
    if not mapping.data:
        raise UnusableMapping(f"{mapping.path.name} names no data: name the file after it")
    return mapping.path.parent / mapping.data


def mapped_read(*, path: Path, data: Path | None = None) -> Mapped:
    """Read a data file through a mapping file, and check all of it.

    Raises UnusableMapping for the one, UnusableData, naming the row, for the other.
    """
    mapping = mapping_read(path)
    where = data_path(mapping, data)
    numbers, rows, names = _rows(where, mapping)
    moments: list[Moment] = []
    for index, row in enumerate(rows):
        told = dict(zip(names, row, strict=True))
        for which, rule in enumerate(mapping.events):
            if rule.speaks_of(told):
                moments.append((_time_of(rule, told, where, numbers[index]), which, index))
    if not moments:
        raise UnusableData(f"{where.name} makes no event: check `when` in {path.name}")
    moments.sort()

    def body(at: datetime, which: int, index: int) -> Body:
        return _body(mapping.events[which], at, dict(zip(names, rows[index], strict=True)))

    recorded = Recorded(
        kind=_kind(mapping, where),
        name=mapping.name,
        source=mapping.source,
        playbook=mapping.playbook,
        zone=mapping.zone,
        currency=mapping.currency,
        language=mapping.language,
        places=_places(mapping, (dict(zip(names, row, strict=True)) for row in rows)),
        moments=moments,
        body=body,
    )
    named = _check(recorded, where, numbers)
    return Mapped(mapping=mapping, recorded=recorded, data=where, places_named=named, last_row=numbers[moments[-1][2]])


def _rows(path: Path, mapping: MappingFile) -> tuple[Sequence[int], list[tuple[str, ...]], tuple[str, ...]]:
    """Return each row's number and its values of the columns that the mapping names, and those columns."""
    names = tuple(sorted(mapping.columns))
    numbers, rows, seen = array("q"), list[tuple[str, ...]](), set[str]()
    told = numbered_rows(path, form=mapping.form, delimiter=mapping.delimiter)
    is_csv = (mapping.form or form_of(path)) == "csv"
    for number, row in told:
        seen.update(row.keys() & mapping.columns)
        if is_csv and number == 1:
            _refuse_missing(path, names, seen, row)
            continue
        numbers.append(number)
        rows.append(tuple(row.get(name, "") for name in names))
    _refuse_missing(path, names, seen, ())
    return numbers, rows, names


def _refuse_missing(path: Path, names: Sequence[str], seen: set[str], there: Iterable[str]) -> None:
    missing = next((name for name in names if name not in seen), None)
    if missing is not None:
        listed = ", ".join(there)
        raise UnusableData(f"{path.name} has no column {missing!r}" + (f": it has {listed[:300]}" if listed else ""))


def _time_of(rule: EventRule, row: Mapping[str, str], path: Path, number: int) -> datetime:
    try:
        at = rule.time.make(row)
    except UnusableValue as error:
        raise UnusableData(f"{path.name} row {number}: {error}") from None
    if at is None:
        column = min(rule.time.columns)
        raise UnusableData(f"{path.name} row {number}: {column} is empty, and {rule.type} needs its time (or `when`)")
    assert isinstance(at, datetime)
    return at


def _body(rule: EventRule, at: datetime, row: Mapping[str, str]) -> Body:
    made = {name: part.make(row) for name, part in rule.data.items()}
    data = {name: one for name, one in made.items() if one is not None}
    return {"id": rule.id.make(row), "type": rule.type, "time": at, "data": data}


def _places(mapping: MappingFile, rows: Iterator[Mapping[str, str]]) -> tuple[Place, ...]:
    if not mapping.places:
        return ()
    found: dict[str, Place] = {}
    for row in rows:
        for rule in mapping.places:
            code = rule.code.make(row)
            if code and code not in found:
                found[code] = Place(code=code, name=rule.name.make(row) or code, kind=rule.kind)
    return tuple(found[code] for code in sorted(found))


def _check(recorded: Recorded, path: Path, numbers: Sequence[int]) -> dict[str, int]:
    """Check every event as it will be taken; return the row in which each place is named first."""
    named: dict[str, int] = {}
    ids: dict[str, int] = {}
    for place in recorded.places:
        if len(place.code) > LONGEST_CODE or "\x00" in place.code + place.name:
            raise UnusableData(f"{path.name}: the place {place.code[:60]!r} needs a code of {LONGEST_CODE} characters")
    position = 0
    moments = iter(recorded.moments)
    while batch := list(islice(moments, MOST_EVENTS)):
        bodies = [_checked_body(recorded, one, path, numbers) for one in batch]
        try:
            events = read_events(bodies)
        except UnusableEvents as error:
            wrong, problem = error.problems[0]
            row, kind = numbers[batch[wrong][2]], bodies[wrong]["type"]
            raise UnusableData(f"{path.name} row {row}, {kind}: {problem}") from None
        for offset, event in enumerate(events):
            row = numbers[batch[offset][2]]
            before = ids.setdefault(event.id, position + offset)
            if before != position + offset and recorded.body(*recorded.moments[before]) != bodies[offset]:
                first = numbers[recorded.moments[before][2]]
                raise UnusableData(
                    f"{path.name} rows {first} and {row} make different events of the same id {event.id!r}: "
                    "add to the id what tells them apart"
                )
            if event.data.get("place"):
                named.setdefault(event.data["place"], row)
        position += len(batch)
    return named


def _checked_body(recorded: Recorded, one: Moment, path: Path, numbers: Sequence[int]) -> Body:
    try:
        return recorded.body(*one)
    except UnusableValue as error:
        raise UnusableData(f"{path.name} row {numbers[one[2]]}: {error}") from None


def _kind(mapping: MappingFile, data: Path) -> str:
    """Name a replay by its source and what both files hold: other data is another replay."""
    digest = hashlib.sha256(mapping.path.read_bytes())
    with data.open("rb") as file:
        for part in iter(lambda: file.read(1 << 20), b""):
            digest.update(part)
    return f"own-{digest.hexdigest()[:12]}"
