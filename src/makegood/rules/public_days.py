"""The public holidays of a zone's country, of the `holidays` package: those that all of the country has."""

from __future__ import annotations

from datetime import date, timedelta

import attrs
from babel import Locale
from babel.core import get_global
from holidays import country_holidays

A_YEAR = timedelta(days=365)


@attrs.frozen(kw_only=True)
class PublicDays:
    """A country by its English name, and its public holidays of a year; of a zone of no country both are empty."""

    country: str = ""
    days: tuple[date, ...] = ()


def public_days(*, zone: str, today: date) -> PublicDays:
    """Return the public holidays of the country that an IANA zone is in, from `today` for a year, the first one first.

    Days that only some regions have are left out, and so are those that a country names only shortly before.
    """
    country = get_global("zone_territories").get(zone, "")
    try:
        found = country_holidays(country, years=(today.year, today.year + 1))
    except NotImplementedError:
        return PublicDays()
    days = tuple(sorted(day for day in found if today <= day < today + A_YEAR))
    return PublicDays(country=Locale("en").territories.get(country, country), days=days)
