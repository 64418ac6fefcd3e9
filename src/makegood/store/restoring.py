"""A restore that has not ended: until those who were erased are erased again, nobody is served from what it loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

FLAG = "restoring"
"""The schema that stands from the load, in whose transaction it is made, until everything after it is done."""
BEGIN = f"DROP SCHEMA IF EXISTS {FLAG} CASCADE; CREATE SCHEMA {FLAG};\n"
END = f"DROP SCHEMA {FLAG} CASCADE"

_restoring = False


class UnfinishedRestore(OperationalError):
    """A restore has not ended, and people who were erased may be in the database: run `makegood restore` again."""


def refuse_unfinished(*, using: BaseDatabaseWrapper) -> None:
    """Check that no restore was begun in this database and not ended.

    Raises UnfinishedRestore.
    """
    with using.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace(%s) IS NOT NULL", [FLAG])
        (unfinished,) = cursor.fetchone()
    if unfinished:
        raise UnfinishedRestore(UnfinishedRestore.__doc__)


def connections_watch() -> None:
    """Refuse the application each new connection while a restore is unfinished, whatever process it runs in."""
    connection_created.connect(_connected, dispatch_uid="makegood.restoring")


def _connected(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.alias != "default" or _restoring:
        return
    try:
        refuse_unfinished(using=connection)
    except UnfinishedRestore:
        connection.close()
        raise


@contextmanager
def restoring() -> Iterator[None]:
    """Run the block as the restore itself, which alone may work on what it loaded."""
    global _restoring  # noqa: PLW0603 - it is of the process: the restore's own has no other work
    _restoring = True
    try:
        yield
    finally:
        _restoring = False
