"""A PostgreSQL data directory: making one whole or not at all, and refusing one of another version."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from makegood.store.embedded.programs import MAJOR, UnableToStartDatabase, run_program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from makegood.store.embedded.accounts import Account

OWNER, DATABASE, SUPERUSER = "makegood_owner", "makegood", "postgres"

LOCALE_OPTIONS = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
"""PostgreSQL's own C.UTF-8: the same order and case rules on every machine, whatever its libraries."""

SETTINGS: Mapping[str, str] = {
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "2GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "min_wal_size": "128MB",
    # One machine and no replicas: bulk loads into a table made in the same transaction need no log of their own.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "random_page_cost": "1.1",
    "jit": "off",
    # A new table is counted within seconds: until it is, plans for its foreign keys are guesses, and kept.
    "autovacuum_naptime": "5s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A log outlives an erased person: it holds no statement and no value of a key.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


def create_cluster(
    data: Path,
    *,
    programs: Path,
    account: Account | None,
    locale_options: Sequence[str] = LOCALE_OPTIONS,
    settings: Mapping[str, str] = SETTINGS,
    owner_rights: str = "LOGIN CREATEROLE",
    keep: tuple[int, ...] = (),
) -> None:
    """Make a data directory with the role `makegood_owner` (no superuser) owning the database `makegood`.

    It is built beside its place and moved there when it is complete, so that one cut short is never taken for whole.
    `keep` are open files that the programs keep while they run, even when they outlive the caller.
    """
    for remains in data.parent.glob(f"{data.name}.new-*"):
        shutil.rmtree(remains, ignore_errors=True)
    building = Path(tempfile.mkdtemp(prefix=f"{data.name}.new-", dir=data.parent))
    try:
        _give(building, account)
        run_program(
            [
                *(programs / "initdb", "--pgdata", building, "--username", SUPERUSER, "--encoding", "UTF8"),
                *("--auth-local", "trust", "--auth-host", "reject", *locale_options),
            ],
            account=account,
            keep=keep,
        )
        with (building / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write("\n# Makegood's settings, made once: yours to change.\n")
            configuration.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        run_program(
            [programs / "postgres", "--single", "-D", building, "-c", "exit_on_error=on", "postgres"],
            account=account,
            keep=keep,
            text=f"CREATE ROLE {OWNER} {owner_rights}\nCREATE DATABASE {DATABASE} OWNER {OWNER}\n",
        )
        building.rename(data)
        _make_durable(data.parent)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def check_version(data: Path, *, major: int = MAJOR) -> None:
    """Raise UnableToStartDatabase unless the directory was written by this major version of PostgreSQL."""
    try:
        found = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise UnableToStartDatabase(
            f"{data} exists but holds no database: move it away, or set MAKEGOOD_HOME to another directory"
        ) from error
    if found != str(major):
        raise UnableToStartDatabase(
            f"The database in {data} was written by PostgreSQL {found} and this Makegood brings {major}: "
            "run `makegood backup` with the Makegood that wrote it, move the directory away, and restore that here"
        )


def make_private_directory(path: Path, account: Account | None) -> None:
    """Make the directory if need be, the account's own and closed to all others (0700)."""
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(0o700)
    _give(path, account)


def _give(path: Path, account: Account | None) -> None:
    if account is not None:
        os.chown(path, account.uid, account.gid)


def _make_durable(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
