"""How many rows each table holds, at one moment that others may look at too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TABLES: Final = """
SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
    AND relnamespace = 'public'::regnamespace AND relname <> ALL(%s) ORDER BY 1
"""
LIMITS: Final = ("idle_in_transaction_session_timeout", "statement_timeout", "transaction_timeout")
"""What would end a transaction that waits for a long dump, as the dump itself takes none of them."""
PASSING: Final = ("django_session", "store_heartbeat", "store_throttle")
"""Tables whose rows are of the moment: nobody is signed in by a restore."""


@contextmanager
def one_moment() -> Iterator[str]:
    """Let the owner see the database as it is now for the whole block; the value is what pg_dump calls this moment."""
    from django.db import connections, transaction

    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT set_config(name, '0', true) FROM pg_settings WHERE name = ANY(%s)", [list(LIMITS)])
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        yield str(snapshot)


def rows_counted() -> dict[str, int]:
    """Count the rows of each table that a backup keeps, as the owner, who sees every organization's."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(TABLES, [list(PASSING)])
        names = [name for (name,) in cursor.fetchall()]
        found = {}
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            found[name] = int(cursor.fetchone()[0])
    return found
