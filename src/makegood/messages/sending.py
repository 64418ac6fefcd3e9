"""Carrying messages to customers out of the house, and how a mail to a member of it is addressed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from makegood.journal.carrying import Claimed, Outcome
from makegood.messages.links import host, reply_address, sender
from makegood.messages.models import Message
from makegood.messages.smtp import Mail, mail_out
from makegood.messages.tickets import Letter, page_left, reply_through, ways
from makegood.organizations.models import Organization
from makegood.store.clocks import wall_now
from makegood.store.preparing import prepared
from makegood.store.reading import read
from makegood.store.tenancy import tenant

LEAVING = """
SELECT m.state, m.channel, m.thread_id, coalesce(t.token, ''), m.address, m.subject, m.body, m.message_id, m.author_id,
    o.name, o.reply_address, (SELECT true FROM conversations_ticket k
        WHERE k.organization_id = m.organization_id AND k.thread_id = m.thread_id LIMIT 1) IS NOT NULL,
    ARRAY(SELECT b.message_id FROM conversations_message b
        WHERE b.organization_id = m.organization_id AND b.thread_id = m.thread_id AND b.channel = 'mail'
        AND b.id < m.id AND b.state IN ('sent', 'received') AND b.message_id <> '' ORDER BY b.id DESC LIMIT 10)
FROM conversations_message m JOIN organizations_organization o ON o.id = m.organization_id
LEFT JOIN conversations_thread t ON t.organization_id = m.organization_id AND t.id = m.thread_id
WHERE m.organization_id = %s AND m.id = %s
"""


class Leaving(NamedTuple):
    """A message on its way out: its conversation's token, whom it is from, and the mails before it, the last first.

    `ticketed` says that its conversation is a ticket of a helpdesk.
    """

    state: str
    channel: str
    thread_id: int | None
    token: str
    address: str
    subject: str
    body: str
    message_id: str
    author_id: int | None
    house: str
    reply_address: str
    ticketed: bool
    before: list[str]


def message_carry(*, organization_id: int, effect: Claimed) -> Outcome:
    """This function will send one message: through the ticket that its conversation is, else by mail.

    What is for the status page stands there once it is sent.

    What was erased or stopped meanwhile does not leave.
    """
    with tenant(organization_id=organization_id):
        with prepared() as cursor:
            cursor.execute(LEAVING, [organization_id, effect.subject_id])
            row = Leaving(*cursor.fetchone())
        if row.state != "queued":
            return Outcome(state="stopped", text=f"It was {row.state} meanwhile.")
        thread_id = row.thread_id or 0
        way = ways(organization_id=organization_id, thread_ids=[thread_id]).get(thread_id) if row.ticketed else None
        if row.channel != "mail" and way is None:
            return Outcome(state="done", text="on the status page")
    if way is not None:
        told = reply_through(way=way, letter=Letter(subject=row.subject, body=row.body, to=row.address), effect=effect)
        if told.state == "done" and row.channel != "mail":
            with tenant(organization_id=organization_id):
                page_left(organization_id=organization_id, message_id=effect.subject_id)
        return told
    mail = Mail(
        sender_name=row.house,
        sender=sender(address=row.reply_address),
        to=row.address,
        reply_to=reply_address(address=row.reply_address, token=row.token) if row.token else "",
        subject=row.subject,
        body=row.body,
        message_id=row.message_id,
        references=_references(row.before),
        sent_at=wall_now(),
        automatic=row.author_id is None,
    )
    return mail_out(mail=mail, attempts=effect.attempts)


def messages_inside(*, organization_id: int, effects: Sequence[Claimed]) -> set[int]:
    """This function will say which of these effects are messages that only stand on the customer's page."""
    of_message = {effect.subject_id: effect.id for effect in effects}
    rows = read(Message, "id", "channel", "thread_id", organization_id=organization_id, id=of_message, state="queued")
    pages = {message_id: thread_id for message_id, channel, thread_id in rows if channel != "mail"}
    answered = ways(organization_id=organization_id, thread_ids=set(pages.values()) - {None}) if pages else {}
    return {of_message[message_id] for message_id, thread_id in pages.items() if thread_id not in answered}


def _references(before: Sequence[str]) -> tuple[str, ...]:
    """The conversation so far, so that mail programs show it as one."""
    found = [" ".join(one.split()) for one in before]
    return tuple(one for one in reversed(found) if one.isascii() and one.startswith("<") and one.endswith(">"))


def to_member(organization: Organization, address: str, *, said: tuple[str, str], key: str, at: datetime) -> Mail:
    """This function will address a mail of the house to one of its own members: `said` are its subject and body."""
    subject, body = said
    return Mail(
        sender_name=f"Makegood for {organization.name}",
        sender=sender(address=organization.reply_address),
        to=address,
        reply_to="",
        subject=subject,
        body=body,
        message_id=f"<{key.replace(':', '.')}@{host()}>",
        references=(),
        sent_at=at,
        automatic=True,
    )
