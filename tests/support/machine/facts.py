"""Questions in plain SQL about what the tables hold: what the checks go by, apart from the product's own queries."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import connection

from makegood.store.tenancy import tenant

PLANS = """
SELECT r.id, r.state, r.owner_id, r.returned, r.next_step, r.due_at,
    (SELECT array_agg((f.id, f.action, f.state, f.due_at)::text ORDER BY f.id) FROM recoveries_followup f
        WHERE f.organization_id = r.organization_id AND f.recovery_id = r.id),
    (SELECT array_agg((c.target, c.state, c.due_at)::text ORDER BY c.target) FROM recoveries_recoveryclock c
        WHERE c.organization_id = r.organization_id AND c.recovery_id = r.id),
    (SELECT array_agg((s.step, s.state)::text ORDER BY s.step) FROM recoveries_step s
        WHERE s.organization_id = r.organization_id AND s.recovery_id = r.id)
FROM recoveries_recovery r WHERE r.organization_id = %s ORDER BY r.id
"""
"""All that a recovery has planned: who, by when, what next, the follow-ups, the clocks and the steps."""

UNOWNED = """
SELECT r.id FROM recoveries_recovery r
LEFT JOIN organizations_member m ON m.id = r.owner_id AND m.organization_id = r.organization_id
WHERE r.organization_id = %s AND r.state = 'open' AND m.active IS NOT TRUE
"""
"""Open recoveries without an owner who is an active member."""

ENDS = """
SELECT r.id, r.state, r.close_reason, r.close_note, r.closed_at, r.returned, r.severity, r.owner_id, r.closed_by_id,
    (SELECT m.active AND m.tier >= 2 FROM organizations_member m WHERE m.id = r.closed_by_id),
    (SELECT s.state FROM recoveries_step s WHERE s.recovery_id = r.id AND s.step = 'fix'),
    (SELECT s.state = 'skipped' AND s.note <> '' FROM recoveries_step s
        WHERE s.recovery_id = r.id AND s.step = 'improve'),
    (SELECT count(*) FROM makegoods_makegood g JOIN recoveries_recoveryfailure l ON l.failure_id = g.failure_id
        WHERE l.recovery_id = r.id AND g.part = 'floor' AND g.state NOT IN ('delivered', 'withdrawn')),
    (SELECT count(*) FROM makegoods_makegood g JOIN recoveries_recoveryfailure l ON l.failure_id = g.failure_id
        WHERE l.recovery_id = r.id AND g.part <> 'floor' AND (g.state IN ('offered', 'accepted')
        OR g.state = 'expired' AND g.reminded_at IS NULL)),
    (SELECT count(*) FROM makegoods_makegood g JOIN recoveries_recoveryfailure l ON l.failure_id = g.failure_id
        WHERE l.recovery_id = r.id AND g.state IN ('accepted', 'delivered')),
    (SELECT count(*) FROM failures_failure f JOIN recoveries_recoveryfailure l ON l.failure_id = f.id
        WHERE l.recovery_id = r.id AND f.withdrawn_at IS NULL AND f.cause_id IS NULL),
    (SELECT count(*) FROM failures_failure f JOIN recoveries_recoveryfailure l ON l.failure_id = f.id
        WHERE l.recovery_id = r.id AND f.withdrawn_at IS NULL),
    (SELECT count(*) FROM conversations_message m
        WHERE m.thread_id = r.thread_id AND m.direction = 'out' AND m.channel IN ('mail', 'status')
        AND m.state IN ('sent', 'unknown')) + (SELECT count(*) FROM journal_entry j WHERE j.subject = 'recovery'
        AND j.subject_id = r.id AND j.event = 'recoveries:recovery:called'),
    (SELECT g.score FROM recoveries_rating g WHERE g.recovery_id = r.id AND g.score IS NOT NULL
        ORDER BY g.answered_at DESC LIMIT 1),
    EXISTS (SELECT 1 FROM recoveries_return b WHERE b.recovery_id = r.id AND b.outcome = 'back' AND b.at > (
        SELECT max(g.answered_at) FROM recoveries_rating g WHERE g.recovery_id = r.id)),
    (SELECT count(*) FROM recoveries_followup f WHERE f.recovery_id = r.id AND f.state IN ('planned', 'due')
        AND f.action <> 'see_return'),
    (SELECT count(*) FROM recoveries_recoveryclock c WHERE c.recovery_id = r.id
        AND (c.next_at IS NOT NULL OR c.state IN ('running', 'paused')))
FROM recoveries_recovery r WHERE r.organization_id = %s AND r.state <> 'open' ORDER BY r.id
"""
"""Everything that an end must be allowed by, of each recovery that is not open."""
END = (
    "id", "state", "reason", "note", "closed_at", "returned", "severity", "owner", "by", "by_manager", "fix",
    "improve_skipped", "floors_left", "offers_left", "given", "causes_left", "standing", "said", "score",
    "back_since", "contacts_left", "clocks_left",
)  # fmt: skip

APOLOGIES = """
SELECT m.id, coalesce(c.merged_into_id, c.id), m.customer_id, m.apology_key,
    coalesce(m.sent_at, (SELECT max(e.run_at) FROM journal_effect e
        WHERE e.organization_id = m.organization_id AND e.subject = 'message' AND e.subject_id = m.id)),
    (SELECT max(j.id) FROM journal_entry j WHERE j.organization_id = m.organization_id AND j.subject = 'message'
        AND j.subject_id = m.id AND j.event = 'messages:message:queued')
FROM conversations_message m
JOIN customers_customer c ON c.organization_id = m.organization_id AND c.id = m.customer_id
WHERE m.organization_id = %s AND m.direction = 'out' AND m.kind = 'apology'
    AND m.state IN ('queued', 'sent', 'unknown')
ORDER BY 5, 1
"""
"""Apologies that left or will: message, person, customer, key, moment, and the journal entry that queued it."""

MERGES = """
SELECT j.subject_id, max(j.id) FROM journal_entry j
WHERE j.organization_id = %s AND j.event = 'customers:customer:merged' GROUP BY j.subject_id
"""

LEFT = """
SELECT m.id, m.kind, m.body, m.override_reason, m.author_id, r.fault
FROM conversations_message m
LEFT JOIN recoveries_recovery r ON r.organization_id = m.organization_id AND r.thread_id = m.thread_id
WHERE m.organization_id = %s AND m.direction = 'out' AND m.channel IN ('mail', 'status')
    AND m.state IN ('queued', 'sent', 'unknown') AND m.body <> '' ORDER BY m.id
"""
"""What left for customers, or will, in words."""

BACK = """
SELECT b.recovery_id, r.opened_at, b.rule FROM recoveries_return b
JOIN recoveries_recovery r ON r.organization_id = b.organization_id AND r.id = b.recovery_id
JOIN customers_customer w ON w.organization_id = r.organization_id AND w.id = r.customer_id
WHERE b.organization_id = %s AND b.outcome = 'back' AND b.how = 'seen' AND NOT EXISTS (
    SELECT 1 FROM customers_customer o LEFT JOIN customers_purchase p ON p.customer_id = o.id
        AND p.placed_at > r.opened_at AND p.placed_at <= b.at
    LEFT JOIN customers_visit v ON v.customer_id = o.id AND v.active_from > r.opened_at AND v.active_from <= b.at
    WHERE coalesce(o.merged_into_id, o.id) = coalesce(w.merged_into_id, w.id) AND (p.id IS NOT NULL OR v.id IS NOT NULL))
"""
"""Recoveries whose customer is said to be seen back though nothing of them was seen."""

UNFORESEEN = """
SELECT 'unopened', failure_id, error FROM recoveries_unopened WHERE organization_id = %s
UNION ALL SELECT 'bulk row', id, why FROM recoveries_bulkrow WHERE why LIKE '%%unforeseen%%'
UNION ALL SELECT 'effect', id, outcome FROM journal_effect WHERE outcome LIKE '%%unforeseen%%'
"""
"""What went wrong where one fault must not stop the others: the machine does nothing that may lead there."""

CLOCKS = """
SELECT c.recovery_id, c.target, c.state, c.started_at, c.minutes, c.calendar, c.due_at, c.met_at
FROM recoveries_recoveryclock c WHERE c.organization_id = %s ORDER BY c.recovery_id, c.target
"""


def within(organization_id: int) -> AbstractContextManager[None]:
    """The unit of work that there is, else one of its own."""
    return nullcontext() if connection.in_atomic_block else tenant(organization_id=organization_id)


def asked(organization_id: int, question: str) -> list[tuple[Any, ...]]:
    """The answer's rows."""
    with within(organization_id), connection.cursor() as cursor:
        cursor.execute(question, [organization_id])
        return list(cursor.fetchall())
