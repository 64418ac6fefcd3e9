"""Mail that answers nothing of ours: it joins its sender's open recovery, else a person looks at it. None is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from makegood.customers.operations import Seen, customers_resolve, customers_return
from makegood.customers.queries import customers_merged
from makegood.failures.models import Signal
from makegood.journal.operations import Happened
from makegood.messages.apologies import SHADOW
from makegood.messages.models import Message
from makegood.messages.tickets import tickets_join
from makegood.promises.naming import Letter, OrderNamed, orders_named
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.operations.replying import WRITTEN, reply_hear
from makegood.store.reading import read


def unmatched_received(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Find whose each mail is that answers no thread; a handler of `messages:message:received`.

    Where its sender has an open recovery, the one opened last has it as a reply, or the one of the order that it names;
    a shadow, of which they heard nothing, has not. Otherwise it is a complaint that a person decides about: at the
    place whose address they wrote to, else where the one order was bought that it names, else who serves every place.
    What no person wrote (automatic answers, bounces, lists) stays as it is.
    """
    lone = [entry for entry in entries if entry.data["thread"] is None and entry.data.get("mail") in WRITTEN]
    for entry in lone:
        message = Message.objects.select_for_update().get(organization_id=organization_id, id=entry.subject_id)
        customer_id = message.customer_id or _sender(organization_id, message, entry)
        message.customer_id = customer_id
        orders = mail_orders(organization_id=organization_id, mails={message.id: mail_of(message)})
        named = orders.get(message.id, ())
        recovery = _open_recovery(organization_id, customer_id, named)
        if recovery is not None:
            message.thread_id = recovery.thread_id
        message.save(update_fields=["customer", "thread"])
        if recovery is not None:
            reply_hear(organization_id=organization_id, recovery=recovery, entry=entry, text=message.body)
        else:
            Signal.objects.create(
                organization_id=organization_id,
                kind="complaint",
                customer_id=customer_id,
                place_id=entry.data.get("place") or (named[0].place_id if len(named) == 1 else None),
                key_hash=message.key_hash,
                happened_at=entry.at,
                received_at=entry.at,
            )


def _sender(organization_id: int, message: Message, entry: Happened) -> int:
    """Whose address it came from; somebody new where nobody is known by it, or they were erased."""
    identity = ("email", message.address) if message.address else ("token", f"mail:{message.id}")
    customers_return(organization_id=organization_id, identities=[identity])
    (found,) = customers_resolve(organization_id=organization_id, seen=[Seen(identities=(identity,))], now=entry.at)
    return found


def _open_recovery(organization_id: int, customer_id: int, named: Sequence[OrderNamed]) -> Recovery | None:
    family = customers_merged(organization_id=organization_id, customer_ids=[customer_id])
    matters = {one.happening_key for one in named}
    columns = ("id", "happening_key")
    rows = read(Recovery, *columns, organization_id=organization_id, customer_id=list(family), state="open")
    real = [row for row in rows if not row[1].startswith(SHADOW)]
    if not real:
        return None
    chosen = max(real, key=lambda row: (row[1] in matters, row[0]))[0]
    standing = Recovery.objects.select_for_update().filter(organization_id=organization_id, id=chosen, state="open")
    return standing.first()


@attrs.frozen(kw_only=True)
class MailSaid:
    """What a mail said that a person decides about, from which address, and as whom its sender is known."""

    customer_id: int
    subject: str
    body: str
    address: str


def mail_of(message: Message) -> MailSaid:
    """Return what a mail said, once it is known whose it is."""
    assert message.customer_id is not None, "somebody sent it"
    return MailSaid(
        customer_id=message.customer_id, subject=message.subject, body=message.body, address=message.address
    )


def mail_orders(*, organization_id: int, mails: Mapping[int, MailSaid]) -> dict[int, tuple[OrderNamed, ...]]:
    """Return the orders of their own that these mails name, by the mail's key; one that names none is absent."""
    letters = {
        one: Letter(customer_id=mail.customer_id, text=f"{mail.subject}\n{mail.body}") for one, mail in mails.items()
    }
    return orders_named(organization_id=organization_id, letters=letters)


def signals_words(*, organization_id: int, signal_ids: Sequence[int]) -> Mapping[int, MailSaid]:
    """Return the mails that these signals are, by signal."""
    hashes = {
        bytes(key_hash or b""): signal_id
        for signal_id, key_hash in Signal.objects.filter(
            organization_id=organization_id, id__in=list(signal_ids), source=None, key_hash__isnull=False
        ).values_list("id", "key_hash")
    }
    if not hashes:
        return {}
    rows = Message.objects.filter(
        organization_id=organization_id, key_hash__in=list(hashes), direction="in", customer__isnull=False
    )
    return {hashes[bytes(row.key_hash or b"")]: mail_of(row) for row in rows}


def signals_opened(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Put the mail that a signal was onto the recovery opened of it; a handler of `failures:signal:opened`."""
    hashes = dict(
        Signal.objects.filter(
            organization_id=organization_id, id__in=[entry.subject_id for entry in entries], source=None
        ).values_list("id", "key_hash")
    )
    for entry in entries:
        thread_id = (
            RecoveryFailure.objects.filter(organization_id=organization_id, failure_id=entry.data["failure"])
            .values_list("recovery__thread_id", flat=True)
            .first()
        )
        if thread_id and hashes.get(entry.subject_id):
            mails = Message.objects.filter(
                organization_id=organization_id, key_hash=hashes[entry.subject_id], direction="in", thread=None
            )
            ids = list(mails.values_list("id", flat=True))
            mails.update(thread_id=thread_id)
            tickets_join(organization_id=organization_id, message_ids=ids, thread_id=thread_id)
