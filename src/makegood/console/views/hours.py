"""Opening hours in the settings: the calendars whose working time clocks count, each version from its moment on."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from makegood.console.asking import select, zones
from makegood.console.building.playbooks import playbook_title, playbooks_listed
from makegood.console.building.words import said_at
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered, answers
from makegood.console.viewmodels import Choice, Fact, Field, Form, Link, SettingsSection
from makegood.console.views.closed_days import MOST
from makegood.console.views.people import Done
from makegood.core.calendars import DAYS, Calendar, UnusableCalendar
from makegood.listen.intake.values import ASK, UnreadableTime, date_order, time_plain
from makegood.organizations.operations import calendar_publish
from makegood.organizations.queries import CalendarFacts, PlaybookFacts, calendars_latest, organization_facts
from makegood.rules.public_holidays import countries, country_of

DAY_NAMES = dict(zip(DAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True))
USUAL = dict.fromkeys(DAYS[:5], "09:00-17:00")
SPAN = re.compile(r"(\d{1,2})(?:[:.](\d\d))?\s*(?:-|–|to)\s*(\d{1,2})(?:[:.](\d\d))?", re.ASCII)  # noqa: RUF001
CLOSED = ("", "closed", "-")
SOON = timedelta(days=90)
"""So long before the last closed day that is known, later ones are asked for."""


def sections(desk: Desk, *, action: str, chosen: str) -> tuple[SettingsSection, ...]:
    """This function will show every calendar, and a form to change the chosen one or to add another."""
    latest = calendars_latest(organization_id=desk.organization_id)
    listed = playbooks_listed(organization_id=desk.organization_id)
    shown = tuple(
        SettingsSection(
            title=code,
            key=f"hours-{code}",
            lead=used_said(desk, code),
            facts=_facts(desk, one),
            links=() if code == chosen else _ways(code),
            forms=() if code == chosen else (_use_form(code, listed),),
        )
        for code, one in latest.items()
    )
    if chosen in latest:
        form = _form(action, code=chosen, data=latest[chosen].data)
        return (*shown, SettingsSection(title=f"Change {chosen}", key="hours-change", forms=(form,)))
    new = SettingsSection(
        title="New opening hours",
        key="hours-new",
        lead="Clocks of a playbook that uses them count only the time inside; without any, every minute counts.",
        forms=(_new_form(desk, action, listed=listed, first=not latest),),
    )
    return (*shown, new)


def _ways(code: str) -> tuple[Link, ...]:
    """Where these hours are changed, and where their public holidays are gone through."""
    return (
        Link(label="Change them", url=f"{reverse('settings', args=['hours'])}?change={code}#hours-form"),
        Link(label="Public holidays", url=f"{reverse('hours-closed')}?{urlencode({'hours': code})}"),
    )


def first_form(desk: Desk, *, action: str) -> Form:
    """This function will ask for opening hours while an organization is set up."""
    here = desk.organization_id
    first = not calendars_latest(organization_id=here)
    return _new_form(desk, action, listed=playbooks_listed(organization_id=here), first=first)


def _new_form(desk: Desk, action: str, *, listed: Sequence[PlaybookFacts], first: bool) -> Form:
    zone = organization_facts(organization_id=desk.organization_id).zone
    return _form(action, code="", data={"zone": zone}, listed=listed, first=first)


def publish(request: HttpRequest, desk: Desk) -> Done:
    """Let opening hours count from now on. Raises Unanswered for hours that cannot be worked with."""
    given = answers(request.POST, hours_code="Give these hours a name, such as shop.", hours_zone="Choose a time zone.")
    code = given["hours_code"].strip().lower()
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", code):
        raise Unanswered({"hours_code": "Use letters, digits and hyphens for the name, such as shop."})
    data = {"zone": given["hours_zone"], **_hours_given(request.POST)}
    try:
        calendar = Calendar.from_data(data)
    except UnusableCalendar as error:
        raise Unanswered({"hours_mon": str(error)}) from error
    wanted = [one for one in request.POST.getlist("hours_for") if re.fullmatch(r"[\w-]{1,60}", one)]
    country = request.POST.get("hours_country", "")
    calendar_publish(
        organization_id=desk.organization_id,
        code=code,
        data=calendar.as_data(),
        active_from=desk.facts.now,
        now=desk.facts.now,
        by=desk.member_id,
    )
    setting_up = request.path.startswith("/set-up")
    asked = {"hours": code, f"for_{code}": wanted} | ({"then": "set-up"} if setting_up else {})
    if country:
        asked |= {"country": country}
        text = f"The hours of {code} are kept. Say on which public holidays you are closed."
        return Done(text=text, to=f"{reverse('hours-closed')}?{urlencode(asked, doseq=True)}")
    if _used_by(desk).get(code):
        return Done(text=f"The hours of {code} count from now on. Time that was used stays used.")
    if not wanted:
        where = "in Settings, Opening hours" if setting_up else "below"
        return Done(text=f"The hours of {code} are kept. They count once a playbook uses them: choose which {where}.")
    text = f"The hours of {code} are kept. See what they change, then let them count."
    return Done(text=text, to=f"{reverse('hours-use')}?{urlencode(asked, doseq=True)}")


def _hours_given(given: Mapping[str, str]) -> dict[str, Any]:
    """The hours of each day and the days that are closed. Raises Unanswered that names all that is wrong with them."""
    weekly: dict[str, list[list[str]]] = {}
    holidays: list[str] = []
    wrong: dict[str, str] = {}
    for day in DAYS:
        try:
            weekly[day] = _spans(given, day)
        except Unanswered as error:
            wrong |= error.wrong
    try:
        holidays = _holidays(given.get("hours_holidays", ""))
    except Unanswered as error:
        wrong |= error.wrong
    if wrong:
        raise Unanswered(wrong)
    return {"weekly": {day: spans for day, spans in weekly.items() if spans}, "holidays": holidays}


def _spans(given: Mapping[str, str], day: str) -> list[list[str]]:
    """The day's hours as typed: "09:00-12:30, 14-18", or nothing for a day that is closed. Raises Unanswered."""
    text = given.get(f"hours_{day}", "").strip().lower()
    if text in CLOSED:
        return []
    spans = []
    for part in re.split(r"\s*[,;]\s*", text):
        match = SPAN.fullmatch(part)
        if match is None:
            problem = f"Write the hours of {DAY_NAMES[day]} like 09:00-12:30, 14:00-18:00, or leave it empty if closed."
            raise Unanswered({f"hours_{day}": problem})
        start, start_minute, end, end_minute = match.groups()
        span = [f"{int(start):02}:{start_minute or '00'}", f"{int(end):02}:{end_minute or '00'}"]
        if span[1] < span[0]:
            raise Unanswered({f"hours_{day}": _backwards(*span, day=day)})
        spans.append(span)
    try:
        Calendar.from_data({"zone": "UTC", "weekly": {day: spans}})
    except UnusableCalendar as error:
        raise Unanswered({f"hours_{day}": str(error)}) from error
    return spans


def _backwards(start: str, end: str, *, day: str) -> str:
    """What may have been meant by hours that end before they begin: an afternoon, or a night."""
    later = f"{int(end[:2]) + 12:02}{end[2:]}"
    afternoon = f" For the afternoon write {start}-{later}." if start < later < "24:00" else ""
    after = DAY_NAMES[DAYS[(DAYS.index(day) + 1) % len(DAYS)]]
    night = f"{start}-24:00 here" + ("" if end == "00:00" else f" and 00:00-{end} on {after}")
    return f"On {DAY_NAMES[day]} {start}-{end} ends before it begins.{afternoon} For a night write {night}."


def _holidays(text: str) -> list[str]:
    days = text.replace(",", " ").split()
    if len(days) > MOST:
        raise Unanswered({"hours_holidays": f"Write at most {MOST} days."})
    order = date_order(days)
    if order.way == ASK:
        raise Unanswered({"hours_holidays": f"In these days {order.why}: write them like 2026-12-25."})
    days = [_day(one, order.way) for one in days]
    try:
        Calendar.from_data({"zone": "UTC", "weekly": {"mon": [["00:00", "24:00"]]}, "holidays": days})
    except UnusableCalendar as error:
        raise Unanswered({"hours_holidays": str(error)}) from error
    return days


def _day(text: str, order: str) -> str:
    try:
        return time_plain(text, order)
    except UnreadableTime:
        return text


def _typed(spans: list[list[str]]) -> str:
    return ", ".join(f"{start}-{end}" for start, end in spans)


def _facts(desk: Desk, one: CalendarFacts) -> tuple[Fact, ...]:
    weekly = one.data.get("weekly", {})
    closed = [day for day in one.data.get("holidays", ()) if day >= desk.facts.now.date().isoformat()]
    return (
        *(Fact(label=name, value=_typed(weekly.get(day, [])) or "closed") for day, name in DAY_NAMES.items()),
        Fact(label="Time zone", value=str(one.data["zone"])),
        Fact(label="Closed days to come", value=_few(closed) or "none", note=_until(desk, closed)),
        Fact(label="So since", value=said_at(desk, one.active_from)),
    )


def _until(desk: Desk, closed: Sequence[str]) -> str:
    """Until when closed days are known; once that is near, that later ones are to be brought."""
    if not closed:
        return "Public holidays brings those of your country."
    near = closed[-1] < (desk.facts.now + SOON).date().isoformat()
    return f"Known until {closed[-1]}{': Public holidays brings later ones.' if near else '.'}"


def week_said(data: Mapping[str, Any]) -> str:
    """This function will say in a line which hours were understood: "Monday to Friday 09:00-20:00, Sunday closed"."""
    weekly, groups = data.get("weekly", {}), list[list[str]]()
    for day in DAYS:
        spans = _typed(weekly.get(day, [])) or "closed"
        if groups and groups[-1][2] == spans:
            groups[-1][1] = day
        else:
            groups.append([day, day, spans])
    said = [
        f"{DAY_NAMES[first]}{f' to {DAY_NAMES[last]}' if last != first else ''} {spans}"
        for first, last, spans in groups
    ]
    closed = data.get("holidays", ())
    days = f"; closed on {_few([*closed])}" if closed else ""
    return f"{', '.join(said)}{days}"


def _few(days: list[str]) -> str:
    return ", ".join(days[:6]) + (f" and {len(days) - 6} more" if len(days) > 6 else "")


def _used_by(desk: Desk) -> dict[str, list[PlaybookFacts]]:
    used: dict[str, list[PlaybookFacts]] = {}
    for one in playbooks_listed(organization_id=desk.organization_id):
        if code := one.data["clocks"].get("calendar"):
            used.setdefault(code, []).append(one)
    return used


def _country_field(zone: str) -> Field:
    hint = "You see each day before it counts, and strike those on which you are open."
    named, guessed = "Whose public holidays you keep", country_of(zone)
    return select("hours_country", named, countries(), value=guessed, first="nobody's: I write my days", hint=hint)


def _playbooks_field(name: str, listed: Sequence[PlaybookFacts], chosen: Collection[str]) -> Field:
    return Field(
        name=name,
        label="Use these hours for",
        kind="checkboxes",
        hint="You see what changes before it counts. What is open keeps what it began with.",
        choices=tuple(
            Choice(
                value=one.code,
                label=playbook_title(one),
                hint=f"now: {one.data['clocks'].get('calendar') or 'every hour counts'}",
                chosen=one.code in chosen,
            )
            for one in listed
        ),
    )


def _use_form(code: str, listed: Sequence[PlaybookFacts]) -> Form:
    """Ask which playbooks count these hours; what that changes is shown next."""
    chosen = [one.code for one in listed if one.data["clocks"].get("calendar") == code]
    fields = (Field(name="hours", label="", kind="hidden", value=code), _playbooks_field(f"for_{code}", listed, chosen))
    return Form(key=f"use-{code}", method="get", action=reverse("hours-use"), submit="See what changes", fields=fields)


def used_said(desk: Desk, code: str) -> str:
    """This function will say in which playbooks these opening hours count."""
    return _used_words([playbook_title(one) for one in _used_by(desk).get(code, [])])


def _used_words(codes: list[str]) -> str:
    if not codes:
        return "No playbook uses these hours yet, so they do not count: choose below for which they do."
    return f"They count in the clocks of: {', '.join(codes)}."


def _form(
    action: str,
    *,
    code: str,
    data: Mapping[str, Any],
    listed: Sequence[PlaybookFacts] = (),
    first: bool = False,
) -> Form:
    """Ask for hours: those of `code` changed, or new ones with the playbooks of `listed` that are to use them.

    With `first` the playbook for anyone is ticked beforehand.
    """
    weekly = data.get("weekly")
    hours = {day: _typed(weekly.get(day, [])) for day in DAYS} if weekly else USUAL
    name = (
        Field(name="hours_code", label="", kind="hidden", value=code)
        if code
        else Field(
            name="hours_code",
            label="Name",
            required=True,
            maxlength=40,
            hint="What playbooks call it, in small letters, such as shop",
        )
    )
    return Form(
        key="hours-form",
        action=action,
        submit="Keep these hours" if code else "Add these hours",
        fields=(
            name,
            Field(
                name="hours_zone",
                label="Time zone",
                kind="select",
                required=True,
                choices=zones(),
                value=str(data["zone"]),
            ),
            *(
                Field(
                    name=f"hours_{day}",
                    label=said,
                    value=hours.get(day, ""),
                    maxlength=200,
                    hint="Such as 09:00-12:30, 14:00-18:00. Empty is closed." if day == DAYS[0] else "",
                )
                for day, said in DAY_NAMES.items()
            ),
            Field(
                name="hours_holidays",
                label="Days on which you are closed",
                kind="textarea",
                value="\n".join(data.get("holidays", ())),
                hint="One a line, such as 2026-12-25 or 25/12/2026."
                + ("" if code else " Public holidays need not be typed: they are proposed next."),
            ),
            *(() if code else (_country_field(str(data["zone"])),)),
            *((_playbooks_field("hours_for", listed, {"default"} if first else ()),) if listed else ()),
        ),
    )
