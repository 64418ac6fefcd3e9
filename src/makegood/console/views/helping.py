"""Help with a step: tick an item, fill in a form, open a file that came with one, talk it through."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from makegood.console.building.helping import facts_of, field_name
from makegood.console.building.talking import place_of, talk_page, taps_of
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered
from makegood.console.views.frame import Screen, acts, gone_to, staff, tell
from makegood.console.views.merging import act
from makegood.console.views.recoveries import case_of
from makegood.core.help.dialogues import Dialogue, UnableToWalk, walked
from makegood.core.help.files import KINDS
from makegood.core.help.forms import Field as Asked
from makegood.core.help.forms import Form as AskedForm
from makegood.customers.queries import customer_one
from makegood.recoveries.helped import HelpState
from makegood.recoveries.lateness import gifts_for
from makegood.recoveries.operations.helping import (
    NewFile,
    UnableToFillForm,
    help_form_fill,
    help_talk_keep,
    help_tick,
)
from makegood.recoveries.queries import Case
from makegood.recoveries.queries.helping import help_file, help_state


@act
def tick(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Tick an item, or take the tick back."""
    case = case_of(desk, code)
    help_tick(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        checklist=request.POST.get("checklist", ""),
        item=request.POST.get("item", ""),
        ticked=bool(request.POST.get("ticked")),
        by=desk.member_id,
        now=desk.facts.now,
    )
    return _back_to(code, "help")


@act
def form(request: HttpRequest, desk: Desk, *, code: str, form: str) -> HttpResponse:
    """Keep what was filled into a form, and the files that came with it."""
    case = case_of(desk, code)
    asked = next((one for one in _state(desk, case).given.forms if one.code == form), None)
    if asked is None:
        raise Http404
    try:
        help_form_fill(
            organization_id=desk.organization_id,
            recovery_id=case.id,
            form=form,
            typed={
                one.code: request.POST.get(field_name(asked, one), "") for one in asked.fields if one.type != "file"
            },
            files=_files(request, asked),
            by=desk.member_id,
            now=desk.facts.now,
        )
    except UnableToFillForm as error:
        wrong = {field_name(asked, one): error.errors[one.code] for one in asked.fields if one.code in error.errors}
        raise Unanswered(wrong | _files_again(request, asked, wrong)) from error
    tell(request, f"{asked.title}: kept.")
    return _back_to(code, f"filled-{form}")


def _files(request: HttpRequest, asked: AskedForm) -> dict[str, NewFile]:
    """The files that were sent; one that is too large is not read further than that."""
    found = {}
    for field in asked.fields:
        sent = request.FILES.get(field_name(asked, field)) if field.type == "file" else None
        if sent is not None:
            found[field.code] = NewFile(name=sent.name or "", content=sent.read(field.most_bytes + 1))
    return found


def _files_again(request: HttpRequest, asked: AskedForm, wrong: dict[str, str]) -> dict[str, str]:
    """Browsers forget a chosen file: say so where another answer was refused."""

    def forgotten(field: Asked) -> bool:
        return field.type == "file" and field_name(asked, field) in request.FILES

    again = {field_name(asked, one): "Choose the file again." for one in asked.fields if forgotten(one)}
    return {name: says for name, says in again.items() if name not in wrong}


@staff
def file(request: HttpRequest, desk: Desk, *, code: str, file_id: int) -> HttpResponse:
    """Give a file that came with a form to whoever may see its recovery: to keep, never to run in this place."""
    case = case_of(desk, code)
    kept = help_file(organization_id=desk.organization_id, recovery_id=case.id, file_id=file_id)
    if kept is None:
        raise Http404
    return HttpResponse(
        kept.content,
        content_type=KINDS[kept.kind],
        headers={
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=kept.name) or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, no-store",
        },
    )


def talk_screen(request: HttpRequest, desk: Desk, *, code: str, dialogue: str) -> Screen:
    """Show one turn of a talk."""
    case = case_of(desk, code)
    state = _state(desk, case)
    script = _script(state, dialogue)
    customer = customer_one(organization_id=desk.organization_id, customer_id=case.customer_id)
    if customer is None or case.state != "open" or case.review:
        raise Http404
    offers = any("{offer}" in line for turn in script.turns.values() for line in turn.say)
    gifts = (
        gifts_for(
            organization_id=desk.organization_id,
            failure_id=case.failures[0].id,
            member_id=desk.member_id,
            now=desk.facts.now,
        )
        if offers and case.failures
        else None
    )
    given = {
        "customer": customer.called,
        "dialogue": script,
        "facts": facts_of(desk, case, customer, fix=state.fix, gifts=gifts),
    }
    asked = taps_of(request.POST.get("said", request.GET.get("said", "")))
    try:
        page = talk_page(case, answers=asked, **given)  # type: ignore[arg-type]
    except UnableToWalk:
        page = talk_page(case, answers=(), **given)  # type: ignore[arg-type]
    return Screen(template="console/talk.html", current="recoveries", page=page)


@acts(talk_screen)
def talk(request: HttpRequest, desk: Desk, *, code: str, dialogue: str) -> HttpResponse:
    """Note how a talk went, and go to where its end leads."""
    case = case_of(desk, code)
    script = _script(_state(desk, case), dialogue)
    answers = taps_of(request.POST.get("said", ""))
    help_talk_keep(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        dialogue=dialogue,
        answers=answers,
        by=desk.member_id,
        now=desk.facts.now,
    )
    tell(request, "It is noted how the talk went.")
    end = script.turns[walked(dialogue=script, answers=answers)[-1].turn]
    return _back_to(code, place_of(end))


def _state(desk: Desk, case: Case) -> HelpState:
    return help_state(organization_id=desk.organization_id, recovery_id=case.id)


def _script(state: HelpState, dialogue: str) -> Dialogue:
    script = next((one for one in state.given.dialogues if one.code == dialogue), None)
    if script is None:
        raise Http404
    return script


def _back_to(code: str, place: str) -> HttpResponse:
    response = gone_to("recovery", code=code)
    response.headers["Location"] += f"#{place}"
    return response
