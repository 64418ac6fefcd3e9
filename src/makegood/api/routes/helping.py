"""The help of a recovery: read, ticked, filled in, talked through."""

from __future__ import annotations

import base64
from typing import Any

from django.http import HttpRequest
from ninja import Path, Router, Status

from makegood.api.help_schemas import FileContent, FilledIn, HelpCode, HelpOut, TalkIn, Ticked, TickIn
from makegood.api.keys import READ, WRITE, Caller
from makegood.api.problems import missing
from makegood.api.routes.recoveries import member_of, reaches, recovery_of
from makegood.api.schemas import Id, Made
from makegood.core.help.dialogues import Dialogue
from makegood.core.help.files import KINDS
from makegood.core.help.forms import Form
from makegood.core.help.lists import Checklist
from makegood.core.steps import UNDONE
from makegood.recoveries.helped import HelpState
from makegood.recoveries.models import Step
from makegood.recoveries.operations.helping import NewFile, help_form_fill, help_talk_keep, help_tick
from makegood.recoveries.queries.helping import help_file, help_state
from makegood.store.clocks import now

router = Router(tags=["Recoveries"])


@router.get("/{recovery_id}/help", auth=READ, response=HelpOut, operation_id="recovery_help")
def help_of(request: HttpRequest, recovery_id: Path[Id]) -> dict[str, Any]:
    """Read the checklists, forms and dialogues that are meant for a recovery, and what of them was done."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    recovery_of(caller, recovery_id)
    state = help_state(organization_id=caller.organization_id, recovery_id=recovery_id)
    todo = Step.objects.filter(
        organization_id=caller.organization_id, recovery_id=recovery_id, state__in=UNDONE
    ).order_by("id")
    return {
        "needed": [
            {"step": step, "what": lack.what, "code": lack.code, "says": lack.says}
            for step in todo.values_list("step", flat=True)
            for lack in state.lacking(step=step)
        ],
        "checklists": [_checklist(one, state) for one in state.given.checklists],
        "forms": [_form(one, state) for one in state.given.forms],
        "dialogues": [_dialogue(one, state) for one in state.given.dialogues],
    }


@router.post("/{recovery_id}/help/ticks", auth=WRITE, response=Ticked, operation_id="recovery_tick")
def tick(request: HttpRequest, recovery_id: Path[Id], ticked: TickIn) -> dict[str, bool]:
    """Tick an item of a checklist for a member, or take the tick back."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    recovery_of(caller, recovery_id)
    changed = help_tick(
        organization_id=caller.organization_id,
        recovery_id=recovery_id,
        checklist=ticked.checklist,
        item=ticked.item,
        ticked=ticked.ticked,
        by=member_of(caller, ticked.by),
        now=now(organization_id=caller.organization_id),
    )
    return {"changed": changed}


@router.post("/{recovery_id}/help/forms/{form}", auth=WRITE, response={201: Made}, operation_id="recovery_form")
def form_fill(
    request: HttpRequest, recovery_id: Path[Id], form: Path[HelpCode], filled: FilledIn
) -> Status[dict[str, int]]:
    """Keep what a member filled into a form, with its files; what was filled in before stays."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    recovery_of(caller, recovery_id)
    made = help_form_fill(
        organization_id=caller.organization_id,
        recovery_id=recovery_id,
        form=form,
        typed=filled.answers,
        files={code: NewFile(name=one.name, content=one.content) for code, one in filled.files.items()},
        by=member_of(caller, filled.by),
        now=now(organization_id=caller.organization_id),
    )
    return Status(201, {"id": made})


@router.post("/{recovery_id}/help/talks/{dialogue}", auth=WRITE, response=Ticked, operation_id="recovery_talk")
def talk(request: HttpRequest, recovery_id: Path[Id], dialogue: Path[HelpCode], talked: TalkIn) -> dict[str, bool]:
    """Note how a talk went that a member walked to its end."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    recovery_of(caller, recovery_id)
    help_talk_keep(
        organization_id=caller.organization_id,
        recovery_id=recovery_id,
        dialogue=dialogue,
        answers=talked.answers,
        by=member_of(caller, talked.by),
        now=now(organization_id=caller.organization_id),
    )
    return {"changed": True}


@router.get("/{recovery_id}/help/files/{file_id}", auth=READ, response=FileContent, operation_id="recovery_file")
def file(request: HttpRequest, recovery_id: Path[Id], file_id: Path[Id]) -> dict[str, Any]:
    """Read a file that came with a form."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    kept = help_file(organization_id=caller.organization_id, recovery_id=recovery_id, file_id=file_id)
    if kept is None or not reaches(caller, recovery_id):
        raise missing("file")
    return {
        "name": kept.name,
        "media_type": KINDS[kept.kind],
        "size": len(kept.content),
        "content": base64.b64encode(kept.content).decode(),
    }


def _checklist(one: Checklist, state: HelpState) -> dict[str, Any]:
    ticks = {(tick.checklist, tick.item): tick for tick in state.ticks}
    items = []
    for item in one.items:
        ticked = ticks.get((one.code, item.code))
        items.append(
            {
                "code": item.code,
                "says": item.says,
                "must": item.must,
                "evidence": item.evidence,
                "ticked_at": ticked.at if ticked else None,
                "ticked_by": ticked.by_id if ticked else None,
            }
        )
    return {"code": one.code, "step": one.step, "title": one.title, "items": items}


def _form(one: Form, state: HelpState) -> dict[str, Any]:
    return {
        "code": one.code,
        "step": one.step,
        "title": one.title,
        "must": one.must,
        "fields": [
            {
                "code": field.code,
                "type": field.type,
                "label": field.label,
                "help": field.help,
                "required": field.required,
                "minimum": None if field.minimum is None else str(field.minimum),
                "maximum": None if field.maximum is None else str(field.maximum),
                "choices": field.choices,
                "files": field.files,
                "most_bytes": field.most_bytes,
            }
            for field in one.fields
        ],
        "filled": [
            {"id": filled.id, "at": filled.at, "by": filled.by_id, "answers": filled.answers, "files": filled.files}
            for filled in state.filled
            if filled.form == one.code
        ],
    }


def _dialogue(one: Dialogue, state: HelpState) -> dict[str, Any]:
    return {
        "code": one.code,
        "step": one.step,
        "title": one.title,
        "start": one.start,
        "turns": [
            {
                "code": code,
                "say": turn.say,
                "do": turn.do,
                "answers": turn.answers,
                "then": turn.then,
                "form": turn.form,
                "evidence": turn.evidence,
            }
            for code, turn in one.turns.items()
        ],
        "talks": [
            {"at": talk.at, "by": talk.by_id, "answers": talk.answers}
            for talk in state.talks
            if talk.dialogue == one.code
        ],
    }
