"""Public holidays of the country that a zone is in, for opening hours to begin with."""

from __future__ import annotations

from datetime import date

import pytest

from makegood.rules.public_days import PublicDays, public_days


def test_a_zone_says_the_country_and_the_year_begins_today() -> None:
    found = public_days(zone="Europe/Madrid", today=date(2026, 12, 8))
    assert found.country == "Spain"
    assert {date(2026, 12, 8), date(2026, 12, 25), date(2027, 1, 1), date(2027, 5, 1)} <= set(found.days)
    assert date(2026, 12, 8) == found.days[0]
    assert found.days[-1] < date(2027, 12, 8)
    assert list(found.days) == sorted(found.days)
    canary = public_days(zone="Atlantic/Canary", today=date(2026, 12, 8))
    assert canary == found


@pytest.mark.parametrize("zone", ["UTC", "Etc/GMT+3", "Mars/Olympus", ""])
def test_a_zone_of_no_country_has_none(zone: str) -> None:
    assert public_days(zone=zone, today=date(2026, 12, 8)) == PublicDays()
