"""Mails read over IMAP from a real server: undisturbed, and with lines that drop, kill -9 and a disk that is full.

``python -m benchmarks.imap [--mails N] [--kills N]``: none may be lost, taken twice or put aside, and each report of a
mail that came back must have found its message. Needs Debian's dovecot-imapd.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.support.mail_killing import read_killed
from tests.support.mail_server import mail_house

from benchmarks.ground import say

BOUNCED, DELAYED = 200, 100


def main(arguments: Sequence[str]) -> int:
    """Read them all twice, in databases of their own; fail if any mail is not where it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--most", type=int, default=400_000, help="bytes after which a line drops at the latest")
    asked = parser.parse_args(arguments)
    wrong = 0
    for name, kills, most in (("imap undisturbed", 0, 0), ("imap with faults", asked.kills, asked.most)):
        with tempfile.TemporaryDirectory(prefix="mg-imap-") as home, mail_house() as house:
            read = read_killed(
                home=Path(home),
                house=house,
                count=asked.mails,
                bounced=BOUNCED,
                delayed=DELAYED,
                kills=kills,
                most=most,
            )
        right = (read.inside, read.twice, read.aside) == (asked.mails, 0, 0)
        right = right and read.ours == {"failed": BOUNCED, "sent": DELAYED}
        died = ", ".join(f"{count} {what}" for what, count in read.died.items()) or "nothing"
        say(
            name,
            f"{read.inside:,} mails in {read.seconds:.0f} s ({read.inside / read.seconds:.0f}/s), {read.lines} lines, "
            f"{read.dropped} dropped, killed: {died}; twice {read.twice}, aside {read.aside}, ours {dict(read.ours)}",
            "each once, each bounce found its message",
            right,
        )
        wrong += not right
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
