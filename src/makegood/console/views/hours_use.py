"""Letting opening hours count: the playbooks that use them are published anew, after what that changes was shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console.building.playbooks import playbook_title, playbooks_listed
from makegood.console.desk import Desk
from makegood.console.viewmodels import Empty, Field, Form, Link, Table
from makegood.console.viewmodels.playbooks import HoursUsePage, PlaybookChange
from makegood.console.views.frame import Screen, acts, tell
from makegood.console.views.playbooks import COUNTS, UnableToPublish, change_shown, plain
from makegood.organizations.operations import playbook_publish
from makegood.organizations.queries import PlaybookFacts, calendars_latest
from makegood.rules.playbooks import Playbook, UnusablePlaybook, data_of, parse
from makegood.rules.playbooks.hours import with_calendar


@attrs.frozen(kw_only=True)
class _Next:
    """A playbook as it would be published."""

    before: PlaybookFacts
    text: str
    data: dict[str, Any]
    playbook: Playbook


def use_page(request: HttpRequest, desk: Desk) -> Screen | HttpResponse:
    """Show what changes where the chosen playbooks count these hours, and those that did, and are not chosen, all."""
    asked = request.POST or request.GET
    hours = _hours(desk, asked)
    if not hours:
        return redirect("settings", section="hours")
    chosen, changes = _asked(desk, hours, asked), []
    ready: list[_Next] = []
    for one, calendar in chosen:
        try:
            ready.append(_next(one, calendar))
        except UnusablePlaybook as error:
            changes.append(_by_hand(one, str(error)))
        else:
            shown = change_shown(desk, text=ready[-1].text, data=ready[-1].data, playbook=ready[-1].playbook)
            changes.append(attrs.evolve(shown, title=playbook_title(one)))
    page = HoursUsePage(
        title=f"What changes with the hours of {hours}",
        lead=COUNTS if chosen else "Nothing changes: these playbooks count these hours already, and no other does.",
        changes=tuple(changes),
        form=_publish_form(hours, ready, asked) if ready else None,
        back=Link(label="Opening hours", url=reverse("settings", args=["hours"])),
    )
    return Screen(template="console/hours_use.html", page=page)


@acts(use_page)
def use(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Publish the chosen playbooks with these hours, as they were shown.

    Raises UnableToPublish where another version of one came in between.
    """
    hours = _hours(desk, request.POST)
    if not hours:
        return redirect("settings", section="hours")
    ready = [_next(one, calendar) for one, calendar in _asked(desk, hours, request.POST)]
    if not ready or request.POST.get("versions", "") != _versions(ready):
        raise UnableToPublish(UnableToPublish.__doc__)
    for one in ready:
        playbook_publish(
            organization_id=desk.organization_id,
            code=one.playbook.code,
            text=one.text,
            data=one.data,
            now=desk.facts.now,
            by=desk.member_id,
        )
    names = ", ".join(playbook_title(one.before) for one in ready)
    tell(request, f"Published: {names}.", detail=COUNTS)
    if request.POST.get("then") == "set-up":
        return redirect("set-up-step", step="hours")
    return redirect("settings", section="hours")


def _hours(desk: Desk, asked: QueryDict) -> str:
    """The opening hours that are asked about; "" where there are none of this name."""
    hours = asked.get("hours", "")
    return hours if hours in calendars_latest(organization_id=desk.organization_id) else ""


def _asked(desk: Desk, hours: str, asked: QueryDict) -> list[tuple[PlaybookFacts, str]]:
    """Each playbook that would change, with the calendar that it would count; "" is every hour."""
    wanted = set(asked.getlist(f"for_{hours}"))
    found = []
    for one in playbooks_listed(organization_id=desk.organization_id):
        now = one.data["clocks"].get("calendar") or ""
        then = hours if one.code in wanted else "" if now == hours else now
        if then != now:
            found.append((one, then))
    return found


def _next(one: PlaybookFacts, calendar: str) -> _Next:
    text = plain(with_calendar(text=one.text, calendar=calendar))
    return _Next(before=one, text=text, data=data_of(text), playbook=parse(text))


def _versions(ready: Sequence[_Next]) -> str:
    return " ".join(f"{one.playbook.code}:{one.before.version}" for one in ready)


def _by_hand(one: PlaybookFacts, said: str) -> PlaybookChange:
    return PlaybookChange(
        key=one.code,
        title=playbook_title(one),
        version=one.version,
        said=f"{said}, in Settings, Playbook.",
        differences=Table(caption="What changes", head=("Where", "Now", "Then"), rows=(), empty=NOT_BY_ITSELF),
        lines=(),
        otherwise=Table(caption="Open recoveries treated otherwise", head=("Recovery", "It would be"), rows=()),
        otherwise_lead="",
    )


NOT_BY_ITSELF = Empty(title="Not by itself", text="Its file is written in a way that only a person can change.")


def _publish_form(hours: str, ready: Sequence[_Next], asked: QueryDict) -> Form:
    chosen = [(f"for_{hours}", one) for one in asked.getlist(f"for_{hours}")]
    kept = [("hours", hours), ("versions", _versions(ready)), ("then", asked.get("then", "")), *chosen]
    counts = any(one.playbook.calendar == hours for one in ready)
    return Form(
        key="publish",
        action=reverse("hours-use"),
        submit="Let these hours count" if counts else "Count every hour again",
        fields=tuple(Field(name=name, label="", kind="hidden", value=value) for name, value in kept if value),
        cancel=Link(label="Leave it as it is", url=reverse("settings", args=["hours"])),
    )
