"""What customers answer on their page once it is put right: whether they stay, and whether it may be told."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.public.staying import OUTCOMES
from makegood.public.views import Following, following
from makegood.recoveries.operations import returned_say
from makegood.recoveries.operations.stories import story_allow, story_withdraw
from makegood.store.clocks import now as store_now


@following
def status_stay(request: HttpRequest, found: Following) -> HttpResponse:
    """Take what the customer says of their return; anything else changes nothing."""
    outcome = request.POST.get("stay", "")
    if request.method == "POST" and outcome in OUTCOMES:
        here = found.organization_id
        returned_say(
            organization_id=here, recovery_id=found.case.id, outcome=outcome, now=store_now(organization_id=here)
        )
    return redirect(reverse("status", args=[found.signed]) + "#stay")


@following
def status_story(request: HttpRequest, found: Following) -> HttpResponse:
    """Take the consent to tell what happened, or take it back: then the story is gone at once."""
    here = found.organization_id
    given = {"organization_id": here, "recovery_id": found.case.id, "now": store_now(organization_id=here)}
    if request.method == "POST" and request.POST.get("story") == "allow":
        story_allow(**given, how="page")
    elif request.method == "POST" and request.POST.get("story") == "withdraw":
        story_withdraw(**given)
    return redirect(reverse("status", args=[found.signed]) + "#story")
