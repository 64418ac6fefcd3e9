"""Mail in: what a mail server or a forwarder hands over, raw."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest
from ninja import Router

from makegood.api.keys import WRITE, Caller
from makegood.api.problems import Problem
from makegood.api.schemas import ReceivedOut
from makegood.listen.mail import parse
from makegood.messages.operations import message_received
from makegood.recoveries.queries import recovery_by_thread
from makegood.store.clocks import now

router = Router(tags=["Messages"])
MAIL = "message/rfc822"
BODY = {"requestBody": {"required": True, "content": {MAIL: {"schema": {"type": "string", "format": "binary"}}}}}


@router.post("", auth=WRITE, response=ReceivedOut, openapi_extra=BODY, operation_id="mail_accept")
def receive(request: HttpRequest) -> dict[str, Any]:
    """Take a mail in, once by its Message-ID (else by its bytes), and put it onto the recovery that it answers."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    if request.content_type != MAIL:
        raise Problem(415, f"Send a mail as {MAIL}.")
    raw = request.body
    if not raw.strip():
        raise Problem(422, "The mail is empty: send it whole, with its headers.")
    mail = parse(raw)
    received = message_received(
        organization_id=caller.organization_id,
        key=f"mail:{mail.message_id}" if mail.message_id else f"bytes:{hashlib.sha256(raw).hexdigest()}",
        at=now(organization_id=caller.organization_id),
        body=mail.text.replace("\x00", ""),
        subject=mail.subject.replace("\x00", ""),
        address=mail.sender.replace("\x00", ""),
        addresses=[*mail.to, *mail.cc, *mail.delivered_to],
        references=[f"<{one}>" for one in (*mail.in_reply_to, *mail.references)],
        mail=mail.kind,
        message_id=(mail.message_id or "").replace("\x00", ""),
    )
    recovery_id = None
    if received.thread_id is not None:
        recovery_id = recovery_by_thread(organization_id=caller.organization_id, thread_id=received.thread_id)
    return {"message_id": received.message_id, "recovery_id": recovery_id, "kind": mail.kind, "new": received.new}
