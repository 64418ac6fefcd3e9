"""The demo's inbox: what customers were sent, to read, and to answer in their place."""

from __future__ import annotations

import secrets

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.console.refill import answers
from makegood.console.viewmodels import Empty, Field, Form, InboxMessage, InboxPage, Pager
from makegood.console.views.frame import Screen, acts, staff, tell
from makegood.core.lengths import fitting
from makegood.customers.queries import customer_one
from makegood.messages.links import status_path
from makegood.messages.operations import message_received
from makegood.messages.queries import MessageRow, inbox_page, message_row, thread_tokens


def inbox_screen(request: HttpRequest, desk: Desk, *, message_id: int | None = None) -> Screen:
    """Show what was sent, and one message in full."""
    if desk.facts.delivery != "inbox":
        raise Http404
    here = desk.organization_id
    before = request.GET.get("before", "")
    rows = inbox_page(
        organization_id=here,
        before_id=int(before) if before.isascii() and before.isdigit() else None,
        limit=words.PER_PAGE + 1,
    )
    shown_id = message_id or _asked(request)
    shown = message_row(organization_id=here, message_id=shown_id) if shown_id else (rows[0] if rows else None)
    return Screen(
        template="console/inbox.html",
        current="inbox",
        page=InboxPage(
            title="The demo's inbox",
            lead="Everything that would have gone to customers. Read it, open their page, or answer in their place.",
            messages=tuple(
                _message(row, current=shown is not None and row.id == shown.id) for row in rows[: words.PER_PAGE]
            ),
            shown=_shown(desk, shown) if shown is not None and shown.thread_id else None,
            pager=Pager(
                summary=f"{min(len(rows), words.PER_PAGE)} shown",
                next_url=f"{request.path}?before={rows[words.PER_PAGE - 1].id}" if len(rows) > words.PER_PAGE else None,
            )
            if before or len(rows) > words.PER_PAGE
            else None,
            empty=Empty(title="Nothing sent yet", text="The first message to a customer appears here."),
        ),
    )


inbox = staff(inbox_screen)


def _asked(request: HttpRequest) -> int | None:
    text = request.GET.get("message", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _to(desk: Desk, row: MessageRow) -> str:
    if row.address:
        return row.address
    one = row.customer_id and customer_one(organization_id=desk.organization_id, customer_id=row.customer_id)
    return f"{one.called}, on their page" if one else "their page"


def _message(row: MessageRow, *, current: bool) -> InboxMessage:
    return InboxMessage(
        key=str(row.id),
        to=row.address or "their page",
        subject=row.subject,
        sent_at=row.sent_at or row.created_at,
        url=f"{reverse('inbox')}?message={row.id}#mail",
        current=current,
    )


def _shown(desk: Desk, row: MessageRow) -> InboxMessage:
    here = desk.organization_id
    token = thread_tokens(organization_id=here, thread_ids=[row.thread_id or 0]).get(row.thread_id or 0, "")
    return InboxMessage(
        key=f"shown-{row.id}",
        to=_to(desk, row),
        subject=row.subject,
        sent_at=row.sent_at or row.created_at,
        text=row.body,
        status_url=status_path(organization_id=here, token=token) if token else "",
        reply=Form(
            key="answer",
            action=reverse("inbox-reply", args=[row.id]),
            submit="Answer as the customer",
            style="plain",
            fields=(Field(name="reply", label="Answer", kind="textarea", required=True, maxlength=5000),),
        ),
    )


@acts(inbox_screen)
def inbox_reply(request: HttpRequest, desk: Desk, *, message_id: int) -> HttpResponse:
    """Answer a message in the customer's place, as their mail would."""
    here = desk.organization_id
    row = message_row(organization_id=here, message_id=message_id)
    if desk.facts.delivery != "inbox" or row is None or not row.thread_id:
        raise Http404
    given = answers(request.POST, reply="Write the answer.")
    token = thread_tokens(organization_id=here, thread_ids=[row.thread_id])[row.thread_id]
    message_received(
        organization_id=here,
        key=f"inbox:{secrets.token_hex(16)}",
        at=desk.facts.now,
        body=fitting(given["reply"], most=5000),
        subject=f"Re: {row.subject}",
        token=token,
        address=row.address,
    )
    tell(request, "Answered, as the customer.")
    return redirect(f"{reverse('inbox')}?message={message_id}")
