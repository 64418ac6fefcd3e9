"""Hearing what happened: the journal is read on from where it was read last, and people mean to do something about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from benchmarks.year import customers, staff
from benchmarks.year.agenda import HOUR
from benchmarks.year.stage import Case, Stage

CASES = """
SELECT r.id, told.key, told.line, r.thread_id,
    (SELECT t.token FROM conversations_thread t WHERE t.organization_id = r.organization_id AND t.id = r.thread_id),
    r.opened_at, r.review, r.owner_id
FROM recoveries_recovery r CROSS JOIN LATERAL (
    SELECT min(coalesce(
            (SELECT nullif(p.reference, '') FROM customers_purchase p
                WHERE p.organization_id = f.organization_id AND p.id = f.purchase_id),
            (SELECT s.name FROM customers_customer s
                WHERE s.organization_id = r.organization_id AND s.id = r.customer_id) || ' ' || f.kind)) AS key,
        min(coalesce((SELECT so.code FROM promises_source so
                WHERE so.organization_id = f.organization_id AND so.id = f.source_id), 'orders')) AS line
    FROM failures_failure f WHERE f.organization_id = r.organization_id AND f.id = ANY (ARRAY(
        SELECT rf.failure_id FROM recoveries_recoveryfailure rf
        WHERE rf.organization_id = r.organization_id AND rf.recovery_id = r.id))
) told
WHERE r.organization_id = %s AND r.id = ANY(%s)
"""
"""What to know of recoveries. Each part is looked up by its key: joined all at once, the planner, which takes every
organization for small, may pair all recoveries with all failures and all customers."""
ENTRIES = """
SELECT id, at, event, subject_id, data::text FROM journal_entry
WHERE organization_id = %s AND id > %s AND event = ANY(%s) ORDER BY id
"""
OF_THREADS = "SELECT thread_id, id FROM recoveries_recovery WHERE organization_id = %s AND thread_id = ANY(%s)"
OF_FAILURES = (
    "SELECT failure_id, recovery_id FROM recoveries_recoveryfailure WHERE organization_id = %s AND failure_id = ANY(%s)"
)


class Heard(NamedTuple):
    """An entry of the journal about a recovery: `which` tells it apart from others of its kind, without ids."""

    id: int
    at: Any
    event: str
    subject_id: int
    data: dict[str, Any]

    @property
    def which(self) -> str:
        """When it happened, which names it well enough within its recovery."""
        return f"{self.at:%m%d%H%M%S%f}"


class Ears:
    """Reads the journal on, once for each moment; inside a unit of work."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.last = 0

    def listen(self) -> int:
        """Hear what is new, put what people will do about it onto the agenda; return how many entries."""
        from django.db import connection

        here = self._stage.here
        with connection.cursor() as cursor:
            cursor.execute(ENTRIES, [here, self.last, list(REACTS)])
            heard = [Heard(*row[:4], data=json.loads(row[4])) for row in cursor.fetchall()]
            opened = [one.subject_id for one in heard if one.event == "recoveries:recovery:opened"]
            if opened:
                cursor.execute(CASES, [here, opened])
                for row in cursor.fetchall():
                    names = ("id", "key", "line", "thread_id", "token", "opened_at", "review", "owner_id")
                    self._stage.cases[row[0]] = Case(**dict(zip(names, row, strict=True)))
            about = self._about(cursor, heard)
        if heard:
            self.last = heard[-1].id
        for one in heard:
            REACTS[one.event](self._stage, about.get(one.id), one)
        return len(heard)

    def _about(self, cursor: Any, heard: Sequence[Heard]) -> dict[int, Case]:
        """Which recovery each entry is about, by way of its subject, its thread or its failure."""
        cases = self._stage.cases
        found = {one.id: cases[one.subject_id] for one in heard if one.event.startswith("recoveries:recovery:")}
        for name, query in (("thread", OF_THREADS), ("failure", OF_FAILURES)):
            mine = {one.id: one.data[name] for one in heard if one.id not in found and one.data.get(name)}
            if mine:
                cursor.execute(query, [self._stage.here, list(set(mine.values()))])
                known = dict(cursor.fetchall())
                found |= {one: cases[known[key]] for one, key in mine.items() if key in known}
        return found


def _opened(stage: Stage, case: Case | None, one: Heard) -> None:
    assert case is not None
    stage.done["recoveries"] += 1
    staff.begin(stage, case)
    failure = stage.by_bought.get(case.key)
    if failure is not None:
        stage.coming.extend(stage.world.returns(failure, one.at))
    if stage.draws.chance(0.03, case.key, "says how it is"):
        answer = stage.draws.of(case.key, "return").choice(("back", "back", "declined", "lapsed"))
        stage.plan(case, "say return", 24 * 12, more=answer)


def _owned(stage: Stage, case: Case | None, one: Heard) -> None:
    stage.done["changed hands"] += 1
    if case is not None:
        case.owner_id = one.data["owner"]


def _sent(stage: Stage, case: Case | None, one: Heard) -> None:
    stage.done[f"sent {one.data['kind']}"] += 1
    if case is not None and one.data["kind"] in ("apology", "update", "outcome"):
        customers.hear_word(stage, case, f"{one.data['kind']} {one.which}")


def _not_sent(stage: Stage, case: Case | None, one: Heard) -> None:
    stage.done[one.event.rpartition(":")[2]] += 1
    if case is not None:
        stage.plan(case, "trouble", 5, which=f"{one.data['kind']} {one.which}", more=one.subject_id)


def _replied(stage: Stage, case: Case | None, one: Heard) -> None:
    stage.done[f"reply {one.data['kind']}"] += 1
    if case is not None and one.data["kind"] != "thanks":
        stage.plan(case, "answer", stage.drawn_hours(case, f"answer {one.which}", 2.5), more=one.which)


def _reopened(stage: Stage, case: Case | None, one: Heard) -> None:
    stage.done[f"reopened: {one.data['reason']}"] += 1
    if case is not None:
        case.open = True
        stage.plan(case, "answer", stage.drawn_hours(case, f"answer {one.which}", 2.5), more=one.which)


def _escalated(stage: Stage, case: Case | None, one: Heard) -> None:
    stage.done[f"{one.data['level']}: {one.data['target']}"] += 1
    if case is None:
        return
    if one.data["level"] == "warning":
        if one.data["target"] == "update" and stage.draws.chance(0.75, case.key, "warned", one.which):
            stage.plan(case, "answer", 1, more=f"news {one.which}")
    elif one.data["turn"] > 2 or stage.draws.chance(0.7, case.key, "alarm", one.which):
        stage.plan(case, "alarm", stage.drawn_hours(case, f"alarm {one.which}", 2), turn=one.data["turn"])


def _asked(stage: Stage, case: Case | None, one: Heard) -> None:
    if case is not None:
        customers.be_asked(stage, case, one.which)


def _rated(stage: Stage, case: Case | None, one: Heard) -> None:
    stage.done["ratings"] += 1


def _followed(stage: Stage, case: Case | None, one: Heard) -> None:
    if case is not None and one.data["action"] == "check_in" and one.data["state"] == "due":
        staff.remember(stage, case, "check_in")


def _returned(stage: Stage, case: Case | None, one: Heard) -> None:
    stage.done[f"return {one.data['outcome']}"] += 1


def _offered(stage: Stage, case: Case | None, one: Heard) -> None:
    if case is not None and one.data.get("part") == "extra":
        customers.be_offered(stage, case, one.subject_id, one.which)


def _accepted(stage: Stage, case: Case | None, one: Heard) -> None:
    from makegood.makegoods.models import MakeGood

    if case is not None:
        row = MakeGood.objects.get(organization_id=stage.here, id=one.subject_id)
        if row.form != "money":
            stage.plan(case, "deliver", stage.drawn_hours(case, "deliver", 20), which=one.which, more=row.id)


def _delivered(stage: Stage, case: Case | None, one: Heard) -> None:
    stage.done["make-goods delivered"] += 1


def _unpaid(stage: Stage, case: Case | None, one: Heard) -> None:
    if one.data["kind"] == "payout":
        stage.agenda.add(stage.now, f"payout {one.which} {one.subject_id}", "pay", more=one.subject_id)


def _word_overdue(stage: Stage, case: Case | None, one: Heard) -> None:
    stage.done["words broken"] += one.data["turn"] == 1
    if case is not None:
        stage.plan(case, "word known", stage.drawn_hours(case, "known", 9), more=one.data["word"])


def _proposed(stage: Stage, case: Case | None, one: Heard) -> None:
    stage.done["incidents"] += 1
    hours = stage.draws.of("incident", one.which).randrange(1, 20)
    stage.agenda.add(stage.now + hours * HOUR, f"incident {one.which}", "incident", more=one.subject_id)


def _confirmed(stage: Stage, case: Case | None, one: Heard) -> None:
    stage.agenda.add(stage.now + 30 * HOUR, f"incident {one.which}", "incident over", more=one.subject_id)


def _closed(stage: Stage, case: Case | None, one: Heard) -> None:
    stage.done[f"closed: {one.data['reason']}"] += 1
    if case is not None:
        case.open = False
    if case is not None and one.data["state"] == "closed":
        customers.after_close(stage, case, one.which)


REACTS: dict[str, Callable[[Stage, Case | None, Heard], None]] = {
    "recoveries:recovery:opened": _opened,
    "recoveries:recovery:owned": _owned,
    "recoveries:recovery:replied": _replied,
    "recoveries:recovery:reopened": _reopened,
    "recoveries:recovery:escalated": _escalated,
    "recoveries:recovery:asked": _asked,
    "recoveries:recovery:rated": _rated,
    "recoveries:recovery:followed": _followed,
    "recoveries:recovery:returned": _returned,
    "recoveries:recovery:word_overdue": _word_overdue,
    "recoveries:recovery:closed": _closed,
    "messages:message:sent": _sent,
    "messages:message:failed": _not_sent,
    "messages:message:unknown": _not_sent,
    "makegoods:makegood:offered": _offered,
    "makegoods:makegood:accepted": _accepted,
    "makegoods:makegood:delivered": _delivered,
    "outbox:effect:failed": _unpaid,
    "failures:incident:proposed": _proposed,
    "failures:incident:confirmed": _confirmed,
}
