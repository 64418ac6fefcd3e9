"""Mail in: what a mail server or a forwarder hands over, raw."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from makegood.api.keys import WRITE_ALL, Caller
from makegood.api.problems import Problem
from makegood.api.schemas import ReceivedOut
from makegood.listen.mail_in import mail_take
from makegood.recoveries.queries import recovery_by_thread
from makegood.store.clocks import now

router = Router(tags=["Messages"])
MAIL = "message/rfc822"
BODY = {"requestBody": {"required": True, "content": {MAIL: {"schema": {"type": "string", "format": "binary"}}}}}


@router.post("", auth=WRITE_ALL, response=ReceivedOut, openapi_extra=BODY, operation_id="mail_accept")
def receive(request: HttpRequest) -> dict[str, Any]:
    """Take a mail in, once by its Message-ID (else by its bytes), and put it onto the recovery that it answers."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    if request.content_type != MAIL:
        raise Problem(415, f"Send a mail as {MAIL}.")
    raw = request.body
    if not raw.strip():
        raise Problem(422, "The mail is empty: send it whole, with its headers.")
    taken = mail_take(organization_id=caller.organization_id, raw=raw, at=now(organization_id=caller.organization_id))
    received = taken.received
    recovery_id = None
    if received.thread_id is not None:
        recovery_id = recovery_by_thread(organization_id=caller.organization_id, thread_id=received.thread_id)
    return {"message_id": received.message_id, "recovery_id": recovery_id, "kind": taken.kind, "new": received.new}
