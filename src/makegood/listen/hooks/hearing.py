"""Taking a helpdesk's deliveries in: what a customer wrote goes the way of a mail, and its ticket is remembered."""

from __future__ import annotations

from datetime import datetime

from makegood.customers.operations import Seen, customers_resolve
from makegood.listen.hooks.tickets import Said
from makegood.listen.models import Hook
from makegood.messages.models import Message, Thread
from makegood.messages.operations import message_received
from makegood.messages.tickets import ticket_of, ticket_said
from makegood.promises.operations import source_heard

LATELY = 20
"""So many of our last messages are looked at."""


def ticket_heard(*, hook: Hook, said: Said, now: datetime) -> bool:
    """This function will take in what a customer wrote in a ticket, once by its number there.

    On a ticket that is a conversation of ours it is an answer there, whoever wrote; else it goes where a mail of that
    customer goes: onto their open recovery, or to a person who says yes or no. Returns whether it is theirs: a trigger
    that is set too wide brings our own replies back.
    """
    here = hook.organization_id
    ticket = ticket_of(organization_id=here, hook_id=hook.id, number=said.ticket)
    if ticket.thread_id is not None and _ours(here, ticket.thread_id, said.text):
        return False
    (customer_id,) = customers_resolve(organization_id=here, seen=[_seen(hook, said)], now=now)
    tokens = Thread.objects.filter(organization_id=here, id=ticket.thread_id).values_list("token", flat=True)
    received = message_received(
        organization_id=here,
        key=f"{hook.kind}:{hook.id}:{said.ticket}:{said.message}",
        at=now,
        body=said.text,
        subject=said.subject[:300],
        address=said.email[:320],
        token=tokens.first() or "",
        customer_id=customer_id,
    )
    ticket_said(ticket=ticket, message_id=received.message_id, thread_id=received.thread_id)
    source_heard(organization_id=here, source_id=hook.source_id, until_at=now)
    return True


def _ours(organization_id: int, thread_id: int, text: str) -> bool:
    """Whether these words, and no others, are what we wrote there lately."""
    sent = Message.objects.filter(organization_id=organization_id, thread_id=thread_id, direction="out")
    lately = sent.order_by("-id").values_list("body", flat=True)[:LATELY]
    return text.split() in [body.split() for body in lately]


def _seen(hook: Hook, said: Said) -> Seen:
    """Whom they are known as: by their address first, and by their number over there where that is all there is."""
    named = [("email", said.email[:320]), ("phone", said.phone[:60])]
    known = [(kind, value) for kind, value in named if value]
    person = said.person or f"of ticket {said.ticket}"
    return Seen(identities=(*known, ("token", f"{hook.kind} {hook.id} {person}"[:200])), name=said.name[:200])
