"""Mails read over IMAP from a real server: undisturbed, and with all that breaks on the way.

``python -m benchmarks.imap [--mails N] [--kills N] [--restarts N] [--full N]``: lines drop, workers, database and mail
server are killed, and the disk that all is kept on is full, for real. None may be lost, taken twice or put aside, and
each report of a mail that came back must have found its message. Needs Debian's dovecot-imapd, and root to mount a disk.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.support.mail_killing import read_killed
from tests.support.mail_server import mail_house
from tests.support.small_disk import small_disk

from benchmarks.ground import say

BOUNCED, DELAYED = 200, 100
DISK = "3g"
"""More than mails and the log of the database ever take: what fills it is there to fill it."""


def main(arguments: Sequence[str]) -> int:
    """Read them all twice, in databases of their own; fail if any mail is not where it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--restarts", type=int, default=3, help="of the mail server, which is killed")
    parser.add_argument("--full", type=int, default=3, help="so many times the disk is full")
    parser.add_argument("--most", type=int, default=400_000, help="bytes after which a line drops at the latest")
    asked = parser.parse_args(arguments)
    broken = {"kills": asked.kills, "restarts": asked.restarts, "full": asked.full, "most": asked.most}
    wrong = 0
    for name, faults in (("imap undisturbed", {"kills": 0, "most": 0}), ("imap with faults", broken)):
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mg-imap-"))) / "home"
            if faults.get("full"):
                stack.enter_context(small_disk(home, DISK))
            house = stack.enter_context(mail_house())
            read = read_killed(home=home, house=house, count=asked.mails, bounced=BOUNCED, delayed=DELAYED, **faults)
        right = (read.inside, read.twice, read.aside) == (asked.mails, 0, 0)
        right = right and read.ours == {"failed": BOUNCED, "sent": DELAYED}
        right = right and read.died["disk"] == faults.get("full", 0)
        died = ", ".join(f"{count} {what}" for what, count in read.died.items()) or "nothing"
        say(
            name,
            f"{read.inside:,} mails in {read.seconds:.0f} s ({read.inside / read.seconds:.0f}/s), {read.lines} lines, "
            f"{read.dropped} dropped, broken: {died}; twice {read.twice}, aside {read.aside}, ours {dict(read.ours)}",
            "each once, each bounce found its message",
            right,
        )
        wrong += not right
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
