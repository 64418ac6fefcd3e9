"""The demo's time: it stands still until somebody does something, and whoever reads may stop it."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from makegood.console.desk import Desk
from makegood.console.views.frame import acts
from makegood.store.clocks import STILL, clock_pace


def _home(request: HttpRequest, desk: Desk) -> HttpResponse:
    return redirect("today")


@acts(_home, begins=False)
def demo_time(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Let the demo's time stand still, or run."""
    if desk.facts.delivery != "inbox":
        raise Http404
    stop = request.POST.get("time") == "stop"
    clock_pace(organization_id=desk.organization_id, speed=STILL if stop else settings.DEMO_SPEED)
    came_from = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()})
    return redirect(came_from if ours else "today")
