"""`makegood backup` and `makegood erasures`: the whole into one file, and who must stay erased when it comes back."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click

from makegood.cli.archive import FORMAT, Manifest, archive_write
from makegood.cli.counting import PASSING, one_moment, rows_counted
from makegood.cli.database import database_errors_in_one_line, open_database, tell
from makegood.cli.erased import NAME, list_keep, list_of_database, list_text
from makegood.cli.postgres_tools import tools_for_owner
from makegood.cli.scratch import scratch_beside
from makegood.store.embedded import Server, home_directory

STAMP = "makegood-%Y%m%dT%H%M%SZ.tar"
NAMED = re.compile(r"makegood-\d{8}T\d{6}Z\.tar")
"""What a backup in a folder of backups is called: its moment, in UTC."""


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option(
    "--into",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write it into this folder, named by its moment; for a schedule.",
)
@click.option("--keep", type=click.IntRange(1, 9999), help="Keep so many in the folder; older ones are removed.")
def backup(file: Path | None, folder: Path | None, keep: int | None) -> int:
    """Write everything that Makegood keeps into FILE: the database and the files beside it.

    The secret is not in it: keep MAKEGOOD_SECRET, or the file `secret` of the home directory, elsewhere. In a folder
    the list of who was erased is brought up to date, too, as `makegood erasures --into` does.
    """
    if (file is None) == (folder is None):
        raise click.UsageError("Name one file, or a folder of backups: makegood backup FILE, or --into FOLDER.")
    if keep and folder is None:
        raise click.UsageError("--keep is for a folder of backups: name one by --into.")
    moment = datetime.now(UTC)
    where = file or (folder or Path()) / f"{moment:{STAMP}}"
    _refuse(where)
    _write(where.absolute(), moment, erased_into=folder)
    tell(f"{where} holds everything but the secret, which is to be kept elsewhere")
    for old in backups_in(where.parent)[:-keep] if keep else []:
        old.unlink()
        tell(f"removed {old}")
    return 0


def backups_in(folder: Path) -> list[Path]:
    """Return the backups of a folder that were named by their moment, the oldest first."""
    return sorted(one for one in folder.iterdir() if NAMED.fullmatch(one.name) and one.is_file())


def written_at(backup: Path) -> datetime:
    """Return the moment by which a backup in a folder is named."""
    return datetime.strptime(backup.name, STAMP).replace(tzinfo=UTC)


def _refuse(file: Path) -> None:
    """Raise ClickException where it cannot be written, or there is nothing to write."""
    _refuse_no_folder(file.absolute().parent)
    if file.exists():
        raise click.ClickException(f"{file} is there already: name another file, or remove that one first.")
    _refuse_no_database()


def _refuse_no_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise click.ClickException(f"There is no directory {folder}: make it, or name another.")


def _refuse_no_database() -> None:
    if not os.environ.get("DATABASE_URL") and not Server(home_directory()).is_made():
        raise click.ClickException(
            f"There is no database in {home_directory()}: name another home (MAKEGOOD_HOME), or a DATABASE_URL."
        )


def _write(file: Path, moment: datetime, *, erased_into: Path | None) -> None:
    """Write the database as it is at one moment, what it counts at that moment, and the files beside it.

    Who was erased is listed after that, so that no list beside a backup is older than it.
    """
    files = home_directory() / "files"
    with open_database(), scratch_beside(file, kind="backup") as scratch:
        from makegood.store.secrets import fingerprint

        tools = tools_for_owner()
        dump = scratch / "database.dump"
        passing = [f"--exclude-table-data={table}" for table in PASSING]
        with one_moment() as snapshot:
            tools.run("pg_dump", "--format=custom", "--no-password", f"--snapshot={snapshot}", *passing, "--file", dump)
            tables = rows_counted()
        manifest = Manifest(
            format=FORMAT,
            makegood=version("makegood"),
            created_at=moment.isoformat(timespec="seconds"),
            postgresql=tools.major,
            secret=fingerprint(),
            tables=tables,
            files=sum(one.is_file() for one in files.rglob("*")),
        )
        archive_write(file, manifest=manifest, dump=dump, files=files)
        if erased_into:
            list_keep(erased_into)


@click.command()
@click.option(
    "--into",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"Bring {NAME} in this folder of backups up to date instead; for a schedule.",
)
def erasures(folder: Path | None) -> int:
    """Print everyone who was erased, one a line, for `makegood restore --erasures` and `makegood erase --from`.

    A line is a customer's id and since when they were known. In a folder nobody is ever taken from the list, whatever
    the database says by now; a restore of a backup in that folder takes the list by itself.
    """
    _refuse_no_database()
    if folder:
        _refuse_no_folder(folder.absolute())
    with open_database(migrate=False), database_errors_in_one_line():
        if folder:
            listed = list_keep(folder)
            tell(f"{folder / NAME} names {len(listed.everyone)} who were erased")
        else:
            print(list_text(list_of_database()), end="")
    return 0
