"""The stage of the demo: a home beside the real one, with a database that is new at every start.

The first start migrates an empty database and keeps a copy of it; while the migrations stay the same, every later start
begins with a copy of that copy.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import psycopg
from psycopg import sql

import makegood
from makegood.store.embedded import Server, UnableToStartDatabase, home_directory, running
from makegood.store.embedded.cluster import DATABASE, OWNER, SUPERUSER

BLANK = "makegood_blank"
"""The migrated database in which nothing has happened; its comment is the digest of the migrations that it knows."""

STAYS = frozenset(["database", "locks", "socket", "socket.path"])


def set_stage() -> Path:
    """Make the demo's home as it is before anything has happened, let MAKEGOOD_HOME name it, and return it.

    Raises ClickException if a demo is running in it.
    """
    home = home_directory().expanduser().absolute() / "demo"
    if (home / "locks").exists() and Server(home.resolve()).is_used():
        raise _runs_already(home)
    home.mkdir(parents=True, mode=0o700, exist_ok=True)
    for remains in home.iterdir():
        if remains.name not in STAYS:
            shutil.rmtree(remains) if remains.is_dir() else remains.unlink()
    os.environ["MAKEGOOD_HOME"] = str(home)
    try:
        _empty(home)
    except UnableToStartDatabase:  # it is of another version of the server, or broken: nothing in it is anyone's
        shutil.rmtree(home / "database", ignore_errors=True)
    return home


def _empty(home: Path) -> None:
    """Replace the database by the blank one, or by one to be migrated if the blank one knows other migrations."""
    if not Server(home.resolve()).is_made():
        return
    with _server(home) as connection:
        try:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(DATABASE)))
        except psycopg.errors.ObjectInUse as error:
            raise _runs_already(home) from error
        if _known(connection) == migrations_digest():
            _copy(connection, new=DATABASE, old=BLANK)
        else:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(BLANK)))
            _copy(connection, new=DATABASE, old="template0")


def keep_blank(home: Path) -> None:
    """Keep a copy of the database, migrated just now and used by nobody, for the next start."""
    with _server(home) as connection:
        if not _known(connection):
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(BLANK)))
            _copy(connection, new=BLANK, old=DATABASE)
            connection.execute(
                sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(BLANK), sql.Literal(migrations_digest()))
            )


def migrations_digest() -> str:
    """Return a digest of all migrations of Makegood, their texts included."""
    digest = hashlib.sha256()
    for path in sorted(Path(makegood.__path__[0]).glob("*/migrations/[0-9]*.py")):
        digest.update(f"{path.parent.parent.name}.{path.stem}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _server(home: Path) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection to the server's own database, as its superuser, while this process is attached."""
    with running(home):
        url = Server(home.resolve()).url(user=SUPERUSER, database="postgres")
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection


def _copy(connection: psycopg.Connection[tuple[object, ...]], *, new: str, old: str) -> None:
    connection.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(*map(sql.Identifier, (new, old, OWNER)))
    )


def _known(connection: psycopg.Connection[tuple[object, ...]]) -> str:
    """The digest of the migrations that the blank database knows, "" if there is none that was finished."""
    row = connection.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [BLANK]
    ).fetchone()
    return str(row[0] or "") if row else ""


def _runs_already(home: Path) -> click.ClickException:
    return click.ClickException(f"A demo is running already in {home}: stop it first, or set MAKEGOOD_HOME.")
