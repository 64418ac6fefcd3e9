"""Data in: a file is brought, its columns are looked at, it is tried, and imported or dropped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header

from makegood.console import permissions
from makegood.console.asking import whole
from makegood.console.building.data_file import GOING, file_sections, passwords_section
from makegood.console.building.data_in import short_kind
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered, answers
from makegood.console.viewmodels import SettingsPage
from makegood.console.views.frame import Screen, acts, gone_to, staff, tell
from makegood.console.views.settings import pages_of, settings_page
from makegood.core.names import code_of
from makegood.listen.datasets.recorded import UnusableData
from makegood.listen.importing_tables import one_batch
from makegood.listen.intake.columns import CALLED, SOURCED
from makegood.listen.intake.folders import folder_watch
from makegood.listen.intake.judging import Origin
from makegood.listen.intake.operations import (
    SMALL_ROWS,
    UnableToTakeFile,
    columns_of,
    intake_accept,
    intake_bring,
    intake_check,
    intake_drop,
    intake_import,
    intake_map,
    intake_redraft,
    intake_seen,
    mapping_forget,
    origin_of,
)
from makegood.listen.intake.queries import IntakeFacts, intake_one, intake_rows_aside
from makegood.listen.intake.reading import MOST_BYTES
from makegood.listen.intake.report import report_csv
from makegood.listen.intake.turning import Columns
from makegood.organizations.queries import organization_facts
from makegood.promises.queries import sources_all

LARGEST = 2**63 - 1


def data_again(request: HttpRequest, desk: Desk, **names: object) -> Screen | HttpResponse:
    """Show the page of the settings on which files are brought."""
    return settings_page(request, desk, section="data")


@acts(data_again)
def bring(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Keep a file, and go to look at its columns; of a larger one no more is read than shows that it is."""
    sent = request.FILES.get("file")
    if sent is None:
        raise Unanswered({"file": "Choose the file."})
    try:
        intake_id = intake_bring(
            organization_id=desk.organization_id,
            name=sent.name or "",
            content=sent.read(MOST_BYTES + 1),
            by=desk.member_id,
            now=desk.facts.now,
        )
    except UnusableData as error:
        raise Unanswered({"file": f"{error}."}) from error
    return gone_to("data-file", intake_id=intake_id)


@acts(data_again)
def act(request: HttpRequest, desk: Desk, *, how: str) -> HttpResponse:
    """Forget the mapping kept for a header, or have the folder watched or not any more."""
    if how in ("watch", "unwatch"):
        if desk.facts.role not in permissions.RUNS:
            raise UnableToTakeFile("Only an admin says whether the folder is watched: ask one.")
        folder_watch(organization_id=desk.organization_id, active=how == "watch", by=desk.member_id, now=desk.facts.now)
        tell(request, "The folder is watched from now on." if how == "watch" else "The folder is not watched any more.")
        return redirect("settings", section="data")
    if how != "forget":
        raise Http404
    mapping_id = whole(request.POST.get("mapping", ""), least=1, most=LARGEST)
    mapping_forget(organization_id=desk.organization_id, mapping_id=mapping_id, by=desk.member_id, now=desk.facts.now)
    tell(request, "Forgotten: the next file of that header is looked at anew.")
    return redirect("settings", section="data")


def _one(desk: Desk, intake_id: int) -> IntakeFacts:
    found = intake_one(organization_id=desk.organization_id, intake_id=intake_id)
    if found is None:
        raise Http404
    return found


def file_screen(
    request: HttpRequest, desk: Desk, *, intake_id: int, passwords: Mapping[str, str] | None = None, **names: object
) -> Screen:
    """Show one file as far as it is; other names of an address do not matter here."""
    one = _one(desk, intake_id)
    change = bool(request.GET.get("change")) or request.path.endswith(("/check", "/kind", "/again"))
    shown = (passwords_section(passwords),) if passwords else ()
    return Screen(
        template="console/settings.html",
        page=SettingsPage(
            title=one.name,
            lead=_lead(one),
            pages=pages_of(desk, current="data"),
            sections=(*shown, *file_sections(desk, one, change=change)),
            refresh_url=reverse("data-file", args=[intake_id]) if one.state in GOING else "",
        ),
    )


def _lead(one: IntakeFacts) -> str:
    by = f"brought by {one.by}." if one.by else "out of the watched folder."
    return f"{short_kind(one.plan['kind'])}, {by}" if one.plan else by.capitalize()


file = staff(file_screen)


@acts(file_screen)
def file_act(request: HttpRequest, desk: Desk, *, intake_id: int, how: str) -> Screen | HttpResponse:
    """Say what a file holds, try it, import it, or drop it."""
    one = _one(desk, intake_id)
    doing = ACTS.get(how)
    if doing is None:
        raise Http404
    return doing(request, desk, one)


def _may(desk: Desk, kind: str) -> None:
    if kind in permissions.KINDS_BY_ADMINS and desk.facts.role not in permissions.RUNS:
        raise UnableToTakeFile("Only an admin brings people and places: ask one.")


def _kind(request: HttpRequest, desk: Desk, one: IntakeFacts) -> HttpResponse:
    kind = answers(request.POST, kind="Choose what is in it.")["kind"]
    _may(desk, kind)
    intake_redraft(organization_id=desk.organization_id, intake_id=one.id, kind=kind)
    return gone_to("data-file", intake_id=one.id)


def _check(request: HttpRequest, desk: Desk, one: IntakeFacts) -> HttpResponse:
    kind = answers(request.POST, kind="Choose what is in it.")["kind"]
    _may(desk, kind)
    post = request.POST
    wrong = {
        name: sentence
        for name, sentence in (
            ("order", "Say whether the day or the month stands first."),
            ("decimal", "Say what stands before the cents."),
        )
        if one.plan.get(name) == "ask" and one.plan["kind"] == kind and not post.get(name)
    }
    if wrong:
        raise Unanswered(wrong)
    columns = {name: post[f"column_{name}"] for name in CALLED if post.get(f"column_{name}")}
    mapping = Columns(
        kind=kind, columns=columns, order=_way(post, "order"), decimal=_way(post, "decimal"), names=_way(post, "names")
    )
    origin = _origin(request, desk, drafted=one.plan["name"]) if kind in SOURCED else Origin()
    return _try(desk, one, mapping, origin)


def _again(request: HttpRequest, desk: Desk, one: IntakeFacts) -> HttpResponse:
    """Try it with the columns that were kept, as they are."""
    _may(desk, one.plan["kind"])
    return _try(desk, one, columns_of(one.plan), origin_of(one.plan))


def _try(desk: Desk, one: IntakeFacts, mapping: Columns, origin: Origin) -> HttpResponse:
    intake_map(
        organization_id=desk.organization_id,
        intake_id=one.id,
        mapping=mapping,
        origin=origin,
        by=desk.member_id,
        now=desk.facts.now,
    )
    if one.rows <= SMALL_ROWS:
        intake_check(organization_id=desk.organization_id, intake_id=one.id)
    return gone_to("data-file", intake_id=one.id)


def _way(post: Mapping[str, Any], name: str) -> str:
    chosen = str(post.get(name, ""))
    return "" if chosen == "plain" else chosen


def _origin(request: HttpRequest, desk: Desk, *, drafted: str) -> Origin:
    """The source that was chosen, or a new one with its name, playbook and the moment from which it counts.

    `drafted` is the name that the form was drafted with: left beside a source of the list, it says nothing.
    """
    post = request.POST
    known = {one.code: one for one in sources_all(organization_id=desk.organization_id)}
    chosen = known.get(post.get("source", ""))
    if chosen is not None:
        if post.get("source_name", "").strip() not in ("", chosen.name, drafted):
            raise Unanswered({"source_name": f"You chose {chosen.name}: empty this, or choose a new source above."})
        return Origin(source=chosen.code, name=chosen.name, playbook=chosen.playbook)
    if post.get("source"):
        raise Unanswered({"source": "Choose one from the list."})
    name = answers(post, source_name="Name the new source, such as Web shop.")["source_name"][:60]
    code = code_of(name=name)
    if not code:
        raise Unanswered({"source_name": "Use letters or digits for the name, such as Web shop."})
    if code in known:
        raise Unanswered({"source_name": "There is a source of this name: choose it from the list, or name another."})
    playbook = post.get("playbook", "") or "default"
    mode = "shadow" if post.get("mode") == "shadow" else "live"
    return Origin(source=code, name=name, playbook=playbook, live_from=_live_from(request, desk), mode=mode)


def _live_from(request: HttpRequest, desk: Desk) -> datetime | None:
    if request.POST.get("live") != "day":
        return None
    try:
        day = datetime.fromisoformat(request.POST.get("live_day", ""))
    except ValueError:
        raise Unanswered({"live_day": "Choose the day from which its promises count."}) from None
    zone = organization_facts(organization_id=desk.organization_id).zone
    return day.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _import(request: HttpRequest, desk: Desk, one: IntakeFacts) -> Screen | HttpResponse:
    _may(desk, one.plan["kind"])
    apart = bool(request.POST.get("apart"))
    intake_accept(organization_id=desk.organization_id, intake_id=one.id, by=desk.member_id, apart=apart)
    if one_batch(kind=one.plan["kind"], rows=one.rows):
        taken = intake_import(organization_id=desk.organization_id, intake_id=one.id)
        if taken is not None and taken.passwords:
            return file_screen(request, desk, intake_id=one.id, passwords=taken.passwords)
        if taken is not None and taken.new and one.plan["kind"] == "members":
            tell(request, "They are written to.", detail="Each chooses their own password by the link in that mail.")
    return gone_to("data-file", intake_id=one.id)


def _drop(request: HttpRequest, desk: Desk, one: IntakeFacts) -> HttpResponse:
    intake_drop(organization_id=desk.organization_id, intake_id=one.id, now=desk.facts.now)
    tell(request, f"{one.name} is dropped. Nothing of it is kept.")
    return redirect("settings", section="data")


def _seen(request: HttpRequest, desk: Desk, one: IntakeFacts) -> HttpResponse:
    intake_seen(organization_id=desk.organization_id, intake_id=one.id, by=desk.member_id, now=desk.facts.now)
    tell(request, f"{one.name} is seen to. Nothing of it is kept here any more.")
    return gone_to("data-file", intake_id=one.id)


ACTS = {"kind": _kind, "check": _check, "again": _again, "import": _import, "drop": _drop, "seen": _seen}


@staff
def report(request: HttpRequest, desk: Desk, *, intake_id: int) -> HttpResponse:
    """Give what is wrong with a file, row by row, as a CSV; or the rows that were put aside, as they came."""
    one = _one(desk, intake_id)
    stem, _, kind = one.name.rpartition(".")
    name, content = f"{stem or one.name}-report.csv", report_csv(one.result.get("problems", [])).encode("utf-8-sig")
    if request.GET.get("rows"):
        content = intake_rows_aside(organization_id=desk.organization_id, intake_id=intake_id)
        name = f"{stem}-put-aside.{kind}"
        if not content:
            raise Http404
    return HttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
