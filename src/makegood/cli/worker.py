"""`makegood worker`: carries out what was decided: mail, payouts, notes to staff; and takes files in."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import click

from makegood.cli.database import open_database
from makegood.cli.loops import run_beside, run_loop, stop_with_parent, work_round

OnError = Callable[[str, int, Exception], None]
LONGEST = timedelta(minutes=6)
"""Above the claim of a batch: a worker that takes longer has lost its claim, and is stuck."""


@click.command()
@click.option("--with-parent", is_flag=True, hidden=True, help="Stop when standard input ends.")
def worker(with_parent: bool) -> int:
    """Carry out the outbox until stopped. Any number may run at once."""
    if with_parent:
        stop_with_parent()
    with open_database():
        from makegood.listen.intake.folders import Folders
        from makegood.listen.intake.working import files_work

        folders = Folders()

        def files_round(on_error: OnError) -> int:
            return folders.look(moment=time.monotonic(), on_error=on_error) + files_work(on_error=on_error)

        with run_beside(kind="files", step=files_round):
            run_loop(kind="worker", step=work_round, longest=LONGEST)
    return 0
