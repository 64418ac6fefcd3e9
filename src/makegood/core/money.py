"""Money: whole minor units of one currency, never mixed, never floating."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import attrs

CODES = frozenset(
    (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF"
        " CHF CLP CNY COP CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD"
        " HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD"
        " LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP"
        " PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT"
        " TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL"
    ).split()
)
"""The currencies of ISO 4217, those that were given up since 2021 included: the money of old orders is theirs."""
EXPONENTS = {
    **dict.fromkeys(("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF").split(), 0),
    **dict.fromkeys(("BHD IQD JOD KWD LYD OMR TND").split(), 3),
}
"""Decimal places by ISO 4217, where they are not two."""


class CurrenciesDiffer(ValueError):
    """Amounts in different currencies cannot be added or compared."""


def places_of(currency: str) -> int:
    """This function will return how many decimal places amounts of a currency have."""
    return EXPONENTS.get(currency, 2)


def is_currency(code: str) -> bool:
    """This function will tell whether there is a currency of this code."""
    return code in CODES


def _currency(_: object, __: object, value: str) -> None:
    if value not in CODES:
        raise ValueError(f"{value!r} is not a currency code: use one of ISO 4217, such as EUR")


@attrs.frozen(kw_only=True, order=False)
class Money:
    """An amount in whole minor units (cents) of an ISO 4217 currency."""

    minor: int = attrs.field(validator=attrs.validators.instance_of(int))
    currency: str = attrs.field(validator=_currency)

    @classmethod
    def of(cls, major: str | Decimal, currency: str) -> Money:
        """Make money from a decimal amount in major units, rounded half up to the minor unit."""
        scale = Decimal(10) ** places_of(currency)
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
