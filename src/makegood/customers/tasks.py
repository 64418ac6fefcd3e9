"""What workers do for customers: learn anew what they are likely to buy, in a week or the next night."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Final

from django.db import InterfaceError, OperationalError, connection

from makegood.customers.valuing import learn, lessons, values_keep
from makegood.store.clocks import now
from makegood.store.tenancy import tenant

LOCK: Final = 7412
"""The advisory locks, one for each organization, that let one worker at a time learn from its customers."""
LOOK_SECONDS: Final = 60.0
OnError = Callable[[str, int, Exception], None]


class Values:
    """Who is to learn is asked once a minute: it is due in a week, and nobody waits for it."""

    def __init__(self) -> None:
        self._looked_at = -LOOK_SECONDS

    def look(self, *, moment: float, on_error: OnError) -> int:
        """Learn for one after the other that is due, if a minute has passed; `moment` is of a monotonic clock."""
        if moment - self._looked_at < LOOK_SECONDS:
            return 0
        self._looked_at = moment
        return values_work(on_error=on_error)


def values_work(*, only: Collection[int] | None = None, on_error: OnError | None = None) -> int:
    """This function will learn from the customers of each organization due, or of `only` these; returns how many.

    Purchases are read in one unit of work and what they taught is kept in another; between them no transaction is open.
    One that fails is handed to `on_error` while the others go on; without it, and where the database does not answer,
    the error is raised.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT finder.values_due()")
        found = sorted(row[0] for row in cursor.fetchall())
    done = 0
    for one in found:
        if only is not None and one not in only:
            continue
        try:
            with _held(one) as mine:
                done += mine and _of(one)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            if on_error is None:
                raise
            on_error("value", one, error)
    return done


def _of(organization_id: int) -> bool:
    with tenant(organization_id=organization_id):
        to_learn = lessons(organization_id=organization_id, now=now(organization_id=organization_id))
    learnt = [learn(lesson) for lesson in to_learn]
    with tenant(organization_id=organization_id):
        values_keep(organization_id=organization_id, learnt=learnt, now=now(organization_id=organization_id))
    return True


@contextmanager
def _held(organization_id: int) -> Iterator[bool]:
    """Hold an organization's lock meanwhile, if no other worker does; say whether."""
    key = [LOCK, organization_id % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        (mine,) = cursor.fetchone()
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)
