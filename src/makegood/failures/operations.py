"""Writes of failures: reported by hand or by the customer, withdrawn by late evidence, given a cause."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs
from django.db import connection

from makegood.core.gate import GateFacts, decide
from makegood.core.lengths import fitting
from makegood.failures.incidents import incident_fill, incident_going, incidents_close_withdrawn
from makegood.failures.models import FAULTS, LOSSES, TEST, Cause, Failure
from makegood.journal.operations import Happened, record
from makegood.store.bulk import next_ids, record_set
from makegood.store.reading import NULL, change, read

KINDS = ("broken_promise", "not_as_described", "wrong_charge", "rework", "outage", "complaint", "interaction", "other")


class UnableToReportFailure(ValueError):
    """A report needs the customer, what went wrong, and what it cost them."""


class UnableToSetCause(ValueError):
    """Choose a cause from the tree."""


class UnableToAddCause(ValueError):
    """A cause needs a name that its parent does not have yet."""


@attrs.frozen(kw_only=True)
class Report:
    """What somebody reports: a failure of one customer, seen by a member, a program or the customer.

    `about` is the happening that it is part of (`OrderNamed.happening_key`), where nothing else here says it;
    `playbook` what is done about it, where neither its source nor its place is to say that.
    """

    customer_id: int
    kind: str
    loss: str
    what: str
    happened_at: datetime
    fault: str = "unknown"
    severity: int = 2
    place_id: int | None = None
    purchase_id: int | None = None
    charge_id: int | None = None
    visit_id: int | None = None
    source_id: int | None = None
    incident_id: int | None = None
    price_minor: int | None = None
    currency: str = ""
    kept_service: bool | None = None
    reported_by_id: int | None = None
    found_by_us: bool = False
    about: str = ""
    playbook: str = ""
    test: bool = False
    """Made up, to see the whole loop once; its source only watches."""

    def check(self) -> None:
        """Raise UnableToReportFailure if an answer is missing or is none of those allowed."""
        if self.kind not in KINDS or self.loss not in LOSSES or self.fault not in FAULTS or not self.what.strip():
            raise UnableToReportFailure(UnableToReportFailure.__doc__)
        if not 1 <= self.severity <= 4:
            raise UnableToReportFailure("Severity is 1 to 4.")


def failure_report(*, organization_id: int, report: Report, now: datetime) -> int:
    """Put a reported failure through the gate and, if it is a contact or review, into a recovery. Return its id.

    It joins an open incident of its place or source, as any other failure does. Raises UnableToReportFailure if an
    answer is missing.
    """
    report.check()
    facts = GateFacts(
        kind="complaint" if report.kind == "broken_promise" else report.kind,
        happened_at=report.happened_at,
        customer_contacted=not report.found_by_us,
        money_or_right_owed=report.loss == "money",
        certain_to_notice=report.reported_by_id is not None,
    )
    decision = decide(facts=facts, now=now)
    taken = decision.gate in ("contact", "review")
    if taken and report.incident_id is None:
        joined = incident_going(
            organization_id=organization_id, place_id=report.place_id, source_id=report.source_id, at=now
        )
        report = attrs.evolve(report, incident_id=joined)
        if joined is not None:
            incident_fill(organization_id=organization_id, incident_id=joined)
    (failure_id,) = next_ids(Failure, 1)
    happening = _happening(report, failure_id)
    Failure.objects.create(
        id=failure_id,
        organization_id=organization_id,
        kind=report.kind,
        loss=report.loss,
        fault=report.fault,
        severity=report.severity,
        customer_id=report.customer_id,
        purchase_id=report.purchase_id,
        charge_id=report.charge_id,
        visit_id=report.visit_id,
        place_id=report.place_id,
        source_id=report.source_id,
        incident_id=report.incident_id,
        reported_by_id=report.reported_by_id,
        happening_key=happening,
        what=report.what.strip()[:160],
        price_minor=report.price_minor,
        currency=report.currency,
        kept_service=report.kept_service,
        found_by_us=report.found_by_us,
        happened_at=report.happened_at,
        detected_at=now,
        complained_at=None if report.found_by_us else now,
        gate=decision.gate,
        gate_at=decision.gate_at,
        gate_reasons=[reason.as_dict() for reason in decision.reasons],
        routed_at=None if decision.gate == "waiting" else now,
        playbook=report.playbook,
    )
    by = report.reported_by_id
    attached = [_said(failure_id, "attached", now, by, incident=report.incident_id)] if report.incident_id else []
    record(
        organization_id=organization_id,
        entries=[
            _said(
                failure_id,
                "detected",
                now,
                by,
                gate=decision.gate,
                gate_at=decision.gate_at.isoformat(),
                customer=report.customer_id,
                rules=[reason.rule for reason in decision.reasons],
            ),
            *attached,
            *([_said(failure_id, "taken", now, by, happening_key=happening)] if taken else []),
        ],
    )
    return failure_id


def _happening(report: Report, failure_id: int) -> str:
    if report.test:
        return f"{TEST}{failure_id}"
    for name in ("incident", "purchase", "visit", "charge"):
        key = getattr(report, f"{name}_id")
        if key is not None:
            return f"{name}:{key}"
    return report.about or f"failure:{failure_id}"


def _said(failure_id: int, action: str, at: datetime, by: int | None, **data: Any) -> Happened:
    return Happened(
        at=at,
        event=f"failures:failure:{action}",
        subject="failure",
        subject_id=failure_id,
        actor_id=by,
        data=data,
    )


def failures_withdraw(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Withdraw the failures of promises that were kept after all (handler of promises:promise:unbroken)."""
    said_at = {entry.subject_id: entry.at for entry in entries}
    from_, parameter = record_set("u", {"promise_id": "bigint", "at": "timestamptz"}, said_at.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE failures_failure f SET withdrawn_at = u.at FROM {from_}"
            " WHERE f.organization_id = %s AND f.promise_id = u.promise_id AND f.withdrawn_at IS NULL"
            " RETURNING f.id, u.at, f.incident_id",
            [parameter, organization_id],
        )
        withdrawn = sorted(cursor.fetchall())
    record(
        organization_id=organization_id,
        entries=[_said(failure_id, "withdrawn", at, None) for failure_id, at, _ in withdrawn],
    )
    incident_ids = sorted({incident_id for _, _, incident_id in withdrawn if incident_id is not None})
    if incident_ids:
        incidents_close_withdrawn(organization_id=organization_id, incident_ids=incident_ids, now=max(said_at.values()))


def failures_take_back(*, organization_id: int, failure_ids: Sequence[int], by: int | None, now: datetime) -> None:
    """Withdraw failures that were never any: tests that are over."""
    standing = Failure.objects.filter(
        organization_id=organization_id, id__in=list(failure_ids), withdrawn_at__isnull=True
    )
    gone = sorted(standing.values_list("id", flat=True))
    standing.update(withdrawn_at=now)
    record(
        organization_id=organization_id,
        entries=[_said(failure_id, "withdrawn", now, by) for failure_id in gone],
    )


def failures_shadow(*, organization_id: int, failure_ids: Sequence[int]) -> None:
    """Let failures be a shadow's, for good: nothing leaves for them from now on."""
    if failure_ids:
        Failure.objects.filter(organization_id=organization_id, id__in=list(failure_ids)).update(shadow=True)


def failures_hear_watched(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Let what is not in a recovery yet be a shadow's once its source only watches.

    A handler of `promises:source:changed`. What a recovery began goes on.
    """
    watched = [entry.subject_id for entry in entries if entry.data["mode"] == "shadow"]
    Failure.objects.filter(
        organization_id=organization_id, source_id__in=watched, routed_at__isnull=True, shadow=False
    ).exclude(gate="quiet").update(shadow=True)


def cause_create(*, organization_id: int, name: str, parent_id: int | None = None) -> int:
    """Add a cause to the tree; return its id.

    Raises UnableToAddCause for an empty name or one that its parent has already.
    """
    taken = Cause.objects.filter(organization_id=organization_id, parent_id=parent_id, name=name.strip()).exists()
    if not name.strip() or taken:
        raise UnableToAddCause(UnableToAddCause.__doc__)
    return Cause.objects.create(organization_id=organization_id, parent_id=parent_id, name=fitting(name, most=120)).id


def failures_cause_set(
    *, organization_id: int, failure_ids: Sequence[int], cause_id: int, by: int | None, now: datetime
) -> None:
    """Say why these failures happened.

    Raises UnableToSetCause for a cause that is not in the organization's tree.
    """
    if not read(Cause, "id", organization_id=organization_id, id=cause_id, retired_at=NULL):
        raise UnableToSetCause(UnableToSetCause.__doc__)
    change(Failure, {"cause_id": cause_id}, organization_id=organization_id, id=list(failure_ids))
    record(
        organization_id=organization_id,
        entries=[_said(failure_id, "caused", now, by, cause=cause_id) for failure_id in failure_ids],
    )


def failures_cause_unset(*, organization_id: int, failure_ids: Sequence[int], by: int | None, now: datetime) -> None:
    """Take back why these failures happened: nobody has said so any more."""
    Failure.objects.filter(organization_id=organization_id, id__in=list(failure_ids)).update(cause_id=None)
    record(
        organization_id=organization_id,
        entries=[_said(failure_id, "caused", now, by, cause=None) for failure_id in failure_ids],
    )


def failures_hear_erased(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Blank what erased customers' failures say in words (handler of customers:customer:erased); the counts stay."""
    Failure.objects.filter(
        organization_id=organization_id, customer_id__in=[entry.subject_id for entry in entries]
    ).update(what="")
