"""Reading a real mailbox while lines drop, workers, database and mail server are killed and the disk is full.

The same code serves the small form in the tests and the full one in the benchmarks. As a program it founds the
organization whose mailbox is read: ``python -m tests.support.mail_killing PORT ALL BOUNCED DELAYED``, on the home and the
database of its environment; it prints the Message-IDs of the mails that it sent, which are to come back.
"""

from __future__ import annotations

import contextlib
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import attrs
import psutil
import psycopg
from tests.support.bounces import postfix, postfix_delay
from tests.support.killing import (
    LONGEST,
    SHORTEST,
    WAIT_SECONDS,
    Part,
    _kill_database,
    _passes,
    command,
    environment,
    opened,
    run_alone,
)
from tests.support.mail_server import PASSWORD, Dropping, MailHouse
from tests.support.ports import free_port
from tests.support.small_disk import fill

USER = "care"
AT_ONCE = 500
LOOK, STILL = 0.5, 16
"""No mail came in if none did for so many looks: for longer than a worker waits after what failed."""
FULL_NOW_AND_THEN = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.direction = 'in' AND random() < 0.005 THEN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON conversations_message FOR EACH ROW EXECUTE FUNCTION full_disk();
GRANT EXECUTE ON FUNCTION full_disk() TO PUBLIC;
"""
LAPSE = "UPDATE listen_mailbox SET held_until = now()"
"""The seconds for which the dead one held the mailbox are over; until then nobody would read."""
IN = "SELECT count(*) FROM conversations_message WHERE direction = 'in'"
SUBJECTS = "SELECT subject, count(*) FROM conversations_message WHERE direction = 'in' GROUP BY 1 HAVING count(*) > 1"
STATES = "SELECT state, count(*) FROM conversations_message WHERE direction = 'out' AND kind = 'update' GROUP BY 1"


@attrs.frozen(kw_only=True)
class Read:
    """What came of it: how many mails are in and how many of them twice, put aside, and what became of ours."""

    inside: int
    twice: int
    aside: int
    ours: Counter[str]
    lines: int
    dropped: int
    died: Counter[str]
    seconds: float


def mails(count: int) -> list[bytes]:
    """So many mails of customers, a tenth of whom write twice."""
    return [
        f"From: Ana <ana{number - number % 10 // 9}@example.com>\r\nTo: care@shop.example\r\nSubject: Number {number}\r\n"
        f"Message-ID: <{number}@example.com>\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\n\r\nMy lamp {number} is broken.\r\n"
        .encode()
        for number in range(count)
    ]  # fmt: skip


def filled(house: MailHouse, ours: Sequence[str], *, count: int, bounced: int) -> None:
    """Put so many mails into the mailbox: among them reports of ours that came back, the rest of ours being late."""
    reports = [
        (postfix if number < bounced else postfix_delay)(about=about, key=f"<report-{number}@isp.test>")
        for number, about in enumerate(ours)
    ]
    every = [*mails(count - len(reports)), *reports]
    random.Random(1).shuffle(every)
    with house.line(USER) as client:
        for at in range(0, count, AT_ONCE):
            client.multiappend("INBOX", every[at : at + AT_ONCE])


def read_killed(
    *,
    home: Path,
    house: MailHouse,
    count: int,
    bounced: int,
    delayed: int,
    kills: int,
    most: int,
    restarts: int = 0,
    full: int = 0,
    seed: int = 1,
) -> Read:
    """Read `count` mails with two workers, of which one, or the database, is killed `kills` times.

    Lines drop after at most `most` bytes; where that is not 0 the database says at one mail in two hundred that the disk
    is full. The mail server is killed and started again `restarts` times. The disk on which the home lies, which is a
    small one of its own then, is full for real `full` times, each until no mail comes in any more.
    """
    dropping = Dropping(house.port, seed=seed, most=most)
    env, rnd = environment(home, free_port()), random.Random(seed)
    died: Counter[str] = Counter()
    with contextlib.ExitStack() as stack:
        stack.callback(dropping.stop)
        ours = _founded(home, dropping.port, bounced + delayed)
        filled(house, ours, count=count, bounced=bounced)
        url = stack.enter_context(opened(home))
        if most:
            _asked(url, FULL_NOW_AND_THEN)
        began = time.monotonic()
        parts = {f"worker {number}": Part(f"worker {number}", command("worker"), env, stack) for number in (1, 2)}
        faults = [*["kill"] * kills, *["mail server"] * restarts, *["disk"] * full]
        rnd.shuffle(faults)
        _read_out(parts, home, url, house, count, faults, rnd, died, dropping.port)
        seconds = time.monotonic() - began
        for part in parts.values():
            part.kill()
        _until_it_answers(url)
        return Read(
            inside=_asked(url, IN)[0][0], twice=len(_asked(url, SUBJECTS)) - (bounced + delayed > 1),
            aside=_asked(url, "SELECT count(*) FROM listen_mailaside")[0][0], ours=Counter(dict(_asked(url, STATES))),
            lines=dropping.lines, dropped=dropping.dropped, died=died, seconds=seconds,
        )  # fmt: skip


def _read_out(
    parts: dict[str, Part],
    home: Path,
    url: str,
    house: MailHouse,
    count: int,
    faults: Sequence[str],
    rnd: random.Random,
    died: Counter[str],
    port: int,
) -> None:
    """Wait until all are in, and let one fault happen each time that as many more are, the last at the end if need be."""
    first = next(iter(parts.values()))
    deadline, inside = time.monotonic() + WAIT_SECONDS, 0
    while True:
        _passes(first, rnd.uniform(SHORTEST, LONGEST))
        fault = faults[died.total()] if died.total() < len(faults) else ""
        if fault and inside > count * died.total() // (len(faults) + 1):
            victim = rnd.choice([*parts, "database"]) if fault == "kill" else fault
            if victim == "mail server":
                house.kill()
                house.start()
                died[victim] += 1
            elif victim == "disk":
                died[victim] += _filled_up(home, url, first, count)
            elif victim == "database":
                died[victim] += _kill_database(home)
            else:
                read = _reads(parts[victim], port)
                died[victim.split()[0]] += parts[victim].kill()
                if read:
                    with contextlib.suppress(psycopg.OperationalError):
                        _asked(url, LAPSE)
        for part in parts.values():
            part.start_again()
        with contextlib.suppress(psycopg.OperationalError):
            inside = int(str(_asked(url, IN)[0][0]))
            if inside >= count and died.total() == len(faults):
                return
        if time.monotonic() > deadline:
            raise TimeoutError(f"only {inside} mails came in; a worker said {first.said()}")


def _filled_up(home: Path, url: str, part: Part, count: int) -> int:
    """Take all room of the disk, and give it back once no mail came in for a while; return 1 if some were still out."""
    before, looks, inside = -1, 0, 0
    while looks < STILL:
        fill(home / "filler")
        _passes(part, LOOK)
        with contextlib.suppress(psycopg.Error):
            inside = int(str(_asked(url, IN)[0][0]))
        before, looks = inside, looks + 1 if inside == before else 0
    (home / "filler").unlink()
    return int(inside < count)


def _reads(part: Part, port: int) -> bool:
    """Whether this worker is the one that has a line to the mailbox."""
    with contextlib.suppress(psutil.Error):
        return any(line.raddr and line.raddr.port == port for line in psutil.Process(part.pid).net_connections("tcp"))
    return False


def _until_it_answers(url: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(psycopg.OperationalError):
            _asked(url, "SELECT 1")
            return


def _asked(url: str, statement: str) -> list[tuple[object, ...]]:  # type: ignore[type-arg]
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def _founded(home: Path, port: int, ours: int) -> list[str]:
    program = [sys.executable, "-m", "tests.support.mail_killing", str(port), str(ours)]
    told = run_alone(home=home, arguments=program, port=free_port())
    return [line for line in told.splitlines() if line.startswith("<")]


def found(port: int, ours: int) -> list[str]:
    """Found an organization whose mailbox lies behind this port, and send so many mails; return their Message-IDs."""
    from datetime import UTC, datetime

    from django.db import transaction

    from makegood.config.working import work_dry
    from makegood.customers.operations import Seen, customers_resolve
    from makegood.listen.mailbox.account import Account
    from makegood.listen.mailbox.operations import mailbox_set
    from makegood.messages.models import Message, Thread
    from makegood.messages.operations import Outgoing, messages_queue
    from makegood.organizations.operations import member_create, organization_create
    from makegood.store.tenancy import tenant

    now = datetime.now(UTC)
    with transaction.atomic():
        here = organization_create(code="shop", name="Shop", now=now, delivery="inbox", zone="Europe/Amsterdam")
        member_create(organization_id=here, name="Admin", role="admin", now=now, limit_minor=0)
    account = Account(host="127.0.0.1", port=port, security="none", username=USER, secret=PASSWORD, folder="INBOX")
    with tenant(organization_id=here):
        seen = [Seen(identities=(("email", f"to{number}@guest.test"),)) for number in range(ours)]
        queued = []
        for number, customer_id in enumerate(customers_resolve(organization_id=here, seen=seen, now=now)):
            thread = Thread.objects.create(
                organization_id=here, customer_id=customer_id, token=f"Thread-token-{number}", created_at=now
            )
            queued.append(
                Outgoing(
                    thread_id=thread.id, customer_id=customer_id, kind="update", step="respond", subject="Your lamp",
                    body="It is on its way.", send="at_once", key=f"say:{number}", at=now,
                )
            )  # fmt: skip
        messages_queue(organization_id=here, queued=queued, now=now)
        Message.objects.filter(organization_id=here, state="draft").update(state="queued")
    work_dry(only=[here])
    with tenant(organization_id=here):
        mailbox_set(organization_id=here, account=account, by=None, now=now, all_there=True)
        sent = Message.objects.filter(organization_id=here, direction="out", kind="update", state="sent")
        return list(sent.order_by("id").values_list("message_id", flat=True))


if __name__ == "__main__":
    from makegood.cli.database import open_database

    with open_database():
        print("\n".join(found(int(sys.argv[1]), int(sys.argv[2]))))
