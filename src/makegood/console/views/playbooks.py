"""Playbooks in the settings: written as text and checked while typed, compared before they count, drawn on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from makegood.console.building.playbooks import hours_known, playbook_said, team_lacking
from makegood.console.building.words import code as recovery_code
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered
from makegood.console.viewmodels import Empty, Field, Form, Link, Table, TableRow
from makegood.console.viewmodels.playbooks import (
    ChangedLine,
    PlaybookChange,
    PlaybookCheck,
    PlaybookComparePage,
    PlaybookWritePage,
)
from makegood.console.views import people
from makegood.console.views.frame import Screen, acts, staff
from makegood.organizations.operations import playbook_publish
from makegood.organizations.queries import PlaybookFacts, calendars_latest, playbooks_latest_facts, teams_all
from makegood.recoveries.queries.otherwise import OtherwiseFound, recoveries_otherwise
from makegood.rules.playbooks import Playbook, UnusablePlaybook, data_of, from_data, parse
from makegood.rules.playbooks.differing import changed_lines, differences
from makegood.rules.playbooks.drawing import drawn

NEW = "new"
MOST_LETTERS = 64 * 1024
COUNTS = "It counts for what opens from now on; what is open keeps the version it began with."
MARKS = {"+": "added", "-": "taken", "@": "gap"}


class UnableToPublish(ValueError):
    """Somebody published this playbook meanwhile: look at what changes again before you publish."""


@staff
def drawing(request: HttpRequest, desk: Desk, *, code: str) -> Screen | HttpResponse:
    """Show a playbook on one page, to print."""
    facts = _latest(desk, code)
    if facts is None:
        raise Http404
    svg = drawn(playbook=from_data(facts.data, where=code), version=facts.version)
    return HttpResponse(svg, content_type="image/svg+xml; charset=utf-8", headers={"Cache-Control": "no-store"})


def write_page(request: HttpRequest, desk: Desk, *, code: str) -> Screen | HttpResponse:
    """Show a playbook's text to be changed."""
    facts = None if code == NEW else _latest(desk, code)
    if facts is None and code != NEW:
        raise Http404
    page = PlaybookWritePage(
        title=f"Change {code}" if facts else "A new playbook",
        lead="Nothing counts until you publish. First you see what changes, and for whom.",
        form=_form(code, facts.text if facts else "", "See what changes"),
        check=PlaybookCheck(said=playbook_said(facts, hours=hours_known(organization_id=desk.organization_id)))
        if facts
        else PlaybookCheck(),
        back=_back(),
        drawing=Link(label="See it on one page, to print", url=reverse("playbook-drawing", args=[code]))
        if facts
        else None,
    )
    return Screen(template="console/playbook_write.html", page=page)


write = staff(write_page)


@staff
def check(request: HttpRequest, desk: Desk) -> Screen | HttpResponse:
    """Say of a playbook as it stands in the form whether it can be published; changes nothing."""
    try:
        text, data, _ = _typed(request, desk)
    except Unanswered as error:
        found = PlaybookCheck(wrong=str(error))
    else:
        known = hours_known(organization_id=desk.organization_id)
        found = PlaybookCheck(said=playbook_said(_facts_of(desk, text, data), hours=known))
    return Screen(template="console/parts/playbook_check.html", page={"check": found}, fragment=True)


@acts(write_page)
def compare(request: HttpRequest, desk: Desk, *, code: str) -> Screen | HttpResponse:
    """Show what a playbook as typed changes, and which open recoveries it would have treated otherwise."""
    text, data, playbook = _typed(request, desk)
    shown = change_shown(desk, text=text, data=data, playbook=playbook)
    version = shown.version
    page = PlaybookComparePage(
        title=f"Publish {playbook.code}, version {version + 1}",
        lead=f"{playbook.title}. {COUNTS}",
        change=shown,
        form=_publish_form(text, version) if shown.differences.rows or shown.lines else None,
        again=_form(code, text, "See what changes"),
        back=_back(),
    )
    return Screen(template="console/playbook_compare.html", page=page)


def change_shown(desk: Desk, *, text: str, data: dict[str, Any], playbook: Playbook) -> PlaybookChange:
    """This function will say what a playbook changes against the version that counts, and for whom."""
    before = _latest(desk, playbook.code)
    found = recoveries_otherwise(organization_id=desk.organization_id, playbook=playbook)
    lines = changed_lines(before=plain(before.text), after=text) if before else ()
    known = hours_known(organization_id=desk.organization_id)
    facts = _facts_of(desk, text, data)
    warning = team_lacking(facts, teams=_teams(desk))
    return PlaybookChange(
        key=playbook.code,
        version=before.version if before else 0,
        said=playbook_said(facts, hours=known),
        warning=warning,
        remedy=make_team() if warning else None,
        differences=_differences(before.data if before else {}, data),
        lines=tuple(_line(one) for one in lines),
        otherwise=_otherwise(found),
        otherwise_lead=_otherwise_lead(found),
    )


def publish(request: HttpRequest, desk: Desk) -> people.Done:
    """Publish a playbook as it was shown.

    Raises Unanswered where it cannot be used, UnableToPublish where another version came in between.
    """
    text, data, playbook = _typed(request, desk)
    before = _latest(desk, playbook.code)
    version = before.version if before else 0
    if request.POST.get("version", str(version)) != str(version):
        raise UnableToPublish(UnableToPublish.__doc__)
    playbook_publish(
        organization_id=desk.organization_id,
        code=playbook.code,
        text=text,
        data=data,
        now=desk.facts.now,
        by=desk.member_id,
    )
    return people.Done(
        text=f"Version {version + 1} counts from now on. What is open keeps the version it began with.",
        detail=team_lacking(_facts_of(desk, text, data), teams=_teams(desk)),
    )


def _teams(desk: Desk) -> set[str]:
    return {one.name for one in teams_all(organization_id=desk.organization_id)}


def make_team() -> Link:
    """This function will lead to where a team is made."""
    return Link(label="Make the team", url=f"{reverse('settings', args=['places'])}#teams")


def paste_form() -> Form:
    """This function will ask for the text of a playbook that is not here yet, or of a next version."""
    return _form(NEW, "", "See what changes", title="Publish a file")


def _typed(request: HttpRequest, desk: Desk) -> tuple[str, dict[str, Any], Playbook]:
    text = plain(request.POST.get("playbook", ""))
    if not text.strip():
        raise Unanswered({"playbook": "Paste the playbook."})
    if len(text) > MOST_LETTERS:
        raise Unanswered({"playbook": f"This is too long for a playbook: at most {MOST_LETTERS // 1024} KiB."})
    try:
        data, playbook = data_of(text), parse(text)
    except UnusablePlaybook as error:
        raise Unanswered({"playbook": f"{error}."}) from error
    if playbook.calendar and playbook.calendar not in calendars_latest(organization_id=desk.organization_id):
        problem = (
            f"There are no opening hours called {playbook.calendar!r}: add them in Settings, Opening hours, first."
        )
        raise Unanswered({"playbook": problem})
    return text, data, playbook


def plain(text: str) -> str:
    """This function will bring a playbook's text into the shape in which it is kept."""
    return text.replace("\r\n", "\n").strip("\n") + "\n"


def _latest(desk: Desk, code: str) -> PlaybookFacts | None:
    latest = playbooks_latest_facts(organization_id=desk.organization_id)
    return next((one for one in latest if one.code == code), None)


def _facts_of(desk: Desk, text: str, data: dict[str, Any]) -> PlaybookFacts:
    return PlaybookFacts(code=str(data["code"]), version=0, text=text, data=data, published_at=desk.facts.now)


def _form(code: str, text: str, submit: str, *, title: str = "") -> Form:
    field = Field(
        name="playbook",
        label="The playbook, as YAML",
        kind="textarea",
        value=text,
        rows=24 if text else 12,
        required=True,
        check_url=reverse("playbook-check"),
        check_into="playbook-check",
    )
    action = reverse("playbook-compare", args=[code])
    return Form(key="playbook", action=action, title=title, submit=submit, fields=(field,))


def _publish_form(text: str, version: int) -> Form:
    return Form(
        key="publish",
        action=reverse("settings-act", args=["playbook", "publish"]),
        submit="Publish",
        fields=(
            Field(name="playbook", label="", kind="hidden", value=text),
            Field(name="version", label="", kind="hidden", value=str(version)),
        ),
        cancel=Link(label="Leave it as it is", url=reverse("settings", args=["playbook"])),
    )


def _back() -> Link:
    return Link(label="Playbook", url=reverse("settings", args=["playbook"]))


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Table:
    return Table(
        caption="What changes",
        head=("Where", "Now", "Then"),
        rows=tuple(
            TableRow(cells=(one.where, one.was or "nothing", one.becomes or "nothing"))
            for one in differences(before=before, after=after)
        ),
        empty=Empty(title="Nothing changes", text="It says what the version that counts now says."),
    )


def _line(line: str) -> ChangedLine:
    return ChangedLine(mark=MARKS.get(line[:1], "same"), text=line[1:])


def _otherwise(found: OtherwiseFound) -> Table:
    rows = tuple(
        TableRow(
            cells=(
                f"{recovery_code(one.number)}, {one.customer or 'customer not known'}",
                "; ".join(f"{change.what}: {change.becomes} instead of {change.was}" for change in one.changes),
            ),
            url=reverse("recovery", args=[recovery_code(one.number)]),
        )
        for one in found.shown
    )
    return Table(caption="Open recoveries treated otherwise", head=("Recovery", "It would be"), rows=rows)


def _otherwise_lead(found: OtherwiseFound) -> str:
    if not found.open:
        return "Nothing is open under this playbook."
    looked = f"the newest {found.looked_at} of {found.open}" if found.looked_at < found.open else f"{found.open}"
    if not found.differ:
        return f"Of {looked} open, none would have been treated otherwise."
    what = ", ".join(f"{name.lower()} ({count})" for name, count in found.by_what[:6])
    more = f" The newest {len(found.shown)} of them are below." if found.differ > len(found.shown) else ""
    return (
        f"Of {looked} open, {found.differ} would have been treated otherwise: {what}. They keep the version that they"
        f" began with; nothing changes for them.{more}"
    )
