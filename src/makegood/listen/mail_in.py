"""One mail that came, by whichever way: read, known again, and put where it belongs."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from attrs import frozen

from makegood.customers.operations import Seen, customers_resolve, identity_owner
from makegood.listen.bounces import bounce_of
from makegood.listen.mail import Mail, parse
from makegood.listen.mail_kind import Kind
from makegood.messages.links import ids_in
from makegood.messages.models import Message
from makegood.messages.operations import Received, message_received

MOST_ADDRESS = 320
LINK = re.compile(r"(sign-in(?:/|%2F)choose(?:/|%2F))(?:[\w.~%=+-]|\r?\n[> \t]*(?=[\w.~%=+-]{12}))+", re.IGNORECASE)
"""A link by which a password is chosen, as mails repeat it: broken over lines, quoted, or written into another link."""


@frozen(kw_only=True)
class MailTaken:
    """A mail that was taken in: what kind it is, whether it was `new`, and the message that it became."""

    kind: Kind
    new: bool
    received: Received


def mail_key(mail: Mail, raw: bytes) -> str:
    """This function will return what a mail is known again by: its Message-ID, else what it holds."""
    return f"mail:{mail.message_id}" if mail.message_id else f"bytes:{hashlib.sha256(raw).hexdigest()}"


def may_wait(raw: bytes) -> bytes:
    """This function will return what of a mail may be kept until a person sees to it, b"" where it may hold a link.

    A report of an undelivered mail repeats that mail in whatever way: one of ours may hold a link to choose a password.
    """
    mail = parse(raw)
    return b"" if mail.kind == "bounce" or LINK.search(mail.text) else raw


def mail_take(*, organization_id: int, raw: bytes, at: datetime, size: int = 0) -> MailTaken:
    """This function will take a mail in, once by its Message-ID (else by its bytes), inside a unit of work.

    `size` is that of the whole mail, where `raw` is only its beginning: staff are told so beside its words.

    A bounce puts the message that it is about in *failed*, unless its mail system only says that it still tries; of
    its words only the reason is kept. No link to choose a password is kept, whoever repeats it. A mail of our own that
    comes back to us by a forwarding is nobody's reply.
    """
    mail = parse(raw)
    kind: str = mail.kind
    references = [f"<{one}>" for one in (*mail.in_reply_to, *mail.references)]
    address, reason, words = mail.sender, "", LINK.sub(r"\1…", mail.text)
    if mail.kind == "bounce":
        bounce = bounce_of(raw)
        kind, reason, words = "bounce" if bounce.final else "delay", bounce.reason, bounce.reason
        references = list(bounce.message_ids) or references
        address = next(iter(bounce.recipients), address)
    elif _ours(organization_id, mail):
        kind = "auto-reply"
    received = message_received(
        organization_id=organization_id,
        key=mail_key(mail, raw),
        at=at,
        body=_plain(words),
        cut_from=max(size, len(raw)) if mail.cut or size > len(raw) else 0,
        subject=_plain(mail.subject),
        address=_plain(address),
        addresses=[*mail.to, *mail.cc, *mail.delivered_to],
        references=references,
        mail=kind,
        message_id=_plain(mail.message_id or ""),
        reason=reason,
    )
    if received.new and kind == "person":
        _named(organization_id, mail, received.customer_id, at)
    return MailTaken(kind=mail.kind, new=received.new, received=received)


def _named(organization_id: int, mail: Mail, customer_id: int | None, at: datetime) -> None:
    """Call whoever wrote as they call themselves, where nobody knows their name and the address is theirs."""
    name, address = " ".join(_plain(mail.sender_name).split()), _plain(mail.sender)[:MOST_ADDRESS]
    if not name or "@" in name or not address:
        return
    owner = identity_owner(organization_id=organization_id, kind="email", value=address)
    if owner is not None and owner == customer_id:
        seen = Seen(identities=(("email", address),), name=name)
        customers_resolve(organization_id=organization_id, seen=[seen], now=at)


def _ours(organization_id: int, mail: Mail) -> bool:
    """Tell whether it is a mail that we sent ourselves."""
    named = f"<{mail.message_id}>"
    return Message.objects.filter(
        organization_id=organization_id, id__in=ids_in([named]), direction="out", message_id=named
    ).exists()


def _plain(text: str) -> str:
    return text.replace("\x00", "")
