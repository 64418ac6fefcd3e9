"""One action for many recoveries: begun by a click, done in batches by the workers, undone as one.

Each recovery is a row. A batch of rows is claimed, done and settled in one transaction, each row in a savepoint of its
own: a worker that dies in the middle leaves its batch as it was, and no row is done twice.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction

from makegood.core.lengths import fitting
from makegood.failures.models import Cause
from makegood.journal.operations import Happened, record
from makegood.journal.outbox import Wanted, effects_add
from makegood.messages.staff import notices_write
from makegood.organizations.models import Member
from makegood.recoveries.many_models import BULK_ACTIONS, Bulk, BulkRow
from makegood.recoveries.models import PAUSE_REASONS
from makegood.recoveries.operations.bulk_doing import DO, UNDO, Doing
from makegood.recoveries.operations.owning import Staff
from makegood.recoveries.operations.stepping import NOTE
from makegood.store.bulk import insert, record_set
from makegood.store.clocks import moment as store_moment

BATCH = 50
MOST = 20_000
LONGEST = {"update": 2000}
"""How many characters the words of an action may have: news this many, a reason or a note NOTE."""
MANAGER = 2
SETTLED = {"id": "bigint", "state": "text", "why": "text", "before": "jsonb", "after": "jsonb"}
log = logging.getLogger("makegood")


class UnableToDoMany(ValueError):
    """This cannot be done for all of them: the message says why."""


def bulk_begin(
    *,
    organization_id: int,
    action: str,
    chosen: Mapping[str, Any],
    words: str,
    recovery_ids: Sequence[int],
    by: int,
    now: datetime,
) -> int:
    """This function will begin one action for these recoveries; return its id. The workers do the rest.

    `chosen` holds what the action needs: `to` (a member, or none for whom the rules choose), `severity`, `reason` (of
    a pause) or `cause`. `words` are the reason, the note or the news. Raises UnableToDoMany.
    """
    ids = sorted(set(recovery_ids))
    _check(organization_id, action, chosen, words.strip())
    if not ids:
        raise UnableToDoMany("Choose at least one recovery.")
    if len(ids) > MOST:
        raise UnableToDoMany(f"At most {MOST:,} at once: narrow the list first.")
    bulk = Bulk.objects.create(
        organization_id=organization_id,
        action=action,
        chosen=dict(chosen),
        words=fitting(words, most=LONGEST.get(action, NOTE)),
        by_id=by,
        total=len(ids),
        begun_at=now,
    )
    insert(
        BulkRow,
        ("organization_id", "bulk_id", "recovery_id", "state", "why", "before", "after"),
        [(organization_id, bulk.id, one, "waiting", "", {}, {}) for one in ids],
    )
    _record(bulk, "begun", now, by, action=action, total=len(ids))
    return bulk.id


def _check(organization_id: int, action: str, chosen: Mapping[str, Any], words: str) -> None:
    if action not in BULK_ACTIONS:
        raise UnableToDoMany("Choose what to do.")
    to = chosen.get("to")
    members = Member.objects.filter(organization_id=organization_id, active=True)
    if action == "hand_over" and to is not None and not members.filter(id=to).exists():
        raise UnableToDoMany("The new owner must be an active member: choose somebody else.")
    if action == "severity" and chosen.get("severity") not in (1, 2, 3, 4):
        raise UnableToDoMany("A severity is 1, 2, 3 or 4: choose one.")
    if action == "pause" and chosen.get("reason") not in PAUSE_REASONS:
        raise UnableToDoMany("Say what they wait for.")
    causes = Cause.objects.filter(organization_id=organization_id, retired_at__isnull=True)
    if action == "cause" and not causes.filter(id=chosen.get("cause") or 0).exists():
        raise UnableToDoMany("Choose a cause from the list.")
    if action == "close" and not words:
        raise UnableToDoMany("Write your reason: it is kept with each of them.")


def bulk_stop(*, organization_id: int, bulk_id: int, by: int, now: datetime) -> int:
    """This function will leave out what a bulk has not done yet; return how many. What is done stays done."""
    bulk = _locked(organization_id, bulk_id)
    rows = BulkRow.objects.filter(organization_id=organization_id, bulk_id=bulk_id)
    left = rows.filter(state="waiting").update(state="refused", why="Stopped before its turn.")
    left += rows.filter(state="undo").update(state="kept", why="Stopped before its turn.")
    _record(bulk, "stopped", now, by, left=left)
    return left


def bulk_undo(*, organization_id: int, bulk_id: int, by: int, now: datetime) -> int:
    """This function will begin to put back what a bulk did; return how many rows it will try.

    Raises UnableToDoMany while it still runs, or where it was undone already.
    """
    bulk = _locked(organization_id, bulk_id)
    if bulk.state != "done":
        raise UnableToDoMany("It still runs, or was undone already: look again.")
    rows = BulkRow.objects.filter(organization_id=organization_id, bulk_id=bulk_id, state="done")
    count = rows.update(state="undo")
    if not count:
        raise UnableToDoMany("Nothing was done, so there is nothing to undo.")
    bulk.state, bulk.undo_at, bulk.undo_by_id = "undoing", now, by
    bulk.save(update_fields=["state", "undo_at", "undo_by_id"])
    _record(bulk, "undo_begun", now, by, total=count)
    return count


def _locked(organization_id: int, bulk_id: int) -> Bulk:
    bulk = Bulk.objects.select_for_update().filter(organization_id=organization_id, id=bulk_id).first()
    if bulk is None:
        raise UnableToDoMany("There is no such action here.")
    return bulk


def bulks_work(*, organization_id: int, limit: int = BATCH) -> int:
    """This function will do the next rows of an organization's bulks, and end those that have none left.

    Runs inside the organization's unit of work; returns how many rows and bulks it brought further.
    """
    now = store_moment(organization_id=organization_id).now
    rows = list(
        BulkRow.objects.select_for_update(skip_locked=True)
        .filter(organization_id=organization_id, state__in=("waiting", "undo"))
        .order_by("id")[:limit]
    )
    bulks = Bulk.objects.in_bulk({row.bulk_id for row in rows})
    staff = Staff(organization_id=organization_id) if rows else None
    for row in rows:
        assert staff is not None, "read where there are rows"
        _row(bulks[row.bulk_id], row, now, staff)
    _settle(organization_id, rows)
    return len(rows) + _end(organization_id, now)


def _settle(organization_id: int, rows: Sequence[BulkRow]) -> None:
    """Write what became of a batch, in one statement."""
    if not rows:
        return
    from_, parameter = record_set("u", SETTLED, [(r.id, r.state, r.why, r.before, r.after) for r in rows])
    with connection.cursor() as cursor:
        cursor.execute(
            'UPDATE recoveries_bulkrow r SET state = u.state, why = u.why, before = u."before", after = u."after"'
            f" FROM {from_} WHERE r.organization_id = %s AND r.id = u.id",
            [parameter, organization_id],
        )


def _row(bulk: Bulk, row: BulkRow, now: datetime, staff: Staff) -> None:
    """Do or undo one row in a savepoint; what is refused says why, and the others go on."""
    undoes = row.state == "undo"
    by = (bulk.undo_by_id if undoes else bulk.by_id) or bulk.by_id
    doing = Doing(
        organization_id=bulk.organization_id, chosen=bulk.chosen, words=bulk.words, by=by, now=now, staff=staff
    )
    colleague = staff.active(by)
    try:
        if colleague is None or colleague.tier < MANAGER:
            raise UnableToDoMany("Who began this may not do it any more.")
        with transaction.atomic():
            if undoes:
                row.why = UNDO[bulk.action](doing, row)
            else:
                row.before, row.after = DO[bulk.action](doing, row)
        row.state = "undone" if undoes else "done"
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        foreseen = isinstance(error, ValueError) and type(error).__module__.startswith("makegood.")
        if not foreseen:
            log.exception("row %s of bulk %s of organization %s", row.id, bulk.id, bulk.organization_id)
        row.state = "kept" if undoes else "refused"
        row.why = (str(error) or type(error).__doc__ or "")[:300] if foreseen else "Something unforeseen went wrong."


def _end(organization_id: int, now: datetime) -> int:
    """End the bulks that have no row left to do; a row that another worker holds is still one."""
    ended = 0
    going = Bulk.objects.select_for_update(skip_locked=True).filter(
        organization_id=organization_id, state__in=("running", "undoing")
    )
    for bulk in going.order_by("id"):
        rows = BulkRow.objects.filter(organization_id=organization_id, bulk_id=bulk.id)
        if rows.filter(state__in=("waiting", "undo")).exists():
            continue
        counts = Counter(rows.values_list("state", flat=True))
        undone = bulk.state == "undoing"
        if bulk.action == "hand_over":
            _tell_owners(bulk, now, undone=undone)
        bulk.state, bulk.done_at, bulk.words = "undone" if undone else "done", now, ""
        bulk.save(update_fields=["state", "done_at", "words"])
        _record(bulk, bulk.state, now, bulk.undo_by_id if undone else bulk.by_id, **counts)
        ended += 1
    return ended


def _tell_owners(bulk: Bulk, now: datetime, *, undone: bool) -> None:
    """Tell each new owner once how many are theirs now."""
    rows = BulkRow.objects.filter(
        organization_id=bulk.organization_id, bulk_id=bulk.id, state="undone" if undone else "done"
    )
    owners = Counter(
        (before if undone else after)["owner"] for before, after in rows.values_list("before", "after").iterator()
    )
    by = bulk.undo_by_id if undone else bulk.by_id
    wanted = [
        Wanted(
            kind="staff",
            idempotency_key=f"staff:{member_id}:bulk:{bulk.id}:{bulk.state}",
            subject="member",
            subject_id=member_id,
            run_at=now,
            payload={"member": member_id, "handed": count},
        )
        for member_id, count in sorted(owners.items())
        if member_id != by
    ]
    effects_add(organization_id=bulk.organization_id, wanted=wanted)
    notices_write(
        organization_id=bulk.organization_id, told=[(one.idempotency_key, one.payload, one.run_at) for one in wanted]
    )


def _record(bulk: Bulk, what: str, at: datetime, by: int | None, **data: Any) -> None:
    entry = Happened(
        at=at,
        event=f"recoveries:bulk:{what}",
        subject="bulk",
        subject_id=bulk.id,
        data=data,
        actor_id=by,
    )
    record(organization_id=bulk.organization_id, entries=[entry])
