"""Conversations that are tickets of a helpdesk: which is whose, and how a reply of ours goes out through it.

The helpdesks take no key by which they would know a reply again, so one of which it is not known what became of it is
left to a person, as a mail is.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

import attrs
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from makegood.journal.carrying import Claimed, Outcome
from makegood.messages.models import Helpdesk, Message, Ticket
from makegood.store.outgoing import NotReached, UnableToCall, address_of, post
from makegood.store.preparing import prepared
from makegood.store.secrets import UnableToDecrypt, decrypt, encrypt

NAMES = {"zendesk": "Zendesk", "chatwoot": "Chatwoot", "zammad": "Zammad"}
NUMBER = re.compile(r"\d{1,18}(/\d{1,18})?", re.ASCII)
"""A ticket's number; of Chatwoot the account's and the conversation's."""
SECONDS = 15.0
THROUGH = "through "
"""How what became of a message begins that went out through a ticket, before the ticket's name."""
WAYS = """
SELECT k.thread_id, h.kind, h.url, h.agent, h.secret, k.number, m.address FROM conversations_ticket k
JOIN conversations_helpdesk h ON h.organization_id = k.organization_id AND h.id = k.helpdesk_id AND h.url <> ''
JOIN conversations_thread t ON t.organization_id = k.organization_id AND t.id = k.thread_id
JOIN customers_customer c ON c.organization_id = t.organization_id AND c.id = t.customer_id AND c.channel <> 'status'
LEFT JOIN conversations_message m ON m.organization_id = k.organization_id AND m.id = k.message_id
WHERE k.organization_id = %s AND k.thread_id = ANY(%s) ORDER BY k.thread_id, k.id
"""


class UnableToKnowHelpdesk(ValueError):
    """This helpdesk cannot be replied through: the message says what to do."""


@attrs.frozen(kw_only=True)
class Way:
    """The ticket through which a conversation is answered, and how its helpdesk is spoken to.

    `address` is whose the ticket is over there, as somebody may have typed it: for that helpdesk alone.
    """

    kind: str
    url: str
    agent: str
    secret: bytes
    number: str
    address: str = ""

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{NAMES[self.kind]} ticket {self.number.rpartition('/')[2]}"


def helpdesk_set(*, organization_id: int, hook_id: int, kind: str, url: str, agent: str, key: str) -> None:
    """This function will keep how a helpdesk is spoken to; without an address its customers are mailed.

    An empty key keeps the one that there is, for the same address and agent. Raises UnableToKnowHelpdesk.
    """
    url, agent, key = url.strip().rstrip("/"), agent.strip(), key.strip()
    row = Helpdesk.objects.select_for_update().filter(organization_id=organization_id, hook_id=hook_id).first()
    row = row or Helpdesk(organization_id=organization_id, hook_id=hook_id, kind=kind)
    if url:
        try:
            address_of(url)
        except UnableToCall as error:
            raise UnableToKnowHelpdesk(str(error)) from None
        if not (key.isascii() and key.isprintable()):
            raise UnableToKnowHelpdesk("This is no key: copy the whole of it from over there, and nothing beside it.")
        if not key and (row.url, row.agent) != (url, agent):
            raise UnableToKnowHelpdesk("Bring the key: it is never sent to another address, nor with another agent.")
        if kind == "zendesk" and "@" not in agent:
            raise UnableToKnowHelpdesk("Write the e-mail address of the agent whose key it is.")
    row.url, row.agent = url[:300], agent[:254]
    if key or not url:
        row.secret = encrypt(key[:500])
    row.save()


def helpdesk_forget(*, organization_id: int, hook_id: int) -> None:
    """This function will forget a helpdesk, its key and which tickets were whose; what was said stays."""
    mine = Helpdesk.objects.filter(organization_id=organization_id, hook_id=hook_id)
    Ticket.objects.filter(organization_id=organization_id, helpdesk__in=mine).delete()
    mine.delete()


def ticket_of(*, organization_id: int, hook_id: int, number: str) -> Ticket:
    """This function will find or make a ticket, locked until the transaction ends."""
    helpdesk = Helpdesk.objects.get(organization_id=organization_id, hook_id=hook_id)
    row, _ = Ticket.objects.select_for_update().get_or_create(
        organization_id=organization_id, helpdesk_id=helpdesk.id, number=number
    )
    return row


def ticket_said(*, ticket: Ticket, message_id: int) -> None:
    """This function will keep which message came by a ticket last, and the conversation that it is, if any."""
    ticket.message_id = message_id
    ticket.save(update_fields=["message", "thread"])


def tickets_join(*, organization_id: int, message_ids: Collection[int], thread_id: int) -> None:
    """This function will put tickets onto the conversation that was opened of what came by them."""
    tickets = Ticket.objects.filter(organization_id=organization_id, message_id__in=list(message_ids), thread=None)
    tickets.update(thread_id=thread_id)


def ways(*, organization_id: int, thread_ids: Collection[int]) -> dict[int, Way]:
    """This function will find which of these conversations are answered through a ticket: the one that came last.

    Who chose to be written to on their page alone is not.
    """
    with prepared() as cursor:
        cursor.execute(WAYS, [organization_id, list(thread_ids)])
        return {
            thread_id: Way(kind=kind, url=url, agent=agent, secret=bytes(secret), number=number, address=address or "")
            for thread_id, kind, url, agent, secret, number, address in cursor.fetchall()
        }


def tickets_told() -> QuerySet[Ticket, Any]:
    """This function will select, beside a row with an organization and a thread, what `ticket_links` takes of each."""
    mine = Ticket.objects.filter(organization_id=OuterRef("organization_id"), thread_id=OuterRef("thread_id"))
    told = JSONObject(kind="helpdesk__kind", url="helpdesk__url", number="number")
    return mine.order_by("id").values(told=told)[:5]


def ticket_links(told: Sequence[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    """This function will name tickets, each with its page in the helpdesk where that is known."""
    return tuple((f"{NAMES[one['kind']]} ticket {one['number'].rpartition('/')[2]}", _page(**one)) for one in told)


def _page(*, kind: str, url: str, number: str) -> str:
    account, _, last = number.rpartition("/")
    paths = {
        "zendesk": f"/agent/tickets/{last}",
        "chatwoot": f"/app/accounts/{account}/conversations/{last}",
        "zammad": f"/#ticket/zoom/{last}",
    }
    return f"{url}{paths[kind]}" if url else ""


@attrs.frozen(kw_only=True)
class Letter:
    """What is replied; `to` is the customer's e-mail address, empty where none is known."""

    subject: str
    body: str
    to: str


def reply_through(*, way: Way, letter: Letter, effect: Claimed) -> Outcome:
    """This function will write a reply into a ticket, which its helpdesk sends on. Call it outside of any transaction.

    What surely was not taken is tried again, ever later; what may have been is unknown.
    """
    wait = timedelta(minutes=min(60, 2 ** (effect.attempts - 1)))
    name = NAMES[way.kind]
    try:
        method, path, said, headers = REPLIES[way.kind](way, decrypt(way.secret), letter)
        answer = post(
            url=f"{way.url}{path}", body=json.dumps(said).encode(), headers=headers, seconds=SECONDS, method=method
        )
    except (UnableToCall, UnableToDecrypt) as error:
        return Outcome(state="failed", text=str(error))
    except NotReached as error:
        return Outcome(state="retry", text=f"{name} cannot be reached ({error}).", retry_after=wait)
    except (OSError, http.client.HTTPException) as error:
        text = f"{name} gave no answer ({type(error).__name__}): look into {way.name} whether it is there."
        return Outcome(state="unknown", text=text)
    return _judged(way, answer.status, wait)


def _judged(way: Way, status: int, wait: timedelta) -> Outcome:
    name = NAMES[way.kind]
    if 200 <= status < 300:
        return Outcome(state="done", text=f"{THROUGH}{way.name}")
    if status in (409, 423, 425, 429, 503):
        return Outcome(state="retry", text=f"{name} answered {status}.", retry_after=wait)
    if status >= 500:
        return Outcome(state="unknown", text=f"{name} answered {status}: look into {way.name} whether it is there.")
    why = {
        401: "does not take the key: bring another under Settings, Webhooks",
        403: "does not let this key reply: give it the right over there",
        404: f"has no {way.name.partition(' ')[2]} any more",
    }
    return Outcome(state="failed", text=f"{name} {why.get(status, f'refused it with {status}')}.")


Reply = tuple[str, str, Mapping[str, Any], Mapping[str, str]]
"""Method, path, body and headers."""


def _zendesk(way: Way, key: str, letter: Letter) -> Reply:
    basic = base64.b64encode(f"{way.agent}/token:{key}".encode()).decode()
    said = {"ticket": {"comment": {"body": letter.body, "public": True}}}
    return "PUT", f"/api/v2/tickets/{way.number}.json", said, {"Authorization": f"Basic {basic}"}


def _chatwoot(way: Way, key: str, letter: Letter) -> Reply:
    account, _, conversation = way.number.rpartition("/")
    said = {"content": letter.body, "message_type": "outgoing", "private": False}
    return "POST", f"/api/v1/accounts/{account}/conversations/{conversation}/messages", said, {"api_access_token": key}


def _zammad(way: Way, key: str, letter: Letter) -> Reply:
    to = letter.to or way.address
    said = {
        "ticket_id": int(way.number),
        "subject": letter.subject,
        "body": letter.body,
        "content_type": "text/plain",
        "internal": False,
        "type": "email" if to else "web",
    }
    return (
        "POST",
        "/api/v1/ticket_articles",
        said | ({"to": to} if to else {}),
        {"Authorization": f"Token token={key}"},
    )


REPLIES = {"zendesk": _zendesk, "chatwoot": _chatwoot, "zammad": _zammad}


def page_left(*, organization_id: int, message_id: int) -> None:
    """This function will note of a message meant for a page that it reached its customer through their ticket."""
    Message.objects.filter(organization_id=organization_id, id=message_id, channel="status").update(channel="mail")
