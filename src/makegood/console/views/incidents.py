"""Incidents: what is held until a person says yes, one plan for all, everyone affected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console.asking import select, whole
from makegood.console.building import words
from makegood.console.building.for_all import codes, forms_of, sorry_link
from makegood.console.building.incident_story import incident_story
from makegood.console.building.leaving import leaving_words, yes_said
from makegood.console.desk import Desk
from makegood.console.refill import answers
from makegood.console.viewmodels import (
    ClockFace,
    Empty,
    Fact,
    Field,
    Form,
    FormPage,
    IncidentPage,
    IncidentRow,
    IncidentsPage,
    Link,
    RecoveryRow,
    Tag,
)
from makegood.console.views.frame import Screen, acts, gone_to, staff, tell
from makegood.console.views.saved import saved_panel
from makegood.failures.incidents import incident_close, incident_confirm, incident_dismiss, incident_open
from makegood.failures.queries import (
    HeldFailure,
    IncidentFacts,
    causes_tree,
    incident_failures,
    incident_one,
    incidents_counted,
    incidents_list,
)
from makegood.organizations.queries import places_all
from makegood.recoveries.operations import Leaving, incident_leaving
from makegood.recoveries.queries import Begun, Filters, incident_begun, recoveries_list

TABS = (("", "All"), ("proposed", "To decide"), ("open", "Open"), ("closed", "Closed"), ("dismissed", "Dismissed"))
NOWHERE = "It is nowhere in particular, so nothing joins it by itself."
WORDS = {"proposed": "to decide", "open": "open", "closed": "closed", "dismissed": "no incident"}


@staff
def incidents(request: HttpRequest, desk: Desk) -> Screen:
    """List incidents, those to decide first."""
    state = request.GET.get("state", "")
    state = state if state in dict(TABS) else ""
    page = words.page_of(request.GET.get("page"))
    rows = incidents_list(
        organization_id=desk.organization_id,
        places=desk.places,
        states=(state,) if state else (),
        offset=(page - 1) * words.PER_PAGE,
        most=words.PER_PAGE + 1,
    )
    path = reverse("incidents")
    return Screen(
        template="console/incidents.html",
        current="incidents",
        page=IncidentsPage(
            title="Incidents",
            rows=tuple(_row(one) for one in rows[: words.PER_PAGE]),
            filters=tuple(
                Link(label=label, url=f"{path}?state={name}" if name else path, current=name == state)
                for name, label in TABS
            ),
            open_url=reverse("incident-new") if desk.may("incident-new") else "",
            saved=saved_panel(
                request,
                desk,
                "incidents",
                count=lambda said: incidents_counted(
                    organization_id=desk.organization_id, places=desk.places, state=said.get("state", "")
                ),
            ),
            pager=words.pager(
                path=path,
                query=f"state={state}" if state else "",
                page=page,
                shown=min(len(rows), words.PER_PAGE),
                more=len(rows) > words.PER_PAGE,
            ),
            empty=Empty(
                title="No incidents",
                text="When many are failed at once, or a source falls silent, it is proposed here, and nothing is sent"
                " until somebody says what it is.",
            ),
        ),
    )


def _row(one: IncidentFacts) -> IncidentRow:
    code = words.incident_code(one.number)
    return IncidentRow(
        code=code,
        title=one.title,
        url=reverse("incident", args=[code]),
        state=one.state,
        state_word=WORDS[one.state],
        began_at=one.active_from,
        affected=one.failures - one.withdrawn,
        owner=one.owner,
        note="held until somebody decides" if one.state == "proposed" else "",
    )


def incident_of(desk: Desk, code: str) -> IncidentFacts:
    """This function will find the incident of a code, if the reader may see it. Raises Http404."""
    number = words.number_of(code, "I")
    found = None
    if number is not None:
        found = incident_one(organization_id=desk.organization_id, number=number, places=desk.places)
    if found is None:
        raise Http404
    return found


def incident_page(request: HttpRequest, desk: Desk, *, code: str) -> Screen:
    """Show one incident."""
    one = incident_of(desk, code)
    page = words.page_of(request.GET.get("page"))
    offset = (page - 1) * words.PER_PAGE
    here = desk.organization_id
    rows: tuple[RecoveryRow, ...] = ()
    more = False
    begun: Sequence[Begun] = ()
    leaving: Leaving | None = None
    if one.state in ("open", "closed"):
        found = recoveries_list(
            organization_id=here,
            filters=Filters(incident_id=one.id, place_ids=desk.places),
            limit=words.PER_PAGE,
            offset=offset,
        )
        rows, more = tuple(words.recovery_row(desk, row) for row in found.rows), found.more
    elif one.state == "proposed":
        held = incident_failures(organization_id=here, incident_id=one.id, offset=offset, most=words.PER_PAGE + 1)
        begun = incident_begun(organization_id=here, incident_id=one.id)
        leaving = incident_leaving(organization_id=here, incident_id=one.id, by=desk.member_id, now=desk.facts.now)
        by_failure = {row.failure_id: row for row in begun}
        listed = _listed(desk, [by_failure[one.id].number for one in held[: words.PER_PAGE] if one.id in by_failure])
        rows = tuple(_held(desk, failure, by_failure.get(failure.id), listed) for failure in held[: words.PER_PAGE])
        more = len(held) > words.PER_PAGE
    return Screen(
        template="console/incident.html",
        current="incidents",
        page=IncidentPage(
            code=words.incident_code(one.number),
            title=one.title,
            state_word=WORDS[one.state],
            lead=_lead(one, begun),
            tags=(Tag(text=f"{one.withdrawn:,} withdrawn by late evidence", tone="glaze"),) if one.withdrawn else (),
            facts=_facts(desk, one),
            reasons=words.reason_lines(one.explanation),
            confirm=_confirm(desk, one, begun, leaving),
            leaving=leaving_words(leaving) if desk.may("incident-confirm") else (),
            dismiss=_dismiss(desk, one),
            rows=rows,
            affected=one.failures - one.withdrawn,
            pager=words.pager(path=request.path, query="", page=page, shown=len(rows), more=more),
            timeline=incident_story(desk, one),
            close=_close(desk, one),
            sorry=sorry_link(desk, one),
            for_all=forms_of(desk, one),
        ),
    )


incident = staff(incident_page)


def _listed(desk: Desk, numbers: Sequence[int]) -> dict[int, RecoveryRow]:
    """What Today shows of these recoveries, by number: a proposed incident does not stop their clocks."""
    if not numbers:
        return {}
    found = recoveries_list(organization_id=desk.organization_id, filters=Filters(numbers=numbers))
    return {row.number: words.recovery_row(desk, row) for row in found.rows if row.state == "open"}


def _held(desk: Desk, failure: HeldFailure, begun: Begun | None, listed: Mapping[int, RecoveryRow]) -> RecoveryRow:
    state = "Held, nothing sent"
    if failure.withdrawn:
        state = "Withdrawn"
    elif begun is not None and begun.written:
        state = "Written to already, the rest is held"
    code = f"F-{failure.id}" if begun is None else words.code(begun.number)
    found = words.said_at(desk, failure.happened_at)
    known = listed.get(begun.number) if begun is not None else None
    return RecoveryRow(
        code=code,
        url=reverse("customer", args=[failure.customer_id]) if begun is None else reverse("recovery", args=[code]),
        who=words.who(failure.customer),
        what=failure.what or "a promise was not kept",
        note=found if begun is None else f"{code}, {found}",
        next=f"{state}. Next: {known.next}" if known else state,
        clock=known.clock if known else ClockFace(label="", due_at=None, state="none"),
    )


def _lead(one: IncidentFacts, begun: Sequence[Begun]) -> str:
    left = one.failures - one.withdrawn
    if one.state == "proposed":
        written = [row for row in begun if row.written]
        if not written:
            return f"Held: {left:,}. None of them has been written to."
        numbers = sorted({row.number for row in written})
        return f"Held: {left - len(written):,}. Already written to: {len(written):,} ({codes(numbers)})."
    if one.state == "open":
        said = f"{left:,} customers, one plan for all: the same fix, the same base beyond what each is owed."
        return said if one.place or one.source else f"{said} {NOWHERE}"
    if one.state == "dismissed":
        return "It was no incident: each customer is treated alone."
    if one.withdrawn and not left:
        return "Nobody was failed: late evidence withdrew all of it."
    return "It is over. Its recoveries go on until each is put right."


def _facts(desk: Desk, one: IncidentFacts) -> tuple[Fact, ...]:
    began = words.said_at(desk, one.active_from)
    facts = [Fact(label="Began", value=began)]
    if one.place:
        facts.append(Fact(label="Place", value=one.place))
    if one.source:
        facts.append(Fact(label="Source", value=one.source))
    if one.owner:
        facts.append(Fact(label="Owner", value=one.owner))
    facts.append(Fact(label="Customers", value=f"{one.failures - one.withdrawn:,}"))
    return tuple(facts)


def _confirm(desk: Desk, one: IncidentFacts, begun: Sequence[Begun], leaving: Leaving | None) -> Form | None:
    if one.state != "proposed" or not desk.may("incident-confirm"):
        return None
    left = one.failures - one.withdrawn
    whom = f"the {left - len(begun):,} that have none yet" if begun else f"the {left:,}"
    return Form(
        key="confirm",
        action=reverse("incident-confirm", args=[words.incident_code(one.number)]),
        title="Is this one thing that hit them all?",
        lead=f"Yes opens a recovery for each of {whom}, with one plan, and you own it."
        f" {yes_said(desk, one, leaving)}".rstrip(),
        submit="Yes, it is one incident",
        style="gold",
        fields=(Field(name="seen", label="", kind="hidden", value=str(left)),),
    )


def _dismiss(desk: Desk, one: IncidentFacts) -> Form | None:
    if one.state != "proposed" or not desk.may("incident-dismiss"):
        return None
    return Form(
        key="dismiss",
        action=reverse("incident-dismiss", args=[words.incident_code(one.number)]),
        submit="No, treat each alone",
        style="plain",
    )


def _close(desk: Desk, one: IncidentFacts) -> Form | None:
    if one.state != "open" or not desk.may("incident-close"):
        return None
    causes = causes_tree(organization_id=desk.organization_id, since_at=desk.facts.now)
    return Form(
        key="close-incident",
        action=reverse("incident-close", args=[words.incident_code(one.number)]),
        submit="It is over",
        style="plain",
        lead="Its recoveries go on until each is put right.",
        fields=(select("cause", "Cause", [(str(c.id), c.path) for c in causes], first="Not known yet"),),
    )


@acts(incident_page)
def confirm(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Say yes: it is one incident."""
    one = incident_of(desk, code)
    opened = incident_confirm(
        organization_id=desk.organization_id,
        incident_id=one.id,
        by=desk.member_id,
        now=desk.facts.now,
        seen=whole(request.POST.get("seen", ""), field="seen"),
    )
    tell(request, f"It is one incident. {opened:,} recoveries are open, with one plan.")
    return gone_to("incident", code=code)


@acts(incident_page)
def dismiss(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Say no: each customer is treated alone."""
    one = incident_of(desk, code)
    freed = incident_dismiss(
        organization_id=desk.organization_id, incident_id=one.id, by=desk.member_id, now=desk.facts.now
    )
    tell(request, f"It is none. Each of the {freed:,} goes its own way.")
    return gone_to("incident", code=code)


@acts(incident_page)
def close(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Say that an incident is over."""
    one = incident_of(desk, code)
    cause = request.POST.get("cause", "")
    incident_close(
        organization_id=desk.organization_id,
        incident_id=one.id,
        by=desk.member_id,
        now=desk.facts.now,
        cause_id=whole(cause, field="cause", least=1, most=2**63 - 1) if cause else None,
    )
    tell(request, "It is over.")
    return gone_to("incident", code=code)


def new_page(request: HttpRequest, desk: Desk) -> Screen:
    """Ask for an incident opened by hand."""
    places = places_all(organization_id=desk.organization_id, only=desk.places)
    return Screen(
        template="console/form_page.html",
        current="incidents",
        page=FormPage(
            title="Open an incident",
            lead="One cause that hits many: one owner, one clock, one plan. You own it.",
            back=Link(label="Incidents", url=reverse("incidents")),
            form=Form(
                key="incident-new",
                action=reverse("incident-new"),
                submit="Open it",
                draft=True,
                fields=(
                    Field(name="title", label="What is wrong?", required=True, maxlength=160),
                    select(
                        "place",
                        "Where?",
                        [(str(one.id), one.name) for one in places],
                        first="Nowhere in particular",
                        hint="Failures of this place join it from now on. Without a place, nothing joins it by itself.",
                    ),
                ),
            ),
        ),
    )


@acts(new_page)
def new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Open an incident by hand."""
    given = answers(request.POST, title="Say what is wrong.")
    wanted = request.POST.get("place", "")
    places = {str(one.id) for one in places_all(organization_id=desk.organization_id, only=desk.places)}
    incident_open(
        organization_id=desk.organization_id,
        title=given["title"],
        by=desk.member_id,
        now=desk.facts.now,
        place_id=int(wanted) if wanted in places else None,
    )
    tell(request, "It is open, and yours.")
    return redirect("incidents")
