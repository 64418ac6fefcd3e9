"""What became of messages: hears the outbox, marks messages in bulk, and says so in the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from makegood.journal.operations import Happened, record
from makegood.messages.apologies import apologies_release
from makegood.messages.handing import links_mailed, unlinked
from makegood.messages.models import Message
from makegood.store.bulk import record_set
from makegood.store.preparing import prepared
from makegood.store.reading import read
from makegood.store.secrets import keyed_hash

BECOMES = {"done": "sent", "failed": "failed", "unknown": "unknown", "stopped": "stopped", "shadowed": "shadowed"}
"""The state of a message by its effect's. Stopped was never sent; shadowed neither, and all follows as if it had."""
LEFT = ("sent", "shadowed")
"""The states of what left, or would have."""

SETTLE = """
UPDATE conversations_message m SET state = %s, sent_at = CASE WHEN %s THEN s.at ELSE m.sent_at END FROM {rows}
WHERE m.organization_id = %s AND m.id = s.id AND m.state IN ('queued', 'unknown')
RETURNING m.id, m.thread_id, m.kind, m.step, m.channel, m.channel = 'mail' AND (SELECT true FROM conversations_thread t
    WHERE t.organization_id = m.organization_id AND t.id = m.thread_id AND t.link_at IS NULL
    AND position(t.token IN m.body) > 0) IS NOT NULL
"""


def messages_hear_carried(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Mark messages as sent, failed, unknown or stopped, each at its own moment.

    A handler of `outbox:effect:done`, `failed`, `unknown`, `stopped` and `shadowed`. An apology that was not said is
    given back.
    What stands on the page of a customer who does not have its link is journalled with `waits`.
    """
    at = {entry.subject_id: entry.at for entry in entries if entry.data["kind"] == "message"}
    if not at:
        return
    state = BECOMES[entries[0].event.rpartition(":")[2]]
    rows, parameter = record_set("s", {"id": "bigint", "at": "timestamptz"}, at.items())
    with prepared() as cursor:
        cursor.execute(SETTLE.format(rows=rows), [state, state in LEFT, parameter, organization_id])
        settled = sorted(cursor.fetchall())
    waiting: set[int] = set()
    if state in LEFT:
        mailed = [(row[1], at[row[0]]) for row in settled if row[5]]
        links_mailed(organization_id=organization_id, sent=mailed, how="mail" if state == "sent" else "shadow")
        pages = {row[1] for row in settled if row[4] == "status" and row[1] is not None}
        waiting = unlinked(organization_id=organization_id, thread_ids=pages)
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=at[message_id],
                event=f"messages:message:{state}",
                subject="message",
                subject_id=message_id,
                data={"thread": thread_id, "kind": kind, "step": step}
                | ({"waits": True} if channel == "status" and thread_id in waiting else {}),
            )
            for message_id, thread_id, kind, step, channel, _ in settled
        ],
    )
    if state in ("failed", "stopped"):
        apologies_release(organization_id=organization_id, message_ids=[row[0] for row in settled])


def drafts_drop(*, organization_id: int, at: Mapping[str, datetime]) -> int:
    """Throw away drafts that something overtook, known by their keys, each at its moment; return how many.

    What was sent, or is on its way, stays as it is.
    """
    hashes = {keyed_hash(key, purpose="message"): moment for key, moment in at.items()}
    found = read(Message, "id", "key_hash", organization_id=organization_id, key_hash=list(hashes), state="draft")
    ids = {message_id: hashes[bytes(key)] for message_id, key in found}
    return drafts_stop(organization_id=organization_id, at=ids)


STOP = """
UPDATE conversations_message SET state = 'stopped' WHERE organization_id = %s AND id = ANY(%s) AND state = 'draft'
RETURNING id, thread_id, kind, step
"""


def drafts_stop(*, organization_id: int, at: Mapping[int, datetime]) -> int:
    """Throw away these drafts, each at its moment; return how many. What is no draft any more stays as it is."""
    if not at:
        return 0
    with prepared() as cursor:
        cursor.execute(STOP, [organization_id, sorted(at)])
        stopped = sorted(cursor.fetchall())
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=at[message_id],
                event="messages:message:stopped",
                subject="message",
                subject_id=message_id,
                data={"thread": thread_id, "kind": kind, "step": step},
            )
            for message_id, thread_id, kind, step in stopped
        ],
    )
    return len(stopped)
