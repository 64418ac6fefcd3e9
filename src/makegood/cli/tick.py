"""`makegood tick`: the ticker, which breaks what is due, gates, routes, warns and follows up."""

from __future__ import annotations

from datetime import timedelta

import click

from makegood.cli.database import open_database
from makegood.cli.loops import run_loop, stop_with_parent

LONGEST = timedelta(minutes=1)


@click.command()
@click.option("--with-parent", is_flag=True, hidden=True, help="Stop when standard input ends.")
def tick(with_parent: bool) -> int:
    """Handle what falls due, each second, until stopped. Any number may run at once."""
    if with_parent:
        stop_with_parent()
    with open_database():
        from makegood.store.ticking import tick_once

        run_loop(kind="tick", step=lambda failed: tick_once(on_error=failed), longest=LONGEST)
    return 0
