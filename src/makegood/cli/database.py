"""The database that a command works on: attached, migrated, and used as the application's role."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from makegood.store.embedded import UnableToStartDatabase, attach, home_directory
from makegood.store.wiring import imported_for_good

SETTINGS = "makegood.config.settings"
MIGRATING = 7402
"""The advisory lock that lets one command at a time migrate."""
OLDEST_MAJOR = 15


@contextmanager
def open_database(*, migrate: bool = True, home: Path | None = None) -> Iterator[None]:
    """Run the block with Django set up on a migrated database, reached as the application's role.

    Without DATABASE_URL it is the embedded server of the home directory, which this process attaches to meanwhile.
    `migrate` false leaves the database as it is, for commands that look at one or replace it. With a `home` it is the
    embedded server of that one, whatever database is named.
    Raises ClickException, in one sentence that says what to do, where there is no database to work on.
    """
    with _embedded(home) if home else _embedded_if_none_is_named():
        _set_up_django()
        from django.db import connections

        try:
            if migrate:
                refuse_unfinished_restore()
                make_ready()
            yield
        finally:
            connections.close_all()


def make_ready() -> None:
    """Bring the database up to date, and make sure that the application's role is a safe one.

    Raises ClickException as `open_database` does.
    """
    with database_errors_in_one_line():
        _migrate_if_behind()
        refuse_unsafe_role()


@contextmanager
def _embedded_if_none_is_named() -> Iterator[None]:
    if os.environ.get("DATABASE_URL"):
        yield
        return
    if os.environ.get("DATABASE_OWNER_URL"):
        raise click.ClickException("DATABASE_OWNER_URL is set but DATABASE_URL is not: set both, or neither.")
    with _embedded(home_directory()):
        yield


@contextmanager
def _embedded(home: Path) -> Iterator[None]:
    try:
        attached = attach(home)
    except UnableToStartDatabase as error:
        raise click.ClickException(str(error)) from error
    named = {name: os.environ.pop(name) for name in ("DATABASE_URL", "DATABASE_OWNER_URL") if name in os.environ}
    os.environ["DATABASE_URL"] = attached.url
    try:
        yield
    finally:
        del os.environ["DATABASE_URL"]
        os.environ |= named
        attached.release()


def _set_up_django() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    try:
        with imported_for_good():
            django.setup()
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error}: set MAKEGOOD_HOME to a directory of your own.") from error


@contextmanager
def database_errors_in_one_line() -> Iterator[None]:
    """Raise ClickException in the place of what the database says, in one sentence."""
    from django.db import DatabaseError, InterfaceError

    from makegood.store.restoring import UnfinishedRestore

    try:
        yield
    except UnfinishedRestore as error:
        raise click.ClickException(str(error)) from error
    except (DatabaseError, InterfaceError) as error:
        words = " ".join(str(error).split())
        raise click.ClickException(
            f"The database cannot be used ({words}): check DATABASE_URL and that the server runs."
        ) from error


def migrations_behind() -> list[str]:
    """List the migrations that this database still needs.

    Raises ClickException if it has some that this Makegood does not know.
    """
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["owner"])
    known, ours = set(executor.loader.disk_migrations), executor.loader.migrated_apps
    strange = sorted(key for key in executor.loader.applied_migrations if key[0] in ours and key not in known)
    if strange:
        app, name = strange[0]
        raise click.ClickException(
            f"The database was written by a newer Makegood (it knows {app}.{name}): install that one, or a newer one."
        )
    return [str(migration) for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def _migrate_if_behind() -> None:
    from django.core.management import call_command
    from django.db import ProgrammingError, connections

    _refuse_old_server()
    if not migrations_behind():
        return
    owner = connections["owner"]
    try:
        with owner.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
        try:
            call_command("migrate", database="owner", verbosity=0, interactive=False)
        finally:
            with owner.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATING])
    except ProgrammingError as error:
        words = " ".join(str(error).split())
        raise click.ClickException(
            f"The database needs to be migrated and this user may not ({words}): name its owner in DATABASE_OWNER_URL."
        ) from error


def _refuse_old_server() -> None:
    from django.db import connections

    owner = connections["owner"]
    owner.ensure_connection()
    major = owner.connection.info.server_version // 10_000
    if major < OLDEST_MAJOR:
        raise click.ClickException(f"PostgreSQL {major} is too old: Makegood needs {OLDEST_MAJOR} or newer.")


def refuse_unfinished_restore() -> None:
    """Raise ClickException if a restore was begun in this database and not ended."""
    from django.db import connections

    from makegood.store.restoring import refuse_unfinished

    with database_errors_in_one_line():
        refuse_unfinished(using=connections["owner"])


def refuse_unsafe_role() -> None:
    """Raise ClickException if the application's role could see more than one organization at a time."""
    from makegood.store import tenancy

    try:
        tenancy.refuse_unsafe_role()
    except tenancy.UnsafeRole as error:
        raise click.ClickException(str(error)) from error


def tell(message: str) -> None:
    """Say one line on stderr."""
    print(f"makegood: {message}", file=sys.stderr, flush=True)
