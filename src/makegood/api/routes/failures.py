"""Failures: reported, and read with the gate's reasons."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Path, Router, Status

from makegood.api.keys import READ, WRITE, Caller
from makegood.api.pages import DEFAULT, Cursor, Limit, page_of
from makegood.api.problems import Problem, missing
from makegood.api.schemas import FailureIn, FailureOut, Failures, FailureState, Id, money_out
from makegood.api.telling import customer_of, place_asked, place_named
from makegood.failures.models import TEST, Failure
from makegood.failures.operations import Report, failure_report
from makegood.recoveries.models import RecoveryFailure
from makegood.store.clocks import moment

router = Router(tags=["Failures"])


@router.post("", auth=WRITE, response={201: FailureState}, operation_id="failure_report")
def report(request: HttpRequest, failure: FailureIn) -> Status[dict[str, Any]]:
    """Report that a customer was failed: the gate decides, with its reasons, and a recovery opens or is joined."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    organization_id = caller.organization_id
    now = moment(organization_id=organization_id).now
    if failure.happened_at > now:
        raise Problem(422, "happened_at lies in the future: say when it happened.")
    failure_id = failure_report(
        organization_id=organization_id,
        report=Report(
            customer_id=customer_of(caller=caller, customer=failure.customer, now=now),
            kind=failure.kind,
            loss=failure.loss,
            what=failure.what,
            happened_at=failure.happened_at,
            fault=failure.fault,
            severity=failure.severity,
            place_id=place_named(organization_id=organization_id, code=place_asked(caller, failure.place)),
            price_minor=failure.price.minor if failure.price else None,
            currency=failure.price.currency if failure.price else "",
            kept_service=failure.kept_service,
            found_by_us=failure.found_by_us,
        ),
        now=now,
    )
    row = Failure.objects.get(organization_id=organization_id, id=failure_id)
    recovery_id = _recoveries(organization_id, [failure_id]).get(failure_id)
    return Status(201, {"id": row.id, "gate": row.gate, "gate_at": row.gate_at, "recovery_id": recovery_id})


@router.get("", auth=READ, response=Failures, operation_id="failures_list")
def some(
    request: HttpRequest,
    customer_id: Id | None = None,
    cursor: Cursor = "",
    limit: Limit = DEFAULT,
) -> dict[str, Any]:
    """List failures, the newest first; test failures are left out."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    mine = Failure.objects.filter(caller.at(), organization_id=caller.organization_id)
    rows = mine.exclude(happening_key__startswith=TEST)
    if customer_id:
        rows = rows.filter(customer_id=customer_id)
    found, following = page_of(rows, cursor=cursor, limit=limit)
    return {"items": _shown(caller.organization_id, found), "next": following}


@router.get("/{failure_id}", auth=READ, response=FailureOut, operation_id="failure_one")
def one(request: HttpRequest, failure_id: Path[Id]) -> dict[str, Any]:
    """Read one failure, with the reasons for what was decided."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    row = Failure.objects.filter(caller.at(), organization_id=caller.organization_id, id=failure_id).first()
    if row is None:
        raise missing("failure")
    return _shown(caller.organization_id, [row])[0]


def _recoveries(organization_id: int, failure_ids: list[int]) -> dict[int, int]:
    rows = RecoveryFailure.objects.filter(organization_id=organization_id, failure_id__in=failure_ids)
    return dict(rows.values_list("failure_id", "recovery_id"))


def _shown(organization_id: int, rows: list[Failure]) -> list[dict[str, Any]]:
    recoveries = _recoveries(organization_id, [row.id for row in rows])
    names = ("id", "gate", "gate_at", "kind", "loss", "fault", "severity", "what", "customer_id", "promise_id",
             "incident_id", "cause_id", "found_by_us", "happened_at", "detected_at", "complained_at", "withdrawn_at",
             "gate_reasons")  # fmt: skip
    return [
        {name: getattr(row, name) for name in names}
        | {"recovery_id": recoveries.get(row.id), "price": money_out(row.price_minor, row.currency)}
        for row in rows
    ]
