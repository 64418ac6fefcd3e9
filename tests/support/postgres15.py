"""PostgreSQL servers for tests: the embedded 18, and Debian's 15 as a stand-in for a server of one's own.

Both give a database `makegood` whose owner `makegood_owner` is no superuser, may create roles, and, for tests only,
databases. Which one the suite runs on is said by MAKEGOOD_TEST_DATABASE: embedded18 (the default) or debian15.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args
from urllib.parse import quote

from tests.support.ready import copy_database, copy_ready, migrate, ready, ready_embedded

from makegood.store import embedded
from makegood.store.embedded import cluster
from makegood.store.embedded.accounts import account_of_database, let_pass
from makegood.store.embedded.programs import run_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from makegood.store.embedded.accounts import Account

Kind = Literal["embedded18", "debian15"]

USUAL: Kind = "embedded18"
DEBIAN_PROGRAMS = Path("/usr/lib/postgresql/15/bin")
OWNER_RIGHTS = "LOGIN CREATEROLE CREATEDB"
TEST_SETTINGS = {"fsync": "off", "max_connections": "100", "shared_buffers": "128MB", "jit": "off", "timezone": "UTC"}


def kind_from_environment() -> Kind:
    """Return the kind that MAKEGOOD_TEST_DATABASE names; a misspelt one is an error, not the default."""
    named = os.environ.get("MAKEGOOD_TEST_DATABASE") or USUAL
    for kind in get_args(Kind):
        if kind == named:
            known: Kind = kind
            return known
    raise ValueError(f"MAKEGOOD_TEST_DATABASE is {named!r}: use embedded18 or debian15")


def debian15_is_installed() -> bool:
    """Tell whether Debian's package postgresql-15 is there."""
    return (DEBIAN_PROGRAMS / "postgres").exists()


@contextmanager
def start_test_cluster(kind: Kind, tmp: Path, *, migrated: bool = False) -> Iterator[str]:
    """Run a fresh server of this kind in `tmp`, and give its owner's database address.

    Of a `migrated` one nothing has to be migrated, and it does not wait for the disk.
    """
    if kind == USUAL:
        if migrated:
            copy_ready(tmp / "makegood", synced=False)
        with embedded.running(tmp / "makegood", tell=_silently) as url:
            _grant_createdb(embedded.Server((tmp / "makegood").resolve()).url(user="postgres", database="postgres"))
            yield url
    else:
        with start_debian15(tmp, migrated=migrated) as superuser_url:
            yield _of_owner(superuser_url)


def ready_of(kind: Kind) -> Path:
    """Return the files of the run's one migrated database of a kind, which is made if it is not there yet."""
    return ready_embedded() if kind == USUAL else ready("debian15", _migrated15)


@contextmanager
def start_debian15(tmp: Path, *, migrated: bool = False) -> Iterator[str]:
    """Run Debian's PostgreSQL 15 in `tmp`, and give its superuser's address; skips the test where it is absent."""
    import pytest

    if not debian15_is_installed():
        pytest.skip("Debian's PostgreSQL 15 is not installed (apt-get install postgresql-15)")
    account = account_of_database(tmp)
    if account is not None:
        let_pass(tmp.resolve(), account)
    if migrated:
        copy_database(ready_of("debian15"), tmp)
    else:
        _create15(tmp / "database", account)
    with _running15(tmp / "database", account) as url:
        yield url
    shutil.rmtree(tmp / "database")


def _migrated15(home: Path) -> None:
    account = account_of_database(home.parent)
    if account is not None:
        let_pass(home.parent.resolve(), account)
    home.mkdir()
    _create15(home / "database", account)
    with _running15(home / "database", account) as url:
        migrate(DATABASE_URL=_of_owner(url))


def _create15(data: Path, account: Account | None) -> None:
    cluster.create_cluster(
        data,
        programs=DEBIAN_PROGRAMS,
        account=account,
        locale_options=("--locale=C.UTF-8",),
        settings=TEST_SETTINGS | {"listen_addresses": ""},
        owner_rights=OWNER_RIGHTS,
    )


@contextmanager
def _running15(data: Path, account: Account | None) -> Iterator[str]:
    sockets = Path(tempfile.mkdtemp(prefix="mg15-"))
    cluster.make_private_directory(sockets, account)
    pg_ctl: list[str | Path] = [DEBIAN_PROGRAMS / "pg_ctl", "--silent", "--pgdata", data]
    options = f"-c unix_socket_directories={sockets}"
    started = [*pg_ctl, "start", "--wait", "--timeout=120", "--log", data / "server.log", "--options", options]
    run_program(started, account=account)
    try:
        yield f"postgresql://postgres@/postgres?host={quote(str(sockets), safe='')}&port=5432"
    finally:
        run_program([*pg_ctl, "stop", "--mode=fast"], account=account)
        shutil.rmtree(sockets)


def _of_owner(superuser_url: str) -> str:
    return superuser_url.replace("postgres@/postgres?", f"{cluster.OWNER}@/{cluster.DATABASE}?")


def _grant_createdb(superuser_url: str) -> None:
    import psycopg

    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {cluster.OWNER} CREATEDB")


def _silently(_: str) -> None:
    pass
