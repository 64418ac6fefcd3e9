"""The public holidays of a country or region, proposed as closed days of opening hours: what is open is struck."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console.asking import select
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered
from makegood.console.viewmodels import Choice, ClosedDaysPage, Field, Form, Link
from makegood.console.views.frame import Screen, acts, tell
from makegood.core.calendars import Calendar
from makegood.core.closed_days import closed_by, proposed_closed
from makegood.organizations.operations import calendar_publish
from makegood.organizations.queries import calendars_latest
from makegood.rules.public_holidays import PublicHoliday, countries, country_of, public_holidays, regions

YEARS = 3
"""This year and so many in all are proposed."""
MOST = 400
"""So many closed days one calendar may hold."""
DATED = "on_"
"""What the questions of the years begin with."""


def closed_days_page(request: HttpRequest, desk: Desk) -> Screen | HttpResponse:
    """Show the public holidays of a country or region, those that are proposed as closed ticked."""
    asked = request.POST or request.GET
    code = asked.get("hours", "")
    calendar = _calendar(desk, code)
    if calendar is None:
        return redirect("settings", section="hours")
    country, region = _where(asked, zone=calendar.zone)
    page = ClosedDaysPage(
        title=f"Public holidays on which {code} is closed",
        lead="Strike the days on which you are open. No time counts on a closed day: clocks wait until you open again.",
        place=_place_form(asked, country=country, region=region),
        form=_days_form(desk, asked, calendar=calendar, country=country, region=region) if country else None,
        back=Link(label="Opening hours", url=reverse("settings", args=["hours"])),
    )
    return Screen(template="console/closed_days.html", page=page)


@acts(closed_days_page)
def closed_days(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Close on the days that are ticked, and open on those that were struck.

    Raises UnknownCountry, and Unanswered for more closed days than a calendar may hold.
    """
    asked = request.POST
    code = asked.get("hours", "")
    calendar = _calendar(desk, code)
    if calendar is None:
        return redirect("settings", section="hours")
    country, region = asked.get("country", ""), asked.get("region", "")
    offered = {one.on for one in _offered(desk, calendar=calendar, country=country, region=region)}
    ticked = {day for name in asked if name.startswith(DATED) for day in asked.getlist(name)}
    chosen = {day for day in offered if day.isoformat() in ticked}
    closed = closed_by(closed=calendar.holidays, offered=offered, chosen=chosen)
    if len(closed) > MOST:
        raise Unanswered({"": f"Opening hours hold at most {MOST} closed days: take out those of years ago first."})
    if closed == calendar.holidays:
        tell(request, f"Nothing changes: {code} is closed on just these days already.")
        return redirect(_onward(asked))
    calendar_publish(
        organization_id=desk.organization_id,
        code=code,
        data=calendar.as_data() | {"holidays": sorted(day.isoformat() for day in closed)},
        active_from=desk.facts.now,
        now=desk.facts.now,
        by=desk.member_id,
    )
    tell(request, f"{code} is closed on {len(chosen)} of these days from now on. Time that was used stays used.")
    return redirect(_onward(asked))


def _calendar(desk: Desk, code: str) -> Calendar | None:
    found = calendars_latest(organization_id=desk.organization_id).get(code)
    return Calendar.from_data(found.data) if found else None


def _where(asked: QueryDict, *, zone: str) -> tuple[str, str]:
    """The country and region that are asked about, as far as they are known, else the country of the hours' zone."""
    country, region = asked.get("country", ""), asked.get("region", "")
    if country not in dict(countries()):
        country = country_of(zone)
    return country, region if country and region in dict(regions(country)) else ""


def _offered(desk: Desk, *, calendar: Calendar, country: str, region: str) -> tuple[PublicHoliday, ...]:
    today = desk.facts.now.astimezone(ZoneInfo(calendar.zone)).date()
    return public_holidays(country=country, region=region, begin=today, end=date(today.year + YEARS, 1, 1))


def _kept(asked: QueryDict, **more: str) -> tuple[Field, ...]:
    """What goes along: which hours, what they are to be used for, and where it goes on."""
    code = asked.get("hours", "")
    used = [(f"for_{code}", one) for one in asked.getlist(f"for_{code}")]
    kept = [("hours", code), ("then", asked.get("then", "")), *used, *more.items()]
    return tuple(Field(name=name, label="", kind="hidden", value=value) for name, value in kept if value)


def _onward(asked: QueryDict) -> str:
    """Where it goes on: to what using these hours changes, if that was asked for, else to where it began."""
    code, then = asked.get("hours", ""), asked.get("then", "")
    if wanted := asked.getlist(f"for_{code}"):
        onward: dict[str, Any] = {"hours": code, f"for_{code}": wanted} | ({"then": then} if then else {})
        return f"{reverse('hours-use')}?{urlencode(onward, doseq=True)}"
    if then == "set-up":
        return reverse("set-up-step", args=["hours"])
    return reverse("settings", args=["hours"])


def _place_form(asked: QueryDict, *, country: str, region: str) -> Form:
    parts = regions(country) if country else ()
    regional = (select("region", "Region", parts, value=region, first="no region: the days of the whole country"),)
    return Form(
        key="where",
        method="get",
        action=reverse("hours-closed"),
        submit="Show its public holidays",
        style="plain",
        fields=(
            *_kept(asked),
            select("country", "Country", countries(), value=country, first="choose one", required=True),
            *(regional if parts else ()),
        ),
    )


def _days_form(desk: Desk, asked: QueryDict, *, calendar: Calendar, country: str, region: str) -> Form:
    offered = _offered(desk, calendar=calendar, country=country, region=region)
    ticked = proposed_closed(offered=[one.on for one in offered], closed=calendar.holidays)
    years: dict[int, list[Choice]] = {}
    for one in offered:
        choice = Choice(
            value=one.on.isoformat(),
            label=f"{one.on:%A} {one.on.day} {one.on:%B}",
            hint=f"{one.name}{_anyway(one.on, calendar=calendar)}",
            chosen=one.on in ticked,
        )
        years.setdefault(one.on.year, []).append(choice)
    return Form(
        key="closed-days",
        action=reverse("hours-closed"),
        submit="Close on the days that are ticked",
        fields=(*_kept(asked, country=country, region=region), *_year_fields(years)),
        cancel=Link(label="Leave the closed days as they are", url=_onward(asked)),
    )


def _year_fields(years: dict[int, list[Choice]]) -> Sequence[Field]:
    return [
        Field(name=f"{DATED}{year}", label=f"Closed in {year}", kind="checkboxes", choices=tuple(choices))
        for year, choices in years.items()
    ]


def _anyway(on: date, *, calendar: Calendar) -> str:
    """That the day is closed whatever is ticked, where the hours of its weekday are none."""
    return "" if calendar.weekly[on.weekday()] else " (closed anyway)"
