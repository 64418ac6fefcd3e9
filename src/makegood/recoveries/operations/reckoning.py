"""The expected loss of open recoveries: what is at stake, by the chance that the next clock is missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection

from makegood.core.plans import expected_loss, p_miss
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.models import TEST
from makegood.store.bulk import record_set
from makegood.store.clocks import now as store_now

RESTS = ("stay", "done")
"""The next steps at which nothing is to be done now: what is planned comes by itself."""
CASES = 2000
"""How many past clocks of a target the chance is taken from: the latest, those of tests left out."""

STALE = """
SELECT r.id, r.playbook_id, r.price_minor, r.kind, c.target, c.due_at, CASE WHEN r.next_step <> ALL(%(rests)s)
    AND NOT EXISTS (SELECT 1 FROM recoveries_pause p WHERE p.organization_id = r.organization_id
        AND p.recovery_id = r.id AND p.to_at IS NULL)
    AND NOT (r.next_step = 'respond' AND EXISTS (SELECT 1 FROM recoveries_recoveryclock u
        WHERE u.organization_id = r.organization_id AND u.recovery_id = r.id AND u.met_at IS NULL
        AND u.state IN ('running', 'missed') AND u.target = 'update')) THEN r.next_due_at END
FROM (SELECT id, organization_id, playbook_id, price_minor, kind, next_step, next_due_at FROM recoveries_recovery
    WHERE organization_id = %(org)s AND state = 'open' AND expected_loss_at <= %(now)s
    ORDER BY expected_loss_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED) r
LEFT JOIN LATERAL (SELECT k.target, k.due_at FROM recoveries_recoveryclock k
    WHERE k.organization_id = r.organization_id AND k.recovery_id = r.id AND k.met_at IS NULL
    AND k.state IN ('running', 'missed') AND (r.next_step <> ALL(%(rests)s) OR k.target = 'respond')
    ORDER BY k.due_at LIMIT 1) c ON true
"""
TYPICAL = """
SELECT kind, percentile_disc(0.5) WITHIN GROUP (ORDER BY price_minor)
FROM (SELECT r.kind, r.price_minor FROM recoveries_recovery r JOIN organizations_organization o
    ON o.id = r.organization_id AND o.currency = coalesce(nullif(r.currency, ''), o.currency)
    WHERE r.organization_id = %s AND r.price_minor IS NOT NULL AND NOT starts_with(r.happening_key, %s)
    ORDER BY r.opened_at DESC LIMIT %s) latest
GROUP BY GROUPING SETS ((kind), ())
"""
"""What is usually paid for what fails in this way, of the latest recoveries; and, under no kind, whatever fails."""
OWED = """
SELECT rf.recovery_id, sum(m.value_minor) FROM recoveries_recoveryfailure rf
JOIN makegoods_makegood m ON m.organization_id = rf.organization_id AND m.failure_id = rf.failure_id
JOIN recoveries_recovery r ON r.organization_id = rf.organization_id AND r.id = rf.recovery_id
JOIN organizations_organization o ON o.id = r.organization_id
WHERE rf.organization_id = %s AND rf.recovery_id = ANY(%s) AND m.state IN ('offered', 'accepted')
AND m.currency = coalesce(nullif(r.currency, ''), o.currency) GROUP BY rf.recovery_id
"""
"""What is owed or offered and not delivered, in the recovery's own currency: sums in two do not add up."""
PAST = """
SELECT extract(epoch FROM due_at - met_at)::float FROM recoveries_recoveryclock
WHERE organization_id = %s AND target = %s AND met_at IS NOT NULL AND due_at IS NOT NULL
AND recovery_id NOT IN (SELECT id FROM recoveries_recovery WHERE organization_id = %s
    AND left(happening_key, 7) = 'shadow:' AND starts_with(happening_key, %s)) ORDER BY id DESC LIMIT %s
"""


def expected_losses_reckon(*, organization_id: int, limit: int) -> int:
    """Reckon the expected loss of recoveries whose figure is stale, in one batch; return how many.

    At stake is the price, or what is usual for such a failure where nobody knows it, and of the floor and the rest
    what is not delivered yet. The chance is that of the clock that is due next: the share of past clocks of its
    target that were missed from this remaining time, else the prior. Where nothing is to be done now it is none; past
    the moment of the next step it is one, whether a clock times that step or the playbook alone; word for who asked
    nothing is late by the clock of the next word, as it is on the lists. The figure is stale at the latest when the
    next of these moments comes.
    """
    now = store_now(organization_id=organization_id)
    with connection.cursor() as cursor:
        cursor.execute(STALE, {"org": organization_id, "now": now, "limit": limit, "rests": list(RESTS)})
        stale = cursor.fetchall()
        if not stale:
            return 0
        cursor.execute(OWED, [organization_id, [row[0] for row in stale]])
        owed: dict[int, int] = {recovery_id: int(minor) for recovery_id, minor in cursor.fetchall()}
        typical: dict[str | None, int] = {}
        if any(row[2] is None for row in stale):
            cursor.execute(TYPICAL, [organization_id, TEST, CASES])
            typical = dict(cursor.fetchall())
    slacks = _slacks(organization_id, sorted({row[4] for row in stale if row[4]}))
    rows = []
    for recovery_id, version_id, price, kind, target, due_at, step_due_at in stale:
        playbook = playbook_frozen(organization_id=organization_id, version_id=version_id)
        chance = _chance(
            target, due_at, now=now, slacks=slacks, prior=playbook.prior, cases_needed=playbook.cases_needed
        )
        if step_due_at is not None and step_due_at <= now:
            chance = Decimal(1)
        worth = price if price is not None else typical.get(kind, typical.get(None) or 0)
        loss = expected_loss(at_stake_minor=worth + owed.get(recovery_id, 0), chance=chance)
        ahead = [moment for moment in (due_at, step_due_at) if moment is not None and moment > now]
        rows.append((recovery_id, loss, min([now + timedelta(minutes=playbook.every_minutes), *ahead])))
    from_, parameter = record_set("u", {"id": "bigint", "loss": "bigint", "again_at": "timestamptz"}, rows)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE recoveries_recovery r SET expected_loss_minor = u.loss, expected_loss_at = u.again_at"
            f" FROM {from_} WHERE r.organization_id = %s AND r.id = u.id",
            [parameter, organization_id],
        )
    return len(rows)


def _slacks(organization_id: int, targets: Sequence[str]) -> dict[str, list[float]]:
    found = {}
    with connection.cursor() as cursor:
        for target in targets:
            cursor.execute(PAST, [organization_id, target, organization_id, TEST, CASES])
            found[target] = sorted(row[0] for row in cursor.fetchall())
    return found


def _chance(
    target: str | None,
    due_at: datetime | None,
    *,
    now: datetime,
    slacks: Mapping[str, Sequence[float]],
    prior: Decimal,
    cases_needed: int,
) -> Decimal:
    if target is None or due_at is None:
        return Decimal(0)
    left = (due_at - now).total_seconds()
    return p_miss(left_seconds=left, slacks=slacks[target], prior=prior, cases_needed=cases_needed)
