"""Taking all the tables that a migration changes before it begins: it never waits for one while it holds another.

Whoever asks for a table that a migration waits for waits behind it, and PostgreSQL looks after a second of waiting
whether two wait for each other, and ends one of them, maybe a request. So one table is waited for at most, shortly and
while none is held; the others are to be had at once, or all are let go and tried again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from typing import Final

from django.db import OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from makegood.cli.database import tell

ALONE: Final = "ACCESS EXCLUSIVE"
"""Nobody reads or writes meanwhile."""
BESIDE_READERS: Final = "SHARE ROW EXCLUSIVE"
"""Nobody writes meanwhile."""
FIRST_WAIT_MS: Final = 50
LONGEST_WAIT_MS: Final = 800
"""Less than the second after which PostgreSQL ends one of two that wait for each other."""
AT_ONCE_MS: Final = 1
"""The shortest wait there is."""
PAUSE_FOR_EACH: Final = 4
"""After a wait, those who waited behind it have this many times as long."""
NOT_AVAILABLE: Final = "55P03"

_NAME = r'(?:ONLY )?(?:IF EXISTS )?"?(\w+)"?'
_TAKEN = (
    (BESIDE_READERS, rf"\bREFERENCES {_NAME}"),
    (BESIDE_READERS, rf"\bCREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)\S+ ON {_NAME}"),
    (BESIDE_READERS, rf"\bCREATE (?:CONSTRAINT )?TRIGGER .*? ON {_NAME}"),
    (ALONE, rf"\bDROP TRIGGER (?:IF EXISTS )?\S+ ON {_NAME}"),
    (ALONE, rf"\b(?:CREATE|ALTER|DROP) POLICY (?:IF EXISTS )?\S+ ON {_NAME}"),
    (ALONE, rf"\bDROP TABLE {_NAME}"),
    (ALONE, rf"\bALTER TABLE {_NAME} (?!VALIDATE\b)"),
)


class UnableToTakeTable(RuntimeError):
    """A table is in use all the time."""


def is_refused(error: OperationalError) -> bool:
    """Tell whether the database says that somebody else holds what was asked for."""
    return getattr(error.__cause__, "sqlstate", None) == NOT_AVAILABLE


def tables_taken(statements: Iterable[str]) -> dict[str, str]:
    """Return the tables that these statements lock against those who write, or read too, each with its lock's mode."""
    taken: dict[str, str] = {}
    for statement in statements:
        for mode, pattern in _TAKEN:
            for table in re.findall(pattern, statement, re.DOTALL):
                if taken.get(table) != ALONE:
                    taken[table] = mode
    return taken


def take(tables: Mapping[str, str], *, connection: BaseDatabaseWrapper, give_up_at: float) -> None:
    """Lock those of the tables that exist until the transaction ends, in which nothing is waited for from then on.

    `tables` are names with modes, `give_up_at` is by the monotonic clock. Raises UnableToTakeTable.
    """
    names = _existing(tables, connection)
    wait = FIRST_WAIT_MS
    while True:
        name = ""
        try:
            # Where one is refused, going back to the savepoint lets all go.
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                for place, name in enumerate(names):
                    cursor.execute(f"SET LOCAL lock_timeout = {AT_ONCE_MS if place else wait}")
                    cursor.execute(f'LOCK TABLE "{name}" IN {tables[name]} MODE')
                cursor.execute(f"SET LOCAL lock_timeout = {AT_ONCE_MS}")
        except OperationalError as error:
            if not is_refused(error):
                raise
            if time.monotonic() > give_up_at:
                raise UnableToTakeTable(name) from error
            # The one that somebody held is waited for next, in the queue for it.
            names.sort(key=lambda each: each != name)
            if wait < LONGEST_WAIT_MS <= 2 * wait:
                tell(f"{name} is in use: it is tried again until it is free")
            time.sleep(PAUSE_FOR_EACH * wait / 1000)
            wait = min(2 * wait, LONGEST_WAIT_MS)
        else:
            return


def _existing(tables: Mapping[str, str], connection: BaseDatabaseWrapper) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
            " AND relname = ANY (%s) ORDER BY relname",
            [list(tables)],
        )
        return [name for (name,) in cursor.fetchall()]
