"""Writes of messages: queued or drafted by the thousand, sent with a click, stopped, tried again, forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from makegood.core.lengths import fitting
from makegood.core.nights import leaves_at
from makegood.core.wording import Case, blank, signed_by
from makegood.customers.models import Identity
from makegood.customers.operations import identity_hash
from makegood.journal.models import Effect
from makegood.journal.operations import Happened, record
from makegood.journal.outbox import Wanted, effects_add, effects_stop
from makegood.messages.apologies import SAID_ALREADY, Said, apologies_release, apologies_take
from makegood.messages.drafting import words_read
from makegood.messages.judging import judge, may_go
from makegood.messages.links import message_id_of
from makegood.messages.models import MESSAGE_KINDS, Message
from makegood.messages.promising import ANEW, PAST, promises_past
from makegood.messages.reaching import BOTH_KINDS, Reach, reaches, told_otherwise
from makegood.messages.readdressing import readdress
from makegood.messages.receiving import Received, message_received, note_add
from makegood.rules.phrases import gap_in
from makegood.store.bulk import insert, next_ids
from makegood.store.preparing import prepared
from makegood.store.reading import locked, read, write_back
from makegood.store.secrets import keyed_hash

__all__ = [
    "Outgoing",
    "Queued",
    "Received",
    "UnableToQueue",
    "UnableToSend",
    "UnableToStop",
    "message_draft",
    "message_received",
    "message_retry",
    "message_send",
    "message_stop",
    "messages_erase",
    "messages_hear_erased",
    "messages_queue",
    "note_add",
]

COLUMNS = (
    "id", "organization_id", "thread_id", "customer_id", "direction", "channel", "kind", "step", "state", "address",
    "subject", "body", "findings", "override_reason", "apology_key", "message_id", "key_hash", "author_id",
    "created_at", "next_by_at", "anew_at",
)  # fmt: skip
SENT = ("subject", "body", "findings", "override_reason", "apology_key", "author_id", "state")
SIGNING = """
SELECT m.id, m.name, o.name, o.language FROM organizations_member m
JOIN organizations_organization o ON o.id = m.organization_id
WHERE m.organization_id = %s AND (m.id = %s OR m.name = ANY(%s))
"""


class UnableToQueue(ValueError):
    """This cannot be queued: the message says why."""


class UnableToSend(ValueError):
    """This cannot be sent as it is; `findings` are those that block, where the wording is why."""

    def __init__(self, text: str, findings: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(text)
        self.findings = list(findings)


class UnableToStop(ValueError):
    """It has left already, or was stopped: reload to see."""


@attrs.frozen(kw_only=True, slots=True)
class Outgoing:
    """Something to be said to a customer, once per `key`, at `at` (None: now).

    `send` is person (a draft that waits for a click), at_once, or after:N minutes, until when it can be stopped.
    `apology_key` is what an apology is for; `case` what the linter should know.
    `heard_at` is when the customer spoke, where no message of theirs shows it; `due_at` by when this was promised, and
    `next_by_at` by when it promises the next word.
    """

    thread_id: int
    customer_id: int
    kind: str
    step: str
    subject: str
    body: str
    send: str
    key: str
    at: datetime | None = None
    apology_key: str = ""
    author_id: int | None = None
    case: Case | None = None
    heard_at: datetime | None = None
    due_at: datetime | None = None
    next_by_at: datetime | None = None


@attrs.frozen(kw_only=True, slots=True)
class Queued:
    """What became of something to be said: a draft, queued, blocked (said before), or known by its key already.

    `waits_until` is the end of the customer's night, where it waits for that.
    """

    state: str
    message_id: int | None = None
    waits_until: datetime | None = None
    findings: tuple[dict[str, Any], ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether it is an apology that this customer has had already."""
        return self.state == "blocked"


@attrs.frozen(kw_only=True, slots=True)
class _New:
    id: int
    out: Outgoing
    at: datetime
    state: str
    run_at: datetime


def messages_queue(*, organization_id: int, queued: Sequence[Outgoing], now: datetime) -> list[Queued]:
    """This function will write messages and their effects, each table once; return what became of each, in order.

    A customer with an e-mail address is written to there, any other on their status page. What would go by itself
    but whose wording blocks, or that would be the second kind of news in one window, becomes a draft, so that a person
    sees it. What may wait leaves after the customer's night. An apology that the customer has had already is
    stopped, journalled as blocked, and shown. Raises UnableToQueue.
    """
    if not queued:
        return []
    ids = next_ids(Message, len(queued))
    reach = reaches(organization_id=organization_id, thread_ids=[out.thread_id for out in queued])
    missing = [out.thread_id for out in queued if out.thread_id not in reach]
    if missing:
        raise UnableToQueue(f"There is no thread {missing[0]} here: open the recovery first.")
    news = told_otherwise(
        organization_id=organization_id,
        said=[(out.thread_id, out.kind, out.at or now) for out in queued if out.send != "person"],
    )
    new = [
        _new(message_id, out, out.at or now, reach[out.thread_id], second=out.thread_id in news)
        for message_id, out in zip(ids, queued, strict=True)
    ]
    fresh = _write(organization_id, new, reach)
    written = [one for one in new if one.id in fresh]
    refused = _refused(organization_id, [one for one in written if one.state == "queued"])
    leaving = [one for one in written if one.state == "queued" and one.id not in refused]
    _effects(organization_id, leaving)
    states = {one.id: "blocked" if one.id in refused else one.state for one in written}
    actions = {"draft": "drafted", "queued": "queued", "blocked": "blocked"}
    record(
        organization_id=organization_id,
        entries=[_said(one.id, one.out, actions[states[one.id]], one.at) for one in written],
    )
    return [
        Queued(state=states[one.id], message_id=one.id, findings=(SAID_ALREADY,) if one.id in refused else ())
        if one.id in states
        else Queued(state="known")
        for one in new
    ]


def _new(message_id: int, out: Outgoing, at: datetime, reach: Reach, *, second: bool) -> _New:
    if out.kind not in MESSAGE_KINDS:
        raise UnableToQueue(f"{out.kind!r} is no kind of message: use one of {', '.join(MESSAGE_KINDS)}.")
    state, run_at = "queued", at
    if out.send.startswith("after:") and out.send[6:].isdecimal():
        run_at = at + timedelta(minutes=int(out.send[6:]))
    elif out.send == "person":
        state = "draft"
    elif out.send != "at_once":
        raise UnableToQueue(f"{out.send!r} says not who sends: use person, at_once or after:N with N minutes.")
    if state == "queued" and (
        second or not may_go(text=out.body, kind=out.kind, language=reach.language, case=out.case)
    ):
        state = "draft"
    run_at = _leaves(run_at, out.kind, reach, heard_at=out.heard_at, due_at=out.due_at)
    return _New(id=message_id, out=out, at=at, state=state, run_at=run_at)


def _leaves(
    at: datetime, kind: str, reach: Reach, *, heard_at: datetime | None = None, due_at: datetime | None = None
) -> datetime:
    """When it leaves: the page wakes nobody, what reaches them elsewhere and keeps waits for the morning."""
    if not reach.address and not reach.ticket:
        return at
    heard = [one for one in (heard_at, reach.heard_at) if one is not None]
    return leaves_at(at=at, zone=reach.zone, kind=kind, heard_at=max(heard, default=None), due_at=due_at)[0]


def _write(organization_id: int, new: Sequence[_New], reach: Mapping[int, Reach]) -> set[int]:
    rows: list[tuple[Any, ...]] = []
    for one in new:
        out, to = one.out, reach[one.out.thread_id]
        rows.append(
            (
                one.id, organization_id, out.thread_id, out.customer_id, "out", "mail" if to.address else "status",
                out.kind, out.step, one.state, to.address, out.subject[:300], out.body, [], "", out.apology_key[:160],
                message_id_of(token=to.token, message_id=one.id), keyed_hash(out.key, purpose="message"), out.author_id,
                one.at, out.next_by_at,
                out.next_by_at if one.state == "draft" and out.author_id is None and out.kind in ANEW else None,
            )
        )  # fmt: skip
    written = insert(
        Message,
        COLUMNS,
        rows,
        on_conflict="ON CONFLICT (organization_id, key_hash) WHERE key_hash IS NOT NULL DO NOTHING",
        returning=("id",),
    )
    return {row[0] for row in written}


def _refused(organization_id: int, leaving: Sequence[_New]) -> set[int]:
    """Take the one apology of each; those that were refused are stopped, with the reason as their finding."""
    said = [
        Said(message_id=one.id, customer_id=one.out.customer_id, key=one.out.apology_key, at=one.run_at)
        for one in leaving
        if one.out.kind == "apology" and one.out.apology_key
    ]
    refused = {one.message_id for one in said} - apologies_take(organization_id=organization_id, said=said)
    if refused:
        Message.objects.filter(organization_id=organization_id, id__in=refused).update(
            state="stopped", findings=[SAID_ALREADY]
        )
    return refused


def _effects(organization_id: int, leaving: Sequence[_New]) -> None:
    effects_add(
        organization_id=organization_id,
        wanted=[
            Wanted(
                kind="message",
                idempotency_key=f"message:{one.id}",
                subject="message",
                subject_id=one.id,
                run_at=one.run_at,
            )
            for one in leaving
        ],
    )


def _said(message_id: int, out: Outgoing | Message, action: str, at: datetime, by: int | None = None) -> Happened:
    return Happened(
        at=at,
        event=f"messages:message:{action}",
        subject="message",
        subject_id=message_id,
        actor_id=by,
        data={"thread": out.thread_id, "kind": out.kind, "step": out.step},
    )


def message_draft(*, organization_id: int, draft: Outgoing, now: datetime) -> int:
    """This function will write one draft that waits for a click; return its id, whether new or known by its key.

    Raises UnableToQueue.
    """
    outgoing = attrs.evolve(draft, send="person")
    (one,) = messages_queue(organization_id=organization_id, queued=[outgoing], now=now)
    if one.message_id is not None:
        return one.message_id
    key_hash = keyed_hash(draft.key, purpose="message")
    ((known,),) = read(Message, "id", organization_id=organization_id, key_hash=key_hash)
    return int(known)


def message_save(
    *,
    organization_id: int,
    message_id: int,
    by: int,
    now: datetime,
    subject: str,
    body: str,
    next_by_at: datetime | None = None,
) -> None:
    """This function will keep what a person has written of a draft so far; nothing leaves.

    `next_by_at` is by when it promises the next word, where that changed; such words are ours, and nobody read a
    machine's by it. Raises UnableToSend if it is no draft now.
    """
    row = _locked(organization_id, message_id, ("draft",))
    if next_by_at is None:
        words_read(row=row, body=body, said=False)
    row.subject, row.body, row.anew_at = fitting(subject, most=300), body, None
    row.next_by_at = next_by_at or row.next_by_at
    row.save(update_fields=["subject", "body", "next_by_at", "anew_at", "machine_read", "words_before"])
    record(organization_id=organization_id, entries=[_said(row.id, row, "revised", now, by)])


def _locked(organization_id: int, message_id: int, states: tuple[str, ...]) -> Message:
    row = locked(Message, organization_id=organization_id, row_id=message_id)
    if row is None or row.state not in states or row.direction != "out":
        raise UnableToSend("This message was sent, stopped or changed meanwhile: reload to see.")
    return row


def message_send(
    *,
    organization_id: int,
    message_id: int,
    by: int,
    now: datetime,
    subject: str | None = None,
    body: str | None = None,
    override_reason: str = "",
    apology_key: str | None = None,
    case: Case | None = None,
    machine_read: bool = False,
    unfounded: Sequence[dict[str, Any]] = (),
) -> Queued:
    """This function will send a draft: the click of a named person, with the text as they left it.

    That person signs it, or signs for a colleague. The wording is judged and its findings kept; one that blocks needs
    an `override_reason`, and so do the second kind of news in one window and a promise that is over. What keeps
    waits for their morning, but on their page. An apology that they have had already stays a draft and the answer is
    blocked. What a machine drafted leaves only once a person has changed it or said that they read it (`machine_read`);
    `unfounded` are findings on what it says and the case does not. Raises UnableToSend.
    """
    row = _locked(organization_id, message_id, ("draft",))
    words_read(row=row, body=row.body if body is None else body, said=machine_read)
    if row.machine and not row.machine_read:
        raise UnableToSend("A machine wrote this and nobody has read it: read it and say so, or change it.")
    row.subject = fitting(row.subject if subject is None else subject, most=300)
    row.body = row.body if body is None else body
    row.apology_key = row.apology_key if apology_key is None else apology_key[:160]
    language = _signed(organization_id, row.body, by)
    if gap := gap_in(row.body):
        raise UnableToSend(f"Write your own words where “{gap}” stands: it does not leave with that in it.")
    judged = judge(text=row.body, kind=row.kind, language=language, case=case)
    if told_otherwise(organization_id=organization_id, said=[(row.thread_id or 0, row.kind, now)]):
        judged = attrs.evolve(judged, findings=[BOTH_KINDS, *judged.findings])
    if promises_past(organization_id=organization_id, message=row, now=now):
        judged = attrs.evolve(judged, findings=[PAST, *judged.findings])
    if row.machine:
        judged = attrs.evolve(judged, findings=[*unfounded, *judged.findings])
    blocking = [finding for finding in judged.findings if finding["severity"] == "block"]
    if blocking and not override_reason.strip():
        raise UnableToSend("Change the wording that is marked, or say why it stays.", blocking)
    row.findings, row.author_id = judged.findings, by
    row.override_reason = fitting(override_reason, most=300) if blocking else ""
    if _said_before(organization_id, row, now):
        row.findings, row.anew_at = [SAID_ALREADY, *judged.findings], None
        kept = [*SENT[:5], "anew_at", "machine_read", "words_before"]
        row.save(update_fields=kept)
        record(organization_id=organization_id, entries=[_said(row.id, row, "blocked", now, by)])
        return Queued(state="blocked", message_id=row.id, findings=tuple(row.findings))
    row.state = "queued"
    write_back(row, [*SENT, "machine_read", "words_before"])
    run_at = now
    if row.thread_id:
        reach = reaches(organization_id=organization_id, thread_ids=[row.thread_id])[row.thread_id]
        run_at = _leaves(now, row.kind, reach) if row.channel == "mail" or reach.ticket else now
    _again(organization_id, row, run_at)
    record(organization_id=organization_id, entries=[_said(row.id, row, "queued", now, by)])
    waits_until = run_at if run_at > now else None
    return Queued(state="queued", message_id=row.id, findings=tuple(judged.findings), waits_until=waits_until)


def _signed(organization_id: int, body: str, by: int) -> str:
    """Refuse a letter that holds but a greeting and names that we sign with; return the organization's language.

    And one that a colleague's name signs: nobody speaks in another's name without saying so.
    """
    lines = {line.strip() for line in body.splitlines() if line.strip()}
    with prepared() as cursor:
        cursor.execute(SIGNING, [organization_id, by, list(lines)])
        rows = cursor.fetchall()
    names: dict[int, str] = {member_id: name for member_id, name, _, _ in rows}
    ours, language = rows[0][2:]
    me, named = names[by], lines.intersection(names.values())
    if blank(text=body, signs={*named, ours}):
        raise UnableToSend("Write something before you send it: a greeting and a name alone say nothing.")
    other = signed_by(text=body, names=named - {me})
    if other and not signed_by(text=body, names=[me]):
        raise UnableToSend(f"{other} signs this: put your own name to it, such as “{me}, for {other}”.")
    return str(language)


def _said_before(organization_id: int, row: Message, now: datetime) -> bool:
    if row.kind != "apology" or not row.apology_key or row.customer_id is None:
        return False
    said = Said(message_id=row.id, customer_id=row.customer_id, key=row.apology_key, at=now)
    return not apologies_take(organization_id=organization_id, said=[said])


def _again(organization_id: int, row: Message, now: datetime) -> None:
    tries = len(read(Effect, "id", organization_id=organization_id, subject="message", subject_id=row.id))
    key = f"message:{row.id}:{tries}" if tries else f"message:{row.id}"
    wanted = Wanted(kind="message", idempotency_key=key, subject="message", subject_id=row.id, run_at=now)
    effects_add(organization_id=organization_id, wanted=[wanted])


def message_retry(*, organization_id: int, message_id: int, by: int, now: datetime) -> Queued:
    """This function will send again, by a named person's decision, what failed or whose outcome is unknown.

    It goes where its customer is reached now, and keeps its Message-ID. Raises UnableToSend if it is neither, or an
    apology said otherwise meanwhile.
    """
    row = _locked(organization_id, message_id, ("failed", "unknown"))
    if row.state == "failed" and _said_before(organization_id, row, now):
        raise UnableToSend(str(SAID_ALREADY["text"]))
    readdress(organization_id=organization_id, rows=[row])
    row.state = "queued"
    row.save(update_fields=["state"])
    _again(organization_id, row, now)
    record(organization_id=organization_id, entries=[_said(row.id, row, "queued", now, by)])
    return Queued(state="queued", message_id=row.id)


def message_stop(*, organization_id: int, message_id: int, by: int | None, now: datetime, again: bool = False) -> None:
    """This function will stop a message that has not left yet, or throw a draft away; `by` nobody, something did.

    With `again` the same may be said once more under its key, which otherwise counts as said. Raises UnableToStop if it
    has left.
    """
    row = Message.objects.select_for_update().filter(organization_id=organization_id, id=message_id).first()
    if row is None or row.state not in ("draft", "queued"):
        raise UnableToStop(UnableToStop.__doc__)
    stopped = effects_stop(organization_id=organization_id, subject="message", subject_ids=[row.id], now=now)
    if row.state == "queued" and not stopped:
        raise UnableToStop(UnableToStop.__doc__)
    row.state = "stopped"
    if again:
        row.key_hash = None
    row.save(update_fields=["state", "key_hash"])
    apologies_release(organization_id=organization_id, message_ids=[row.id])
    record(organization_id=organization_id, entries=[_said(row.id, row, "stopped", now, by)])


def messages_hear_erased(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Forget what was said to and by erased customers; a handler of `customers:customer:erased`."""
    ids = [entry.subject_id for entry in entries]
    messages_erase(organization_id=organization_id, customer_ids=ids, now=entries[-1].at)


def messages_erase(*, organization_id: int, customer_ids: Sequence[int], now: datetime) -> None:
    """This function will blank what was said to and by these customers and stop what has not left; counts stay."""
    ids = list(customer_ids)
    with prepared() as cursor:
        cursor.execute(
            "SELECT m.id FROM conversations_message m LEFT JOIN conversations_thread t"
            " ON t.organization_id = m.organization_id AND t.id = m.thread_id"
            " WHERE m.organization_id = %s AND (m.customer_id = ANY(%s) OR t.customer_id = ANY(%s))",
            [organization_id, ids, ids],
        )
        found = [row[0] for row in cursor.fetchall()]
    found += unmatched_from(organization_id=organization_id, customer_ids=ids)
    messages = Message.objects.filter(organization_id=organization_id, id__in=found)
    effects_stop(organization_id=organization_id, subject="message", subject_ids=found, now=now)
    messages.filter(state__in=["draft", "queued"]).update(state="stopped")
    messages.update(subject="", body="", words_before="", address="", findings=[], override_reason="")
    messages.filter(direction="in").update(message_id="")


def unmatched_from(*, organization_id: int, customer_ids: Sequence[int]) -> list[int]:
    """This function will list what came in from these customers' addresses on no thread: nobody knew whose it was."""
    hashes = {
        bytes(one)
        for one in Identity.objects.filter(
            organization_id=organization_id, customer_id__in=list(customer_ids), kind="email"
        ).values_list("value_hash", flat=True)
    }
    rows = Message.objects.filter(organization_id=organization_id, thread=None, customer=None, direction="in").exclude(
        address=""
    )
    return [
        message_id
        for message_id, address in rows.values_list("id", "address")
        if hashes and identity_hash("email", address) in hashes
    ]
