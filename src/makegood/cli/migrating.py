"""Bringing a database up to date while others work on it, an older release among them.

A migration first takes all the tables that it changes (`taking_tables`), and waits for nothing once it has one. What
its SQL does not tell beforehand, such as a row that a request holds, undoes it, and it is tried again a little later.
"""

from __future__ import annotations

import time
from typing import Final

import click
from django.db import OperationalError, ProgrammingError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.state import ProjectState

from makegood.cli.database import tell
from makegood.cli.taking_tables import UnableToTakeTable, is_refused, tables_taken, take

MIGRATING = 7402
"""The advisory lock that lets one command at a time migrate."""
OLDEST_MAJOR = 15
PAUSE_SECONDS: Final = 0.5
GIVE_UP_SECONDS: Final = 900.0

UNFINISHED_INDEXES = """
SELECT format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, c.relname)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND n.nspname = 'public' AND c.relname !~ '_cc(new|old)[0-9]*$'
"""


class OneByOne(ProjectState):
    """What models look like while a new database is made: a change renders its own model, and no other one anew.

    Django renders all that relate to it as well, which here is nearly every model, and most of the time that a new
    database took. Nothing that our migrations do asks a model what refers to it.
    """

    def _find_reload_model(self, app_label: str, model_name: str, delay: bool = False) -> set[tuple[str, str]]:
        return {(app_label, model_name)}


class TakingExecutor(MigrationExecutor):
    """Django's executor, which carries a migration out once it holds all the tables that the migration changes.

    One that is not atomic makes indexes beside those who work, holds up nobody, and so may wait.
    """

    def __init__(self, connection: BaseDatabaseWrapper, *, give_up_at: float) -> None:
        super().__init__(connection)
        self._give_up_at = give_up_at
        self._is_new = not self.loader.applied_migrations

    def _create_project_state(self, with_applied_migrations: bool = False) -> ProjectState:
        if not self._is_new:
            return super()._create_project_state(with_applied_migrations)
        return OneByOne(real_apps=self.loader.unmigrated_apps)

    def apply_migration(
        self, state: ProjectState, migration: Migration, fake: bool = False, fake_initial: bool = False
    ) -> ProjectState:
        if self._is_new or not migration.atomic:
            return super().apply_migration(state, migration, fake, fake_initial)
        tables = tables_taken(self._statements(state, migration))
        with transaction.atomic(using=self.connection.alias):
            take(tables, connection=self.connection, give_up_at=self._give_up_at)
            return super().apply_migration(state, migration, fake, fake_initial)

    def _statements(self, state: ProjectState, migration: Migration) -> list[str]:
        with self.connection.schema_editor(collect_sql=True, atomic=False) as editor:
            migration.apply(state.clone(), editor, collect_sql=True)
        collected: list[str] = editor.collected_sql
        return collected


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
            executor = TakingExecutor(connections["owner"], give_up_at=give_up_at)
            executor.migrate(executor.loader.graph.leaf_nodes())
        except UnableToTakeTable as error:
            raise _in_use() from error
        except OperationalError as error:
            if not is_refused(error):
                raise
            if time.monotonic() > give_up_at:
                raise _in_use() from error
            if not told:
                tell("what the migration needs is in use: it is tried again until it is free")
                told = True
            time.sleep(PAUSE_SECONDS)
        else:
            return


def _in_use() -> click.ClickException:
    return click.ClickException(
        "The database cannot be migrated: a table is in use all the time. Nothing of that migration was done; end what"
        " works on the tables for so long (a backup, an import), then try again."
    )


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
