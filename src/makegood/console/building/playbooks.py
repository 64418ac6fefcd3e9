"""A playbook in a few plain words, for somebody who is to choose one and will not read its file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from makegood.core.calendars import Calendar
from makegood.core.remedies import Remedy
from makegood.organizations.queries import PlaybookFacts, calendars_latest, playbooks_latest_facts
from makegood.rules.playbooks import Playbook, from_data

DAY, HOUR = 1440, 60
NO_HOURS: Mapping[str, Calendar] = MappingProxyType({})
NUMBERS = dict(enumerate("one two three four five six seven eight nine ten eleven twelve".split(), start=1))


def playbooks_listed(*, organization_id: int) -> list[PlaybookFacts]:
    """This function will list the newest versions of an organization's playbooks, the one for anyone first."""
    found = playbooks_latest_facts(organization_id=organization_id)
    return sorted(found, key=lambda one: (one.code != "default", one.code))


def playbook_title(facts: PlaybookFacts) -> str:
    """This function will name a playbook as its authors did."""
    return _read(facts).title


def team_lacking(facts: PlaybookFacts, *, teams: Collection[str]) -> str:
    """This function will say that a playbook names a team that is not here, who owns meanwhile, and what to do."""
    team = _read(facts).team
    if not team or team in teams:
        return ""
    return (
        f"It names a team, “{team}”, that you do not have: make it under Settings, Places, and put its people in it."
        " Until then whoever serves the place and has least to do owns what it opens."
    )


def hours_known(*, organization_id: int) -> dict[str, Calendar]:
    """This function will read an organization's opening hours as they count now, by their name."""
    latest = calendars_latest(organization_id=organization_id)
    return {code: Calendar.from_data(one.data) for code, one in latest.items()}


def playbook_said(facts: PlaybookFacts, *, hours: Mapping[str, Calendar] = NO_HOURS) -> str:
    """This function will say what a playbook does: what counts as late, by when what happens, what goes by itself.

    `hours` are the opening hours that it may name: what counts only their time is said in days, too.
    """
    playbook = _read(facts)
    notice = playbook.promises["default"].notice_minutes
    targets, said = playbook.targets, _open_span if playbook.calendar else _span
    return " ".join(
        one
        for one in (
            f"A promise counts as broken once it is {_span(notice)} late." if notice else "Any lateness counts.",
            f"They hear of it within {said(targets['acknowledge'].minutes)}, an answer comes within"
            f" {said(targets['respond'].minutes)}, and it is put right within {said(targets['fix'].minutes)}.",
            _open(targets["fix"].minutes, hours.get(playbook.calendar)) if playbook.calendar else "",
            _alone(playbook),
            f"Extras: {', '.join(one.title.lower() for one in playbook.remedies)}." if playbook.remedies else "",
        )
        if one
    )


def _read(facts: PlaybookFacts) -> Playbook:
    return from_data(facts.data, where=f"playbook {facts.code}")


def _alone(playbook: Playbook) -> str:
    apology = playbook.steps["apologise"].send
    if apology == "at_once":
        return "An apology goes by itself, at once, in its owner's name; of an incident only after a person's yes."
    first = "A first word with their page goes by itself" if playbook.acknowledgement == "at_once" else ""
    waits = "an apology waits for your click" if apology == "person" else "an apology goes soon, unless you stop it"
    return f"{first}; {waits}." if first else f"{waits.capitalize()}."


def _open_span(minutes: int) -> str:
    """A length of open time: a day of it is none on the wall, so it is said in hours."""
    return f"{minutes // HOUR} hours" if minutes >= 2 * HOUR and minutes % HOUR == 0 else _span(minutes)


def _open(minutes: int, calendar: Calendar | None) -> str:
    """Say that only open hours count, and how many days of the calendar a length comes to."""
    if calendar is None or minutes <= calendar.open_day:
        return "Only open hours count."
    days = (2 * minutes + calendar.open_day) // (2 * calendar.open_day)
    about = "" if minutes == days * calendar.open_day else "about "
    plural = "s" if days > 1 else ""
    return f"Only open hours count: {_open_span(minutes)} are {about}{NUMBERS.get(days, days)} of your day{plural}."


def _span(minutes: int) -> str:
    for unit, word in ((DAY, "day"), (HOUR, "hour")):
        if (minutes >= 2 * unit and minutes % unit == 0) or minutes == unit == HOUR:
            count = minutes // unit
            return f"{count} {word}{'s' if count > 1 else ''}"
    return "24 hours" if minutes == DAY else f"{minutes} minutes"


def playbook_remedies(*, organization_id: int, code: str = "") -> tuple[Remedy, ...]:
    """This function will list what a playbook lets people give: the one of this code, else the one for anyone."""
    listed = playbooks_listed(organization_id=organization_id)
    chosen = next((one for one in listed if one.code == code), next(iter(listed), None))
    return _read(chosen).remedies if chosen else ()
