"""Public holidays are listed by country and region, and which of them to close on is proposed and kept."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from makegood.core.closed_days import closed_by, proposed_closed
from makegood.rules.public_holidays import UnknownCountry, countries, country_of, public_holidays, regions

EVE, XMAS, BOXING = date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 26)
NEW_YEAR, EPIPHANY = date(2027, 1, 1), date(2027, 1, 6)


def days(country: str, region: str = "", *, begin: date = NEW_YEAR, end: date = date(2028, 1, 1)) -> dict[str, date]:
    return {one.name: one.on for one in public_holidays(country=country, region=region, begin=begin, end=end)}


def test_a_region_has_holidays_that_its_country_has_not() -> None:
    assert days("DE", "BY")["Epiphany"] == EPIPHANY
    assert "Epiphany" not in days("DE")
    assert days("GB", "SCT")["Saint Andrew's Day"] == date(2027, 11, 30)
    assert ("BY", "Bayern") in regions("DE")
    assert regions("PT") != ()


def test_days_begin_with_the_first_asked_for_and_end_before_the_last() -> None:
    assert list(days("DE", begin=XMAS, end=BOXING).values()) == [XMAS]
    assert list(days("DE", begin=EVE, end=XMAS).values()) == []
    assert list(days("DE", begin=BOXING, end=EPIPHANY).values()) == [BOXING, NEW_YEAR]


@pytest.mark.parametrize(("country", "region"), [("", ""), ("XX", ""), ("DE", "CA"), ("HolidayBase", "")])
def test_a_country_or_region_that_is_not_listed_is_refused(country: str, region: str) -> None:
    with pytest.raises(UnknownCountry, match="from the list"):
        public_holidays(country=country, region=region, begin=NEW_YEAR, end=EPIPHANY)


@pytest.mark.parametrize(
    ("zone", "country"),
    [("Europe/Lisbon", "PT"), ("America/Denver", "US"), ("Asia/Calcutta", "IN"), ("UTC", ""), ("Etc/UTC", "")],
)
def test_the_country_is_guessed_from_the_zone(zone: str, country: str) -> None:
    assert country_of(zone) == country


def test_countries_are_listed_by_name() -> None:
    names = [name for _, name in countries()]
    assert names == sorted(names)
    assert ("NL", "Netherlands") in countries()
    assert len(names) >= 200


def test_what_was_struck_is_not_proposed_again_and_a_new_year_is() -> None:
    offered = [XMAS, BOXING, NEW_YEAR, EPIPHANY]
    assert proposed_closed(offered=offered, closed=[]) == {*offered}
    assert proposed_closed(offered=offered, closed=[XMAS]) == {XMAS, NEW_YEAR, EPIPHANY}
    assert proposed_closed(offered=offered, closed=[EVE]) == {*offered}


def test_days_of_ones_own_stay_closed_and_struck_ones_open() -> None:
    assert closed_by(closed=[EVE, XMAS], offered=[XMAS, BOXING], chosen=[BOXING]) == {EVE, BOXING}
    assert closed_by(closed=[], offered=[XMAS], chosen=[XMAS, EPIPHANY]) == {XMAS}


def test_the_library_is_imported_only_when_asked() -> None:
    script = "import sys, makegood.rules.public_holidays; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
