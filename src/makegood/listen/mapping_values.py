"""What a mapping file writes for one value: a constant, a text with {columns}, a time, an amount, a number, a truth.

Each becomes a function from a row to the value; what a row leaves empty is None, and left out of the event.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from makegood.core.money import Money, is_currency, places_of
from makegood.listen.events import zones

Row = Mapping[str, str]
Maker = Callable[[Row], Any]
COLUMN = re.compile(r"\{([^{}]+)\}")
AMOUNT = {
    ".": re.compile(r"-?(\d+|\d{1,3}([, ]\d{3})+)(\.\d+)?"),
    ",": re.compile(r"-?(\d+|\d{1,3}([. ]\d{3})+)(,\d+)?"),
}
THOUSANDS = 3
"""So many digits after a mark may as well be thousands."""
WHOLE, NUMBER = re.compile(r"-?\d{1,18}"), re.compile(r"-?\d{1,18}(\.\d{1,18})?")
TRUTHS = {**dict.fromkeys(("true", "yes", "y", "1"), True), **dict.fromkeys(("false", "no", "n", "0"), False)}
TRIED_AT = datetime(2026, 11, 22, 13, 14, 15, tzinfo=UTC)
ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1990, 2200
YEARS = f"its year must lie between {FIRST_YEAR} and {LAST_YEAR}"
LIKE = {"": " like 2026-11-22 or 2026-11-22T09:00", "unix": " in unix seconds"}
LONGEST_PLUS = 5_256_000
"""Ten years, in minutes."""


class UnusableMapping(ValueError):
    """The mapping file cannot be used; the message says where and what belongs there."""


class UnusableValue(ValueError):
    """What a row holds in a column is not what the mapping says it is."""


@attrs.frozen(kw_only=True)
class Home:
    """What counts where a value says nothing of its own: the zone of times and the currency of amounts."""

    zone: str
    currency: str


@attrs.frozen(kw_only=True)
class Value:
    """How one value is made of a row, and from which columns."""

    make: Maker
    columns: frozenset[str]


def value(written: Any, *, where: str, home: Home, nested: bool = False) -> Value:
    """Understand one value as it is written; `where` names it in errors.

    A time is an aware datetime; inside of an object it is its ISO text. Raises UnusableMapping.
    """
    if isinstance(written, str):
        return _text(written)
    if isinstance(written, bool | int | float):
        return Value(make=lambda _: written, columns=frozenset())
    if not isinstance(written, Mapping) or not written:
        raise UnusableMapping(f'{where} must be a constant, a text such as "{{order}}", or a {_kinds()}')
    kind = next((name for name in KINDS if name in written), None)
    if kind is None:
        return _object(written, where, home)
    keys, understand = KINDS[kind]
    known_only(written, (kind, *keys), where=where)
    if not isinstance(written[kind], str) or not written[kind]:
        raise UnusableMapping(f"{where}.{kind} must be the name of a column")
    found = understand(written, where, home)
    if nested and kind == "time":
        return Value(make=lambda row: (at := found.make(row)) and at.isoformat(), columns=found.columns)
    return found


def known_only(written: Mapping[str, Any], known: Iterable[str], *, where: str) -> None:
    """Refuse a name that means nothing here.

    Raises UnusableMapping.
    """
    listed = list(known)
    strange = next((name for name in written if name not in listed), None)
    if strange is not None:
        raise UnusableMapping(f"{where} does not know {strange!r}: it may hold {', '.join(listed)}")


def _kinds() -> str:
    return "mapping with one of " + ", ".join(KINDS)


def _text(written: str) -> Value:
    names = COLUMN.findall(written)
    if not names:
        return Value(make=lambda _: written or None, columns=frozenset())

    def make(row: Row) -> str | None:
        if not all(row[name] for name in names):
            return None
        return COLUMN.sub(lambda found: row[found[1]], written)

    return Value(make=make, columns=frozenset(names))


def _object(written: Mapping[str, Any], where: str, home: Home) -> Value:
    parts = {str(name): value(one, where=f"{where}.{name}", home=home, nested=True) for name, one in written.items()}

    def make(row: Row) -> dict[str, Any] | None:
        made = {name: part.make(row) for name, part in parts.items()}
        return {name: one for name, one in made.items() if one is not None} or None

    return Value(make=make, columns=frozenset().union(*(part.columns for part in parts.values())))


def _time(written: Mapping[str, Any], where: str, home: Home) -> Value:
    column, zone, form = written["time"], written.get("zone", home.zone), written.get("format", "")
    plus, to_end = written.get("plus_minutes", 0), written.get("end_of_day", False)
    if zone not in zones():
        raise UnusableMapping(f"{where}.zone {zone!r} is not a time zone; use one such as Europe/Lisbon")
    if not isinstance(form, str) or not _is_format(form):
        raise UnusableMapping(f'{where}.format {form!r} is no format; use one such as "%d/%m/%Y %H:%M", or unix')
    if not isinstance(plus, int) or isinstance(plus, bool) or abs(plus) > LONGEST_PLUS:
        raise UnusableMapping(f"{where}.plus_minutes must be a whole number of minutes, at most {LONGEST_PLUS}")
    if not isinstance(to_end, bool):
        raise UnusableMapping(f"{where}.end_of_day must be true or false")

    def make(row: Row) -> datetime | None:
        text = row[column]
        return moment(text, column=column, form=form, zone=zone, end_of_day=to_end, plus=plus) if text else None

    return Value(make=make, columns=frozenset((column,)))


def _is_format(form: str) -> bool:
    if form in ("", "unix"):
        return True
    try:
        datetime.strptime(TRIED_AT.strftime(form), form)  # noqa: DTZ007  only whether it can be read
    except ValueError:
        return False
    return "%" in form


@lru_cache(maxsize=100_000)
def moment(text: str, *, column: str, form: str = "", zone: str, end_of_day: bool = False, plus: int = 0) -> datetime:
    """Return the UTC moment that a text names: by this strptime format, `unix` seconds, or ISO 8601 without one.

    A time without an offset is read in `zone`; of the hour that a change of clocks skips or repeats, the first reading
    counts. `end_of_day` means the midnight that ends its day there; `plus` minutes are added last.
    Raises UnusableValue for what is no time of the years 1990 to 2200.
    """
    try:
        if form == "unix":
            local = datetime.fromtimestamp(float(text), UTC)
        elif form:
            local = datetime.strptime(text, form)  # noqa: DTZ007  its zone follows
        else:
            local = datetime.fromisoformat(text)
        if local.tzinfo is None:
            local = local.replace(tzinfo=ZoneInfo(zone))
        if end_of_day:
            day = local.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
            local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
        at = local.astimezone(UTC) + timedelta(minutes=plus)
        if FIRST_YEAR <= at.year <= LAST_YEAR:
            return at
        why = f": {YEARS}"
    except (ValueError, OverflowError, OSError):
        found = None if form else ISO_DAY.match(text)
        wrong = wrong_day(*map(int, found.groups())) if found else ""
        why = f": {wrong}" if wrong else LIKE.get(form) or f" like {TRIED_AT.strftime(form)}"
    raise UnusableValue(f"{column} {text[:60]!r} is no time{why}")


def wrong_day(year: int, month: int, day: int) -> str:
    """Return why there is no such day that counts, or nothing where there is."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return YEARS
    if not 1 <= month <= len(calendar.month_name) - 1:
        return f"there is no month {month}"
    last = calendar.monthrange(year, month)[1]
    return "" if 1 <= day <= last else f"{calendar.month_name[month]} {year} has {last} days"


def _money(written: Mapping[str, Any], where: str, home: Home) -> Value:
    column, decimal, unit = written["money"], written.get("decimal", "."), written.get("unit", "major")
    currency = written.get("currency", home.currency)
    if decimal not in AMOUNT:
        raise UnusableMapping(f'{where}.decimal must be "." or ","')
    if unit not in ("major", "minor"):
        raise UnusableMapping(f"{where}.unit must be major (euros) or minor (cents)")
    if not isinstance(currency, str) or not (COLUMN.search(currency) or is_currency(currency)):
        raise UnusableMapping(f'{where}.currency must be a code of ISO 4217, such as EUR, or a column "{{currency}}"')
    whose = _text(currency)

    def make(row: Row) -> dict[str, int | str] | None:
        text = row[column]
        return amount(text, column=column, currency=whose.make(row) or "", decimal=decimal, unit=unit) if text else None

    return Value(make=make, columns=whose.columns | {column})


def amount(text: str, *, column: str, currency: str, decimal: str = ".", unit: str = "major") -> dict[str, int | str]:
    """Return the money, `minor` and `currency`, that a text such as 1,234.50 names.

    Raises UnusableValue for what is no amount or would be rounded, what may mean thousands, or a currency of no code.
    """
    if not is_currency(currency):
        raise UnusableValue(f"{currency[:20]!r} is no currency: use a code of ISO 4217, such as EUR")
    plain = text.replace("\u00a0", " ").replace("\u202f", " ")
    if len(plain) > 30 or not (WHOLE if unit == "minor" else AMOUNT[decimal]).fullmatch(plain):
        like = "250" if unit == "minor" else f"1250{decimal}00"
        raise UnusableValue(f"{column} {text[:60]!r} is no amount: write it like {like}")
    if unit == "minor":
        return {"minor": int(plain), "currency": currency}
    thousands = "," if decimal == "." else "."
    plain = plain.replace(" ", "").replace(thousands, "").replace(decimal, ".")
    decimals, places = plain.partition(".")[2], places_of(currency)
    if decimals[places:].strip("0") or len(decimals) == THOUSANDS != places:
        raise UnusableValue(
            f"{column} {text[:60]!r} has more decimals than {currency}, which has {places}: write what is meant"
            " without marks between thousands, or name the mark of decimals in a mapping"
        )
    return Money.of(Decimal(plain), currency).as_dict()


def _number(written: Mapping[str, Any], _where: str, _home: Home) -> Value:
    column = written["number"]

    def make(row: Row) -> int | float | None:
        text = row[column]
        if not text:
            return None
        if not NUMBER.fullmatch(text):
            raise UnusableValue(f"{column} {text[:60]!r} is no number: write it like 12 or 12.5")
        return int(text) if WHOLE.fullmatch(text) else float(text)

    return Value(make=make, columns=frozenset((column,)))


def _truth(written: Mapping[str, Any], _where: str, _home: Home) -> Value:
    column = written["truth"]

    def make(row: Row) -> bool | None:
        text = row[column]
        if text and text.lower() not in TRUTHS:
            raise UnusableValue(f"{column} {text[:60]!r} is neither true nor false")
        return TRUTHS[text.lower()] if text else None

    return Value(make=make, columns=frozenset((column,)))


Understand = Callable[[Mapping[str, Any], str, Home], Value]
KINDS: dict[str, tuple[tuple[str, ...], Understand]] = {
    "time": (("format", "zone", "end_of_day", "plus_minutes"), _time),
    "money": (("currency", "decimal", "unit"), _money),
    "number": ((), _number),
    "truth": ((), _truth),
}
"""What else a value may be, by the name that holds its column: the names it allows, and how it is understood."""
