"""After the make-good: the follow-up plan, which no reply cancels, and the customer's return."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs

from makegood.journal.operations import Happened, record
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.models import RECOVERY_RETURNS, FollowUp, Recovery
from makegood.recoveries.operations.changing import UnableToChangeRecovery, recovery_for_change, recovery_touch
from makegood.recoveries.operations.closing import close_complete
from makegood.recoveries.operations.pending import carried_until
from makegood.recoveries.operations.rating import askable, ratings_ask
from makegood.recoveries.operations.staying import Known, Look, looks_plan, returned_write, returns_see
from makegood.recoveries.operations.telling import StaffNote, staff_tell
from makegood.recoveries.saying import check_in
from makegood.store.bulk import record_set
from makegood.store.clocks import moment as store_moment
from makegood.store.preparing import prepared
from makegood.store.reading import change, read, whole_rows

LOOKS = {"recovery": "bigint", "action": "text", "turn": "bigint", "due_at": "timestamptz"}
MOVE = """
WITH mine AS (
    SELECT id, recovery_id, action, state,
        row_number() OVER (PARTITION BY recovery_id, action ORDER BY "position") AS turn
    FROM recoveries_followup WHERE organization_id = %s AND recovery_id = ANY(%s))
UPDATE recoveries_followup f SET due_at = u.due_at
FROM mine JOIN {looks} ON u.recovery = mine.recovery_id AND u.action = mine.action AND u.turn = mine.turn
WHERE f.organization_id = %s AND f.id = mine.id AND mine.state = 'planned'
"""


@attrs.frozen(kw_only=True, slots=True)
class Delivered:
    """Something was delivered to the customer of a recovery."""

    recovery_id: int
    at: datetime


def follow_ups_from(*, organization_id: int, delivered: Sequence[Delivered]) -> None:
    """Date the follow-ups from a delivery: the score is asked for once each, the later looks move with the last.

    Nobody is asked while the fix is still to be done, nor about what they have rated already.
    A look goes by the rule that is of its kind and in its turn among them, such as the second check-in, whatever else
    the playbook that it goes by now holds.
    """
    if not delivered:
        return
    latest = {one.recovery_id: one.at for one in sorted(delivered, key=lambda one: one.at)}
    versions = Recovery.objects.filter(organization_id=organization_id, id__in=list(latest), state="open").values_list(
        "id", "playbook_id", "group"
    )
    may_ask = askable(organization_id, list(latest))
    looks: list[tuple[int, str, int, datetime]] = []
    asks: list[tuple[int, datetime]] = []
    for recovery_id, version_id, group in versions:
        rules = playbook_frozen(organization_id=organization_id, version_id=version_id).follow_ups
        turns: Counter[str] = Counter()
        for rule in rules:
            if not rule.fits(group=group):
                continue
            turns[rule.action] += 1
            due_at = latest[recovery_id] + timedelta(days=rule.days)
            if rule.action != "ask_score":
                looks.append((recovery_id, rule.action, turns[rule.action], due_at))
            elif turns[rule.action] == 1 and recovery_id in may_ask:
                asks.append((recovery_id, due_at))
    with prepared() as cursor:
        from_, parameter = record_set("u", LOOKS, looks)
        cursor.execute(MOVE.format(looks=from_), [organization_id, list(latest), parameter, organization_id])
        from_, parameter = record_set("u", {"recovery": "bigint", "due_at": "timestamptz"}, asks)
        cursor.execute(
            f"WITH moved AS (UPDATE recoveries_followup f SET due_at = u.due_at FROM {from_}"
            " WHERE f.organization_id = %s AND f.recovery_id = u.recovery AND f.action = 'ask_score'"
            " AND f.state = 'planned' RETURNING f.recovery_id)"
            " INSERT INTO recoveries_followup (organization_id, recovery_id, position, action, due_at, state, outcome)"
            " SELECT %s, u.recovery, (SELECT coalesce(max(f.position), 0) + 1 FROM recoveries_followup f"
            "   WHERE f.organization_id = %s AND f.recovery_id = u.recovery), 'ask_score', u.due_at, 'planned', ''"
            f" FROM {from_} WHERE u.recovery NOT IN (SELECT recovery_id FROM moved)",
            [parameter, organization_id, organization_id, organization_id, parameter],
        )


DUE = """
SELECT f.id FROM recoveries_followup f
JOIN recoveries_recovery r ON r.organization_id = f.organization_id AND r.id = f.recovery_id
WHERE f.organization_id = %s AND f.state = 'planned' AND f.due_at <= %s
ORDER BY f.due_at, f.id LIMIT %s FOR UPDATE OF f, r SKIP LOCKED
"""


def follow_ups_come_due(*, organization_id: int, limit: int) -> int:
    """Handle follow-ups that came due, in one batch; return how many.

    A score is asked for. A check-in waits for its owner, with words drafted. A look for the return finds the customer
    back, lapsed or unknown, which ends the plan; what lacks nothing then closes by itself.
    """
    moment = store_moment(organization_id=organization_id)
    until = carried_until(organization_id=organization_id, moment=moment, kinds=("payout",))
    rows = _due(organization_id, until, limit)
    due = [(row, moment.at(row.due_at)) for row in rows]
    _ask(organization_id, [one for one in due if one[0].action == "ask_score"])
    _check_in(organization_id, [one for one in due if one[0].action == "check_in"])
    _see_return(organization_id, [one for one in due if one[0].action == "see_return"])
    return len(rows)


def _due(organization_id: int, until: datetime, limit: int) -> list[FollowUp]:
    """Lock the follow-ups that are due and that no other ticker holds, with their recoveries; the earliest first."""
    with prepared() as cursor:
        cursor.execute(DUE, [organization_id, until, limit])
        ids = [row[0] for row in cursor.fetchall()]
    found = whole_rows(FollowUp, organization_id=organization_id, id=ids)
    recovery_ids = {row.recovery_id for row in found}
    recoveries = {one.id: one for one in whole_rows(Recovery, organization_id=organization_id, id=recovery_ids)}
    for row in found:
        row.recovery = recoveries[row.recovery_id]
    return sorted(found, key=lambda row: (row.due_at, row.id))


def _settle(organization_id: int, due: Sequence[tuple[FollowUp, datetime]], state: str) -> None:
    if not due:
        return
    from_, parameter = record_set("u", {"id": "bigint", "at": "timestamptz"}, [(row.id, at) for row, at in due])
    with prepared() as cursor:
        cursor.execute(
            "UPDATE recoveries_followup f SET state = %s, done_at = CASE WHEN %s = 'done' THEN u.at END"
            f" FROM {from_} WHERE f.organization_id = %s AND f.id = u.id",
            [state, state, parameter, organization_id],
        )
    record(
        organization_id=organization_id,
        entries=[_followed(row.recovery_id, at, row.action, "due" if state == "due" else "done") for row, at in due],
    )


def _followed(
    recovery_id: int, at: datetime, action: str, state: str, *, by: int | None = None, outcome: str = ""
) -> Happened:
    return Happened(
        at=at,
        event="recoveries:recovery:followed",
        subject="recovery",
        subject_id=recovery_id,
        data={"action": action, "state": state, "outcome": outcome},
        actor_id=by,
    )


def _ask(organization_id: int, due: Sequence[tuple[FollowUp, datetime]]) -> None:
    if not due:
        return
    may_ask = askable(organization_id, [row.recovery_id for row, _ in due])
    asked = [(row, at) for row, at in due if row.recovery_id in may_ask]
    unasked = [row.id for row, _ in due if row.recovery_id not in may_ask]
    change(FollowUp, {"state": "ended"}, organization_id=organization_id, id=unasked)
    _settle(organization_id, asked, "done")
    ratings_ask(organization_id=organization_id, asked=[(row.recovery_id, at) for row, at in asked])


def _check_in(organization_id: int, due: Sequence[tuple[FollowUp, datetime]]) -> None:
    _settle(organization_id, due, "due")
    check_in(organization_id=organization_id, due=[(row.recovery_id, row.id, at) for row, at in due])
    staff_tell(
        organization_id=organization_id,
        notes=[
            StaffNote(
                member_id=row.recovery.owner_id, recovery_id=row.recovery_id, what="follow_up", at=at, due_at=row.due_at
            )
            for row, at in due
        ],
    )


def _see_return(organization_id: int, due: Sequence[tuple[FollowUp, datetime]]) -> None:
    if not due:
        return
    _settle(organization_id, due, "done")
    latest = {row.recovery_id: at for row, at in sorted(due, key=lambda one: one[1])}
    found = returns_see(
        organization_id=organization_id,
        looks=[Look(recovery_id=recovery_id, at=at) for recovery_id, at in latest.items()],
    )
    outcomes = [(row.id, found[row.recovery_id].outcome) for row, _ in due]
    from_, parameter = record_set("u", {"id": "bigint", "outcome": "text"}, outcomes)
    with prepared() as cursor:
        cursor.execute(
            f"UPDATE recoveries_followup f SET outcome = u.outcome FROM {from_}"
            " WHERE f.organization_id = %s AND f.id = u.id",
            [parameter, organization_id],
        )
    by_moment: dict[datetime, list[int]] = {}
    for row, at in due:
        by_moment.setdefault(at, []).append(row.recovery_id)
    ready = _ready(organization_id, list(found))
    for at, recovery_ids in sorted(by_moment.items()):
        if mine := [one for one in recovery_ids if one in ready]:
            close_complete(organization_id=organization_id, recovery_ids=mine, at=at)
    looks_plan(organization_id=organization_id, found=found)


def _ready(organization_id: int, recovery_ids: Sequence[int]) -> set[int]:
    """Those that could close at all: open, and the fix is done. Spares the rest the full question."""
    with prepared() as cursor:
        cursor.execute(
            "SELECT s.recovery_id FROM recoveries_step s JOIN recoveries_recovery r"
            " ON r.organization_id = s.organization_id AND r.id = s.recovery_id AND r.state = 'open'"
            " WHERE s.organization_id = %s AND s.recovery_id = ANY(%s) AND s.step = 'fix' AND s.state = 'done'",
            [organization_id, list(recovery_ids)],
        )
        return {row[0] for row in cursor.fetchall()}


DONE = """
UPDATE recoveries_followup SET state = 'done', done_at = %s, done_by_id = %s, outcome = %s
WHERE organization_id = %s AND id = %s AND recovery_id = %s AND state IN ('planned', 'due') RETURNING action
"""


def follow_up_done(
    *,
    organization_id: int,
    recovery_id: int,
    follow_up_id: int,
    by: int,
    now: datetime,
    outcome: str = "",
    version: int | None = None,
) -> None:
    """Record that a follow-up was done by a member; an `outcome` ends the plan: back, lapsed, declined or unknown.

    Raises UnableToChangeRecovery for an unknown outcome, or a follow-up that is not to be done.
    """
    recovery_for_change(organization_id=organization_id, recovery_id=recovery_id, version=version)
    if outcome not in RECOVERY_RETURNS:
        raise UnableToChangeRecovery("A follow-up ends as back, lapsed, declined or unknown: choose one.")
    with prepared() as cursor:
        cursor.execute(DONE, [now, by, outcome, organization_id, follow_up_id, recovery_id])
        done = cursor.fetchone()
    if done is None:
        raise UnableToChangeRecovery("This follow-up is not to be done any more: reload the recovery.")
    record(
        organization_id=organization_id,
        entries=[_followed(recovery_id, now, done[0], "done", by=by, outcome=outcome)],
    )
    rest = read(FollowUp, "id", organization_id=organization_id, recovery_id=recovery_id, state=("planned", "due"))
    if outcome or not rest:
        returned_write(
            organization_id=organization_id,
            known=[Known(recovery_id=recovery_id, outcome=outcome or "unknown", how="colleague", at=now, by=by)],
        )
    recovery_touch(organization_id=organization_id, recovery_id=recovery_id)
    close_complete(organization_id=organization_id, recovery_ids=[recovery_id], at=now)
