"""Small reads that pages need beside a list or a case: numbers and counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs
from django.db import connection
from django.db.models import Count, Q
from django.db.models.functions import Left
from django.db.models.lookups import Exact

from makegood.messages.apologies import SHADOW
from makegood.recoveries.models import TEST, UNMET, Pause, Recovery, RecoveryClock

Places = Sequence[int] | None


@attrs.frozen(kw_only=True)
class Seen:
    """What says who may see a recovery: its place and its owner."""

    id: int
    place_id: int | None
    owner_id: int


def recovery_seen(*, organization_id: int, number: int) -> Seen | None:
    """This function will read what says who may see the recovery of a number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, place_id, owner_id FROM recoveries_recovery WHERE organization_id = %s AND number = %s",
            [organization_id, number],
        )
        row = cursor.fetchone()
    return Seen(id=row[0], place_id=row[1], owner_id=row[2]) if row else None


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


def recoveries_of_failures(*, organization_id: int, failure_ids: Sequence[int]) -> dict[int, int]:
    """This function will find, by failure, the numbers of the recoveries that put these failures right."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rf.failure_id, r.number FROM recoveries_recoveryfailure rf JOIN recoveries_recovery r"
            " ON r.organization_id = rf.organization_id AND r.id = rf.recovery_id"
            " WHERE rf.organization_id = %s AND rf.failure_id = ANY(%s)",
            [organization_id, list(failure_ids)],
        )
        return dict(cursor.fetchall())


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


def done_otherwise(*, organization_id: int, thread_id: int, step: str, since_at: datetime) -> bool:
    """This function will say whether the step that words of a conversation were to do was done some other way since."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM recoveries_recovery r JOIN recoveries_step s"
            " ON s.organization_id = r.organization_id AND s.recovery_id = r.id"
            " WHERE r.organization_id = %s AND r.thread_id = %s AND s.step = %s AND s.done_at >= %s)",
            [organization_id, thread_id, step, since_at],
        )
        return bool(cursor.fetchone()[0])


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


def late(*, organization_id: int, now: datetime) -> Q:
    """This function will choose what is past a deadline: of its next step, or of a clock that still runs or ran out.

    A step whose recovery is paused is not, nor word for who asked nothing while a clock of the next word says when it
    is due. Clocks are asked for in the very words of the index of those alone.
    """
    over = RecoveryClock.objects.filter(organization_id=organization_id, met_at=None, state__in=UNMET, due_at__lt=now)
    paused = Pause.objects.filter(organization_id=organization_id, to_at__isnull=True)
    silent = RecoveryClock.objects.filter(
        organization_id=organization_id, met_at=None, state__in=UNMET, target="update"
    )
    stepped = Q(next_due_at__lt=now) & ~Q(id__in=paused.values("recovery_id"))
    stepped &= ~(Q(next_step="respond") & Q(id__in=silent.values("recovery_id")))
    return stepped | Q(id__in=over.values("recovery_id"))


def others_tests(*, organization_id: int, walker: int | None) -> Q:
    """This function will choose tests, but not the one that `walker` walks until it is over.

    It asks the index of shadows alone.
    """
    tests = Recovery.objects.filter(
        Exact(Left("happening_key", 7), SHADOW), organization_id=organization_id, happening_key__startswith=TEST
    )
    return Q(id__in=tests.exclude(state__in=["open", "closed"], owner_id=walker or 0).values("id"))


@attrs.frozen(kw_only=True)
class OpenCounts:
    """How many recoveries are open for someone, how many of them are theirs, past due, and to decide."""

    open: int
    mine: int
    overdue: int
    review: int


def open_counts(*, organization_id: int, member_id: int, places: Places, now: datetime) -> OpenCounts:
    """This function will count the open recoveries, and no test but the member's own."""
    here = Q(place_id__in=list(places)) if places else Q()
    tests = others_tests(organization_id=organization_id, walker=member_id)
    counted = Recovery.objects.filter(~tests, organization_id=organization_id, state="open").aggregate(
        open=Count("id", filter=here),
        mine=Count("id", filter=Q(owner_id=member_id)),
        overdue=Count("id", filter=here & late(organization_id=organization_id, now=now)),
        review=Count("id", filter=here & Q(review=True)),
    )
    return OpenCounts(**counted)
