"""The facts of one case: which a pack knows, of what type, and what their absence means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

import attrs

from makegood.core.money import Money, is_currency

Known = Mapping[str, Any]
"""Facts after reading: typed values; None where unknown is allowed; no key where absence may yet be refused."""


FIRST_YEAR, LAST_YEAR = 1900, 2199
LARGEST_MINOR = 10**15


class UnusableFacts(ValueError):
    """The facts cannot be decided on: one is missing, unknown, ill-typed or out of range. The message says which."""


class MissingFact(UnusableFacts):
    """A rule has to look at a fact that was not given."""

    def __init__(self, name: str, means: str = "give it") -> None:
        self.name = name
        super().__init__(f"{name} is missing: {means}")


@attrs.frozen(kw_only=True)
class FactSpec:
    """One fact that a pack accepts.

    `absent` says what a missing (or null) fact means: ``refuse`` always an error; ``refuse-if-used`` an error once
    a rule has to look at it; ``unknown`` every comparison with it is false; ``default`` it is taken as `default`.
    `minimum` and `maximum` (inclusive) bound numbers and keep NaN out; `one_of` lists the accepted texts.
    """

    name: str
    type: Literal["datetime", "boolean", "number", "integer", "text", "money"]
    means: str
    absent: Literal["refuse", "refuse-if-used", "unknown", "default"] = "refuse-if-used"
    default: bool | int | float | str | None = None
    minimum: float = -1e9
    maximum: float = 1e9
    one_of: frozenset[str] = frozenset()


def _datetime(spec: FactSpec, value: object) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise UnusableFacts(
            f"{spec.name} must be an ISO 8601 time with its offset, such as 2025-03-01T14:30:00+01:00",
        )
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise UnusableFacts(f"{spec.name} must lie between the years {FIRST_YEAR} and {LAST_YEAR}")
    return value


def _boolean(spec: FactSpec, value: object) -> bool:
    if not isinstance(value, bool):
        raise UnusableFacts(f"{spec.name} must be true or false")
    return value


def _number(spec: FactSpec, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnusableFacts(f"{spec.name} must be a number")
    if spec.type == "integer" and not isinstance(value, int):
        raise UnusableFacts(f"{spec.name} must be a whole number")
    if not spec.minimum <= value <= spec.maximum:
        raise UnusableFacts(f"{spec.name} must lie between {spec.minimum:,.10g} and {spec.maximum:,.10g}")
    return value


def _text(spec: FactSpec, value: object) -> str:
    if not isinstance(value, str) or (spec.one_of and value not in spec.one_of):
        accepted = ", ".join(sorted(spec.one_of))
        raise UnusableFacts(f"{spec.name} must be one of: {accepted}" if accepted else f"{spec.name} must be a text")
    return value


def _money(spec: FactSpec, value: object) -> Money:
    if isinstance(value, Mapping) and set(value) == {"minor", "currency"}:
        minor, currency = value["minor"], value["currency"]
        if isinstance(minor, int) and not isinstance(minor, bool) and isinstance(currency, str):
            try:
                value = Money(minor=minor, currency=currency)
            except ValueError as error:
                raise UnusableFacts(f"{spec.name}: {error}") from error
    if not isinstance(value, Money) or not 0 <= value.minor <= LARGEST_MINOR:
        raise UnusableFacts(
            f'{spec.name} must be money, not negative, such as {{"minor": 25000, "currency": "EUR"}}',
        )
    return value


READERS: dict[str, Callable[[FactSpec, object], object]] = {
    "datetime": _datetime,
    "boolean": _boolean,
    "number": _number,
    "integer": _number,
    "text": _text,
    "money": _money,
}


def _plain_money(value: object) -> Money | None:
    if type(value) is dict and len(value) == 2:
        minor, currency = value.get("minor"), value.get("currency")
        if type(minor) is int and 0 < minor <= LARGEST_MINOR and type(currency) is str and is_currency(currency):
            return Money(minor=minor, currency=currency)
    return None


def _reader(spec: FactSpec) -> Callable[[object], object]:
    """What reads one fact: made once, quick for a plain value, and as strict as its reader above for any other."""
    careful = READERS[spec.type]
    if spec.type in ("number", "integer"):
        plain = (int,) if spec.type == "integer" else (int, float)
        least, most = spec.minimum, spec.maximum
        return lambda value: value if type(value) in plain and least <= value <= most else careful(spec, value)  # type: ignore[operator]
    if spec.type == "boolean":
        return lambda value: value if value is True or value is False else careful(spec, value)
    if spec.type == "money":
        return lambda value: _plain_money(value) or careful(spec, value)
    if spec.one_of:
        accepted = spec.one_of
        return lambda value: value if type(value) is str and value in accepted else careful(spec, value)
    return lambda value: careful(spec, value)


@attrs.frozen
class FactReader:
    """What reads the facts of a case: made once for a pack, of the facts it knows and those of which it needs one."""

    specs: Mapping[str, FactSpec]
    needs_one_of: tuple[str, ...]
    _readers: Mapping[str, Callable[[object], object]] = attrs.field(init=False, repr=False)
    _absent: Mapping[str, Any] = attrs.field(init=False, repr=False)
    _defaults: tuple[str, ...] = attrs.field(init=False, repr=False)
    _refused: tuple[str, ...] = attrs.field(init=False, repr=False)

    @_readers.default
    def _readers_of_each(self) -> Mapping[str, Callable[[object], object]]:
        return {name: _reader(spec) for name, spec in self.specs.items()}

    @_absent.default
    def _taken_where_absent(self) -> Mapping[str, Any]:
        known = {name: spec for name, spec in self.specs.items() if spec.absent in ("default", "unknown")}
        return {name: spec.default if spec.absent == "default" else None for name, spec in known.items()}

    @_defaults.default
    def _with_default(self) -> tuple[str, ...]:
        return tuple(name for name, spec in self.specs.items() if spec.absent == "default")

    @_refused.default
    def _always_needed(self) -> tuple[str, ...]:
        return tuple(name for name, spec in self.specs.items() if spec.absent == "refuse")

    def read(self, facts: Mapping[str, object]) -> tuple[dict[str, Any], tuple[str, ...]]:
        """This function will check facts against a pack's list and type them.

        Returns the typed facts and the names of those taken by default. Raises UnusableFacts.
        """
        readers = self._readers
        if not facts.keys() <= readers.keys():
            unknown = ", ".join(sorted(str(name) for name in facts if name not in readers))
            raise UnusableFacts(f"unknown fact: {unknown}; accepted are {', '.join(readers)}")
        given = {name: readers[name](value) for name, value in facts.items() if value is not None}
        for name in self._refused:
            if name not in given:
                raise MissingFact(name, self.specs[name].means)
        if self.needs_one_of and given.keys().isdisjoint(self.needs_one_of):
            raise UnusableFacts(f"nothing says what happened: give at least one of {', '.join(self.needs_one_of)}")
        return {**self._absent, **given}, tuple([name for name in self._defaults if name not in given])
