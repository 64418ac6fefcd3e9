"""The outbox: effects outside the database, written where they are decided, carried out by workers.

A claim is committed before anything leaves, and its outcome is committed after. A worker that dies in between leaves a
lapsed claim: an effect whose receiver takes an idempotency key goes back to pending; any other becomes `unknown`, which
a person sees, and is never repeated by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import attrs
from django.db import connection
from django.db.models import F

from makegood.journal.models import Effect
from makegood.journal.operations import Happened, record
from makegood.store.bulk import insert, next_ids
from makegood.store.clocks import now as store_now
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

CLAIM = timedelta(minutes=5)
BATCH = 200
LOCAL_BATCH = 2000
ATTEMPTS = 8


@attrs.frozen(kw_only=True)
class Wanted:
    """An effect to be carried out at `run_at`, once per `idempotency_key`; `held_for` an incident until confirmed."""

    kind: str
    idempotency_key: str
    subject: str
    subject_id: int
    run_at: datetime
    payload: dict[str, Any] = attrs.field(factory=dict)
    held_for: int | None = None


@attrs.frozen(kw_only=True)
class Claimed:
    """An effect in the hands of one worker."""

    id: int
    kind: str
    idempotency_key: str
    subject: str
    subject_id: int
    payload: dict[str, Any]
    attempts: int


@attrs.frozen(kw_only=True)
class Outcome:
    """What became of one effect; `retry_after` asks for another try (only where the receiver can be asked again)."""

    state: Literal["done", "failed", "unknown", "retry"]
    text: str = ""
    retry_after: timedelta = timedelta(minutes=1)


@attrs.frozen(kw_only=True)
class Carrier:
    """How one kind of effect is carried out: `carry_out(organization_id=, effect=)` outside any transaction.

    `repeatable` says that the receiver takes the idempotency key, so that a lost outcome may be tried again.
    """

    carry_out: Callable[..., Outcome]
    repeatable: bool


_carriers: dict[str, Carrier] = {}


def carry(kind: str, carrier: Carrier) -> None:
    """Register the carrier of one kind of effect; only `config` registers."""
    _carriers[kind] = carrier


def effects_add(*, organization_id: int, wanted: Sequence[Wanted]) -> list[int]:
    """Put effects into the outbox; one whose idempotency key is already there is left as it stands."""
    ids = next_ids(Effect, len(wanted))
    insert(
        Effect,
        (
            "id",
            "organization_id",
            "kind",
            "idempotency_key",
            "subject",
            "subject_id",
            "payload",
            "state",
            "held_for",
            "run_at",
            "attempts",
            "outcome",
        ),
        [
            (
                effect_id,
                organization_id,
                w.kind,
                w.idempotency_key,
                w.subject,
                w.subject_id,
                w.payload,
                "pending",
                w.held_for,
                w.run_at,
                0,
                "",
            )
            for effect_id, w in zip(ids, wanted, strict=True)
        ],
        on_conflict="ON CONFLICT (organization_id, idempotency_key) DO NOTHING",
    )
    return ids


def effects_hold(*, organization_id: int, incident_id: int, subject: str, subject_ids: Sequence[int]) -> int:
    """Hold these subjects' pending effects until the incident is confirmed or dismissed."""
    return Effect.objects.filter(
        organization_id=organization_id, state="pending", subject=subject, subject_id__in=list(subject_ids)
    ).update(held_for=incident_id)


def effects_release(*, organization_id: int, incident_id: int) -> int:
    """Release what was held for this incident."""
    return Effect.objects.filter(organization_id=organization_id, held_for=incident_id, state="pending").update(
        held_for=None
    )


def effects_stop(*, organization_id: int, subject: str, subject_ids: Sequence[int], now: datetime) -> int:
    """Stop these subjects' effects that have not left yet."""
    return Effect.objects.filter(
        organization_id=organization_id, state="pending", subject=subject, subject_id__in=list(subject_ids)
    ).update(state="stopped", settled_at=now)


def work_local(*, organization_id: int, outcome: str) -> int:
    """Settle a batch of due effects of an organization from which nothing leaves; return how many."""
    now = store_now(organization_id=organization_id)
    claimed = _claim(organization_id=organization_id, now=now, until=None, limit=LOCAL_BATCH)
    _settle(
        organization_id=organization_id,
        now=now,
        settled=[(effect, Outcome(state="done", text=outcome)) for effect in claimed],
    )
    return len(claimed)


def work_live(*, organization_id: int) -> int:
    """Claim, carry out and settle a batch of due effects; return how many. Opens its own units of work."""
    with tenant(organization_id=organization_id):
        now = store_now(organization_id=organization_id)
        claimed = _claim(organization_id=organization_id, now=now, until=wall_now() + CLAIM, limit=BATCH)
    for effect in claimed:
        outcome = _carriers[effect.kind].carry_out(organization_id=organization_id, effect=effect)
        if outcome.state == "retry" and effect.attempts >= ATTEMPTS:
            outcome = Outcome(state="failed", text=outcome.text)
        with tenant(organization_id=organization_id):
            now = store_now(organization_id=organization_id)
            _settle(organization_id=organization_id, now=now, settled=[(effect, outcome)])
    return len(claimed)


def recover_lapsed(*, organization_id: int) -> int:
    """Take back the claims of workers that died: repeatable effects to pending, the others to unknown."""
    lapsed = list(
        Effect.objects.filter(organization_id=organization_id, state="claimed", claimed_until__lte=wall_now())
        .select_for_update(skip_locked=True)
        .order_by("id")[:BATCH]
    )
    now = store_now(organization_id=organization_id)
    settled = []
    for row in lapsed:
        repeatable = _carriers[row.kind].repeatable
        outcome = (
            Outcome(state="retry", retry_after=timedelta())
            if repeatable
            else Outcome(state="unknown", text="The worker stopped while sending; it may or may not have left.")
        )
        settled.append((_claimed(row), outcome))
    _settle(organization_id=organization_id, now=now, settled=settled)
    return len(settled)


def _claimed(row: Effect) -> Claimed:
    return Claimed(
        id=row.id,
        kind=row.kind,
        idempotency_key=row.idempotency_key,
        subject=row.subject,
        subject_id=row.subject_id,
        payload=row.payload,
        attempts=row.attempts,
    )


def _claim(*, organization_id: int, now: datetime, until: datetime | None, limit: int) -> list[Claimed]:
    rows = list(
        Effect.objects.filter(organization_id=organization_id, state="pending", held_for__isnull=True, run_at__lte=now)
        .select_for_update(skip_locked=True)
        .order_by("run_at", "id")[:limit]
    )
    if until is not None:
        Effect.objects.filter(organization_id=organization_id, id__in=[row.id for row in rows]).update(
            state="claimed", claimed_until=until, attempts=F("attempts") + 1
        )
        for row in rows:
            row.attempts += 1
    return [_claimed(row) for row in rows]


def _settle(*, organization_id: int, now: datetime, settled: Sequence[tuple[Claimed, Outcome]]) -> None:
    if not settled:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE journal_effect e SET state = CASE WHEN s.state = 'retry' THEN 'pending' ELSE s.state END,"
            " run_at = CASE WHEN s.state = 'retry' THEN %s + s.wait * interval '1 second' ELSE e.run_at END,"
            " settled_at = CASE WHEN s.state = 'retry' THEN NULL ELSE %s END, outcome = s.outcome,"
            " claimed_until = NULL"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::float[]) AS s(id, state, outcome, wait)"
            " WHERE e.organization_id = %s AND e.id = s.id",
            [
                now,
                now,
                [effect.id for effect, _ in settled],
                [outcome.state for _, outcome in settled],
                [outcome.text[:200] for _, outcome in settled],
                [outcome.retry_after.total_seconds() for _, outcome in settled],
                organization_id,
            ],
        )
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event=f"outbox:effect:{outcome.state}",
                subject=effect.subject,
                subject_id=effect.subject_id,
                data={"kind": effect.kind, "effect": effect.id},
            )
            for effect, outcome in settled
            if outcome.state != "retry"
        ],
    )
