"""`makegood restore`: the whole back from one file, all of it or nothing, with those who were erased left erased."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

import click

from makegood.cli.archive import Manifest, archive_opened, extract
from makegood.cli.database import make_ready, open_database, tell
from makegood.cli.postgres_tools import Tools, tools_for_owner
from makegood.store.embedded import home_directory
from makegood.store.embedded.programs import MAJOR

WIPE = """
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS finder CASCADE;
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
DO $do$
DECLARE role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['makegood_app', 'makegood_finder'] LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
        IF current_setting('server_version_num')::int >= 160000 THEN
            EXECUTE format('GRANT %I TO CURRENT_USER WITH SET TRUE', role_name);
        ELSE
            EXECUTE format('GRANT %I TO CURRENT_USER', role_name);
        END IF;
    END LOOP;
END $do$;
GRANT USAGE ON SCHEMA public TO makegood_app, makegood_finder;
CREATE SCHEMA finder;
GRANT USAGE, CREATE ON SCHEMA finder TO makegood_finder;
"""
"""What stands before the dump in the same transaction: roles and schemas, which the dump's owners need to be there."""
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--erasures",
    "erasures_file",
    type=click.File("r"),
    help="Ids of those who were erased since, one a line, as `makegood erasures` prints them.",
)
@click.option("--no-erasures", is_flag=True, help="Nobody was erased since the backup was made.")
def restore(file: Path, erasures_file: IO[str] | None, no_erasures: bool) -> int:
    """Replace everything that Makegood keeps by what FILE holds.

    A backup carries everyone who was erased after it was made: name them, so that they are erased again before
    anything is served.
    """
    if (erasures_file is None) == (not no_erasures):
        raise click.UsageError("Say who was erased since the backup: --erasures FILE, or --no-erasures if nobody was.")
    erased: list[int] = _ids(erasures_file) if erasures_file is not None else []
    with archive_opened(file) as (manifest, tar):
        _refuse_unreadable(manifest)
        with open_database(migrate=False):
            tools = tools_for_owner()
            _refuse(manifest, tools)
            with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".makegood-restore-") as scratch:
                dump = extract(tar, Path(scratch))
                _load(tools, dump)
                _replace_files(Path(scratch) / "files", home_directory() / "files")
            again = _finish(erased)
    tell(f"restored what was kept at {manifest.created_at}" + (f"; erased {again} again" if erased else ""))
    return 0


def _ids(file: IO[str]) -> list[int]:
    lines = [line.strip() for line in file if line.strip()]
    if any(not line.isascii() or not line.isdecimal() for line in lines):
        raise click.ClickException(
            f"{file.name} must hold one customer's id a line: use what `makegood erasures` prints."
        )
    return [int(line) for line in lines]


def _refuse_unreadable(manifest: Manifest) -> None:
    """Raise ClickException for a backup that can never be read here, before anything is made or started."""
    from makegood.store.secrets import fingerprint_of, secret_there

    secret = secret_there()
    if secret is None or manifest.secret != fingerprint_of(secret):
        raise click.ClickException(
            "The backup was made under another secret, without which nothing in it can be read: set the "
            "MAKEGOOD_SECRET of that installation, or put its file `secret` into the home directory."
        )
    if not os.environ.get("DATABASE_URL"):
        _refuse_newer(manifest, MAJOR)


def _refuse_newer(manifest: Manifest, major: int) -> None:
    if manifest.postgresql > major:
        raise click.ClickException(
            f"The backup was written by PostgreSQL {manifest.postgresql} and this server is {major}: "
            "restore it into one as new."
        )


def _refuse(manifest: Manifest, tools: Tools) -> None:
    """Raise ClickException for a backup of a newer server, or while anybody uses the database."""
    from django.db import connections

    _refuse_newer(manifest, tools.major)
    with connections["owner"].cursor() as cursor:
        cursor.execute(OTHERS)
        (others,) = cursor.fetchone()
    if others:
        raise click.ClickException(f"{others} other connections use this database: stop Makegood first.")


def _load(tools: Tools, dump: Path) -> None:
    """Wipe and load in one transaction, after which nobody is served until the restore has ended."""
    from makegood.store.restoring import BEGIN

    contents = dump.with_suffix(".list")
    listed = tools.run("pg_restore", "--list", dump).decode().splitlines()
    contents.write_text("\n".join(line for line in listed if " SCHEMA - " not in line), encoding="utf-8")
    wipe, load = dump.with_suffix(".wipe.sql"), dump.with_suffix(".sql")
    wipe.write_text(BEGIN + WIPE, encoding="utf-8")
    tools.run("pg_restore", "--use-list", contents, "--file", load, dump)
    tools.run(
        *("psql", "--no-psqlrc", "--no-password", "--quiet", "--single-transaction", "--set", "ON_ERROR_STOP=1"),
        *("--output", "/dev/null", "--file", wipe, "--file", load),
    )


def _replace_files(new: Path, kept: Path) -> None:
    if kept.exists():
        shutil.rmtree(kept)
    if new.exists():
        shutil.move(new, kept)


def _finish(erased: list[int]) -> int:
    """Bring what was loaded up to date and erase these customers again; only then is it served. Return how many."""
    from django.db import connections

    from makegood.store.restoring import END, restoring

    with restoring():
        make_ready()
        again = _erase_again(erased)
        with connections["owner"].cursor() as cursor:
            cursor.execute(END)
    return again


def _erase_again(customer_ids: list[int]) -> int:
    """Erase these customers, wherever they are; return how many there were. Those whom the backup lacks are passed.

    The planner's figures, which no backup holds, are made first.
    """
    from django.db import connections

    from makegood.customers.operations import customer_erase
    from makegood.store.clocks import now
    from makegood.store.tenancy import tenant

    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(
            "SELECT organization_id, id FROM customers_customer WHERE id = ANY(%s) AND erased_at IS NULL ORDER BY id",
            [customer_ids],
        )
        found = cursor.fetchall()
    for organization_id, customer_id in found:
        with tenant(organization_id=organization_id):
            moment = now(organization_id=organization_id)
            customer_erase(organization_id=organization_id, customer_id=customer_id, now=moment, by=None)
    return len(found)
