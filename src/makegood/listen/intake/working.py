"""What workers do with files: try and import those that wait, one of each organization a round, and drop stale ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connection

from makegood.listen.intake.operations import intake_check, intake_fail, intake_import, intakes_prune
from makegood.listen.models import Intake
from makegood.store.clocks import now
from makegood.store.tenancy import tenant

LOCK = 7403
"""The advisory locks, one for each file, that let one worker at a time work on it; they end with its connection."""
UNFORESEEN = "Something unforeseen went wrong on our side; what was taken of it is known, and can be brought again"
OnError = Callable[[str, int, Exception], None]


def files_work(*, only: Collection[int] | None = None, on_error: OnError | None = None) -> int:
    """This function will try or import one waiting file of each organization, or of `only` these; return how many.

    One that fails for a reason that nobody foresaw has failed, and is handed to `on_error`; without it the error is
    raised. A database that did not answer is raised all the same, once all the others had their turn, and the file is
    tried again.
    """
    lost: list[Exception] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT finder.intakes_due()")
        found = sorted(row[0] for row in cursor.fetchall())
    done = 0
    for one in found:
        if only is None or one in only:
            try:
                done += _of(one, on_error, lost)
            except (OperationalError, InterfaceError) as error:
                lost.append(error)
    if lost:
        raise lost[0]
    return done


def _of(organization_id: int, on_error: OnError | None, lost: list[Exception]) -> int:
    """Work on one file of an organization, the first that the database lets; put into `lost` what it did not."""
    with tenant(organization_id=organization_id):
        intakes_prune(organization_id=organization_id, now=now(organization_id=organization_id))
        waiting = Intake.objects.filter(organization_id=organization_id, state__in=("checking", "waiting"))
        due = list(waiting.order_by("id").values_list("id", "state")[:20])
    for intake_id, state in due:
        with _held(intake_id) as mine:
            if not mine:
                continue
            try:
                work = intake_check if state == "checking" else intake_import
                work(organization_id=organization_id, intake_id=intake_id)
            except (OperationalError, InterfaceError) as error:
                lost.append(error)
                continue
            except Exception as error:
                intake_fail(organization_id=organization_id, intake_id=intake_id, said=UNFORESEEN)
                if on_error is None:
                    raise
                on_error("files", organization_id, error)
            return 1
    return 0


@contextmanager
def _held(intake_id: int) -> Iterator[bool]:
    """Hold a file's lock meanwhile, if no other worker does; say whether."""
    key = [LOCK, intake_id % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        (mine,) = cursor.fetchone()
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)
