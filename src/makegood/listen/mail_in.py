"""One mail that came, by whichever way: read, known again, and put where it belongs."""

from __future__ import annotations

import hashlib
from datetime import datetime

from attrs import frozen

from makegood.listen.bounces import bounce_of
from makegood.listen.mail import Mail, parse
from makegood.listen.mail_kind import Kind
from makegood.messages.links import ids_in
from makegood.messages.models import Message
from makegood.messages.operations import Received, message_received

CUT = "\n\n[This mail is of {:,.0f} MB. Only its beginning was read; all of it lies in the mailbox.]"


@frozen(kw_only=True)
class MailTaken:
    """A mail that was taken in: what kind it is, whether it was `new`, and the message that it became."""

    kind: Kind
    new: bool
    received: Received


def mail_key(mail: Mail, raw: bytes) -> str:
    """This function will return what a mail is known again by: its Message-ID, else what it holds."""
    return f"mail:{mail.message_id}" if mail.message_id else f"bytes:{hashlib.sha256(raw).hexdigest()}"


def mail_take(*, organization_id: int, raw: bytes, at: datetime, size: int = 0) -> MailTaken:
    """This function will take a mail in, once by its Message-ID (else by its bytes), inside a unit of work.

    `size` is that of the whole mail, where `raw` is only its beginning: its words say so.

    A bounce puts the message that it is about in *failed*, unless its mail system only says that it still tries. A
    mail of our own that comes back to us by a forwarding is nobody's reply.
    """
    mail = parse(raw)
    kind: str = mail.kind
    references = [f"<{one}>" for one in (*mail.in_reply_to, *mail.references)]
    address, reason = mail.sender, ""
    if mail.kind == "bounce":
        bounce = bounce_of(raw)
        kind, reason = "bounce" if bounce.final else "delay", bounce.reason
        references = list(bounce.message_ids) or references
        address = next(iter(bounce.recipients), address)
    elif _ours(organization_id, mail):
        kind = "auto-reply"
    received = message_received(
        organization_id=organization_id,
        key=mail_key(mail, raw),
        at=at,
        body=_plain(mail.text) + (CUT.format(size / 1024 / 1024) if size > len(raw) else ""),
        subject=_plain(mail.subject),
        address=_plain(address),
        addresses=[*mail.to, *mail.cc, *mail.delivered_to],
        references=references,
        mail=kind,
        message_id=_plain(mail.message_id or ""),
        reason=reason,
    )
    return MailTaken(kind=mail.kind, new=received.new, received=received)


def _ours(organization_id: int, mail: Mail) -> bool:
    """Tell whether it is a mail that we sent ourselves."""
    named = f"<{mail.message_id}>"
    return Message.objects.filter(
        organization_id=organization_id, id__in=ids_in([named]), direction="out", message_id=named
    ).exists()


def _plain(text: str) -> str:
    return text.replace("\x00", "")
