"""From a broken promise to a failure, and from a waiting failure to the gate's decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs
from django.db import connection

from makegood.core.gate import GateDecision, GateFacts, decide
from makegood.core.reasons import because
from makegood.failures.early_signals import early_signals_join
from makegood.failures.models import Failure
from makegood.failures.policy import Policies
from makegood.journal.operations import Happened, record
from makegood.store.bulk import insert, next_ids, record_set
from makegood.store.clocks import moment as store_moment

BATCH = 1000
UNHEARD = (
    because(
        "gate.unheard", "Its source has not been heard past this moment yet: lateness is not known.", evidence="P3"
    ),
)
COLUMNS = (
    "id",
    "organization_id",
    "kind",
    "loss",
    "fault",
    "severity",
    "customer_id",
    "promise_id",
    "purchase_id",
    "visit_id",
    "place_id",
    "source_id",
    "happening_key",
    "what",
    "price_minor",
    "currency",
    "found_by_us",
    "happened_at",
    "detected_at",
    "gate",
    "gate_at",
    "gate_reasons",
)
DECIDED = {"id": "bigint", "gate": "text", "gate_at": "timestamptz", "reasons": "jsonb"}
PROMISE = (
    "SELECT p.id, p.customer_id, p.purchase_id, p.visit_id, p.place_id, p.source_id, p.recovery_id, p.kind, p.what,"
    " p.value_minor, p.currency, p.due_at, p.fulfilled_at, s.live_from, s.rhythm_minutes, s.heard_until, s.playbook,"
    " EXISTS (SELECT 1 FROM promises_unreadword u WHERE u.organization_id = p.organization_id"
    "  AND u.source_id = p.source_id AND u.key_hash = p.key_hash)"
    " FROM unnest(%s::bigint[]) AS k(id)"
    " CROSS JOIN LATERAL ("
    "  SELECT * FROM promises_promise p WHERE p.organization_id = %s AND p.id = k.id LIMIT 1) p"
    " JOIN promises_source s ON s.organization_id = p.organization_id AND s.id = p.source_id"
)
"""Each promise is looked up by its id, whatever the planner believes of a table that it has not counted yet."""


UNHEARD_OF_SOURCE = (
    "UPDATE failures_failure SET gate_at = %(now)s WHERE organization_id = %(here)s AND source_id = %(source)s"
    " AND gate = 'waiting' AND withdrawn_at IS NULL AND happened_at <= %(until)s AND gate_at > %(now)s"
    f""" AND gate_reasons @> '[{{"rule": "{UNHEARD[0].rule}"}}]'"""
)


@attrs.frozen(kw_only=True, slots=True)
class BrokenPromise:
    """A promise as the gate needs it, with what is known of its source.

    `unread` says that a file of its source held a row about it that could not be read.
    """

    id: int
    customer_id: int
    purchase_id: int | None
    visit_id: int | None
    place_id: int | None
    source_id: int
    recovery_id: int | None
    kind: str
    what: str
    value_minor: int | None
    currency: str
    due_at: datetime
    fulfilled_at: datetime | None
    live_from: datetime
    rhythm_minutes: int | None
    heard_until: datetime | None
    playbook: str
    unread: bool

    def happening_key(self) -> str:
        """Return what its failure belongs to: the recovery it was promised in, the purchase, the visit, or itself."""
        if self.recovery_id is not None:
            return f"recovery:{self.recovery_id}"
        if self.purchase_id is not None:
            return f"purchase:{self.purchase_id}"
        if self.visit_id is not None:
            return f"visit:{self.visit_id}"
        return f"promise:{self.id}"


def promises_read(*, organization_id: int, promise_ids: Sequence[int]) -> list[BrokenPromise]:
    """Return these promises with what the gate must know of them."""
    names = [field.name for field in attrs.fields(BrokenPromise)]
    with connection.cursor() as cursor:
        cursor.execute(PROMISE, [list(promise_ids), organization_id])
        return [BrokenPromise(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def judge(*, promise: BrokenPromise, policies: Policies, now: datetime, contacted: bool = False) -> GateDecision:
    """Ask the gate about one broken promise, knowing at `now` only what had happened by then.

    `contacted` says that the customer told us of it. Where the source has a rhythm, lateness is known only once the
    source was heard past the moment it is noticed; until then the failure waits, and a source that stays silent beyond
    its rhythm makes it a review. So does word of it that could not be read.
    """
    policy = policies.promise(playbook=promise.playbook, kind=promise.kind)
    fulfilled_at = promise.fulfilled_at if promise.fulfilled_at and promise.fulfilled_at <= now else None
    facts = GateFacts(
        kind="broken_promise",
        happened_at=promise.due_at,
        fulfilled_at=fulfilled_at,
        notice_minutes=policy.notice_minutes,
        before_go_live=promise.due_at < promise.live_from,
        certain_to_notice=policy.certain_to_notice,
        customer_contacted=contacted,
    )
    decision = decide(facts=facts, now=now)
    if contacted or fulfilled_at is not None or decision.gate != "contact":
        return decision
    if promise.unread:
        return decide(facts=attrs.evolve(facts, word_unread=True), now=now)
    if promise.rhythm_minutes is None:
        return decision
    heard = promise.heard_until or promise.live_from
    noticed_at = promise.due_at if policy.certain_to_notice else decision.gate_at
    if heard >= noticed_at:
        return decision
    silent_at = max(heard + timedelta(minutes=promise.rhythm_minutes), promise.due_at)
    if now > silent_at:
        return decide(facts=attrs.evolve(facts, source_silent=True), now=now)
    return GateDecision(gate="waiting", gate_at=silent_at + timedelta(milliseconds=1), reasons=UNHEARD)


def failures_from_broken(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Make exactly one failure of each broken promise (handler of promises:promise:broken)."""
    broken_at = {entry.subject_id: entry.at for entry in entries}
    policies = Policies(organization_id=organization_id)
    promises = promises_read(organization_id=organization_id, promise_ids=list(broken_at))
    ids = next_ids(Failure, len(promises))
    rows: list[tuple[Any, ...]] = []
    happened: list[Happened] = []
    for failure_id, promise in zip(ids, sorted(promises, key=lambda p: (p.due_at, p.id)), strict=True):
        at = broken_at[promise.id]
        policy = policies.promise(playbook=promise.playbook, kind=promise.kind)
        decision = judge(promise=promise, policies=policies, now=at)
        rows.append(
            (
                failure_id,
                organization_id,
                "broken_promise",
                policy.loss,
                policy.fault,
                policy.severity,
                promise.customer_id,
                promise.id,
                promise.purchase_id,
                promise.visit_id,
                promise.place_id,
                promise.source_id,
                promise.happening_key(),
                promise.what,
                promise.value_minor,
                promise.currency,
                True,
                promise.due_at,
                at,
                decision.gate,
                decision.gate_at,
                [reason.as_dict() for reason in decision.reasons],
            )
        )
        happened.append(
            Happened(
                at=at,
                event="failures:failure:detected",
                subject="failure",
                subject_id=failure_id,
                data={
                    "gate": decision.gate,
                    "gate_at": decision.gate_at.isoformat(),
                    "promise": promise.id,
                    "customer": promise.customer_id,
                    "rules": [reason.rule for reason in decision.reasons],
                },
            )
        )
    made = insert(
        Failure,
        COLUMNS,
        rows,
        on_conflict="ON CONFLICT (organization_id, promise_id) WHERE withdrawn_at IS NULL DO NOTHING",
        returning=("id",),
    )
    new = {row[0] for row in made}
    record(organization_id=organization_id, entries=[entry for entry in happened if entry.subject_id in new])
    early_signals_join(organization_id=organization_id, failure_ids=sorted(new))


def failures_gate(*, organization_id: int, limit: int = BATCH) -> int:
    """Let the gate decide this organization's waiting failures whose time has come; return how many."""
    moment = store_moment(organization_id=organization_id)
    waiting = list(
        Failure.objects.filter(
            organization_id=organization_id, gate="waiting", withdrawn_at__isnull=True, gate_at__lte=moment.now
        )
        .order_by("gate_at", "id")
        .select_for_update(skip_locked=True)
        .values_list("id", "promise_id", "gate_at")[:limit]
    )
    at = {promise_id: (failure_id, moment.at(gate_at)) for failure_id, promise_id, gate_at in waiting}
    _decide(organization_id=organization_id, at=at)
    return len(waiting)


def failures_hear_source(*, organization_id: int, source_id: int, until_at: datetime, now: datetime) -> None:
    """Let the gate be asked at once, not at the end of the rhythm, about what waited for word of this source.

    `until_at` is up to when the source was heard: what was due later goes on waiting.
    """
    with connection.cursor() as cursor:
        cursor.execute(UNHEARD_OF_SOURCE, {"here": organization_id, "source": source_id, "until": until_at, "now": now})


def failures_hear_fulfilled(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Decide at once the waiting failures whose promise was kept late (handler of promises:promise:fulfilled).

    In a stepped organization that word may be taken in before the tick of a moment that came earlier: what was due to
    be decided then is decided as it would have been, at its own moment and without the word.
    """
    said_at = {entry.subject_id: entry.at for entry in entries}
    waiting = (
        Failure.objects.filter(
            organization_id=organization_id, promise_id__in=list(said_at), gate="waiting", withdrawn_at__isnull=True
        )
        .select_for_update()
        .order_by("id")
        .values_list("id", "promise_id", "gate_at")
    )
    stepped = store_moment(organization_id=organization_id).stepped
    unsaid, said = {}, {}
    for failure_id, promise_id, gate_at in waiting:
        if stepped and gate_at < said_at[promise_id]:
            unsaid[promise_id] = (failure_id, gate_at)
        else:
            said[promise_id] = (failure_id, said_at[promise_id])
    _decide(organization_id=organization_id, at=unsaid, fulfilled=False)
    _decide(organization_id=organization_id, at=said)


def failures_hear_complained(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Ask the gate again about failures that wait or stayed quiet, now that their customer spoke of them.

    A handler of `failures:failure:complained`: a complaint is contact, and about a low score on what stayed quiet a
    person decides (EVIDENCE 6.1).
    """
    at = {entry.subject_id: entry.at for entry in entries}
    complaints = {entry.subject_id for entry in entries if entry.data["kind"] == "complaint"}
    unsaid = Failure.objects.filter(
        organization_id=organization_id, id__in=list(at), gate__in=["waiting", "quiet"], withdrawn_at__isnull=True
    )
    rows = list(unsaid.select_for_update(of=("self",)).order_by("id"))
    if not rows:
        return
    policies = Policies(organization_id=organization_id)
    found = promises_read(
        organization_id=organization_id, promise_ids=[row.promise_id for row in rows if row.promise_id is not None]
    )
    promises = {promise.id: promise for promise in found}
    decided = []
    for row in rows:
        now, promise = at[row.id], promises.get(row.promise_id or 0)
        if row.id not in complaints:
            decision = _scored(promise, now) if row.gate == "quiet" else None
        elif promise is not None:
            decision = judge(promise=promise, policies=policies, now=now, contacted=True)
        else:
            facts = GateFacts(kind=row.kind, happened_at=row.happened_at, customer_contacted=True)
            decision = decide(facts=facts, now=now)
        if decision is not None and decision.gate in ("contact", "review"):
            decided.append((row.id, now, decision))
    gates_set(organization_id=organization_id, decided=decided)
    unsaid_no_more = [failure_id for failure_id, _, _ in decided]
    Failure.objects.filter(organization_id=organization_id, id__in=unsaid_no_more).update(routed_at=None)


def _scored(promise: BrokenPromise | None, now: datetime) -> GateDecision:
    """Ask the gate about what stayed quiet and got a low score."""
    before_go_live = promise is not None and promise.due_at < promise.live_from
    return decide(facts=GateFacts(kind="low_score", happened_at=now, before_go_live=before_go_live), now=now)


def _decide(*, organization_id: int, at: dict[int, tuple[int, datetime]], fulfilled: bool = True) -> None:
    """Decide these failures, by promise, each at its moment; without `fulfilled` as if nothing was kept yet."""
    if not at:
        return
    policies = Policies(organization_id=organization_id)
    scored = set(
        Failure.objects.filter(
            organization_id=organization_id, id__in=[one for one, _ in at.values()], complained_at__isnull=False
        ).values_list("id", flat=True)
    )
    decided = []
    for promise in promises_read(organization_id=organization_id, promise_ids=list(at)):
        failure_id, now = at[promise.id]
        known = promise if fulfilled else attrs.evolve(promise, fulfilled_at=None)
        decision = judge(promise=known, policies=policies, now=now)
        if decision.gate == "quiet" and failure_id in scored:
            decision = _scored(promise, now)
        decided.append((failure_id, now, decision))
    decided.sort(key=lambda row: (row[1], row[0]))
    gates_set(organization_id=organization_id, decided=decided)


def gates_set(*, organization_id: int, decided: Sequence[tuple[int, datetime, GateDecision]]) -> None:
    """Write the gate's decisions of (failure id, moment, decision), and journal them."""
    rows = [
        (failure_id, decision.gate, decision.gate_at, [reason.as_dict() for reason in decision.reasons])
        for failure_id, _, decision in decided
    ]
    from_, parameter = record_set("d", DECIDED, rows)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE failures_failure f SET gate = d.gate, gate_at = d.gate_at, gate_reasons = d.reasons FROM {from_}"
            " WHERE f.organization_id = %s AND f.id = d.id",
            [parameter, organization_id],
        )
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=at,
                event="failures:failure:gated",
                subject="failure",
                subject_id=failure_id,
                data={
                    "gate": decision.gate,
                    "gate_at": decision.gate_at.isoformat(),
                    "rules": [reason.rule for reason in decision.reasons],
                },
            )
            for failure_id, at, decision in decided
        ],
    )
