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
    from makegood.cli.migrating import migrate_if_behind

    with database_errors_in_one_line():
        migrate_if_behind()
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
