"""`makegood worker`: carries out what was decided (mail, payouts, notices); takes in files, webhooks, mail."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import click

from makegood.cli.database import open_database
from makegood.cli.loops import run_beside, run_loop, stop_with_parent, work_round
from makegood.cli.ready import begin_when_told
from makegood.store.wiring import wired

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
        from makegood.customers.tasks import Values
        from makegood.listen.hooks.working import hooks_work
        from makegood.listen.intake.folders import Folders
        from makegood.listen.intake.working import files_work

        wired()
        begin_when_told()
        folders, values = Folders(), Values()

        def files_round(on_error: OnError) -> int:
            return folders.look(moment=time.monotonic(), on_error=on_error) + files_work(on_error=on_error)

        def hooks_round(on_error: OnError) -> int:
            return hooks_work(on_error=on_error)

        def values_round(on_error: OnError) -> int:
            return values.look(moment=time.monotonic(), on_error=on_error)

        with (
            run_beside(kind="files", step=files_round),
            run_beside(kind="webhooks", step=hooks_round),
            run_beside(kind="value", step=values_round),
            _mail_read(),
        ):
            run_loop(kind="worker", step=work_round, longest=LONGEST)
    return 0


@contextmanager
def _mail_read() -> Iterator[None]:
    """Read the mailboxes that nobody else reads, until the block ends; none in the demo, which fetches nothing."""
    from django.conf import settings

    if settings.DEMO:
        yield
        return
    from makegood.listen.mailbox.working import Mailboxes

    mailboxes = Mailboxes()

    def mail_round(on_error: OnError) -> int:
        mailboxes.look(moment=time.monotonic(), on_error=on_error)
        return 0

    with run_beside(kind="mail", step=mail_round):
        yield
    mailboxes.close()
