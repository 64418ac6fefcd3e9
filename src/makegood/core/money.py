"""Money: whole minor units of one currency, never mixed, never floating."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

import attrs

CURRENCY = re.compile(r"[A-Z]{3}")
EXPONENTS = {
    **dict.fromkeys(("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF").split(), 0),
    **dict.fromkeys(("BHD IQD JOD KWD LYD OMR TND").split(), 3),
}
"""Decimal places by ISO 4217, where they are not two."""


class CurrenciesDiffer(ValueError):
    """Amounts in different currencies cannot be added or compared."""


WELL_WRITTEN: set[str] = set()
"""Currency codes that have been found well written, at most as many as there are."""


def _currency(_: object, __: object, value: str) -> None:
    if value not in WELL_WRITTEN:
        if not CURRENCY.fullmatch(value):
            raise ValueError(f"{value!r} is not a currency code: use three capital letters, such as EUR")
        WELL_WRITTEN.add(value)


@attrs.frozen(kw_only=True, order=False)
class Money:
    """An amount in whole minor units (cents) of an ISO 4217 currency."""

    minor: int = attrs.field(validator=attrs.validators.instance_of(int))
    currency: str = attrs.field(validator=_currency)

    @classmethod
    def of(cls, major: str | Decimal, currency: str) -> Money:
        """Make money from a decimal amount in major units, rounded half up to the minor unit."""
        scale = Decimal(10) ** EXPONENTS.get(currency, 2)
        minor = (Decimal(major) * scale).to_integral_value(rounding=ROUND_HALF_UP)
        return cls(minor=int(minor), currency=currency)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrenciesDiffer(f"{self.currency} and {other.currency} cannot be mixed")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(minor=self.minor + other.minor, currency=self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(minor=self.minor - other.minor, currency=self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def share(self, percent: int | Decimal, *, divided_by: int = 1) -> Money:
        """This percentage of the amount (or of one part of it), rounded once: half up to the minor unit."""
        numerator, denominator = (percent, 1) if type(percent) is int else percent.as_integer_ratio()
        numerator, denominator = self.minor * numerator, 100 * denominator * divided_by
        minor = (2 * abs(numerator) + denominator) // (2 * denominator)
        return Money(minor=minor if numerator >= 0 else -minor, currency=self.currency)

    def as_dict(self) -> dict[str, int | str]:
        """The amount in the shape that the API and the command line carry."""
        return {"minor": self.minor, "currency": self.currency}

    def __str__(self) -> str:
        places = EXPONENTS.get(self.currency, 2)
        if places == 2 and 0 <= self.minor < 100_000:
            return f"{self.minor // 100}.{self.minor % 100:02} {self.currency}"
        whole, part = divmod(abs(self.minor), 10**places)
        sign, decimals = "-" if self.minor < 0 else "", f".{part:0{places}}" if places else ""
        return f"{sign}{whole:,}{decimals} {self.currency}"
