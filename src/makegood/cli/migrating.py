"""Bringing a database up to date while others work on it, an older release among them.

A migration waits a twentieth of a second at most for a table that somebody holds, since whoever comes meanwhile waits
behind it. It is undone then, and tried again a little later.
"""

from __future__ import annotations

import time
from typing import Any, Final

import click
from django.core.management import call_command
from django.core.management.commands.migrate import Command
from django.db import OperationalError, ProgrammingError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from makegood.cli.database import tell

MIGRATING = 7402
"""The advisory lock that lets one command at a time migrate."""
OLDEST_MAJOR = 15
WAIT_FOR_TABLE: Final = "50ms"
"""Much less than the second after which PostgreSQL ends one of two that wait for each other, maybe a request."""
PAUSE_SECONDS: Final = 0.5
GIVE_UP_SECONDS: Final = 900.0
NOT_AVAILABLE: Final = "55P03"

UNFINISHED_INDEXES = """
SELECT format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, c.relname)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND n.nspname = 'public' AND c.relname !~ '_cc(new|old)[0-9]*$'
"""


class _Patient(Command):
    """Django's migrate, in which no migration that locks tables waits long for one.

    One that is not atomic makes indexes beside those who work, holds up nobody, and so may wait.
    """

    def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
        if action == "apply_start":
            with connections["owner"].cursor() as cursor:
                cursor.execute(f"SET lock_timeout = '{WAIT_FOR_TABLE if migration.atomic else 0}'")
        super().migration_progress_callback(action, migration, fake)


def migrations_behind() -> list[str]:
    """List the migrations that this database still needs.

    Raises ClickException if it has some that this Makegood does not know.
    """
    executor = MigrationExecutor(connections["owner"])
    known, ours = set(executor.loader.disk_migrations), executor.loader.migrated_apps
    strange = sorted(key for key in executor.loader.applied_migrations if key[0] in ours and key not in known)
    if strange:
        app, name = strange[0]
        raise click.ClickException(
            f"The database was written by a newer Makegood (it knows {app}.{name}): install that one, or a newer one."
        )
    return [str(migration) for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def migrate_if_behind() -> list[str]:
    """Carry out the migrations that this database still needs, and return their names.

    Raises ClickException, in one sentence that says what to do, where that cannot be done.
    """
    _refuse_old_server()
    behind = migrations_behind()
    if not behind:
        return []
    owner = connections["owner"]
    try:
        with owner.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
        try:
            _drop_unfinished(owner)
            _migrate(give_up_at=time.monotonic() + GIVE_UP_SECONDS)
        finally:
            with owner.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATING])
    except ProgrammingError as error:
        words = " ".join(str(error).split())
        raise click.ClickException(
            f"The database needs to be migrated and this user may not ({words}): name its owner in DATABASE_OWNER_URL."
        ) from error
    return behind


def _migrate(*, give_up_at: float) -> None:
    told = False
    while True:
        try:
            call_command(_Patient(), database="owner", verbosity=0, interactive=False)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) != NOT_AVAILABLE:
                raise
            if time.monotonic() > give_up_at:
                raise click.ClickException(
                    "The database cannot be migrated: a table is in use all the time. Nothing of that migration was"
                    " done; end what works on the tables for so long (a backup, an import), then try again."
                ) from error
            if not told:
                tell("a table is in use: the migration is tried again until it is free")
                told = True
            time.sleep(PAUSE_SECONDS)
        else:
            return


def _drop_unfinished(owner: BaseDatabaseWrapper) -> None:
    """Drop the indexes that a migration was making when it was ended: they are no use, and in its way."""
    with owner.cursor() as cursor:
        cursor.execute(UNFINISHED_INDEXES)
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)


def _refuse_old_server() -> None:
    owner = connections["owner"]
    owner.ensure_connection()
    major = owner.connection.info.server_version // 10_000
    if major < OLDEST_MAJOR:
        raise click.ClickException(f"PostgreSQL {major} is too old: Makegood needs {OLDEST_MAJOR} or newer.")
