"""Mail over lines that drop, with kill -9 of workers and database and a disk that is full: none lost, none twice.

The small form; `python -m benchmarks imap` has the full one.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.mail_killing import read_killed
from tests.support.mail_server import mail_house
from tests.support.ready import copy_ready


def test_invariant_1_no_mail_is_lost_or_taken_twice(tmp_path: Path) -> None:
    copy_ready(tmp_path, synced=False)
    with mail_house() as house:
        read = read_killed(home=tmp_path, house=house, count=120, bounced=10, delayed=5, kills=3, most=60_000, seed=3)
    assert (read.inside, read.twice, read.aside) == (120, 0, 0)
    assert read.ours == {"failed": 10, "sent": 5}
    assert read.died.total() == 3
    assert read.dropped > 0
