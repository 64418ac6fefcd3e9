"""Checking the year as it goes: the rules daily, the journal against the tables, and what is left at the end."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.ground import superuser_url
from benchmarks.year.rules import CLOSED, DAILY

SHOWN = 3
ENTRIES = """
SELECT id, subject, subject_id, event, data FROM journal_entry
WHERE organization_id = %s AND id > %s AND subject IN ('promise', 'failure', 'recovery') ORDER BY id
"""
STORED = {
    "promise": "SELECT id, state, due_at, expected_at, fulfilled_at FROM promises_promise WHERE id = ANY(%s)",
    "failure": "SELECT id, gate, gate_at, withdrawn_at IS NOT NULL, incident_id, cause_id FROM failures_failure WHERE id = ANY(%s)",
    "recovery": """
SELECT r.id, r.state, r.owner_id, r.due_at,
    (SELECT jsonb_object_agg(c.target, jsonb_build_array(c.state, c.due_at)) FROM recoveries_recoveryclock c
        WHERE c.organization_id = r.organization_id AND c.recovery_id = r.id),
    (SELECT coalesce(jsonb_object_agg(s.step, s.state), '{}') FROM recoveries_step s
        WHERE s.organization_id = r.organization_id AND s.recovery_id = r.id AND s.state IN ('done', 'skipped'))
FROM recoveries_recovery r WHERE r.id = ANY(%s)""",
}


class Checks:
    """Looks at the rows as the database's superuser, whom row security does not bind, on a connection of its own."""

    def __init__(self, home: Path, organization_id: int, begins_at: datetime) -> None:
        self._home, self._organization_id = home, organization_id
        self._since = begins_at
        self._folds: dict[str, dict[int, Any]] = {"promise": {}, "failure": {}, "recovery": {}}
        self._last = 0
        self.looked = 0
        self.broken: Counter[str] = Counter()
        self.examples: dict[str, str] = {}

    def look(self, now: datetime) -> None:
        """Ask every rule, with nothing due and nothing in anybody's hands."""
        about = {"org": self._organization_id, "now": now, "since": self._since}
        with psycopg.connect(superuser_url(self._home), autocommit=True) as connection:
            connection.execute("SET jit = off")
            if not self.looked & (self.looked - 1):  # ever more seldom: the tables grow, their shape does not change
                connection.execute("ANALYZE")
            for rule, query in (*DAILY.items(), ("a recovery closed against the rules", CLOSED)):
                rows = connection.execute(query, about).fetchall()  # type: ignore[call-overload]
                self._found(rule, now, rows)
            self._fold(connection, now)
        self._since = now
        self.looked += 1

    def _found(self, rule: str, now: datetime, ids: list[Any]) -> None:
        if ids:
            self.broken[rule] += len(ids)
            self.examples.setdefault(rule, f"{now:%F %H:%M}: {ids[:SHOWN]}")

    def _fold(self, connection: psycopg.Connection[Any], now: datetime) -> None:
        """Fold what was journalled since the last look onto what was folded before; compare with the tables."""
        from makegood.core.fold import FAILURE, PROMISE, RECOVERY, FailureFold, PromiseFold, RecoveryFold

        kinds = {
            "promise": (PROMISE, PromiseFold),
            "failure": (FAILURE, FailureFold),
            "recovery": (RECOVERY, RecoveryFold),
        }
        touched: dict[str, set[int]] = {name: set() for name in kinds}
        for entry_id, subject, subject_id, event, data in connection.execute(
            ENTRIES, [self._organization_id, self._last]
        ):
            table, start = kinds[subject]
            folds = self._folds[subject]
            before = folds.get(subject_id) or start()
            change = table.get(event)
            folds[subject_id] = before if change is None else change(before, data)  # type: ignore[operator]
            touched[subject].add(subject_id)
            self._last = entry_id
        for subject, ids in touched.items():
            rows = connection.execute(STORED[subject], [sorted(ids)]).fetchall()  # type: ignore[call-overload]
            wrong = [row[0] for row in rows if not SAME[subject](self._folds[subject][row[0]], row[1:])]
            self._found(f"a {subject} that its journal tells otherwise", now, wrong)

    def told(self) -> dict[str, str]:
        """Return each broken rule with how often it was, and the first example."""
        return {rule: f"{count} times, first {self.examples[rule]}" for rule, count in sorted(self.broken.items())}


def _promise(fold: Any, row: tuple[Any, ...]) -> bool:
    return (fold.state, fold.due_at, fold.expected_at, fold.fulfilled_at) == row


def _failure(fold: Any, row: tuple[Any, ...]) -> bool:
    return (fold.gate, fold.gate_at, fold.withdrawn, fold.incident, fold.cause) == row


def _recovery(fold: Any, row: tuple[Any, ...]) -> bool:
    clocks = {
        target: (state, due_at and datetime.fromisoformat(due_at)) for target, (state, due_at) in (row[3] or {}).items()
    }
    done = {step: state for step, state in fold.steps.items() if state in ("done", "skipped")}
    return (fold.state, fold.owner, fold.due_at) == row[:3] and dict(fold.clocks) == clocks and done == row[4]


SAME: Mapping[str, Any] = {"promise": _promise, "failure": _failure, "recovery": _recovery}


def fingerprint(home: Path) -> str:
    """Name all that a run left behind, by natural keys and never by ids."""
    from tests.support.left_behind import left_behind

    digest = hashlib.blake2b(digest_size=16)
    for name, rows in sorted(left_behind(url=superuser_url(home)).tables.items()):
        for row, count in sorted((json.dumps(row, default=str), count) for row, count in rows.items()):
            digest.update(f"{name} {count} {row}\n".encode())
    return digest.hexdigest()
