"""The report of a source that only watches: a page with the switch, and a file."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header

from makegood.console.building.shadow import shadow_sections
from makegood.console.building.words import said_at
from makegood.console.desk import Desk
from makegood.console.viewmodels import Link, SettingsPage
from makegood.console.views.frame import Screen, staff
from makegood.insights.shadow import ShadowReport, shadow_report
from makegood.insights.shadow_csv import shadow_csv


def _report(desk: Desk, source_id: int) -> ShadowReport:
    found = shadow_report(
        organization_id=desk.organization_id,
        source_id=source_id,
        now=desk.facts.now,
        places=desk.places,
        member_id=desk.member_id,
    )
    if found is None:
        raise Http404
    return found


@staff
def source_shadow(request: HttpRequest, desk: Desk, *, source_id: int) -> Screen:
    """Show what a source would have sent, to whom and at what cost, and let an admin go live."""
    report = _report(desk, source_id)
    until = "and still does" if report.watching else f"until {said_at(desk, report.until)}"
    lead = f"It only watched from {said_at(desk, report.since)} {until}. Nothing of this has left."
    back = "sources" if desk.may("settings-act") else "data"
    return Screen(
        template="console/settings.html",
        page=SettingsPage(
            title=f"What {report.source} would have sent",
            lead=lead if report.until > report.since else "It never only watched, so there is nothing to report.",
            pages=(
                Link(label="Sources" if back == "sources" else "Data in", url=reverse("settings", args=[back])),
                Link(label=report.source, url=request.path, current=True),
            ),
            sections=shadow_sections(desk, report, source_id=source_id),
        ),
    )


@staff
def source_shadow_file(request: HttpRequest, desk: Desk, *, source_id: int) -> HttpResponse:
    """Give all lines of the report as a CSV."""
    report = _report(desk, source_id)
    name = f"{report.source}-shadow.csv"
    return HttpResponse(
        shadow_csv(report.lines).encode("utf-8-sig"),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
