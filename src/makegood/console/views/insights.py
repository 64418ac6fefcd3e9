"""Insights: what recovery did and cost, each figure with its definition, window and count."""

from __future__ import annotations

import attrs
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse

from makegood.console.building.insights import USUAL, WINDOWS, Counted, count, day_of, insights_page, window_of
from makegood.console.desk import Desk
from makegood.console.views.frame import Screen, staff

LONG = ("90", "all")
KEPT_SECONDS = 300
"""For how long what was counted over a long window is shown again; the page says when it was counted."""


@staff
def insights(request: HttpRequest, desk: Desk) -> Screen:
    """Show the figures of the window that the address names, or of the last 28 days."""
    key = request.GET.get("window", USUAL)
    key = key if key in WINDOWS else USUAL
    page = insights_page(
        counted=_counted(desk, key),
        key=key,
        reader=desk.reader,
        url=reverse("insights"),
        cause_url=lambda cause_id: reverse("cause", args=[cause_id]),
    )
    page = attrs.evolve(page, stories_url=reverse("stories"))
    return Screen(template="console/insights.html", page=page, current="insights")


def _counted(desk: Desk, key: str) -> Counted:
    now = desk.reader.now
    window = window_of(key=key, now=now, zone=desk.reader.zone)
    if key not in LONG:
        day = day_of(key=key, now=now, zone=desk.reader.zone)
        return count(organization_id=desk.organization_id, window=window, now=now, day=day)
    name = f"insights:{desk.organization_id}:{key}"
    counted: Counted | None = cache.get(name)
    if counted is None or counted.at > now:
        counted = count(organization_id=desk.organization_id, window=window, now=now)
        cache.set(name, counted, KEPT_SECONDS)
    return counted
