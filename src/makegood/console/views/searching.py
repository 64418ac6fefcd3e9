"""The search in the frame: a number goes straight to its case, words to the customers."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.console.views.frame import staff
from makegood.recoveries.queries import recovery_by_number


@staff
def search(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Go to what was asked for."""
    asked = request.GET.get("q", "").strip()[:200]
    number = words.number_of(asked, "R")
    if number is not None and recovery_by_number(organization_id=desk.organization_id, number=number):
        return redirect("recovery", code=words.code(number))
    if asked.upper().startswith("I-") and (incident := words.number_of(asked, "I")) is not None:
        return redirect("incident", code=words.incident_code(incident))
    return redirect(f"{reverse('customers')}?{urlencode({'q': asked})}")
