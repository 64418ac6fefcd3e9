"""The rules that must hold on every day of the year, asked of the rows themselves in SQL, apart from the product's code.

Each query lists what breaks one rule: nothing, on every day. ``%(org)s`` is the organization, ``%(now)s`` its moment,
``%(since)s`` the moment of the last look; the rows are read as the database's owner. What must be there is counted
in a subquery of its own: joined, the planner, which is told nothing of organizations, reads a small table whole for each.

A *next due step*: an open recovery has something that brings it up again by itself. It waits to be decided
(`review`, by `next_due_at`); or one of its seven steps is to be done and dated, and is the one that the recovery names
as next; or all are done and a follow-up is dated, or a clock still runs or alarms.
"""

from __future__ import annotations

STEPS = "ARRAY['apologise','fix','respond','make_good','improve','communicate','stay']"

DAILY = {
    "an open recovery without an active owner": """
SELECT r.id FROM recoveries_recovery r
LEFT JOIN organizations_member m ON m.organization_id = r.organization_id AND m.id = r.owner_id AND m.active
WHERE r.organization_id = %(org)s AND r.state = 'open' AND m.id IS NULL""",
    "an open recovery without a next due step": """
SELECT r.id FROM recoveries_recovery r
LEFT JOIN LATERAL (SELECT s.step, s.due_at FROM recoveries_step s
    WHERE s.organization_id = r.organization_id AND s.recovery_id = r.id AND s.state IN ('todo', 'overdue')
    ORDER BY array_position({steps}, s.step::text) LIMIT 1) n ON true
WHERE r.organization_id = %(org)s AND r.state = 'open' AND CASE
    WHEN r.review THEN r.next_step <> 'decide' OR r.next_due_at IS NULL
    WHEN n.step IS NOT NULL THEN r.next_step <> n.step OR r.next_due_at IS NULL
        OR r.next_due_at IS DISTINCT FROM coalesce(n.due_at, r.next_due_at)
    ELSE r.next_step <> 'done' OR NOT EXISTS (SELECT FROM recoveries_followup f WHERE f.organization_id = r.organization_id
            AND f.recovery_id = r.id AND f.state IN ('planned', 'due'))
        AND NOT EXISTS (SELECT FROM recoveries_recoveryclock c WHERE c.organization_id = r.organization_id
            AND c.recovery_id = r.id AND (c.state IN ('running', 'paused') OR c.next_at IS NOT NULL)) END""".replace(
        "{steps}", STEPS
    ),
    "a recovery with another number of steps than seven": """
SELECT r.id FROM recoveries_recovery r WHERE r.organization_id = %(org)s AND r.opened_at > %(since)s
AND 7 <> (SELECT count(DISTINCT s.step) FROM recoveries_step s
    WHERE s.organization_id = r.organization_id AND s.recovery_id = r.id)""",
    "a second apology within 90 days": """
SELECT m.id FROM conversations_message m
JOIN customers_customer c ON c.organization_id = m.organization_id AND c.id = m.customer_id
JOIN conversations_message b ON b.organization_id = m.organization_id AND b.kind = 'apology' AND b.direction = 'out'
    AND b.state = 'sent' AND b.apology_key = m.apology_key AND b.id <> m.id
    AND b.sent_at BETWEEN m.sent_at - interval '90 days' + interval '1 second' AND m.sent_at
JOIN customers_customer d ON d.organization_id = b.organization_id AND d.id = b.customer_id
    AND coalesce(d.merged_into_id, d.id) = coalesce(c.merged_into_id, c.id)
WHERE m.organization_id = %(org)s AND m.kind = 'apology' AND m.direction = 'out' AND m.state = 'sent'
AND m.sent_at > %(since)s AND m.apology_key <> ''""",
    "an apology sent for a failure that is none of its key": """
SELECT m.id FROM conversations_message m WHERE m.organization_id = %(org)s AND m.kind = 'apology' AND m.state = 'sent'
AND m.sent_at > %(since)s AND m.apology_key = ''""",
    "something said for a quiet failure": """
SELECT m.id FROM conversations_message m JOIN recoveries_recovery r
    ON r.organization_id = m.organization_id AND r.thread_id = m.thread_id
WHERE m.organization_id = %(org)s AND m.created_at > %(since)s - interval '2 days' AND m.direction = 'out'
AND m.channel <> 'inside' AND m.state IN ('queued', 'sent', 'unknown')
AND 0 = (SELECT count(*) FROM recoveries_recoveryfailure o
    WHERE o.organization_id = r.organization_id AND o.recovery_id = r.id AND 'quiet' <> (SELECT g.gate
        FROM failures_failure g WHERE g.organization_id = o.organization_id AND g.id = o.failure_id))""",
    "something sent while it was to be decided": """
SELECT m.id FROM recoveries_recovery r JOIN conversations_message m
    ON m.organization_id = r.organization_id AND m.thread_id = r.thread_id AND m.direction = 'out'
    AND m.channel <> 'inside' AND m.state IN ('queued', 'sent', 'unknown')
WHERE r.organization_id = %(org)s AND r.state = 'open' AND r.review""",
    "a promise past its time that is not broken": """
SELECT p.id FROM promises_promise p
WHERE p.organization_id = %(org)s AND p.state = 'open' AND p.due_at < %(now)s""",
    "a broken promise without exactly one failure": """
SELECT p.id FROM promises_promise p WHERE p.organization_id = %(org)s AND p.state = 'broken' AND p.settled_at > %(since)s
AND 1 <> (SELECT count(*) FROM failures_failure f
    WHERE f.organization_id = p.organization_id AND f.promise_id = p.id)""",
    "a failure to be looked after that is in no recovery": """
SELECT f.id FROM failures_failure f LEFT JOIN failures_incident i
    ON i.organization_id = f.organization_id AND i.id = f.incident_id
WHERE f.organization_id = %(org)s AND f.gate IN ('contact', 'review') AND f.withdrawn_at IS NULL
AND f.gate_at > %(since)s - interval '40 days' AND f.gate_at <= %(now)s AND coalesce(i.state, '') <> 'proposed'
AND 0 = (SELECT count(*) FROM recoveries_recoveryfailure rf
    WHERE rf.organization_id = f.organization_id AND rf.failure_id = f.id)""",
    "a clock past its time that nobody was told of": """
SELECT c.id FROM recoveries_recoveryclock c JOIN recoveries_recovery r
    ON r.organization_id = c.organization_id AND r.id = c.recovery_id AND r.state = 'open'
WHERE c.organization_id = %(org)s AND (c.state = 'running' AND (c.due_at IS NULL OR c.due_at <= %(now)s)
    OR c.next_at <= %(now)s
    OR c.state = 'missed' AND c.met_at IS NULL AND (c.breached_at IS NULL OR NOT EXISTS (SELECT FROM journal_entry e
        WHERE e.organization_id = c.organization_id AND e.subject = 'recovery' AND e.subject_id = c.recovery_id
        AND e.event = 'recoveries:recovery:escalated' AND e.data->>'target' = c.target
        AND e.data->>'level' = 'breach')))""",
    "a clock that is late, that nobody knows of, and that will not alarm again": """
SELECT c.id, r.id, c.target, r.review, c.escalations FROM recoveries_recoveryclock c JOIN recoveries_recovery r
    ON r.organization_id = c.organization_id AND r.id = c.recovery_id AND r.state = 'open'
JOIN organizations_playbookversion p ON p.organization_id = r.organization_id AND p.id = r.playbook_id
WHERE c.organization_id = %(org)s AND c.state = 'missed' AND c.met_at IS NULL AND c.next_at IS NULL
AND c.acknowledged_by_id IS NULL AND NOT (p.data->'clocks'->'escalation'->>'then_every_minutes' IS NULL
    AND c.escalations > (p.data->'clocks'->'escalation'->>'repeats')::int)""",
    "a step past its clock that is not overdue": """
SELECT s.id FROM recoveries_step s
JOIN recoveries_recovery r ON r.organization_id = s.organization_id AND r.id = s.recovery_id AND r.state = 'open'
JOIN recoveries_recoveryclock c ON c.organization_id = s.organization_id AND c.recovery_id = s.recovery_id
    AND c.target = s.step AND c.state = 'missed' AND c.met_at IS NULL
WHERE s.organization_id = %(org)s AND s.state = 'todo' AND s.due_at <= %(now)s AND NOT r.review""",
    "a follow-up past its time that was not looked at": """
SELECT f.id FROM recoveries_followup f
WHERE f.organization_id = %(org)s AND f.state = 'planned' AND f.due_at <= %(now)s""",
    "an offer past its end": """
SELECT g.id FROM makegoods_makegood g
WHERE g.organization_id = %(org)s AND g.state = 'offered' AND (g.next_at IS NULL OR g.next_at <= %(now)s)""",
    "a word of staff past its time that nobody was told of": """
SELECT w.id FROM promises_staffword w JOIN promises_promise p
    ON p.organization_id = w.organization_id AND p.id = w.promise_id
WHERE w.organization_id = %(org)s AND w.state = 'promised' AND p.state = 'broken' AND p.fulfilled_at IS NULL
AND w.acknowledged_at IS NULL AND (w.told = 0 OR w.next_at IS NULL OR w.next_at <= %(now)s)""",
    "an effect that is due, or in nobody's hands": """
SELECT e.id FROM journal_effect e WHERE e.organization_id = %(org)s
AND (e.state = 'claimed' OR e.state = 'pending' AND e.held_for IS NULL AND e.run_at <= %(now)s)""",
    "an effect held for an incident that is decided": """
SELECT e.id FROM journal_effect e JOIN failures_incident i ON i.organization_id = e.organization_id AND i.id = e.held_for
WHERE e.organization_id = %(org)s AND e.state = 'pending' AND i.state <> 'proposed'""",
    "a message and its effect that tell two stories": """
SELECT m.id FROM conversations_message m JOIN LATERAL (SELECT e.state FROM journal_effect e
    WHERE e.organization_id = m.organization_id AND e.subject = 'message' AND e.subject_id = m.id
    ORDER BY e.id DESC LIMIT 1) e ON true
WHERE m.organization_id = %(org)s AND m.direction = 'out' AND m.created_at > %(since)s - interval '10 days'
AND NOT (m.state = 'sent' AND e.state = 'done' OR m.state = 'queued' AND e.state = 'pending'
    OR m.state IN ('failed', 'unknown') AND e.state = m.state OR m.state = 'stopped' AND e.state IN ('stopped', 'failed'))""",
    "a queued message without an effect": """
SELECT m.id FROM conversations_message m WHERE m.organization_id = %(org)s AND m.state = 'queued'
AND NOT EXISTS (SELECT FROM journal_effect e WHERE e.organization_id = m.organization_id AND e.subject = 'message'
    AND e.subject_id = m.id AND e.state IN ('pending', 'claimed'))""",
    "a ledger that does not add up": """
SELECT g.id FROM makegoods_makegood g JOIN LATERAL (
    SELECT coalesce(sum(l.amount_minor) FILTER (WHERE l.credit = 'owed'), 0) AS owed,
        coalesce(sum(l.amount_minor) FILTER (WHERE l.debit = 'owed'), 0) AS settled
    FROM makegoods_ledgerentry l WHERE l.organization_id = g.organization_id AND l.makegood_id = g.id) l ON true
WHERE g.organization_id = %(org)s AND coalesce(g.settled_at, g.offered_at) > %(since)s
AND (l.owed <> g.cost_minor
    OR l.settled <> CASE WHEN g.state IN ('offered', 'accepted') THEN 0 ELSE g.cost_minor END)""",
    "two open recoveries for one happening": """
SELECT min(id) FROM recoveries_recovery WHERE organization_id = %(org)s AND state = 'open'
GROUP BY customer_id, happening_key HAVING count(*) > 1""",
}

CLOSED = """
SELECT r.id, r.close_reason, k.* FROM recoveries_recovery r
JOIN organizations_playbookversion p ON p.organization_id = r.organization_id AND p.id = r.playbook_id
JOIN LATERAL (SELECT
    EXISTS (SELECT FROM recoveries_step s WHERE s.organization_id = r.organization_id AND s.recovery_id = r.id
        AND s.step = 'fix' AND s.state = 'done') AS fixed,
    NOT EXISTS (SELECT FROM recoveries_recoveryfailure rf JOIN makegoods_makegood g
        ON g.organization_id = rf.organization_id AND g.failure_id = rf.failure_id
        WHERE rf.organization_id = r.organization_id AND rf.recovery_id = r.id
        AND coalesce(g.settled_at, g.offered_at) <= r.closed_at AND CASE WHEN g.part = 'floor'
            THEN g.state NOT IN ('delivered', 'withdrawn')
            ELSE NOT (g.state IN ('delivered', 'declined', 'swapped', 'withdrawn')
                OR g.state = 'expired' AND g.reminded_at IS NOT NULL) END) AS given,
    (EXISTS (SELECT FROM recoveries_recoveryfailure rf WHERE rf.organization_id = r.organization_id
        AND rf.recovery_id = r.id) AND NOT EXISTS (SELECT FROM recoveries_recoveryfailure rf JOIN failures_failure f
            ON f.organization_id = rf.organization_id AND f.id = rf.failure_id
        WHERE rf.organization_id = r.organization_id AND rf.recovery_id = r.id AND f.withdrawn_at IS NULL
        AND f.cause_id IS NULL))
    OR EXISTS (SELECT FROM recoveries_step s WHERE s.organization_id = r.organization_id AND s.recovery_id = r.id
        AND s.step = 'improve' AND s.state = 'skipped' AND s.note <> '')
        AND r.severity < coalesce(nullif((p.data->'close'->>'cause_known_from')::int, 0), 99) AS caused,
    r.returned IN ('back', 'lapsed', 'declined', 'unknown') AND NOT EXISTS (SELECT FROM recoveries_followup f
        WHERE f.organization_id = r.organization_id AND f.recovery_id = r.id AND f.state = 'due') AS followed,
    coalesce((SELECT g.score < 6 AND NOT EXISTS (SELECT FROM recoveries_return b
            WHERE b.organization_id = r.organization_id AND b.recovery_id = r.id AND b.outcome = 'back'
            AND b.at > g.answered_at)
        FROM recoveries_rating g WHERE g.organization_id = r.organization_id
        AND g.recovery_id = r.id AND g.score IS NOT NULL AND g.answered_at <= r.closed_at
        ORDER BY g.answered_at DESC LIMIT 1), false) AS unhappy,
    NOT EXISTS (SELECT FROM recoveries_recoveryfailure rf JOIN failures_failure f
        ON f.organization_id = rf.organization_id AND f.id = rf.failure_id AND f.withdrawn_at IS NULL
        WHERE rf.organization_id = r.organization_id AND rf.recovery_id = r.id) AS groundless,
    EXISTS (SELECT FROM conversations_message m WHERE m.organization_id = r.organization_id AND m.thread_id = r.thread_id
        AND m.direction = 'out' AND m.channel <> 'inside' AND m.state IN ('sent', 'unknown')
        AND m.sent_at <= r.closed_at)
    OR EXISTS (SELECT FROM recoveries_recoveryfailure rf JOIN makegoods_makegood g
        ON g.organization_id = rf.organization_id AND g.failure_id = rf.failure_id
        AND g.state IN ('accepted', 'delivered') AND coalesce(g.settled_at, g.offered_at) <= r.closed_at
        WHERE rf.organization_id = r.organization_id AND rf.recovery_id = r.id) AS said,
    EXISTS (SELECT FROM organizations_member m WHERE m.organization_id = r.organization_id AND m.id = r.closed_by_id
        AND m.tier >= 2) AS by_manager
    ) k ON true
WHERE r.organization_id = %(org)s AND r.state <> 'open' AND r.closed_at > %(since)s AND r.closed_at <= %(now)s
AND NOT CASE r.close_reason
    WHEN 'complete' THEN r.state = 'closed' AND k.fixed AND k.given AND k.caused AND k.followed AND NOT k.unhappy
    WHEN 'withdrawn' THEN r.state = 'withdrawn' AND k.groundless AND NOT k.said
    WHEN 'by_owner' THEN r.state = 'closed' AND k.groundless AND r.closed_by_id = r.owner_id
    WHEN 'by_manager' THEN r.state = 'closed' AND k.by_manager AND r.close_note <> ''
    WHEN 'quiet' THEN r.state = 'withdrawn' AND r.closed_by_id IS NOT NULL AND NOT k.said
    ELSE false END
"""
"""Recoveries closed since the last look against invariant 5, derived again from the rows."""
