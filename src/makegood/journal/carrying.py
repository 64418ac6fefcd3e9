"""Carrying effects out: claimed like due rows, carried out outside any transaction, settled in another.

A claim is committed before anything leaves, and its outcome is committed after. A worker that dies in between leaves a
lapsed claim: an effect whose receiver takes an idempotency key goes back to pending; any other becomes `unknown`, which
a person sees, and is never repeated by itself. A worker gives back what it cannot begin well before its claim lapses,
and an outcome that comes after the lapse counts only where it says what really became of the effect.
What this release knows no carrier for it leaves as it is: while an upgrade rolls, a newer worker beside it carries it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import attrs
from django.db import InterfaceError, OperationalError
from django.db.models import F

from makegood.journal.barring import FREE, bars_of, held_write
from makegood.journal.models import Effect
from makegood.journal.operations import Happened, record
from makegood.store.bulk import record_set
from makegood.store.clocks import Moment, wall_now
from makegood.store.clocks import moment as store_moment
from makegood.store.preparing import prepared
from makegood.store.tenancy import tenant
from makegood.store.wiring import wired

log = logging.getLogger("makegood")

CLAIM = timedelta(minutes=5)
LONGEST = timedelta(minutes=2)
"""No carrier takes longer for one effect; one that cannot be begun this long before its claim lapses is given back."""
BATCH = 100
LOCAL_BATCH = 2000
ATTEMPTS = 8


@attrs.frozen(kw_only=True, slots=True)
class Claimed:
    """An effect in the hands of one worker, until `claimed_until` (None: it is settled in the claiming transaction)."""

    id: int
    kind: str
    idempotency_key: str
    subject: str
    subject_id: int
    payload: dict[str, Any]
    attempts: int
    run_at: datetime
    claimed_until: datetime | None
    shadow: bool = False


@attrs.frozen(kw_only=True)
class Outcome:
    """What became of one effect; `retry` asks for another try after `retry_after`.

    Only where the receiver knows the idempotency key, or surely did not get the effect, may it be tried again.
    `exhausted` is what it becomes after the last try: `unknown` where one of them may have been carried out.
    """

    state: Literal["done", "failed", "unknown", "stopped", "shadowed", "retry"]
    text: str = ""
    retry_after: timedelta = timedelta(minutes=1)
    exhausted: Literal["failed", "unknown"] = "failed"


SHADOWED = Outcome(state="shadowed", text="not sent: its source only watches")
"""Where a shadow's effect would have left: what follows from it goes on as if it had."""


@attrs.frozen(kw_only=True)
class Carrier:
    """How one kind of effect is carried out: `carry_out(organization_id=, effect=)` outside any transaction.

    `repeatable` says that the receiver takes the idempotency key, so that a lost outcome may be tried again.
    `inside(organization_id=, effects=)` returns the ids of those that never leave the house, such as what only stands
    on a page: it runs inside a unit of work, and they are settled with the claim, all at once.
    """

    carry_out: Callable[..., Outcome]
    repeatable: bool
    inside: Callable[..., set[int]] | None = None


_carriers: dict[str, Carrier] = {}


def carry(kind: str, carrier: Carrier) -> None:
    """Register the carrier of one kind of effect; only `config` registers."""
    _carriers[kind] = carrier


@attrs.frozen(kw_only=True)
class Kinds:
    """Some kinds of effects, or all but those."""

    named: tuple[str, ...] = ()
    but: bool = True


EVERY = Kinds()


def _carriers_known() -> dict[str, Carrier]:
    wired()
    return _carriers


def _known(kinds: Kinds) -> list[str]:
    """Those of them that this process can carry."""
    return [kind for kind in _carriers_known() if (kind in kinds.named) != kinds.but]


def work_local(*, organization_id: int, outcome: Outcome, limit: int = LOCAL_BATCH, kinds: Kinds = EVERY) -> int:
    """Settle a batch of due effects of an organization from which nothing of these kinds leaves; return how many.

    Runs inside the organization's unit of work; each is settled at its own due moment under a stepped clock.
    """
    moment = store_moment(organization_id=organization_id)
    free = _free(organization_id=organization_id, now=moment.now, limit=limit, kinds=kinds)
    _settle(organization_id=organization_id, moment=moment, settled=[(effect, outcome) for effect in free])
    return len(free)


@attrs.frozen(kw_only=True)
class InHand:
    """What one worker claimed `until` a moment and is to carry out, and how many more were settled with the claim."""

    until: datetime
    effects: Sequence[Claimed]
    settled: int


def claim_live(*, organization_id: int, kinds: Kinds = EVERY) -> InHand:
    """Claim a batch of due effects, and settle those of them that never leave the house.

    Runs inside the organization's unit of work; `carry_live` goes on once that is committed.
    """
    until = wall_now() + CLAIM
    moment = store_moment(organization_id=organization_id)
    due = _free(organization_id=organization_id, now=moment.now, limit=BATCH, kinds=kinds)
    leaving = _claimed_until(organization_id, _leaving(organization_id, moment, due), until)
    return InHand(until=until, effects=leaving, settled=len(due) - len(leaving))


def carry_live(*, organization_id: int, in_hand: InHand, halted: Callable[[], bool]) -> int:
    """Carry out and settle what was claimed; return how many effects were settled, with the claim or since.

    Opens its own units of work. `halted` is asked before each but the first: once it answers yes, nothing more leaves.
    """
    stop = False
    for position, effect in enumerate(in_hand.effects):
        if stop or wall_now() > in_hand.until - LONGEST:
            with tenant(organization_id=organization_id):
                _give_back(organization_id=organization_id, effects=in_hand.effects[position:])
            return in_hand.settled + position
        outcome = _carried(organization_id, effect)
        if outcome.state == "retry" and effect.attempts >= ATTEMPTS:
            outcome = attrs.evolve(outcome, state=outcome.exhausted)
        with tenant(organization_id=organization_id):
            moment = store_moment(organization_id=organization_id)
            _settle(organization_id=organization_id, moment=moment, settled=[(effect, outcome)])
            stop = effect is not in_hand.effects[-1] and halted()
    return in_hand.settled + len(in_hand.effects)


INSIDE = Outcome(state="done", text="inside only")


def _leaving(organization_id: int, moment: Moment, due: Sequence[Claimed]) -> list[Claimed]:
    """Settle those that never leave the house, and return the others."""
    inside: set[int] = set()
    for kind in sorted({effect.kind for effect in due}):
        asked = _carriers_known()[kind].inside
        if asked is not None:
            inside |= asked(organization_id=organization_id, effects=[one for one in due if one.kind == kind])
    _settle(
        organization_id=organization_id,
        moment=moment,
        settled=[(effect, INSIDE) for effect in due if effect.id in inside],
    )
    return [effect for effect in due if effect.id not in inside]


def _carried(organization_id: int, effect: Claimed) -> Outcome:
    """Carry one effect out; a carrier's own fault is an outcome too, so that the others of the batch still go."""
    carrier = _carriers_known()[effect.kind]
    try:
        return carrier.carry_out(organization_id=organization_id, effect=effect)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("effect %s of organization %s", effect.id, organization_id)
        text = f"Something unforeseen went wrong ({type(error).__name__}): it may or may not have left."
        return Outcome(state="retry" if carrier.repeatable else "unknown", text=text, exhausted="unknown")


def recover_lapsed(*, organization_id: int) -> int:
    """Take back the claims of workers that died: repeatable effects to pending, the others to unknown.

    Runs inside the organization's unit of work.
    """
    lapsed = list(
        Effect.objects.filter(
            organization_id=organization_id, state="claimed", claimed_until__lte=wall_now(), kind__in=_known(EVERY)
        )
        .select_for_update(skip_locked=True)
        .order_by("id")[:LOCAL_BATCH]
    )
    again = Outcome(state="retry", retry_after=timedelta())
    lost = Outcome(state="unknown", text="The worker stopped while sending; it may or may not have left.")
    _settle(
        organization_id=organization_id,
        moment=store_moment(organization_id=organization_id),
        settled=[(_claimed(row), again if _carriers_known()[row.kind].repeatable else lost) for row in lapsed],
    )
    return len(lapsed)


def _claimed(row: Effect) -> Claimed:
    return Claimed(
        id=row.id,
        kind=row.kind,
        idempotency_key=row.idempotency_key,
        subject=row.subject,
        subject_id=row.subject_id,
        payload=row.payload,
        attempts=row.attempts,
        run_at=row.run_at,
        claimed_until=row.claimed_until,
    )


DUE = """
SELECT id, kind, idempotency_key, subject, subject_id, payload, attempts, run_at, shadow FROM journal_effect
WHERE organization_id = %s AND state = 'pending' AND held_for IS NULL AND run_at <= %s
    AND kind = ANY (%s::text[])
ORDER BY run_at, id LIMIT %s FOR UPDATE SKIP LOCKED
"""
CLAIMED = """
UPDATE journal_effect SET state = 'claimed', claimed_until = %s, attempts = attempts + 1
WHERE organization_id = %s AND id = ANY(%s) AND state = 'pending' AND held_for IS NULL
RETURNING id
"""


def _free(*, organization_id: int, now: datetime, limit: int, kinds: Kinds) -> list[Claimed]:
    """Lock what is due and may leave; what may not is put aside on the way."""
    free: list[Claimed] = []
    while not free:
        found = _due(organization_id, now, limit, kinds)
        if not found:
            return []
        aside = _put_aside(organization_id, found)
        free = [one for one in found if one.id not in aside]
    return free


def _claimed_until(organization_id: int, effects: Sequence[Claimed], until: datetime) -> list[Claimed]:
    """Claim these, which are locked: nobody else carries them out until then.

    What was stopped or held since, by what follows from the others of its batch, stays as it is.
    """
    if not effects:
        return []
    with prepared() as cursor:
        cursor.execute(CLAIMED, [until, organization_id, [one.id for one in effects]])
        claimed = {effect_id for (effect_id,) in cursor.fetchall()}
    return [attrs.evolve(one, attempts=one.attempts + 1, claimed_until=until) for one in effects if one.id in claimed]


def _due(organization_id: int, now: datetime, limit: int, kinds: Kinds) -> list[Claimed]:
    """Lock a batch of what is due and nobody holds."""
    with prepared() as cursor:
        cursor.execute(DUE, [organization_id, now, _known(kinds), limit])
        return [
            Claimed(
                id=effect_id,
                kind=kind,
                idempotency_key=key,
                subject=subject,
                subject_id=subject_id,
                payload=json.loads(payload),
                attempts=attempts,
                run_at=run_at,
                claimed_until=None,
                shadow=shadow,
            )
            for effect_id, kind, key, subject, subject_id, payload, attempts, run_at, shadow in cursor.fetchall()
        ]


def _put_aside(organization_id: int, found: Sequence[Claimed]) -> set[int]:
    """Hold what an incident holds by now, and end here what comes of a source that only watches; return their ids."""
    bars = bars_of(organization_id=organization_id, subjects=[(one.kind, one.subject_id) for one in found])
    barred = [(one, bars.get((one.kind, one.subject_id), FREE)) for one in found]
    held = [(one.id, bar.held_for) for one, bar in barred if bar.held_for is not None]
    held_write(organization_id=organization_id, held=held)
    shadowed = [(one, SHADOWED) for one, bar in barred if bar.held_for is None and (one.shadow or bar.shadow)]
    if shadowed:
        moment = store_moment(organization_id=organization_id)
        _settle(organization_id=organization_id, moment=moment, settled=shadowed)
    return {one for one, _ in held} | {one.id for one, _ in shadowed}


def _give_back(*, organization_id: int, effects: Sequence[Claimed]) -> None:
    Effect.objects.filter(
        organization_id=organization_id,
        id__in=[effect.id for effect in effects],
        state="claimed",
        claimed_until=effects[0].claimed_until,
    ).update(state="pending", claimed_until=None, attempts=F("attempts") - 1)


SETTLED = {
    "id": "bigint",
    "state": "text",
    "outcome": "text",
    "at": "timestamptz",
    "retry_at": "timestamptz",
    "claimed_until": "timestamptz",
}
OURS = (
    "(e.claimed_until IS NOT DISTINCT FROM s.claimed_until AND e.state IN ('pending', 'claimed')"
    " OR s.state = 'done' AND e.state IN ('pending', 'unknown'))"
)
"""Whose outcome counts: the holder's of the present claim, or anyone's who knows that it was carried out."""


def _settle(*, organization_id: int, moment: Moment, settled: Sequence[tuple[Claimed, Outcome]]) -> None:
    if not settled:
        return
    at = {effect.id: moment.at(effect.run_at) for effect, _ in settled}
    from_, parameter = record_set(
        "s",
        SETTLED,
        [
            (
                effect.id,
                outcome.state,
                outcome.text[:200],
                at[effect.id],
                moment.now + outcome.retry_after,
                effect.claimed_until,
            )
            for effect, outcome in settled
        ],
    )
    with prepared() as cursor:
        cursor.execute(
            "UPDATE journal_effect e SET state = CASE WHEN s.state = 'retry' THEN 'pending' ELSE s.state END,"
            " run_at = CASE WHEN s.state = 'retry' THEN s.retry_at ELSE e.run_at END,"
            " settled_at = CASE WHEN s.state = 'retry' THEN NULL ELSE s.at END, outcome = s.outcome,"
            f" claimed_until = NULL, shadow = e.shadow OR s.state = 'shadowed' FROM {from_}"
            f" WHERE e.organization_id = %s AND e.id = s.id AND {OURS} RETURNING e.id",
            [parameter, organization_id],
        )
        counted = {row[0] for row in cursor.fetchall()}
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=at[effect.id],
                event=f"outbox:effect:{outcome.state}",
                subject=effect.subject,
                subject_id=effect.subject_id,
                data={"kind": effect.kind, "effect": effect.id},
            )
            for effect, outcome in settled
            if outcome.state != "retry" and effect.id in counted
        ],
    )
