"""Mapping files: how the rows of any CSV or JSON-lines file become events, written down in YAML.

Pure reading and checking; docs/guides/mapping-files.md describes the format. `mapped` reads data through them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs
import yaml

from makegood.core.money import is_currency
from makegood.listen.datasets.numbered import FORMATS
from makegood.listen.events import CHARGES, SIGNALS, TYPES, zones
from makegood.listen.mapping_values import (
    Home,
    UnusableMapping,
    UnusableValue,
    Value,
    known_only,
    moment,
    value,
)
from makegood.rules import yaml_text

KEYS = (
    "source", "name", "playbook", "live_from", "zone", "currency", "language", "data", "format", "delimiter",
    "places", "events",
)  # fmt: skip
FIELDS: dict[str, str] = {
    "customer.seen": "customer",
    "purchase.made": "customer reference what placed_at place total",
    "visit.made": "customer reference place from to",
    "source.heard": "until",
    "promise.made": ("customer reference kind what purchase visit place product partner made_at due_at value facts"),
    "promise.kept": "reference",
    "promise.released": "reference",
    "promise.changed": "reference due_at agreed",
    "promise.expected": "reference due_at",
    **dict.fromkeys(CHARGES, "customer reference purchase promise tender amount"),
    **dict.fromkeys(SIGNALS, "customer purchase promise place what value"),
}
"""What the data of each type of event may hold, so that a misspelt name is refused and not lost."""

LONGEST_CODE = 60


@attrs.frozen(kw_only=True)
class EventRule:
    """How one event is made of a row: only where each of `when`'s columns holds something, or one of these texts."""

    type: str
    id: Value
    time: Value
    data: Mapping[str, Value]
    when: Mapping[str, frozenset[str]]

    def speaks_of(self, row: Mapping[str, str]) -> bool:
        """Tell whether this row makes this event."""
        return all(row[column] and (not these or row[column] in these) for column, these in self.when.items())

    @property
    def columns(self) -> frozenset[str]:
        """All columns that it needs."""
        parts = (self.id, self.time, *self.data.values())
        return frozenset(self.when).union(*(part.columns for part in parts))


@attrs.frozen(kw_only=True)
class PlaceRule:
    """A place to make: `code` and `name` are constants, or texts with {columns}."""

    code: Value
    name: Value
    kind: str


@attrs.frozen(kw_only=True)
class MappingFile:
    """A mapping file, checked. `live_from` None is the moment of the first import."""

    path: Path
    source: str
    name: str
    playbook: str
    live_from: datetime | None
    zone: str
    currency: str
    language: str
    data: str
    form: str
    delimiter: str
    places: tuple[PlaceRule, ...]
    events: tuple[EventRule, ...]

    @property
    def columns(self) -> frozenset[str]:
        """All columns that it needs of the data."""
        named = (part for place in self.places for part in (place.code.columns, place.name.columns))
        return frozenset().union(*(rule.columns for rule in self.events), *named)


def mapping_read(path: Path) -> MappingFile:
    """Read and check a mapping file.

    Raises UnusableMapping, naming what is wrong and what belongs there.
    """
    try:
        written = yaml_text.data_of(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UnusableMapping(f"{path} cannot be read ({error.strerror}): name a mapping file") from None
    except (yaml.YAMLError, ValueError) as error:
        raise UnusableMapping(f"{path.name} is no YAML ({' '.join(str(error).split())[:200]})") from None
    try:
        return _mapping(path, written)
    except UnusableMapping as error:
        raise UnusableMapping(f"{path.name}: {error}") from None


def _mapping(path: Path, written: Any) -> MappingFile:
    if not isinstance(written, Mapping):
        raise UnusableMapping("a mapping file is a YAML mapping with source, zone, currency and events")
    known_only(written, KEYS, where="the mapping file")
    zone, currency = _said(written, "zone", needed=True), _said(written, "currency", needed=True)
    if zone not in zones():
        raise UnusableMapping(f"zone {zone!r} is not a time zone; use one such as Europe/Lisbon")
    if not is_currency(currency):
        raise UnusableMapping(f"currency {currency!r} must be a code of ISO 4217, such as EUR")
    form, delimiter = _said(written, "format"), str(written.get("delimiter", ","))
    if form not in ("", *FORMATS):
        raise UnusableMapping(f"format must be one of {', '.join(FORMATS)}")
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise UnusableMapping("delimiter must be one character")
    source = _said(written, "source", needed=True)
    home = Home(zone=zone, currency=currency)
    return MappingFile(
        path=path,
        source=source,
        name=_said(written, "name", longest=120) or source,
        playbook=_said(written, "playbook") or "default",
        live_from=_live_from(written.get("live_from"), zone),
        zone=zone,
        currency=currency,
        language=_said(written, "language", longest=10) or "en",
        data=_said(written, "data", longest=1000),
        form=form,
        delimiter=delimiter,
        places=tuple(_place(one, n, home) for n, one in enumerate(_listed(written, "places"), start=1)),
        events=tuple(_rule(one, n, home) for n, one in enumerate(_listed(written, "events", needed=True), start=1)),
    )


def _said(written: Mapping[str, Any], name: str, *, needed: bool = False, longest: int = LONGEST_CODE) -> str:
    said = written.get(name, "")
    if not isinstance(said, str) or (needed and not said.strip()) or len(said) > longest:
        raise UnusableMapping(f"{name} must be text of at most {longest} characters")
    return said.strip()


def _listed(written: Mapping[str, Any], name: str, *, needed: bool = False) -> list[Any]:
    listed = written.get(name, [])
    if not isinstance(listed, list) or (needed and not listed):
        raise UnusableMapping(f"{name} must be a list{' of at least one' if needed else ''}")
    return listed


def _live_from(written: Any, zone: str) -> datetime | None:
    if written is None:
        return None
    text = written.isoformat() if hasattr(written, "isoformat") else str(written)
    try:
        return moment(text, column="live_from", zone=zone)
    except UnusableValue as error:
        raise UnusableMapping(str(error)) from None


def _place(written: Any, number: int, home: Home) -> PlaceRule:
    where = f"place {number}"
    if not isinstance(written, Mapping) or not isinstance(written.get("code"), str) or not written["code"].strip():
        raise UnusableMapping(f'{where} needs a code: a constant, or a column such as "{{shop}}"')
    known_only(written, ("code", "name", "kind"), where=where)
    code = value(written["code"], where=f"{where}.code", home=home)
    name = value(_said(written, "name", longest=120) or written["code"], where=f"{where}.name", home=home)
    return PlaceRule(code=code, name=name, kind=_said(written, "kind", longest=30) or "store")


def _rule(written: Any, number: int, home: Home) -> EventRule:
    where = f"event {number}"
    if not isinstance(written, Mapping):
        raise UnusableMapping(f"{where} must be a mapping with type, id, time and data")
    known_only(written, ("type", "id", "time", "when", "data"), where=where)
    kind = written.get("type")
    if kind not in TYPES:
        raise UnusableMapping(f"{where}.type must be one of {', '.join(TYPES)}")
    if not isinstance(written.get("id"), str):
        raise UnusableMapping(f'{where}.id must be a text that is different for each event, such as "{{order}}:made"')
    id_ = value(written["id"], where=f"{where}.id", home=home)
    if not id_.columns:
        raise UnusableMapping(f'{where}.id must name a column that tells rows apart, such as "{{order}}:made"')
    time, data = written.get("time"), written.get("data")
    if not isinstance(time, Mapping) or "time" not in time:
        raise UnusableMapping(f"{where}.time must be a time, such as {{time: ordered_at}}")
    if not isinstance(data, Mapping):
        raise UnusableMapping(f"{where}.data must be a mapping")
    known_only(data, FIELDS[kind].split(), where=f"{where}.data of {kind}")
    return EventRule(
        type=kind,
        id=id_,
        time=value(time, where=f"{where}.time", home=home),
        data={name: value(one, where=f"{where}.data.{name}", home=home) for name, one in data.items()},
        when=_when(written.get("when"), where),
    )


def _when(written: Any, where: str) -> dict[str, frozenset[str]]:
    """Understand `when`: a column, a list of columns, or a mapping of columns to the texts that they may hold."""
    if written is None:
        return {}
    if isinstance(written, str):
        return {written: frozenset()}
    if isinstance(written, list) and all(isinstance(name, str) for name in written):
        return dict.fromkeys(written, frozenset())
    if isinstance(written, Mapping):
        return {
            str(name): frozenset(map(str, these if isinstance(these, list) else [these]))
            for name, these in written.items()
        }
    raise UnusableMapping(f"{where}.when must be a column, a list of columns, or columns with what they may hold")
