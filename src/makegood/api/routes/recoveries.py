"""Recoveries: listed, read in full, noted on, their steps done, their conversation read."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router, Status

from makegood.api.keys import READ, WRITE, Caller
from makegood.api.pages import DEFAULT, Cursor, Limit, page_of
from makegood.api.problems import Problem, missing
from makegood.api.schemas import (
    STEP_NAMES,
    Id,
    Made,
    MessageOut,
    NoteIn,
    Recoveries,
    RecoveryOut,
    RecoveryState,
    StepIn,
    money_shown,
)
from makegood.messages.operations import note_add
from makegood.organizations.models import Member
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import step_done
from makegood.recoveries.queries import MessageLine, recovery_case
from makegood.recoveries.queries.faces import others_tests
from makegood.store.clocks import now

router = Router(tags=["Recoveries"])
SHOWN = (
    "id", "number", "state", "customer_id", "owner_id", "kind", "severity", "opened_at", "due_at", "next_step",
    "next_due_at", "closed_at", "version", "shadow", "owner", "owner_reasons", "steps", "clocks",
)  # fmt: skip


@router.get("", auth=READ, response=Recoveries, operation_id="recoveries_list")
def some(
    request: HttpRequest,
    state: Literal["open", "closed", "withdrawn"] | None = None,
    customer_id: Id | None = None,
    cursor: Cursor = "",
    limit: Limit = DEFAULT,
) -> dict[str, Any]:
    """List recoveries, the newest first; those of test failures are left out."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    here = caller.organization_id
    rows = Recovery.objects.filter(caller.at(), ~others_tests(organization_id=here, walker=None), organization_id=here)
    if state:
        rows = rows.filter(state=state)
    if customer_id:
        rows = rows.filter(customer_id=customer_id)
    found, following = page_of(rows, cursor=cursor, limit=limit)
    return {"items": found, "next": following}


@router.get("/{recovery_id}", auth=READ, response=RecoveryOut, operation_id="recovery_one")
def one(request: HttpRequest, response: HttpResponse, recovery_id: Path[Id]) -> dict[str, Any]:
    """Read one recovery: its owner and why, steps, clocks and make-goods. Its ETag is for If-Match."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    case = recovery_case(
        organization_id=caller.organization_id,
        recovery_id=recovery_id,
        now=now(organization_id=caller.organization_id),
    )
    if case is None or not reaches(caller, recovery_id):
        raise missing("recovery")
    response.headers["ETag"] = _etag(case.version)
    return {name: getattr(case, name) for name in SHOWN} | {
        "price": money_shown(case.price),
        "expected_loss": money_shown(case.expected_loss),
        "failure_ids": [failure.id for failure in case.failures],
        "makegoods": [
            {
                "id": makegood.id,
                "part": makegood.part,
                "title": makegood.title,
                "form": makegood.form,
                "value": money_shown(makegood.value),
                "state": makegood.state,
            }
            for makegood in case.makegoods
        ],
    }


@router.post("/{recovery_id}/notes", auth=WRITE, response={201: Made}, operation_id="recovery_note")
def note(request: HttpRequest, recovery_id: Path[Id], noted: NoteIn) -> Status[dict[str, int]]:
    """Keep what a member notes on a recovery, seen by staff only."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    recovery = recovery_of(caller, recovery_id)
    message_id = note_add(
        organization_id=caller.organization_id,
        thread_id=recovery.thread_id,
        by=member_of(caller, noted.by),
        body=noted.text,
        now=now(organization_id=caller.organization_id),
    )
    return Status(201, {"id": message_id})


@router.post("/{recovery_id}/steps/{step}", auth=WRITE, response=RecoveryState, operation_id="recovery_step_done")
def do_step(
    request: HttpRequest, response: HttpResponse, recovery_id: Path[Id], step: Path[STEP_NAMES], done: StepIn
) -> Recovery:
    """Record that a member did one of the seven steps.

    With If-Match (412) or `version` (409), only if no person changed the recovery since it was read; where that does
    not matter, leave both out: a step that is done is not done twice.
    """
    caller: Caller = request.auth  # type: ignore[attr-defined]
    recovery = recovery_of(caller, recovery_id)
    wanted = request.headers.get("If-Match")
    if wanted is not None and wanted.strip() not in ("*", _etag(recovery.version)):
        raise Problem(412, "Somebody changed this recovery meanwhile: read it again.")
    step_done(
        organization_id=caller.organization_id,
        recovery_id=recovery_id,
        step=step,
        by=member_of(caller, done.by),
        note=done.note,
        anyway=done.anyway,
        now=now(organization_id=caller.organization_id),
        version=recovery.version if wanted is not None else done.version,
    )
    recovery.refresh_from_db()
    response.headers["ETag"] = _etag(recovery.version)
    return recovery


@router.get("/{recovery_id}/messages", auth=READ, response=list[MessageOut], operation_id="recovery_messages")
def messages(request: HttpRequest, recovery_id: Path[Id]) -> list[MessageLine]:
    """Read the conversation of a recovery, the latest 500 at most."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    case = recovery_case(
        organization_id=caller.organization_id,
        recovery_id=recovery_id,
        now=now(organization_id=caller.organization_id),
    )
    if case is None or not reaches(caller, recovery_id):
        raise missing("recovery")
    return list(case.messages)


def recovery_of(caller: Caller, recovery_id: int) -> Recovery:
    """This function will find a recovery of the caller's organization. Raises Problem where there is none."""
    found = Recovery.objects.filter(caller.at(), organization_id=caller.organization_id, id=recovery_id).first()
    if found is None:
        raise missing("recovery")
    return found


def reaches(caller: Caller, recovery_id: int) -> bool:
    """This function will say whether a recovery of the caller's organization is of a place that the key is for."""
    mine = Recovery.objects.filter(caller.at(), organization_id=caller.organization_id, id=recovery_id)
    return caller.places is None or mine.exists()


def member_of(caller: Caller, member_id: int) -> int:
    """This function will make sure that a member is an active one of the caller's. Raises Problem where not."""
    if not Member.objects.filter(organization_id=caller.organization_id, id=member_id, active=True).exists():
        raise Problem(422, "`by` must be the id of an active member.")
    return member_id


def _etag(version: int) -> str:
    return f'"{version}"'
