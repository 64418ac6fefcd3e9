"""The outbox: effects outside the database, written in the transaction that decides them; the outbox is the queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs

from makegood.journal.barring import FREE, bars_of
from makegood.journal.models import Effect
from makegood.journal.operations import Happened, record
from makegood.store.bulk import insert


@attrs.frozen(kw_only=True)
class Wanted:
    """An effect to be carried out at `run_at`, once per `idempotency_key`.

    One that is `shadow`, or about what is, never leaves: it only comes to where it would have left.
    """

    kind: str
    idempotency_key: str
    subject: str
    subject_id: int
    run_at: datetime
    payload: dict[str, Any] = attrs.field(factory=dict)
    shadow: bool = False


def effects_add(*, organization_id: int, wanted: Sequence[Wanted]) -> None:
    """Put effects into the outbox, held where the facts behind them say so.

    One whose idempotency key is already there is left as it stands.
    """
    bars = bars_of(organization_id=organization_id, subjects=[(w.kind, w.subject_id) for w in wanted])
    insert(
        Effect,
        (
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
            "shadow",
        ),
        [
            (
                organization_id,
                w.kind,
                w.idempotency_key,
                w.subject,
                w.subject_id,
                w.payload,
                "pending",
                bars.get((w.kind, w.subject_id), FREE).held_for,
                w.run_at,
                0,
                "",
                w.shadow or bars.get((w.kind, w.subject_id), FREE).shadow,
            )
            for w in wanted
        ],
        on_conflict="ON CONFLICT (organization_id, idempotency_key) DO NOTHING",
    )


def effects_stop(*, organization_id: int, subject: str, subject_ids: Sequence[int], now: datetime) -> int:
    """Stop these subjects' effects that have not left yet, or were refused at every try so far.

    Of effects whose failed tries may have been carried out all the same, such as payments, ask `effects_doubt` first.
    """
    return Effect.objects.filter(
        organization_id=organization_id, state="pending", subject=subject, subject_id__in=list(subject_ids)
    ).update(state="stopped", settled_at=now)


def effects_doubt(*, organization_id: int, subject: str, subject_ids: Sequence[int], now: datetime) -> set[int]:
    """Leave to a person the effects that were tried and wait to be tried again; return the subjects in doubt.

    A try without an answer may have been carried out, so they can neither be stopped nor done another way: they are
    unknown. Those being carried out now, or unknown already, are in doubt as well and stay as they are.
    """
    mine = Effect.objects.filter(organization_id=organization_id, subject=subject, subject_id__in=list(subject_ids))
    tried = list(mine.filter(state="pending", attempts__gt=0).select_for_update().order_by("id"))
    mine.filter(id__in=[one.id for one in tried]).update(state="unknown", settled_at=now)
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event="outbox:effect:unknown",
                subject=subject,
                subject_id=one.subject_id,
                data={"kind": one.kind, "effect": one.id},
            )
            for one in tried
        ],
    )
    return set(mine.filter(state__in=["claimed", "unknown"]).values_list("subject_id", flat=True))


def effects_returned(
    *, organization_id: int, subject: str, subject_ids: Sequence[int], outcome: str, now: datetime
) -> set[int]:
    """Let what these subjects' last effects carried out count as failed, as word came that it did not arrive.

    Returns the subjects of which anything had left: carried out, of unknown outcome, or under way right now.
    """
    mine = Effect.objects.filter(organization_id=organization_id, subject=subject, subject_id__in=list(subject_ids))
    last = mine.order_by("subject_id", "-id").distinct("subject_id").values_list("id", flat=True)
    left = mine.filter(id__in=list(last), state__in=["done", "unknown", "claimed"])
    held = list(left.select_for_update().order_by("id").values_list("id", "subject_id"))
    mine.filter(id__in=[effect_id for effect_id, _ in held]).update(
        state="failed", outcome=outcome[:200], settled_at=now, claimed_until=None
    )
    return {subject_id for _, subject_id in held}
