"""What a person does for everybody whom an incident hit, with one form."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from makegood.console.asking import whole
from makegood.console.building.for_all import refused_in_words
from makegood.console.building.sorry import READ, Sorry, sorry_page
from makegood.console.desk import Desk
from makegood.console.refill import answers
from makegood.console.views.frame import Screen, acts, gone_to, tell
from makegood.console.views.incidents import incident_of, incident_page
from makegood.failures.queries import IncidentFacts
from makegood.recoveries import operations
from makegood.recoveries.operations.bulk import UnableToDoMany, bulk_begin
from makegood.recoveries.operations.sorry import sorry_bars
from makegood.recoveries.queries import incident_recoveries
from makegood.recoveries.saying import apologies_shown


def _given(desk: Desk, code: str) -> dict[str, object]:
    return {
        "organization_id": desk.organization_id,
        "incident_id": incident_of(desk, code).id,
        "by": desk.member_id,
        "now": desk.facts.now,
        "places": desk.places,
    }


def _upto(request: HttpRequest) -> int:
    """The number of the last recovery that the page listed."""
    return whole(request.POST.get("upto", ""), field="upto")


@acts(incident_page)
def fix(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Record the fix for every open recovery of an incident."""
    note = answers(request.POST, fixed="Say in a few words what was done.")["fixed"]
    done = operations.incident_fix_done(**_given(desk, code), note=note, upto=_upto(request))  # type: ignore[arg-type]
    tell(
        request,
        f"The fix is recorded for {len(done.done):,}." if done.done else "The fix was recorded for nobody.",
        detail=refused_in_words(done),
        tone="good" if done.done else "bad",
    )
    return gone_to("incident", code=code)


@acts(incident_page)
def offer(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Offer the same extra to every open recovery of an incident, or to none."""
    done = operations.incident_offer(
        **_given(desk, code),  # type: ignore[arg-type]
        remedy=answers(request.POST, remedy="Choose what to offer.")["remedy"],
        upto=_upto(request),
    )
    tell(
        request,
        f"Offered to {len(done.done):,}. They are told at once, or when their night is over."
        if done.done
        else "Offered to nobody.",
        detail=refused_in_words(done),
        tone="good" if done.done else "bad",
    )
    return gone_to("incident", code=code)


@acts(incident_page)
def ask(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Ask a colleague to offer the same to all, where one's own limit does not cover all."""
    wanted = answers(request.POST, wanted="Choose what to ask for.")["wanted"]
    name = operations.incident_ask(**_given(desk, code), remedy=wanted)  # type: ignore[arg-type]
    tell(
        request, f"Asked: {name}.", detail="Nothing was offered yet. Whoever says yes offers it to all from this page."
    )
    return gone_to("incident", code=code)


def _sorry(desk: Desk, one: IncidentFacts) -> Sorry:
    here, now = desk.organization_id, desk.facts.now
    numbers = incident_recoveries(organization_id=here, incident_id=one.id, by=desk.member_id, places=desk.places)
    why = sorry_bars(organization_id=here, recovery_ids=list(numbers), now=now)
    able = sorted(recovery_id for recovery_id, bar in why.items() if not bar)[:READ]
    shown = apologies_shown(organization_id=here, recovery_ids=able, by=desk.member_id, now=now)
    return Sorry(why=why, numbers=numbers, shown=shown)


def sorry_screen(request: HttpRequest, desk: Desk, *, code: str) -> Screen:
    """Show what would be said to all whom an incident hit, and who would not be told."""
    one = incident_of(desk, code)
    return Screen(template="console/sorry.html", current="incidents", page=sorry_page(desk, one, _sorry(desk, one)))


@acts(sorry_screen)
def sorry(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Say sorry to all of them with one yes, after the words were shown; the workers do it one by one."""
    found = _sorry(desk, incident_of(desk, code))
    seen = whole(request.POST.get("seen", ""), field="seen")
    if len(found.able) > seen:
        raise UnableToDoMany(f"There are {len(found.able):,} by now: look again, and say yes again.")
    bulk_id = bulk_begin(
        organization_id=desk.organization_id,
        action="apology",
        chosen={},
        words="",
        recovery_ids=found.able,
        by=desk.member_id,
        now=desk.facts.now,
    )
    return gone_to("bulk", bulk_id=bulk_id)
