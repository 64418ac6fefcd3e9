"""`makegood tick`: the ticker, which breaks what is due, gates, routes, warns and follows up."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import timedelta

import click

from makegood.cli.database import open_database
from makegood.cli.loops import run_loop, stop_with_parent
from makegood.cli.ready import begin_when_told
from makegood.store.wiring import wired

LONGEST = timedelta(minutes=1)
PRUNED_EACH = 600.0
THREADS = 2
"""So many organizations' batches are handled at the same time: half of the time goes to waiting for the database."""
OnError = Callable[[str, int, Exception], None]


@click.command()
@click.option("--with-parent", is_flag=True, hidden=True, help="Stop when standard input ends.")
def tick(with_parent: bool) -> int:
    """Handle what falls due, each second, until stopped. Any number may run at once."""
    if with_parent:
        stop_with_parent()
    with open_database():
        wired()
        begin_when_told()
        with ThreadPoolExecutor(THREADS, thread_name_prefix="tick") as beside:
            run_loop(kind="tick", step=Rounds(beside).one, longest=LONGEST)
    return 0


class Rounds:
    """The ticker's rounds, of which one now and then also forgets what has passed."""

    def __init__(self, beside: Executor | None = None) -> None:
        self._beside = beside
        self._pruned_at = -PRUNED_EACH

    def one(self, failed: OnError) -> int:
        """Handle one batch of what is due; return how many rows were handled."""
        from makegood.store.clocks import wall_now
        from makegood.store.pruning import prune
        from makegood.store.ticking import tick_once

        if time.monotonic() - self._pruned_at >= PRUNED_EACH:
            prune(now=wall_now())
            self._pruned_at = time.monotonic()
        return tick_once(on_error=failed, beside=self._beside)
