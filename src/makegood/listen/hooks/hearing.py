"""Taking a helpdesk's deliveries in: what a customer wrote goes the way of a mail, and its ticket is remembered."""

from __future__ import annotations

from datetime import datetime

from makegood.customers.operations import Seen, customers_resolve, customers_return
from makegood.listen.hooks.tickets import Said
from makegood.listen.models import Hook
from makegood.messages.models import Message, Thread, Ticket
from makegood.messages.operations import message_received
from makegood.messages.tickets import ticket_of, ticket_said
from makegood.promises.operations import source_heard
from makegood.store.secrets import keyed_hash

LATELY = 20
"""So many of our last messages are looked at."""


def ticket_heard(*, hook: Hook, said: Said, now: datetime) -> bool:
    """This function will take in what a customer wrote in a ticket, once by its number there.

    On a ticket that is a conversation of ours it is an answer there, whoever wrote; else, where a mail vouches for
    their address, it goes where a mail of that customer goes: onto their open recovery, or to a person who says yes or
    no. An address that somebody may have typed opens nobody's recovery: it is what a stranger says, until a person
    says who they are. Only a ticket of which a conversation was opened is answered; one that joined another by its
    address alone is heard there. A ticket that is given to somebody else over there is theirs from then on. Returns
    whether it is theirs at all: a trigger that is set too wide brings our own replies back.
    """
    here = hook.organization_id
    ticket = ticket_of(organization_id=here, hook_id=hook.id, number=said.ticket)
    if ticket.thread_id is not None and _ours(here, ticket.thread_id, said.text):
        return False
    if _given_away(hook, ticket, said) or _erased(here, ticket):
        ticket.thread_id = None
    seen = _seen(hook, said)
    customers_return(organization_id=here, identities=seen.identities)
    (customer_id,) = customers_resolve(organization_id=here, seen=[seen], now=now)
    received = message_received(
        organization_id=here,
        key=f"{hook.kind}:{hook.id}:{said.ticket}:{said.message}",
        at=now,
        body=said.text,
        subject=said.subject,
        address=said.email[:320],
        token=_token(here, ticket.thread_id),
        customer_id=customer_id,
    )
    if received.new:
        ticket_said(ticket=ticket, message_id=received.message_id)
    source_heard(organization_id=here, source_id=hook.source_id, until_at=now)
    return True


def _token(organization_id: int, thread_id: int | None) -> str:
    """The token of the conversation that a ticket is; empty where it is none."""
    if thread_id is None:
        return ""
    tokens = Thread.objects.filter(organization_id=organization_id, id=thread_id).values_list("token", flat=True)
    return tokens.first() or ""


def _ours(organization_id: int, thread_id: int, text: str) -> bool:
    """Whether these words, and no others, are what we wrote there lately."""
    sent = Message.objects.filter(organization_id=organization_id, thread_id=thread_id, direction="out")
    lately = sent.order_by("-id").values_list("body", flat=True)[:LATELY]
    return text.split() in [body.split() for body in lately]


def _given_away(hook: Hook, ticket: Ticket, said: Said) -> bool:
    """Whether a ticket is somebody else's than before; a chat stays with who holds it, whatever they type."""
    if ticket.message_id is None:
        return False
    before = Message.objects.filter(organization_id=hook.organization_id, id=ticket.message_id)
    address = before.values_list("address", flat=True).first() or ""
    return hook.kind != "chatwoot" and "" not in (address, said.email) and address.lower() != said.email.lower()


def _erased(organization_id: int, ticket: Ticket) -> bool:
    """Whether the conversation that a ticket was is of somebody who was erased: what is said now is a new one."""
    if ticket.thread_id is None:
        return False
    threads = Thread.objects.filter(organization_id=organization_id, id=ticket.thread_id)
    return threads.filter(customer__erased_at__isnull=False).exists()


def _seen(hook: Hook, said: Said) -> Seen:
    """Whom they are known as: by what is vouched for alone, else as a stranger who holds this ticket."""
    here = f"{hook.kind} {hook.id}"
    if said.vouched:
        known = ("email", said.email[:320]) if said.email else ("token", f"{here} {said.person}")
    else:
        holder = "" if hook.kind == "chatwoot" else said.email.lower() or said.person
        known = ("token", f"{here} ticket {said.ticket} {keyed_hash(holder, purpose='ticket holder').hex()[:16]}")
    return Seen(identities=(known,), name=said.name[:200])
