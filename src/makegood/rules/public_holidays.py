"""The public holidays of countries and their regions, as the library `holidays` works them out.

It is imported when a first one is asked for. It knows what the law says and, for some countries, what is only expected
(feasts by the moon), so what it says is proposed to a person who strikes what does not hold for them.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import attrs
from babel import Locale
from babel.core import get_global


class UnknownCountry(ValueError):
    """Choose a country, and a region of it or none, from the list."""


@attrs.frozen(kw_only=True)
class PublicHoliday:
    """A day on which a country or region does not work, with its name in English where one is known."""

    on: date
    name: str


@lru_cache(maxsize=1)
def countries() -> tuple[tuple[str, str], ...]:
    """This function will list the countries whose holidays are known: ISO 3166 codes and English names, by name."""
    import holidays

    names = Locale("en").territories
    known = holidays.list_supported_countries(include_aliases=False)
    return tuple(sorted(((code, str(names.get(code, code))) for code in known), key=lambda one: one[1]))


@lru_cache(maxsize=64)
def regions(country: str) -> tuple[tuple[str, str], ...]:
    """This function will list the regions of a country that have holidays of their own: codes and names, by name.

    Raises UnknownCountry.
    """
    asked = _days_of(country)
    named = {code: name for name, code in reversed(getattr(asked, "subdivisions_aliases", {}).items())}
    return tuple(sorted(((code, named.get(code, code)) for code in asked.subdivisions), key=lambda one: one[1]))


def country_of(zone: str) -> str:
    """This function will guess the country of a time zone by its IANA name; "" where it is none's, such as UTC."""
    found = str(get_global("zone_territories").get(get_global("zone_aliases").get(zone, zone)) or "")
    return found if found in dict(countries()) else ""


def public_holidays(*, country: str, region: str, begin: date, end: date) -> tuple[PublicHoliday, ...]:
    """This function will list the public holidays from `begin` to before `end`, in order; "" is no region.

    Raises UnknownCountry for a country or region that `countries` and `regions` do not list.
    """
    import holidays

    if region not in ("", *dict(regions(country))):
        raise UnknownCountry(UnknownCountry.__doc__)
    years = range(begin.year, end.year + 1)
    found = holidays.country_holidays(country, subdiv=region or None, years=years, language="en_US")
    return tuple(PublicHoliday(on=on, name=name) for on, name in sorted(found.items()) if begin <= on < end)


def _days_of(country: str) -> Any:
    import holidays

    if country not in dict(countries()):
        raise UnknownCountry(UnknownCountry.__doc__)
    return getattr(holidays, country)
