"""What a person does for everybody whom an incident hit, with one form."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from makegood.console.asking import whole
from makegood.console.building.for_all import refused_in_words
from makegood.console.desk import Desk
from makegood.console.refill import answers
from makegood.console.views.frame import acts, gone_to, tell
from makegood.console.views.incidents import incident_of, incident_page
from makegood.recoveries import operations


def _given(request: HttpRequest, desk: Desk, code: str) -> dict[str, object]:
    return {
        "organization_id": desk.organization_id,
        "incident_id": incident_of(desk, code).id,
        "by": desk.member_id,
        "now": desk.facts.now,
        "places": desk.places,
        "seen": whole(request.POST.get("seen", ""), field="seen"),
    }


@acts(incident_page)
def fix(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Record the fix for every open recovery of an incident."""
    note = answers(request.POST, fixed="Say in a few words what was done.")["fixed"]
    done = operations.incident_fix_done(**_given(request, desk, code), note=note)  # type: ignore[arg-type]
    tell(
        request,
        f"The fix is recorded for {len(done.done):,}." if done.done else "The fix was recorded for nobody.",
        detail=refused_in_words(done),
        tone="good" if done.done else "bad",
    )
    return gone_to("incident", code=code)


@acts(incident_page)
def offer(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Offer the same extra to every open recovery of an incident, a batch at a time."""
    done = operations.incident_offer(
        **_given(request, desk, code),  # type: ignore[arg-type]
        remedy=answers(request.POST, remedy="Choose what to offer.")["remedy"],
        after=whole(request.POST.get("after", "0") or "0", field="after"),
    )
    tell(
        request,
        f"Offered to {len(done.done):,}, and they are told." if done.done else "Offered to nobody.",
        detail=refused_in_words(done),
        tone="good" if done.done else "bad",
    )
    response = gone_to("incident", code=code)
    if done.left:
        response.headers["Location"] += f"?after={done.last}"
    return response
