"""`makegood restore`: the whole back from one file, all of it or nothing, with those who were erased left erased."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import IO

import click

from makegood.cli.archive import Manifest, archive_opened, extract
from makegood.cli.bringing import finish, load
from makegood.cli.database import open_database, tell
from makegood.cli.drill import drill
from makegood.cli.erased import NAME, ErasedList, list_beside, list_read
from makegood.cli.postgres_tools import Tools, tools_for_owner
from makegood.cli.scratch import scratch_beside
from makegood.store.embedded import home_directory
from makegood.store.embedded.programs import MAJOR

OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


STOPPED = (
    "sending is stopped for {whose}: what was due by then may have left after the backup. Look through what waits to"
    " leave, then let sending go on in the settings"
)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--erasures",
    "erasures_file",
    type=click.File("r"),
    help=f"Those who were erased since, as `makegood erasures` prints them. Without it, {NAME} beside FILE.",
)
@click.option("--no-erasures", is_flag=True, help="Nobody was erased since the backup was made.")
@click.option("--check", is_flag=True, help="Try it in a place of its own, which goes again; nothing is replaced.")
@click.option("--json", "as_json", is_flag=True, help="Print what --check found as JSON.")
def restore(file: Path, erasures_file: IO[str] | None, no_erasures: bool, check: bool, as_json: bool) -> int:
    """Replace everything that Makegood keeps by what FILE holds, or with --check try whether that could be done.

    A backup carries everyone who was erased after it was made: name them, so that they are erased again before
    anything is served. --check brings it back beside the file, with an embedded PostgreSQL, and looks whether all
    rows and files came, each organization sees its own alone, and who was erased is; its exit status is 1 if not.
    """
    listed = _listed(file, erasures_file, none=no_erasures)
    if listed is None and not (no_erasures or check):
        raise click.UsageError("Say who was erased since the backup: --erasures FILE, or --no-erasures if nobody was.")
    with archive_opened(file) as (manifest, tar):
        _refuse_unreadable(manifest, embedded=check)
        if listed is not None and erasures_file is None:
            _refuse_older(listed, manifest, file)
        erased = sorted(listed.everyone, key=lambda one: one.customer_id) if listed else []
        if check:
            return drill(file=file, manifest=manifest, tar=tar, erased=erased, as_json=as_json)
        with open_database(migrate=False):
            tools = tools_for_owner()
            _refuse(manifest, tools)
            with scratch_beside(file, kind="restore") as scratch:
                dump = extract(tar, scratch)
                load(tools, dump)
                _replace_files(scratch / "files", home_directory() / "files")
            done = finish(erased)
    tell(f"restored what was kept at {manifest.created_at}" + (f"; erased {done.erased} again" if erased else ""))
    if done.stopped:
        tell(STOPPED.format(whose=", ".join(done.stopped)))
    return 0


def _listed(file: Path, named: IO[str] | None, *, none: bool) -> ErasedList | None:
    """Read who was erased: from the list that was named, else from the one that is kept beside the backup."""
    if named is not None and none:
        raise click.UsageError("Say who was erased since the backup: --erasures FILE, or --no-erasures if nobody was.")
    if none:
        return None
    return list_read(named.read(), name=named.name) if named is not None else list_beside(file.absolute().parent)


def _refuse_older(listed: ErasedList, manifest: Manifest, file: Path) -> None:
    """Say which list is taken, or raise ClickException for one that cannot name who was erased since the backup."""
    beside = file.absolute().parent / NAME
    if listed.as_of is None or listed.as_of < datetime.fromisoformat(manifest.created_at):
        raise click.ClickException(
            f"{beside} is older than the backup: name a newer list by --erasures, or say --no-erasures if nobody was"
            " erased since."
        )
    tell(f"takes who was erased from {beside}, as of {listed.as_of.isoformat(timespec='seconds')}")


def _refuse_unreadable(manifest: Manifest, *, embedded: bool) -> None:
    """Raise ClickException for a backup that can never be read here, before anything is made or started."""
    from makegood.store.secrets import fingerprint_of, secret_there

    secret = secret_there()
    if secret is None or manifest.secret != fingerprint_of(secret):
        raise click.ClickException(
            "The backup was made under another secret, without which nothing in it can be read: set the "
            "MAKEGOOD_SECRET of that installation, or put its file `secret` into the home directory."
        )
    if embedded or not os.environ.get("DATABASE_URL"):
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


def _replace_files(new: Path, kept: Path) -> None:
    if kept.exists():
        shutil.rmtree(kept)
    if new.exists():
        shutil.move(new, kept)
