"""`makegood backup` and `makegood erasures`: the whole into one file, and who must stay erased when it comes back."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click

from makegood.cli.archive import FORMAT, Manifest, archive_write
from makegood.cli.database import open_database, tell
from makegood.cli.postgres_tools import tools_for_owner
from makegood.store.embedded import Server, home_directory

PASSING = ("django_session", "store_heartbeat", "store_throttle")
"""Tables whose rows are of the moment: nobody is signed in by a restore."""


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> int:
    """Write everything that Makegood keeps into FILE: the database and the files beside it.

    The secret is not in it: keep MAKEGOOD_SECRET, or the file `secret` of the home directory, elsewhere.
    """
    directory = file.absolute().parent
    if not directory.is_dir():
        raise click.ClickException(f"There is no directory {directory}: make it, or name another file.")
    if file.exists():
        raise click.ClickException(f"{file} is there already: name another file, or remove that one first.")
    if not os.environ.get("DATABASE_URL") and not Server(home_directory()).is_made():
        raise click.ClickException(
            f"There is no database in {home_directory()}: name another home (MAKEGOOD_HOME), or a DATABASE_URL."
        )
    with open_database(), tempfile.TemporaryDirectory(dir=directory, prefix=".makegood-backup-") as scratch:
        from makegood.store.secrets import fingerprint

        tools = tools_for_owner()
        dump = Path(scratch) / "database.dump"
        passing = [f"--exclude-table-data={table}" for table in PASSING]
        tools.run("pg_dump", "--format=custom", "--no-password", *passing, "--file", dump)
        manifest = Manifest(
            format=FORMAT,
            makegood=version("makegood"),
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            postgresql=tools.major,
            secret=fingerprint(),
        )
        archive_write(file.absolute(), manifest=manifest, dump=dump, files=home_directory() / "files")
    tell(f"{file} holds everything but the secret, which is to be kept elsewhere")
    return 0


@click.command()
def erasures() -> int:
    """Print the ids of everyone who was erased, one a line, for `makegood restore --erasures`."""
    with open_database():
        from django.db import connections

        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT id FROM customers_customer WHERE erased_at IS NOT NULL ORDER BY id")
            for (customer_id,) in cursor.fetchall():
                print(customer_id)
    return 0
