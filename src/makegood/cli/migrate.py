"""`makegood migrate`: brings the database up to date while the release before this one serves."""

from __future__ import annotations

import json

import click

from makegood.cli.database import (
    database_errors_in_one_line,
    open_database,
    refuse_unfinished_restore,
    refuse_unsafe_role,
)
from makegood.cli.loops import stop_with_parent


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option("--with-parent", is_flag=True, hidden=True, help="Stop when standard input ends.")
def migrate(as_json: bool, with_parent: bool) -> int:
    """Bring the database up to date, while the release before this one serves.

    Every other command does so itself at its start; this one does nothing else.
    """
    if with_parent:
        stop_with_parent()
    with open_database(migrate=False):
        from makegood.cli.migrating import migrate_if_behind

        refuse_unfinished_restore()
        with database_errors_in_one_line():
            done = migrate_if_behind()
            refuse_unsafe_role()
    if as_json:
        click.echo(json.dumps({"migrated": done}))
    else:
        click.echo("\n".join(done) if done else "The database is up to date.")
    return 0
