"""Opening hours are set in the settings, count from then on, and playbooks may name only those that exist."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from tests.conftest import Org
from tests.functional.test_views import signed_in

from makegood.organizations.queries import calendars_latest, playbooks_latest_facts
from makegood.rules.playbooks import text_of
from makegood.store.tenancy import tenant

WEEK = {f"hours_{day}": "09:00-12:30, 14-18" for day in ("mon", "tue", "wed", "thu", "fri")}
SHOP = {"hours_code": "shop", "hours_zone": "Europe/Amsterdam", "hours_holidays": "2026-12-25\n2026-12-26", **WEEK}
NAMES_SHOP = text_of("default").replace('calendar: ""', "calendar: shop", 1)


def publish(client: Client, **changed: str) -> str:
    answer = client.post("/settings/hours/publish", SHOP | changed, follow=True)
    return unescape(answer.content.decode())


def hours_of(org: Org) -> dict[str, dict[str, object]]:
    with tenant(organization_id=org.id):
        return {code: one.data for code, one in calendars_latest(organization_id=org.id).items()}


def test_opening_hours_are_added_shown_and_changed(org: Org) -> None:
    client = signed_in(org, org.admin)
    page = publish(client, hours_sat="10:00 - 13:00")
    assert "The hours of shop are kept. They count once a playbook uses them: choose which below." in page
    assert "09:00-12:30, 14:00-18:00" in page
    assert "No playbook uses these hours yet, so they do not count" in page

    form = " ".join(unescape(client.get("/settings/hours?change=shop").content.decode()).split())
    assert 'value="10:00-13:00"' in form
    assert hours_of(org)["shop"] == {
        "zone": "Europe/Amsterdam",
        "weekly": {
            **{day: [["09:00", "12:30"], ["14:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
            "sat": [["10:00", "13:00"]],
        },
        "holidays": ["2026-12-25", "2026-12-26"],
    }


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("hours_code", "Shop floor!", "Use letters, digits and hyphens for the name"),
        ("hours_mon", "nine to five", "Write the hours of Monday like"),
        ("hours_tue", "18:00-09:00", "ends before it begins. For the afternoon write 18:00-21:00. For a night"),
        ("hours_sat", "9 to 1", "On Saturday 09:00-01:00 ends before it begins. For the afternoon write 09:00-13:00."),
        ("hours_sun", "20-2:30", "For a night write 20:00-24:00 here and 00:00-02:30 on Monday."),
        ("hours_tue", "18:00-0:00", "For a night write 18:00-24:00 here."),
        ("hours_tue", "18:00-18:00", "does not end after it starts"),
        ("hours_wed", "09:00-12:00, 11:00-13:00", "overlap: join them"),
        ("hours_fri", "09:00-25:00", "is not one: write"),
        ("hours_zone", "Mars/Olympus", "Time zone 'Mars/Olympus' is unknown"),
        ("hours_holidays", "2026-02-30", "is not a date"),
        ("hours_holidays", "31/02/2027", "is not a date"),
        ("hours_holidays", "01/06/2027", "no date in it says which is the day: write them like 2026-12-25"),
    ],
)
def test_hours_that_cannot_be_worked_with_are_refused_and_nothing_typed_is_lost(
    org: Org, field: str, typed: str, said: str
) -> None:
    answer = signed_in(org, org.admin).post("/settings/hours/publish", SHOP | {field: typed})
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert said in page
    assert "09:00-12:30, 14-18" in page
    assert hours_of(org) == {}


def test_closed_days_are_typed_as_they_are_written_here(org: Org) -> None:
    publish(signed_in(org, org.admin), hours_holidays="25/12/2026, 06/01/2027\n1.5.2027 2027-10-12")
    assert hours_of(org)["shop"]["holidays"] == ["2026-12-25", "2027-01-06", "2027-05-01", "2027-10-12"]


def test_a_week_without_an_open_minute_is_refused(org: Org) -> None:
    page = publish(signed_in(org, org.admin), **dict.fromkeys(WEEK, ""))
    assert "The calendar has no working minute" in page


def test_a_playbook_may_name_only_opening_hours_that_exist(org: Org) -> None:
    client = signed_in(org, org.admin)
    refused = client.post("/settings/playbook/default/compare", {"playbook": NAMES_SHOP})
    assert refused.status_code == 422
    assert "There are no opening hours" in refused.content.decode()
    publish(client)
    assert client.post("/settings/playbook/default/compare", {"playbook": NAMES_SHOP}).status_code == 200


def test_only_an_admin_sets_opening_hours(org: Org) -> None:
    client = signed_in(org, org.employee)
    assert client.get("/settings/hours").status_code == 403
    assert client.post("/settings/hours/publish", SHOP).status_code == 403


def latest(org: Org, code: str = "default") -> tuple[int, str]:
    """The newest version of a playbook, and whose hours its clocks count."""
    with tenant(organization_id=org.id):
        one = next(one for one in playbooks_latest_facts(organization_id=org.id) if one.code == code)
        return one.version, one.data["clocks"].get("calendar") or ""


def test_hours_count_by_one_choice_after_what_changes_was_shown(org: Org) -> None:
    client = signed_in(org, org.admin)
    version, before = latest(org)
    assert before == ""
    page = publish(client, hours_for="default")
    assert "What changes with the hours of shop" in page
    assert "clocks, calendar" in page
    assert "Only open hours count: 24 hours are about three of your days." in page
    assert latest(org) == (version, "")
    kept = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', page.split('id="publish"')[1]))
    asked = {name: kept[name] for name in ("hours", "versions", "for_shop")}
    page = unescape(client.post("/settings/hours/use", asked, follow=True).content.decode())
    assert "They count in the clocks of: For anyone." in page
    assert latest(org) == (version + 1, "shop")
    again = client.post("/settings/hours/use", asked)
    assert again.status_code == 422
    assert latest(org) == (version + 1, "shop")


def test_a_playbook_that_is_not_ticked_counts_every_hour_again(org: Org) -> None:
    client = signed_in(org, org.admin)
    publish(client)
    version, _ = latest(org)
    client.post("/settings/hours/use", {"hours": "shop", "versions": f"default:{version}", "for_shop": "default"})
    assert latest(org) == (version + 1, "shop")
    page = unescape(client.get("/settings/hours/use?hours=shop").content.decode())
    assert "Count every hour again" in page
    client.post("/settings/hours/use", {"hours": "shop", "versions": f"default:{version + 1}"})
    assert latest(org) == (version + 2, "")
    assert client.get("/settings/hours/use?hours=nowhere").headers["Location"] == "/settings/hours"


def test_the_set_up_leads_to_what_the_hours_change_and_back(org: Org) -> None:
    client = signed_in(org, org.admin)
    assert "nights and Sundays too" in client.get("/set-up/hours").content.decode()
    answer = client.post("/set-up/hours", SHOP | {"hours_for": "default"})
    assert answer.headers["Location"] == "/settings/hours/use?hours=shop&for_shop=default&then=set-up"
    asked = {"hours": "shop", "versions": f"default:{latest(org)[0]}", "for_shop": "default", "then": "set-up"}
    assert client.post("/settings/hours/use", asked).headers["Location"] == "/set-up/hours"
    assert "They count in the clocks of: For anyone." in client.get("/set-up/hours").content.decode()


@pytest.fixture
def now_org(make_org: Callable[..., Org]) -> Org:
    """An organization whose time is ours: its hours change more than once."""
    return make_org(clock="real")


def proposed(page: str) -> dict[str, tuple[str, bool]]:
    """The days on a page of public holidays: what each is called, and whether it is ticked."""
    found = re.findall(
        r'name="on_\d+" value="([\d-]+)"( checked)?><span>[^<]*<small>([^<]*)</small>', " ".join(page.split())
    )
    return {day: (name, bool(ticked)) for day, ticked, name in found}


def shown(client: Client, address: str) -> str:
    return unescape(client.get(address).content.decode())


def closed_on(org: Org) -> list[str]:
    return [str(day) for day in hours_of(org)["shop"]["holidays"]]  # type: ignore[attr-defined]


def test_public_holidays_are_proposed_and_close_but_for_those_that_are_struck(now_org: Org) -> None:
    client = signed_in(now_org, now_org.admin)
    answer = client.post("/settings/hours/publish", SHOP | {"hours_country": "DE"})
    assert answer.headers["Location"] == "/settings/hours/closed?hours=shop&country=DE"
    year = datetime.now(UTC).year
    ascension = next(day for day, (name, _) in proposed(shown(client, answer.headers["Location"])).items()
                     if name.startswith("Ascension") and day.startswith(str(year + 1)))  # fmt: skip
    bavaria = shown(client, "/settings/hours/closed?hours=shop&country=DE&region=BY")
    epiphany, new_year = f"{year + 1}-01-06", f"{year + 1}-01-01"
    assert proposed(bavaria)[epiphany] == ("Epiphany", True)
    assert epiphany not in proposed(shown(client, answer.headers["Location"]))
    chosen = [day for day in proposed(bavaria) if day != new_year]
    asked = {"hours": "shop", "country": "DE", "region": "BY", f"on_{year + 1}": [*chosen, "2031-01-01"]}
    page = unescape(client.post("/settings/hours/closed", asked, follow=True).content.decode())
    assert f"shop is closed on {len(chosen)} of these days from now on." in page
    assert {"2026-12-25", "2026-12-26", epiphany, ascension, *chosen} == {*closed_on(now_org)}
    again = proposed(shown(client, "/settings/hours/closed?hours=shop&country=DE&region=BY"))
    assert not again[new_year][1], "it was struck"
    assert all(again[day][1] for day in chosen)
    same = client.post("/settings/hours/closed", asked, follow=True).content.decode()
    assert "Nothing changes" in same


def test_public_holidays_are_those_of_the_zone_until_another_country_is_chosen(now_org: Org) -> None:
    client = signed_in(now_org, now_org.admin)
    publish(client, hours_sat="10-13")
    page = shown(client, "/settings/hours/closed?hours=shop&country=XX")
    assert 'value="NL" selected' in page
    assert any(name.startswith("King's Day") for name, _ in proposed(page).values())
    assert any(name.endswith("(closed anyway)") for name, _ in proposed(page).values()), "two Sundays at least"
    elsewhere = [shown(client, f"/settings/hours/closed?hours=shop&country=DE{more}") for more in ("&region=SCT", "")]
    assert proposed(elsewhere[0]) == proposed(elsewhere[1]), "a region of another country is none"
    assert client.get("/settings/hours/closed?hours=nowhere").headers["Location"] == "/settings/hours"
    refused = client.post("/settings/hours/closed", {"hours": "shop", "country": "XX", "region": ""})
    assert refused.status_code == 422
    assert "Choose a country, and a region of it or none, from the list." in unescape(refused.content.decode())
    assert closed_on(now_org) == ["2026-12-25", "2026-12-26"]


def test_the_set_up_goes_by_the_public_holidays_to_what_the_hours_change(now_org: Org) -> None:
    client = signed_in(now_org, now_org.admin)
    answer = client.post("/set-up/hours", SHOP | {"hours_for": "default", "hours_country": "PT"})
    led = answer.headers["Location"]
    assert led == "/settings/hours/closed?hours=shop&for_shop=default&then=set-up&country=PT"
    onward = "/settings/hours/use?hours=shop&for_shop=default&then=set-up"
    assert onward in shown(client, led), "the days may be left as they are"
    asked = {"hours": "shop", "for_shop": "default", "then": "set-up", "country": "PT", "region": ""}
    assert client.post("/settings/hours/closed", asked).headers["Location"] == onward
    first = client.post("/set-up/hours", SHOP | {"hours_code": "till", "hours_country": "PT"}).headers["Location"]
    assert first == "/settings/hours/closed?hours=till&then=set-up&country=PT"
    left = client.post("/settings/hours/closed", {"hours": "till", "then": "set-up", "country": "PT"})
    assert left.headers["Location"] == "/set-up/hours"


def test_no_more_days_are_closed_than_hours_may_hold(now_org: Org) -> None:
    client = signed_in(now_org, now_org.admin)
    begun = date(2000, 1, 1)
    publish(client, hours_holidays=" ".join((begun + timedelta(days=n)).isoformat() for n in range(400)))
    day = next(iter(proposed(shown(client, "/settings/hours/closed?hours=shop"))))
    asked = {"hours": "shop", "country": "NL", f"on_{day[:4]}": day}
    refused = client.post("/settings/hours/closed", asked)
    assert refused.status_code == 422
    assert "hold at most 400 closed days" in refused.content.decode()
    publish(client, hours_holidays=" ".join((begun + timedelta(days=n)).isoformat() for n in range(399)))
    assert client.post("/settings/hours/closed", asked).status_code == 302
