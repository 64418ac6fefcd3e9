"""What customers say: each reply taken once, put onto its thread; and what staff note beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import parseaddr

import attrs
from django.db.models.functions import Lower, Upper

from makegood.customers.models import Customer
from makegood.customers.operations import identity_owner
from makegood.journal.operations import Happened, record
from makegood.messages.handing import Given, links_given
from makegood.messages.links import host, tokens_in
from makegood.messages.models import Message, Thread
from makegood.messages.returning import mails_returned
from makegood.organizations.models import Organization, Place
from makegood.store.bulk import insert
from makegood.store.reading import read
from makegood.store.secrets import keyed_hash

MAIL_KINDS = ("person", "auto-reply", "bounce", "delay", "list")
CUT = "mail.cut"
SUBJECT = 300
"""How many characters of a subject are kept as one."""
"""What is found of a mail of which only the beginning was read."""
BY_ITSELF = ("auto-reply", "bounce", "delay", "list")
"""What no person writes."""
MACHINES = ("bounce", "delay")
"""What mail systems write of our mails: no part of the conversation, so its pages leave it out."""


class UnableToNote(ValueError):
    """A note needs some text, and a thread of this organization."""


@attrs.frozen(kw_only=True)
class Received:
    """A message that came in: `thread_id` is None where it belongs to no recovery; `new` False where it is known."""

    message_id: int
    thread_id: int | None
    customer_id: int | None
    new: bool


def message_received(
    *,
    organization_id: int,
    key: str,
    at: datetime,
    body: str,
    subject: str = "",
    address: str = "",
    addresses: Sequence[str] = (),
    references: Sequence[str] = (),
    token: str = "",
    channel: str = "mail",
    mail: str = "person",
    message_id: str = "",
    customer_id: int | None = None,
    reason: str = "",
    cut_from: int = 0,
) -> Received:
    """This function will take a message in, once per `key` (its Message-ID, or the form's own), and find its thread.

    `token` is a thread's; else it is looked for in the recipients' `addresses` and in `references` to our Message-IDs.
    `address` is who wrote, `at` when it was received, `mail` what kind of mail it is (person, auto-reply, bounce,
    delay, list), or form, which is a report that is heard of otherwise. A bounce marks the message that it answers as
    failed, for its `reason`, and has the `address` that was not reached; a delay changes nothing. `cut_from` is the
    size in bytes of a mail of which only the beginning was read: a finding of its own, since they did not write that.
    A subject of more than SUBJECT characters stands whole above the words.
    What comes on the thread of somebody who was erased is on none: who writes anew is somebody new. What no person
    wrote is kept without its words then.
    `messages:message:received` carries thread, kind, mail, and the place whose address was written to.
    """
    tokens = [token] if token else tokens_in(addresses=addresses, references=references)
    thread = _thread(organization_id, tokens)
    if mail in BY_ITSELF and _erased(organization_id, thread, address):
        address = subject = body = reason = ""
    if thread is not None and thread.customer.erased_at is not None:
        thread = None
    thread_id = thread.id if thread else None
    customer_id = thread.customer_id if thread else customer_id
    by_machine = mail in MACHINES
    subject, body = _fitted(subject, body)
    found = [{"rule": CUT, "bytes": cut_from}] if cut_from else []
    written = insert(
        Message,
        (
            "organization_id", "thread_id", "customer_id", "direction", "channel", "kind", "step", "state", "address",
            "subject", "body", "findings", "override_reason", "apology_key", "message_id", "key_hash", "created_at",
        ),
        [
            (
                organization_id, thread_id, customer_id, "in",
                "inside" if by_machine else channel, "note" if by_machine else "reply", "", "received",
                address[:320], subject, body, found, "", "", message_id[:160],
                keyed_hash(key, purpose="received"), at,
            )
        ],
        on_conflict="ON CONFLICT (organization_id, key_hash) WHERE key_hash IS NOT NULL DO NOTHING",
        returning=("id",),
    )  # fmt: skip
    if not written:
        known = Message.objects.get(organization_id=organization_id, key_hash=keyed_hash(key, purpose="received"))
        return Received(message_id=known.id, thread_id=known.thread_id, customer_id=known.customer_id, new=False)
    new_id = int(written[0][0])
    place_id = None if thread_id is not None else _place(organization_id, addresses)
    if thread_id is not None and channel == "status" and mail != "form":
        links_given(organization_id=organization_id, given=[Given(thread_id=thread_id, at=at, how="opened")])
    data = {"thread": thread_id, "kind": "reply", "mail": mail} | ({"place": place_id} if place_id else {})
    record(
        organization_id=organization_id,
        entries=[Happened(at=at, event="messages:message:received", subject="message", subject_id=new_id, data=data)],
    )
    if mail == "bounce" and thread_id is not None:
        mails_returned(
            organization_id=organization_id,
            thread_id=thread_id,
            references=references,
            addresses=[address],
            reason=reason,
            at=at,
        )
    if thread_id is None:
        row = Message.objects.get(organization_id=organization_id, id=new_id)
        thread_id, customer_id = row.thread_id, row.customer_id
    return Received(message_id=new_id, thread_id=thread_id, customer_id=customer_id, new=True)


def _fitted(subject: str, body: str) -> tuple[str, str]:
    """A subject longer than SUBJECT is cut, visibly, and stands whole above the words."""
    if len(subject) <= SUBJECT:
        return subject, body
    return f"{subject[: SUBJECT - 1]}…", f"{subject}\n\n{body}"


def _thread(organization_id: int, tokens: Sequence[str]) -> Thread | None:
    """Find the thread of the first token that is one; mail servers on the way may have changed its case."""
    wanted = [one.upper() for one in tokens]
    threads = Thread.objects.select_related("customer").filter(organization_id=organization_id)
    threads = threads.annotate(upper=Upper("token"))
    found = {row.upper: row for row in threads.filter(upper__in=wanted)}
    return next((found[one] for one in wanted if one in found), None)


def _erased(organization_id: int, thread: Thread | None, address: str) -> bool:
    """Whether it is of somebody who was erased, by its thread or by its address."""
    if thread is not None:
        return thread.customer.erased_at is not None
    owner = identity_owner(organization_id=organization_id, kind="email", value=address) if address else None
    if owner is None:
        return False
    return Customer.objects.filter(organization_id=organization_id, id=owner, erased_at__isnull=False).exists()


def _place(organization_id: int, addresses: Sequence[str]) -> int | None:
    """The place whose own address was written to: its code before the @ of the house, or after a + there."""
    house = Organization.objects.values_list("reply_address", flat=True).get(id=organization_id)
    domain = house.rpartition("@")[2].lower() or host()
    names = set()
    for one in addresses:
        local, _, at = parseaddr(one)[1].lower().rpartition("@")
        if at == domain:
            names |= {local, local.partition("+")[2]}
    found = Place.objects.annotate(named=Lower("code")).filter(organization_id=organization_id, named__in=names - {""})
    ids = list(found.values_list("id", flat=True)[:2])
    return ids[0] if len(ids) == 1 else None


def note_add(*, organization_id: int, thread_id: int, by: int, body: str, now: datetime) -> int:
    """This function will keep what a member notes on a conversation, seen by staff only; return its id.

    Raises UnableToNote without text.
    """
    threads = read(Thread, "customer_id", organization_id=organization_id, id=thread_id)
    if not threads or not body.strip():
        raise UnableToNote(UnableToNote.__doc__)
    row = Message.objects.create(
        organization_id=organization_id,
        thread_id=thread_id,
        customer_id=threads[0][0],
        direction="out",
        channel="inside",
        kind="note",
        state="sent",
        body=body.strip(),
        author_id=by,
        created_at=now,
        sent_at=now,
    )
    data = {"thread": thread_id, "kind": "note"}
    happened = Happened(
        at=now, event="messages:message:noted", subject="message", subject_id=row.id, data=data, actor_id=by
    )
    record(organization_id=organization_id, entries=[happened])
    return row.id
