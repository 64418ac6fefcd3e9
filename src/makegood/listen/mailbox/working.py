"""What workers do with mailboxes: each is read by one worker at a time, in a thread of its own that is kept going."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Collection
from datetime import timedelta

import attrs
from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections
from django.db.models import Q

from makegood.listen.mailbox.account import MailServerGone, UnableToReadMail
from makegood.listen.mailbox.reading import Reader
from makegood.listen.models import Mailbox
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

HELD = timedelta(seconds=15)
HOLD_EACH = 5.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
STEADY_SECONDS = 60.0
STOP_SECONDS = 3.0
OnError = Callable[[str, int, Exception], None]


@attrs.define
class Held:
    """A mailbox that this process reads: as of which settings, by which thread, and when it was held last."""

    stamp: str
    reader: Reader
    thread: threading.Thread
    held_at: float


class Mailboxes:
    """The mailboxes that one process reads. Whoever holds one says so in its row, again and again, or loses it."""

    def __init__(self) -> None:
        self.me = uuid.uuid4().hex
        self._held: dict[tuple[int, int], Held] = {}

    def look(self, *, moment: float, only: Collection[int] | None = None, on_error: OnError | None = None) -> int:
        """Begin to read what nobody reads, and stop what is read no more; return how many were begun.

        `moment` is in seconds of any clock that only goes on.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT organization_id, id, stamp FROM finder.mailboxes_read() ORDER BY 1, 2")
            rows = cursor.fetchall()
        found = {(row[0], row[1]): str(row[2]) for row in rows if only is None or row[0] in only}
        for key, held in list(self._held.items()):
            if found.get(key) != held.stamp or not held.thread.is_alive():
                self._let_go(key)
            elif moment - held.held_at >= HOLD_EACH:
                held.held_at = moment
                if not self._hold(key):
                    self._let_go(key)
        begun = 0
        for key, stamp in found.items():
            if key not in self._held and self._hold(key):
                self._held[key] = self._begun(key, stamp, moment, on_error)
                begun += 1
        return begun

    def close(self) -> None:
        """Stop reading, and let others begin at once."""
        for key in list(self._held):
            self._let_go(key)

    def _hold(self, key: tuple[int, int]) -> bool:
        """Hold a mailbox for a while, if nobody else does; tell whether."""
        organization_id, mailbox_id = key
        with tenant(organization_id=organization_id):
            moment_at = wall_now()
            free = Q(held_by=self.me) | Q(held_until__isnull=True) | Q(held_until__lt=moment_at)
            mine = Mailbox.objects.filter(free, organization_id=organization_id, id=mailbox_id)
            return bool(mine.update(held_by=self.me, held_until=moment_at + HELD))

    def _begun(self, key: tuple[int, int], stamp: str, moment: float, on_error: OnError | None) -> Held:
        reader = Reader(organization_id=key[0], mailbox_id=key[1], on_error=on_error)
        thread = threading.Thread(target=_keep_reading, args=(reader, on_error), name=f"mail {key[0]}", daemon=True)
        thread.start()
        return Held(stamp=stamp, reader=reader, thread=thread, held_at=moment)

    def _let_go(self, key: tuple[int, int]) -> None:
        held = self._held.pop(key)
        held.reader.stop.set()
        held.reader.hang_up()
        held.thread.join(STOP_SECONDS)
        with tenant(organization_id=key[0]):
            Mailbox.objects.filter(organization_id=key[0], id=key[1], held_by=self.me).update(held_until=None)


def _keep_reading(reader: Reader, on_error: OnError | None) -> None:
    """Read until told to stop; between two lines that broke without getting any further waits ever longer."""
    pause = FIRST_PAUSE
    try:
        while not reader.stop.is_set():
            began_at = wall_now()
            try:
                reader.read(wait=True)
            except UnableToReadMail as error:
                if isinstance(error, MailServerGone) and pause > FIRST_PAUSE and not reader.stop.is_set():
                    _said(reader, str(error))
            except (OperationalError, InterfaceError):
                pass
            except Exception as error:  # noqa: BLE001  one that is unforeseen must not end the reading
                if on_error is not None:
                    on_error("mail", reader.organization_id, error)
            connections.close_all()
            steady = reader.moved or (wall_now() - began_at).total_seconds() > STEADY_SECONDS
            pause = FIRST_PAUSE if steady else min(pause * 2, LONGEST_PAUSE)
            reader.stop.wait(pause)
    finally:
        connections.close_all()


def _said(reader: Reader, trouble: str) -> None:
    """Keep what is in the way, if the database lets."""
    try:
        reader.told(trouble)
    except DatabaseError:
        return
