"""Reading one mailbox: all that is new, in the order of its numbers, and then waiting for more by IDLE.

What was read is told by the database alone: the position moves with each mail, in its transaction. So a line that
drops, a process that is killed, or a second reader, costs time and never a mail.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import attrs
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from imapclient.exceptions import IMAPClientError

from makegood.listen.mail import SIZE_LIMIT
from makegood.listen.mailbox.account import Account, MailServerGone, UnableToReadMail
from makegood.listen.mailbox.connecting import ROOM, Client, connected, opened
from makegood.listen.mailbox.operations import (
    NOT_HANDED,
    UNFORESEEN,
    Place,
    account_of,
    aside_asked,
    aside_fetched,
    mail_arrived,
    mail_set_aside,
    mailbox_begun,
    mailbox_renewed,
    mailbox_told,
)
from makegood.listen.models import Mailbox
from makegood.store.secrets import UnableToDecrypt
from makegood.store.tenancy import tenant

MOST_ASKED = 20_000
MOST_SIZED = 500
MOST_AT_ONCE = 50
MOST_BYTES_AT_ONCE = 8 * 1024 * 1024
BEGINNING = 1024 * 1024
"""Bytes that are read of a mail that is larger than we read."""
GIVEN_UP_AFTER = 8
"""So many lines in a row that break at one and the same mail, and it is put aside."""
IDLE_SECONDS = 240.0
ASK_SECONDS = 30.0
"""Between two looks where the server does not tell by itself."""

ANSWER_SECONDS = 120.0
"""In all for an answer that holds no mail."""
FETCH_SECONDS = 900.0
"""In all for an answer that holds mails, 25 MB at the most."""

IN_DATABASE = 8
"""So many readers of a process use the database at once, each with a connection that it gives back before it waits."""
_free = threading.BoundedSemaphore(IN_DATABASE)

SIZE, DATE = b"RFC822.SIZE", b"INTERNALDATE"
OnError = Callable[[str, int, Exception], None]


class Reader:
    """One process's reading of one organization's mailbox, over as many lines as it takes.

    `moved` says whether the last line got any further. Lines that broke in a row while one mail was fetched are
    counted: it may be what breaks them.
    """

    def __init__(self, *, organization_id: int, mailbox_id: int, on_error: OnError | None = None) -> None:
        self.organization_id = organization_id
        self.mailbox_id = mailbox_id
        self.stop = threading.Event()
        self.moved = False
        self._on_error = on_error
        self._client: Client | None = None
        self._changed_at = datetime.min.replace(tzinfo=UTC)
        self._validity = self._position = self._known = 0
        self._judged_to, self._from_at = 0, datetime.min.replace(tzinfo=UTC)
        self._at = self._broken = 0
        self._fetching = self._inside = False

    def read(self, *, wait: bool = False) -> int:
        """Connect, take in all that is new, and, to `wait`, go on until told to stop; return how many were taken.

        Raises UnableToReadMail, of which it has been kept what is in the way unless the line dropped. What the
        database does not do is raised as it is. Either way nothing is lost: the next line goes on where this one was.
        """
        taken, self.moved = 0, False
        try:
            account = self._account()
            if account is None:
                return 0
            self._client = connected(account, renewed=partial(self._renewed, account))
            taken += self._begin(account)
            self.told("")
            while wait and not self.stop.is_set():
                self._wait()
                taken += self._new()
                self.told("")
        except (DatabaseError, InterfaceError, MailServerGone):
            raise
        except (UnableToReadMail, UnableToDecrypt) as error:
            self.told(str(error))
            raise UnableToReadMail(str(error)) from error
        except Exception as error:
            self._line_broke(error)
            raise MailServerGone("The line to the mail server dropped. It is tried again.") from error
        finally:
            self.hang_up()
        return taken

    def hang_up(self) -> None:
        """Drop the line, whatever it is doing."""
        client, self._client = self._client, None
        if client is not None:
            try:
                client.shutdown()
            except (OSError, IMAPClientError):
                return

    def _renewed(self, account: Account, secret: str) -> None:
        with self._database():
            mailbox_renewed(organization_id=self.organization_id, before=account, secret=secret)

    @contextmanager
    def _served(self) -> Iterator[None]:
        """Have a connection to the database for a while: never while the mail server is waited for."""
        if self._inside:
            yield
            return
        with _free:
            self._inside = True
            try:
                yield
            finally:
                self._inside = False
                connections.close_all()

    @contextmanager
    def _database(self) -> Iterator[None]:
        with self._served(), tenant(organization_id=self.organization_id):
            yield

    @property
    def _line(self) -> Client:
        if self._client is None:
            raise MailServerGone("The line was dropped.")
        return self._client

    def _account(self) -> Account | None:
        with self._database():
            row = Mailbox.objects.filter(organization_id=self.organization_id, id=self.mailbox_id, active=True).first()
            if row is None:
                return None
            self._changed_at = row.changed_at
            return account_of(row)

    def _begin(self, account: Account) -> int:
        """Open the folder and read on where it was left."""
        folder = opened(self._line, account)
        if not folder.next_uid:
            folder = attrs.evolve(folder, next_uid=max(self._found("*"), default=0) + 1)
        with self._database():
            begun = mailbox_begun(
                organization_id=self.organization_id,
                mailbox_id=self.mailbox_id,
                changed_at=self._changed_at,
                folder=folder,
            )
        if begun is None:
            raise MailServerGone("The mailbox was changed meanwhile. It is connected to anew.")
        self._validity, self._known = folder.validity, folder.next_uid - 1
        self._position, self._judged_to = begun.position, begun.judged_to
        self._from_at = begun.from_at or self._from_at
        taken = self._new()
        self._again()
        return taken

    def _new(self) -> int:
        """Take in all that has come since the position, in the order of its numbers; return how many."""
        taken = 0
        for first, last in self._spans():
            day_before = (self._from_at - timedelta(days=1)).date() if self._judged(first) else None
            since = ("SINCE", day_before) if day_before else ()
            found = sorted(uid for uid in self._found(f"{first}:{last}", *since) if uid >= first)
            for at in range(0, len(found), MOST_SIZED):
                sized = found[at : at + MOST_SIZED]
                with self._line.within(ANSWER_SECONDS):
                    facts = self._line.fetch(sized, [SIZE, DATE])
                for batch in _batches(sized, facts, alone=self._at if self._broken else 0):
                    if self.stop.is_set():
                        return taken
                    taken += self._batch(batch, facts)
        return taken

    def _spans(self) -> list[tuple[int, int | str]]:
        """From which number to which is asked for: no answer may be longer than a line holds."""
        spans: list[tuple[int, int | str]] = []
        first = self._position + 1
        for until in (self._judged_to, self._known):
            while first <= until:
                last = min(first + MOST_ASKED - 1, until)
                spans.append((first, last))
                first = last + 1
        return [*spans, (first, "*")]

    def _judged(self, uid: int) -> bool:
        """Whether this mail lay there before, so that its date says if it is left alone."""
        return uid <= self._judged_to and self._from_at.year > 1

    def _batch(self, uids: Sequence[int], facts: dict[int, Any]) -> int:
        """Fetch some mails and take each in; one at which line after line breaks is put aside unread."""
        if uids[0] != self._at:
            self._at, self._broken = uids[0], 0
        if self._broken >= GIVEN_UP_AFTER:
            self._aside(uids[0], b"", _size(facts, uids[0]), NOT_HANDED)
            return 0
        wanted = [uid for uid in uids if uid in facts and not self._left(uid, facts[uid])]
        large = len(wanted) == 1 and _size(facts, wanted[0]) > SIZE_LIMIT
        self._fetching = True
        fetched = self._fetched(wanted, beginning=large)
        self._fetching = False
        missing = [uid for uid in wanted if _body(fetched.get(uid, {})) is None]
        withheld = [uid for uid in missing if self._found(str(uid))]
        taken = 0
        with self._served():
            for uid in wanted:
                raw = _body(fetched.get(uid, {}))
                if raw is not None:
                    taken += self._take(uid, raw, _size(facts, uid))
                elif uid in withheld:
                    self._aside(uid, b"", _size(facts, uid), NOT_HANDED)
                self._position, self.moved = uid, True
        self._position, self._broken, self.moved = uids[-1], 0, True
        return taken

    def _take(self, uid: int, raw: bytes, size: int) -> int:
        """Take one mail in; for what nobody foresaw it is put aside, so that those after it are not held up."""
        try:
            with self._database():
                return int(mail_arrived(place=self._place(uid), raw=raw, size=size if size > SIZE_LIMIT else len(raw)))
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, the mail is kept
            self._aside(uid, raw, size, UNFORESEEN)
            if self._on_error is not None:
                self._on_error("mail", self.organization_id, error)
        return 0

    def _aside(self, uid: int, raw: bytes, size: int, said: str) -> None:
        with self._database():
            mail_set_aside(place=self._place(uid), raw=raw, size=size, said=said)
        self._position = uid

    def _again(self) -> None:
        """Fetch once more what a person wants to be tried again; each waits for them again before it is fetched."""
        while not self.stop.is_set():
            with self._database():
                asked = aside_asked(organization_id=self.organization_id, mailbox_id=self.mailbox_id)
            if asked is None:
                return
            here = [asked.uid] if asked.validity == self._validity else []
            fetched = self._fetched(here, beginning=asked.size > SIZE_LIMIT)
            raw = _body(fetched.get(asked.uid, {})) or b""
            with self._database():
                aside_fetched(
                    organization_id=self.organization_id,
                    aside_id=asked.aside_id,
                    raw=raw,
                    size=max(asked.size, len(raw)),
                )

    def _found(self, *criteria: str | date) -> list[int]:
        """The numbers of the mails that are there by a search; the first of its criteria are numbers."""
        with self._line.within(ANSWER_SECONDS):
            return list(self._line.search(["UID", *criteria]))

    def _fetched(self, uids: Sequence[int], *, beginning: bool) -> dict[int, Any]:
        """The server's answers about mails, whole or their beginnings; it may announce no more than they may be."""
        wanted = f"BODY.PEEK[]<0.{BEGINNING}>" if beginning else "BODY.PEEK[]"
        with self._line.within(FETCH_SECONDS, room=SIZE_LIMIT + ROOM):
            return dict(self._line.fetch(uids, [wanted])) if uids else {}

    def _wait(self) -> None:
        """Wait until the server tells of something, or for as long as one may believe a silent line."""
        with self._line.within(IDLE_SECONDS + ANSWER_SECONDS):
            if not self._line.has_capability("IDLE"):
                self.stop.wait(ASK_SECONDS)
                self._line.noop()
                return
            self._line.idle()
            self._line.idle_check(timeout=IDLE_SECONDS)
            self._line.idle_done()

    def _left(self, uid: int, facts: dict[bytes, Any]) -> bool:
        """Whether a mail had arrived before the mailbox was read at all."""
        arrived_at = facts.get(DATE)
        return self._judged(uid) and isinstance(arrived_at, datetime) and _utc(arrived_at) < self._from_at

    def _place(self, uid: int) -> Place:
        return Place(
            organization_id=self.organization_id,
            mailbox_id=self.mailbox_id,
            changed_at=self._changed_at,
            validity=self._validity,
            uid=uid,
        )

    def _line_broke(self, error: Exception) -> None:
        """Count one more line that broke while a mail was fetched, and tell of what no line is expected to do."""
        self._broken += self._fetching
        self._fetching = False
        expected = isinstance(error, IMAPClientError | OSError | EOFError | ValueError)
        if not expected and self._on_error is not None and not self.stop.is_set():
            self._on_error("mail", self.organization_id, error)

    def told(self, trouble: str) -> None:
        """Keep that the mailbox was looked into, or what is in the way."""
        with self._database():
            mailbox_told(
                organization_id=self.organization_id,
                mailbox_id=self.mailbox_id,
                changed_at=self._changed_at,
                trouble=trouble,
            )


def _batches(uids: Sequence[int], facts: dict[int, Any], *, alone: int) -> Iterator[list[int]]:
    """Part mails into batches that fit in memory: what is large goes alone, and so does that at which a line broke."""
    batch: list[int] = []
    held = 0
    for uid in uids:
        size = _size(facts, uid)
        single = size > MOST_BYTES_AT_ONCE or uid == alone
        if batch and (single or held + size > MOST_BYTES_AT_ONCE or len(batch) >= MOST_AT_ONCE):
            yield batch
            batch, held = [], 0
        batch.append(uid)
        held += size
        if single:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _size(facts: dict[int, Any], uid: int) -> int:
    found = facts.get(uid, {}).get(SIZE, 0)
    return found if isinstance(found, int) else 0


def _body(answer: dict[bytes, Any]) -> bytes | None:
    """The mail in a server's answer, whole or its beginning; None where it did not hand it out."""
    for name, value in answer.items():
        if name.startswith(b"BODY[]") and isinstance(value, bytes):
            return value
    return None


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
