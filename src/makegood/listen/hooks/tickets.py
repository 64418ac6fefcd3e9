"""What a helpdesk's delivery tells: what a customer wrote in a ticket. Pure.

What staff of the helpdesk write, and what a reply of ours becomes there, is told too, and is nobody's complaint.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from makegood.listen.mail_html import html_to_text
from makegood.listen.mail_text import new_text

MAIL = ("mail", "email")
"""What helpdesks call the way by which a mail comes."""
SENDER = re.compile(r"(?:[^<>]*<)?([^<>\s,;]+@[^<>\s,;]+)>?")


class UnusableTicket(ValueError):
    """This cannot be taken from a ticket: the message says what is wrong with it."""


@attrs.frozen(kw_only=True)
class Said:
    """What a customer wrote: in which ticket, known again by `message`.

    `email` is whose the ticket is over there, as far as it is `vouched` for: by a mail that came from that address. In
    a chat or a form it is whatever somebody typed. `person` is their number over there, of as much worth.
    """

    ticket: str
    message: str
    text: str
    subject: str = ""
    email: str = ""
    name: str = ""
    person: str = ""
    vouched: bool = False


NOTHING = "Nothing of this kind is taken: what customers write is."
OURS = "Written by one of you: nothing of it is taken."
Read = Said | str


def read(*, kind: str, body: Any) -> Read:
    """This function will tell what a customer wrote, or in a sentence why nothing is taken. Raises UnusableTicket."""
    if not isinstance(body, Mapping):
        return NOTHING
    found = READERS[kind](body)
    if isinstance(found, str):
        return found
    if not found.text.strip():
        return "It holds no words: nothing of it is taken."
    return found


def _zendesk(body: Mapping[str, Any]) -> Read:
    """A trigger's own body, as the guide writes it, or Zendesk's event of a comment."""
    if body.get("type") == "zen:event-type:ticket.comment_added":
        return _zendesk_event(body)
    if "ticket_id" not in body or "text" not in body:
        return NOTHING
    if _true(body.get("staff")):
        return OURS
    text = _text(body, "text")
    at = _text(body, "at") or hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    email = _text(body, "email")
    return Said(
        ticket=_number(body, "ticket_id"),
        message=at,
        text=text,
        subject=_text(body, "subject"),
        email=email,
        name=_text(body, "name"),
        vouched=_text(body, "via").lower() in MAIL and _same(email, _text(body, "from")),
    )


def _zendesk_event(body: Mapping[str, Any]) -> Read:
    ticket, comment = _inside(body, "detail"), _inside(_inside(body, "event"), "comment")
    author = _inside(comment, "author")
    if author.get("is_staff") is not False or comment.get("is_public") is False:
        return OURS
    return Said(
        ticket=_number(ticket, "id"),
        message=_number(comment, "id"),
        text=_text(comment, "body"),
        subject=_text(ticket, "subject"),
        name=_text(author, "name"),
        person=_text(author, "id") or _number(ticket, "requester_id"),
        vouched=_text(_inside(ticket, "via"), "channel").lower() in MAIL,
    )


def _chatwoot(body: Mapping[str, Any]) -> Read:
    if body.get("event") != "message_created":
        return NOTHING
    if body.get("message_type") not in ("incoming", 0) or _true(body.get("private")):
        return OURS
    conversation, sender = _inside(body, "conversation"), _inside(body, "sender")
    meta = _inside(_inside(conversation, "meta"), "sender")
    email = _text(sender, "email") or _text(meta, "email")
    senders = _inside(_inside(body, "content_attributes"), "email").get("from")
    ticket = f"{_number(_inside(body, 'account'), 'id')}/{_number(conversation, 'id')}"
    return Said(
        ticket=ticket,
        message=_number(body, "id"),
        text=_text(body, "content"),
        subject=_text(_inside(conversation, "additional_attributes"), "mail_subject"),
        email=email,
        name=_text(sender, "name"),
        vouched=_text(conversation, "channel") == "Channel::Email"
        and isinstance(senders, list)
        and len(senders) == 1
        and _same(email, str(senders[0])),
    )


def _zammad(body: Mapping[str, Any]) -> Read:
    ticket, article = body.get("ticket"), body.get("article")
    if not isinstance(ticket, Mapping) or not isinstance(article, Mapping):
        return NOTHING
    if article.get("sender") != "Customer" or _true(article.get("internal")):
        return OURS
    customer = _inside(ticket, "customer")
    text = _text(article, "body")
    if "html" in str(article.get("content_type", "")):
        text = html_to_text(text)
    names = (_text(customer, "firstname"), _text(customer, "lastname"))
    return Said(
        ticket=_number(ticket, "id"),
        message=_number(article, "id"),
        text=new_text(text)[0],
        subject=_text(article, "subject") or _text(ticket, "title"),
        email=_text(customer, "email"),
        name=" ".join(filter(None, names)),
        person=_text(customer, "id"),
        vouched=article.get("type") in MAIL and _same(_text(customer, "email"), _text(article, "from")),
    )


READERS: Mapping[str, Callable[[Mapping[str, Any]], Read]] = {
    "zendesk": _zendesk,
    "chatwoot": _chatwoot,
    "zammad": _zammad,
}


def _true(value: Any) -> bool:
    return value is True or str(value).strip().lower() == "true"


def _same(email: str, sender: str) -> bool:
    """Whether a mail's only sender is that address; a name that holds another says nothing."""
    found = SENDER.fullmatch(sender.strip())
    return found is not None and found[1].lower() == email.lower()


def _inside(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(body: Mapping[str, Any], name: str) -> str:
    """A text, or a number as one; without what no database keeps."""
    found = body.get(name)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return str(found).replace("\x00", "").encode("utf-8", "replace").decode().strip()


def _number(body: Mapping[str, Any], name: str) -> str:
    found = _text(body, name)
    if not (found.isascii() and found.isdigit() and len(found) <= len("123456789012345678")):
        raise UnusableTicket(f"Its {name} is not a number that a helpdesk gives: look at how it is set up over there.")
    return found
