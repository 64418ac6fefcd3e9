"""What a run left in the database, by natural keys and never by ids, so that two runs can be compared as sets."""

from __future__ import annotations

from collections import Counter
from typing import Any

import attrs
import psycopg

KEYS = """
CREATE TEMP TABLE failure_key AS
SELECT f.id, coalesce('promise ' || encode(p.key_hash, 'hex'),
    (SELECT 'signal ' || min(encode(s.key_hash, 'hex')) FROM failures_signal s WHERE s.failure_id = f.id),
    'failure ' || f.kind || f.happened_at) AS key
FROM failures_failure f LEFT JOIN promises_promise p ON p.id = f.promise_id;
CREATE TEMP TABLE recovery_key AS
SELECT j.recovery_id AS id, min(k.key) AS key FROM recoveries_recoveryfailure j JOIN failure_key k ON k.id = j.failure_id
GROUP BY 1;
CREATE TEMP TABLE incident_key AS
SELECT i.id, i.reason || ' ' || coalesce(l.code, '') || ' ' || i.active_from AS key
FROM failures_incident i LEFT JOIN organizations_place l ON l.id = i.place_id;
CREATE TEMP TABLE message_key AS
SELECT m.id, concat_ws(' ', r.key, m.kind, m.step, m.direction, m.channel, m.created_at, s.name) AS key
FROM conversations_message m LEFT JOIN recoveries_recovery c ON c.thread_id = m.thread_id
LEFT JOIN recovery_key r ON r.id = c.id LEFT JOIN organizations_member s ON s.id = m.member_id;
CREATE TEMP TABLE subject_key AS
SELECT 'promise' AS subject, id, encode(key_hash, 'hex') AS key FROM promises_promise
UNION ALL SELECT 'failure', id, key FROM failure_key
UNION ALL SELECT 'recovery', id, key FROM recovery_key
UNION ALL SELECT 'incident', id, key FROM incident_key
UNION ALL SELECT 'message', id, key FROM message_key
UNION ALL SELECT 'member', id, name FROM organizations_member
UNION ALL SELECT 'signal', id, encode(key_hash, 'hex') FROM failures_signal
UNION ALL SELECT 'makegood', g.id, concat_ws(' ', k.key, g.part, g.remedy, g.rule)
    FROM makegoods_makegood g JOIN failure_key k ON k.id = g.failure_id;
"""
IDS = "{happening_key,rating,promise,customer,source,incident,signal,effect,number,thread,failure,recovery,makegood,message,subject_id}"
"""What the journal's data names by id: each such row is compared for itself."""

QUERIES = {
    "promises": "SELECT encode(key_hash, 'hex'), state, due_at, first_due_at, fulfilled_at, settled_at FROM promises_promise",
    "failures": (
        "SELECT k.key, f.kind, f.gate, f.gate_at, f.happened_at, f.detected_at, f.complained_at, f.withdrawn_at,"
        " f.severity, i.key FROM failures_failure f JOIN failure_key k ON k.id = f.id"
        " LEFT JOIN incident_key i ON i.id = f.incident_id"
    ),
    "incidents": (
        "SELECT k.key, i.state, i.active_to, i.proposed_at, i.decided_at, i.title FROM failures_incident i"
        " JOIN incident_key k ON k.id = i.id"
    ),
    "recoveries": (
        "SELECT array_to_string(array_agg(k.key ORDER BY k.key), ', '), r.state, m.name, r.owner_tier, r.severity,"
        ' r."group", r.kind, r.clock_from, r.opened_at, r.due_at, r.next_step, r.next_due_at, r.close_reason'
        " FROM recoveries_recovery r JOIN recoveries_recoveryfailure j ON j.recovery_id = r.id"
        " JOIN failure_key k ON k.id = j.failure_id JOIN organizations_member m ON m.id = r.owner_id"
        " GROUP BY r.id, m.name"
    ),
    "clocks": (
        "SELECT k.key, c.target, c.state, c.started_at, c.due_at, c.warn_at, c.met_at, c.breached_at, c.next_at,"
        " c.escalations FROM recoveries_recoveryclock c JOIN recovery_key k ON k.id = c.recovery_id"
    ),
    "steps": (
        "SELECT k.key, s.step, s.state, s.due_at, s.done_at FROM recoveries_step s"
        " JOIN recovery_key k ON k.id = s.recovery_id"
    ),
    "follow-ups": (
        "SELECT k.key, f.position, f.action, f.due_at, f.state, f.done_at, f.outcome FROM recoveries_followup f"
        " JOIN recovery_key k ON k.id = f.recovery_id"
    ),
    "make-goods": (
        "SELECT k.key, g.part, g.remedy, g.rule, g.form, g.cost_minor, g.currency, g.state, g.offered_at, g.settled_at"
        " FROM makegoods_makegood g JOIN failure_key k ON k.id = g.failure_id"
    ),
    "ledger": (
        "SELECT k.key, l.debit, l.credit, l.amount_minor, l.currency, l.at FROM makegoods_ledgerentry l"
        " JOIN makegoods_makegood g ON g.id = l.makegood_id JOIN failure_key k ON k.id = g.failure_id"
    ),
    "messages": (
        "SELECT k.key, m.state, m.sent_at FROM conversations_message m JOIN message_key k ON k.id = m.id"
        " WHERE m.kind <> 'staff'"
    ),
    "effects": (
        "SELECT e.kind, e.subject, k.key, e.state, e.run_at, e.settled_at FROM journal_effect e"
        " LEFT JOIN subject_key k ON k.subject = e.subject AND k.id = e.subject_id WHERE e.kind <> 'staff'"
    ),
    # Notes to staff are gathered as they come, so what each says counts, and not in which bundle it came.
    "told": (
        "SELECT m.name, k.key, n->>'what', n->>'due_at', e.state FROM journal_effect e"
        " CROSS JOIN jsonb_array_elements(e.payload->'notes') n JOIN organizations_member m ON m.id = e.subject_id"
        " LEFT JOIN recovery_key k ON k.id = (n->>'recovery')::bigint WHERE e.kind = 'staff'"
    ),
    "journal": (
        f"SELECT e.event, coalesce(k.key, e.subject), e.at, (e.data - '{IDS}'::text[])::text FROM journal_entry e"
        " LEFT JOIN subject_key k ON k.subject = e.subject AND k.id = e.subject_id"
        " WHERE e.event NOT LIKE 'organizations:%' AND NOT (e.event LIKE 'outbox:effect:%' AND e.subject = 'member')"
    ),
}


@attrs.frozen(kw_only=True)
class Left:
    """What a run left behind: each table as a multiset of rows."""

    tables: dict[str, Counter[tuple[Any, ...]]]

    def differences(self, other: Left) -> list[str]:
        """List, table by table, how many rows only one of the two runs has."""
        found = []
        for name, rows in self.tables.items():
            mine, theirs = rows - other.tables[name], other.tables[name] - rows
            if mine or theirs:
                found.append(
                    f"{name}: {mine.total()} only here {_some(mine)}, {theirs.total()} only there {_some(theirs)}"
                )
        return found


def _some(rows: Counter[tuple[Any, ...]]) -> list[tuple[str, ...]]:
    return sorted(tuple(map(str, row)) for row in rows)[:3]


def left_behind(*, url: str, organization_id: int | None = None) -> Left:
    """Read, over a fresh connection as the owner, what a run left; of one organization only, if named."""
    with psycopg.connect(url) as connection:
        if organization_id is not None:
            # As the application's role the rows of the other organizations do not exist.
            connection.execute("SET ROLE makegood_app")
            connection.execute("SELECT set_config('makegood.organization', %s, true)", [str(organization_id)])
        for statement in KEYS.split(";\n"):
            connection.execute(statement)  # type: ignore[call-overload]
        return Left(tables={name: Counter(connection.execute(query).fetchall()) for name, query in QUERIES.items()})  # type: ignore[call-overload]
