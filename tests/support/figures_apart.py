"""The figures of Insights once more, by other SQL: from the journal, the ledger and the signals, one case at a time.

Nothing here is shared with makegood.insights. Each query takes the same three parameters: org, since, until.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from django.db import connection


def _all(sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


PROMISES = """
WITH moved AS (
    SELECT subject_id, coalesce((data ->> 'due_at')::timestamptz, at) AS at, event, row_number() OVER (PARTITION BY subject_id ORDER BY id DESC) AS back
    FROM journal_entry WHERE organization_id = %(org)s AND event IN
        ('promises:promise:kept', 'promises:promise:broken', 'promises:promise:released', 'promises:promise:unbroken')
)
SELECT split_part(replace(event, 'unbroken', 'kept'), ':', 3) FROM moved
WHERE back = 1 AND at >= %(since)s AND at < %(until)s
"""


def promises(org: int, since: datetime, until: datetime) -> dict[str, int]:
    """How many promises ended in which way, by the last word of the journal on each."""
    ended = [state for (state,) in _all(PROMISES, org=org, since=since, until=until)]
    return {state: ended.count(state) for state in ("kept", "broken", "released")}


CLOCKS = """
WITH began AS (
    SELECT e.subject_id AS recovery, clock.key AS target, v.clock_from AS began_at, v.state AS recovery_state
    FROM journal_entry e CROSS JOIN LATERAL jsonb_object_keys(e.data -> 'clocks') AS clock(key)
    JOIN recoveries_recovery v ON v.id = e.subject_id
    WHERE e.organization_id = %(org)s AND e.event = 'recoveries:recovery:opened' AND clock.key <> 'update'
), told AS (
    SELECT subject_id AS recovery, data ->> 'target' AS target, data ->> 'state' AS state, at, event, id
    FROM journal_entry WHERE organization_id = %(org)s
        AND event IN ('recoveries:recovery:clocked', 'recoveries:recovery:escalated')
    UNION ALL
    SELECT subject_id, met, 'met', at, event, id FROM journal_entry e
    CROSS JOIN LATERAL jsonb_array_elements_text(e.data -> 'met') AS met
    WHERE organization_id = %(org)s AND event = 'recoveries:recovery:opened'
), last AS (
    SELECT DISTINCT ON (recovery, target) recovery, target, state FROM told ORDER BY recovery, target, id DESC
), decided AS (
    SELECT DISTINCT ON (recovery, target) recovery, target, at FROM told
    WHERE state IN ('met', 'missed') AND event <> 'recoveries:recovery:escalated' ORDER BY recovery, target, id DESC
)
SELECT target, recovery_state, last.state, extract(epoch FROM decided.at - began_at)::float8 / 60
FROM began LEFT JOIN last USING (recovery, target) LEFT JOIN decided USING (recovery, target)
WHERE began_at >= %(since)s AND began_at < %(until)s
"""


def clocks(org: int, since: datetime, until: datetime) -> dict[str, tuple[int, int, float | None, float | None]]:
    """Each target of the opening: (decided, kept, median, p90 of elapsed minutes), with fewer than ten unsaid.

    The clock of the next word starts over with every word, and is none of them.
    """
    taken: dict[str, list[tuple[bool, float]]] = {}
    for target, _, state, minutes in _all(CLOCKS, org=org, since=since, until=until):
        taken.setdefault(target, [])
        if state in ("met", "missed"):
            taken[target].append((state == "met", math.inf if minutes is None else minutes))
    found = {}
    for target, decided in taken.items():
        ordered = sorted(minutes for _, minutes in decided)
        median, p90 = (_at(ordered, share) for share in (0.5, 0.9))
        found[target] = (len(decided), sum(kept for kept, _ in decided), median, p90)
    return found


def _at(ordered: list[float], share: float) -> float | None:
    if len(ordered) < 10:
        return None
    value = ordered[math.ceil(share * len(ordered)) - 1]
    return None if value == math.inf else value


FAILURES = """
SELECT e.subject_id, e.at, e.data ? 'promise' AND e.data ->> 'promise' IS NOT NULL,
    coalesce((SELECT g.data ->> 'gate' FROM journal_entry g WHERE g.organization_id = %(org)s
        AND g.subject = 'failure' AND g.subject_id = e.subject_id AND g.event = 'failures:failure:gated'
        ORDER BY g.id DESC LIMIT 1), e.data ->> 'gate'),
    coalesce((SELECT g.data -> 'rules' ->> 0 FROM journal_entry g WHERE g.organization_id = %(org)s
        AND g.subject = 'failure' AND g.subject_id = e.subject_id AND g.event = 'failures:failure:gated'
        ORDER BY g.id DESC LIMIT 1), e.data -> 'rules' ->> 0),
    (SELECT (c.data ->> 'cause')::bigint FROM journal_entry c WHERE c.organization_id = %(org)s
        AND c.subject = 'failure' AND c.subject_id = e.subject_id AND c.event = 'failures:failure:caused'
        ORDER BY c.id DESC LIMIT 1),
    (SELECT min(s.happened_at) FROM failures_signal s WHERE s.organization_id = %(org)s AND s.failure_id = e.subject_id)
FROM journal_entry e JOIN failures_failure f ON f.id = e.subject_id
LEFT JOIN promises_promise p ON p.id = f.promise_id
WHERE e.organization_id = %(org)s AND e.event = 'failures:failure:detected'
    AND coalesce(p.due_at, f.happened_at) >= %(since)s AND coalesce(p.due_at, f.happened_at) < %(until)s
    AND NOT EXISTS (SELECT 1 FROM journal_entry w WHERE w.organization_id = %(org)s AND w.subject = 'failure'
        AND w.subject_id = e.subject_id AND w.event = 'failures:failure:withdrawn')
"""


def failures(org: int, since: datetime, until: datetime) -> dict[str, Any]:
    """Gates and rules, who knew first, and causes, from one row a failure."""
    gates: dict[tuple[str, str], int] = {}
    causes: dict[int | None, int] = {}
    contacts = first = wrote = after = 0
    leads = []
    for _, detected_at, from_promise, gate, rule, cause, said_at in _all(FAILURES, org=org, since=since, until=until):
        gates[gate, rule] = gates.get((gate, rule), 0) + 1
        if gate in ("contact", "review"):
            causes[cause] = causes.get(cause, 0) + 1
        if gate != "contact":
            continue
        told_at = detected_at if not from_promise and (said_at is None or said_at > detected_at) else said_at
        ours = from_promise and (told_at is None or told_at > detected_at)
        contacts, first, wrote = contacts + 1, first + ours, wrote + (told_at is not None)
        if told_at is not None:
            after += ours
            leads.append((told_at - detected_at).total_seconds() / 3600)
    return {
        "gates": gates,
        "causes": causes,
        "found": (contacts, first, wrote, after),
        "lead": _middle(leads) if len(leads) >= 10 else None,
    }


def _middle(values: list[float]) -> float:
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


GIVEN = """
SELECT l.currency, g.part, sum(l.amount_minor)::bigint FROM makegoods_ledgerentry l
JOIN makegoods_makegood g ON g.id = l.makegood_id
WHERE l.organization_id = %(org)s AND l.debit = 'owed' AND l.credit IN ('cash', 'credit', 'kind')
    AND l.at >= %(since)s AND l.at < %(until)s GROUP BY 1, 2
"""
DELIVERED = """
SELECT data ->> 'currency', count(DISTINCT subject_id) FROM journal_entry WHERE organization_id = %(org)s
    AND event = 'makegoods:makegood:delivered' AND at >= %(since)s AND at < %(until)s GROUP BY 1
"""


def given(org: int, since: datetime, until: datetime) -> dict[str, tuple[int, int, int, int]]:
    """By currency, from the ledger: floor, fix and extra in minor units, and from the journal how many."""
    moved = {(currency, part): minor for currency, part, minor in _all(GIVEN, org=org, since=since, until=until)}
    return {
        currency: (*(moved.get((currency, part), 0) for part in ("floor", "fix", "extra")), count)
        for currency, count in _all(DELIVERED, org=org, since=since, until=until)
    }


SCORES = """
WITH rated AS (
    SELECT data ->> 'rating' AS rating, (data ->> 'score')::int AS score FROM journal_entry
    WHERE organization_id = %(org)s AND event = 'recoveries:recovery:rated'
)
SELECT rated.score FROM journal_entry a LEFT JOIN rated ON rated.rating = a.data ->> 'rating'
WHERE a.organization_id = %(org)s AND a.event = 'recoveries:recovery:asked'
    AND a.at >= %(since)s AND a.at < %(until)s
"""


def scores(org: int, since: datetime, until: datetime) -> tuple[int, list[int]]:
    """How many were asked, and every score that they gave."""
    found = [score for (score,) in _all(SCORES, org=org, since=since, until=until)]
    return len(found), sorted(score for score in found if score is not None)


RATED = """
SELECT e.subject_id, (e.data ->> 'score')::int, v.customer_id, v.clock_from, e.id FROM journal_entry e
JOIN recoveries_recovery v ON v.id = e.subject_id WHERE e.organization_id = %(org)s
    AND e.event = 'recoveries:recovery:rated' AND e.at < %(until)s
"""
BOUGHT = "SELECT placed_at, total_minor, currency FROM customers_purchase WHERE customer_id = %(customer)s"


def spending(org: int, since: datetime, until: datetime, most: int = 2_000) -> dict[int, tuple[int, int, int]]:
    """By score: how many spent more, the same and less, purchase by purchase, once their 84 days were over.

    Of more than `most` scores the latest known count.
    """
    span = timedelta(days=84)
    over = [row for row in _all(RATED, org=org, until=until) if since <= row[3] + span < until]
    latest = {row[0]: row[1:] for row in sorted(over, key=itemgetter(3, 0, 4))[-most:]}
    counts: dict[int, list[int]] = {}
    for score, customer, known_at, _ in latest.values():
        near = [row for row in _all(BOUGHT, customer=customer) if known_at - span <= row[0] < known_at + span]
        before = sum(minor for at, minor, _ in near if at < known_at)
        after = sum(minor for at, minor, _ in near if at >= known_at)
        if not before or len({currency for _, _, currency in near}) > 1:
            continue
        change = (after - before) / before
        counts.setdefault(score, [0, 0, 0])[0 if change > 0.1 else 2 if change < -0.1 else 1] += 1
    return {score: tuple(counted) for score, counted in sorted(counts.items())}  # type: ignore[misc]
