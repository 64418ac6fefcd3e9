"""Small reads that pages need beside a list or a case: numbers, counts, and five figures of the last seven days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs
from django.db import connection

Places = Sequence[int] | None


def recovery_of_failure(*, organization_id: int, failure_id: int) -> int | None:
    """This function will find the number of the recovery that puts a failure right."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.number FROM recoveries_recoveryfailure rf JOIN recoveries_recovery r"
            " ON r.organization_id = rf.organization_id AND r.id = rf.recovery_id"
            " WHERE rf.organization_id = %s AND rf.failure_id = %s",
            [organization_id, failure_id],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def recovery_of_message(*, organization_id: int, thread_id: int) -> tuple[int, int | None, int] | None:
    """This function will find the number, place and owner of a conversation's recovery."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, place_id, owner_id FROM recoveries_recovery WHERE organization_id = %s AND thread_id = %s"
            " ORDER BY id DESC LIMIT 1",
            [organization_id, thread_id],
        )
        row: tuple[int, int | None, int] | None = cursor.fetchone()
        return row


def recoveries_counted(
    *, organization_id: int, customer_ids: Sequence[int], member_id: int, places: Places
) -> dict[int, int]:
    """This function will count these customers' recoveries, of the places that a member serves and the member's own."""
    listed = list(places) if places else None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id, count(*) FROM recoveries_recovery"
            " WHERE organization_id = %s AND customer_id = ANY(%s)"
            " AND (%s::bigint[] IS NULL OR place_id = ANY(%s) OR owner_id = %s) GROUP BY customer_id",
            [organization_id, list(customer_ids), listed, listed, member_id],
        )
        return dict(cursor.fetchall())


@attrs.frozen(kw_only=True)
class OpenCounts:
    """How many recoveries are open for someone, how many of them are theirs, past due, and to decide."""

    open: int
    mine: int
    overdue: int
    review: int


def open_counts(*, organization_id: int, member_id: int, places: Places, now: datetime) -> OpenCounts:
    """This function will count the open recoveries."""
    listed = list(places) if places else None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE in_places), count(*) FILTER (WHERE owner_id = %s),"
            " count(*) FILTER (WHERE in_places AND next_due_at < %s), count(*) FILTER (WHERE in_places AND review)"
            " FROM (SELECT owner_id, next_due_at, review,"
            "   (%s::bigint[] IS NULL OR place_id = ANY(%s)) AS in_places"
            "   FROM recoveries_recovery WHERE organization_id = %s AND state = 'open') r",
            [member_id, now, listed, listed, organization_id],
        )
        row = cursor.fetchone()
    return OpenCounts(open=row[0], mine=row[1], overdue=row[2], review=row[3])


@attrs.frozen(kw_only=True)
class WeekFigures:
    """Counts of a window: clocks of making good that were kept of those that ended; found by us; answered scores."""

    kept: int
    ended: int
    found_by_us: int
    failures: int
    scores: int
    median_score: float | None


WEEK = """
SELECT
  (SELECT count(*) FILTER (WHERE state = 'met') FROM recoveries_recoveryclock
    WHERE organization_id = %(organization)s AND target = 'make_good' AND met_at >= %(since)s AND met_at <= %(now)s),
  (SELECT count(*) FROM recoveries_recoveryclock
    WHERE organization_id = %(organization)s AND target = 'make_good'
    AND (met_at >= %(since)s AND met_at <= %(now)s OR met_at IS NULL AND due_at >= %(since)s AND due_at < %(now)s)),
  (SELECT count(*) FROM recoveries_recovery r WHERE r.organization_id = %(organization)s AND r.opened_at >= %(since)s
    AND EXISTS (SELECT 1 FROM recoveries_recoveryfailure rf JOIN failures_failure f
      ON f.organization_id = rf.organization_id AND f.id = rf.failure_id
      WHERE rf.organization_id = r.organization_id AND rf.recovery_id = r.id AND f.found_by_us)),
  (SELECT count(*) FROM recoveries_recovery WHERE organization_id = %(organization)s AND opened_at >= %(since)s),
  (SELECT count(*) FROM recoveries_rating WHERE organization_id = %(organization)s AND answered_at >= %(since)s),
  (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY score) FROM recoveries_rating
    WHERE organization_id = %(organization)s AND answered_at >= %(since)s AND score IS NOT NULL)
"""


def week_figures(*, organization_id: int, since_at: datetime, now: datetime) -> WeekFigures:
    """This function will count what *Today* shows below its list."""
    with connection.cursor() as cursor:
        cursor.execute(WEEK, {"organization": organization_id, "since": since_at, "now": now})
        row = cursor.fetchone()
    return WeekFigures(
        kept=row[0], ended=row[1], found_by_us=row[2], failures=row[3], scores=row[4], median_score=row[5]
    )
