"""Channels of Slack and Teams that members may be told in: their own, else their team's, else the organization's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
from django.db import connection
from django.db.models import Q

from makegood.journal.operations import Happened, record
from makegood.organizations.models import CHATS, Chat
from makegood.store.outgoing import UnableToCall, address_of
from makegood.store.secrets import encrypt

LONGEST = 2000
CHAT_NAMES = {"slack": "Slack", "teams": "Microsoft Teams"}
CHATS_OF = """
SELECT DISTINCT ON (m.id) m.id, m.name, c.id, c.kind, c.address, c.member_id IS NULL
FROM organizations_member m JOIN organizations_chat c ON c.organization_id = m.organization_id
    AND (c.member_id = m.id OR c.member_id IS NULL AND (c.team_id = m.team_id OR c.team_id IS NULL))
WHERE m.organization_id = %s AND m.id = %s
ORDER BY m.id, c.member_id NULLS LAST, c.team_id NULLS LAST
"""


class UnableToSetChat(ValueError):
    """This channel cannot be kept: the message says why and what to do."""


@attrs.frozen(kw_only=True)
class Channel:
    """The channel that one member is told in; others read it too where it is `shared`. `address` is encrypted."""

    id: int
    kind: str
    address: bytes
    shared: bool
    member: str


@attrs.frozen(kw_only=True)
class ChatFacts:
    """A channel as its page shows it, without its address; `team` is empty for the organization's or a member's."""

    id: int
    kind: str
    host: str
    team: str
    trouble: str
    trouble_at: datetime | None


def channel_of(*, organization_id: int, member_id: int) -> Channel | None:
    """This function will find the channel that a member is told in, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(CHATS_OF, [organization_id, member_id])
        row = cursor.fetchone()
    if row is None:
        return None
    return Channel(id=row[2], kind=row[3], address=bytes(row[4]), shared=row[5], member=row[1])


def chats_all(*, organization_id: int) -> list[ChatFacts]:
    """This function will list the channels of the organization and its teams."""
    rows = Chat.objects.filter(organization_id=organization_id, member=None).order_by("team__name")
    return [_facts(row) for row in rows.select_related("team")]


def chat_own(*, organization_id: int, member_id: int) -> ChatFacts | None:
    """This function will show the channel of a member's own, if they have one."""
    row = Chat.objects.filter(organization_id=organization_id, member_id=member_id).first()
    return _facts(row) if row else None


def _facts(row: Chat) -> ChatFacts:
    team = row.team.name if row.team_id else ""
    return ChatFacts(id=row.id, kind=row.kind, host=row.host, team=team, trouble=row.trouble, trouble_at=row.trouble_at)


def chat_set(
    *,
    organization_id: int,
    kind: str,
    address: str,
    by: int,
    now: datetime,
    member_id: int | None = None,
    team_id: int | None = None,
) -> None:
    """This function will keep the channel of a member, of a team, or of the organization where neither is named.

    Raises UnableToSetChat for an address that may not be called, or is none.
    """
    address = address.strip()
    if kind not in CHATS:
        raise UnableToSetChat("Choose Slack or Teams.")
    if len(address) > LONGEST:
        raise UnableToSetChat("This is too long for an address: copy it whole, and nothing beside it.")
    try:
        called = address_of(address, question=True)
    except UnableToCall as error:
        raise UnableToSetChat(str(error)) from None
    if called.named and member_id is not None:
        raise UnableToSetChat("This is a host of the house: an admin adds it, under Settings, Slack and Teams.")
    whose: dict[str, Any] = {"organization_id": organization_id, "member_id": member_id, "team_id": team_id}
    Chat.objects.update_or_create(
        **whose,
        defaults={
            "kind": kind,
            "address": encrypt(address),
            "host": called.host[:255],
            "trouble": "",
            "trouble_at": None,
        },
    )
    _changed(organization_id, by, now, {"kind": kind, "team": team_id, "own": member_id is not None})


def chat_forget(*, organization_id: int, chat_id: int, by: int, now: datetime, member_id: int | None = None) -> None:
    """This function will forget a channel: a member's own where they are named, else a shared one."""
    gone, _ = Chat.objects.filter(Q(member_id=member_id), organization_id=organization_id, id=chat_id).delete()
    if gone:
        _changed(organization_id, by, now, {"forgotten": True, "own": member_id is not None})


def chat_trouble(*, organization_id: int, chat_id: int, text: str, now: datetime) -> None:
    """This function will keep what went wrong with a channel last, or with no text that it is well again."""
    row = Chat.objects.filter(organization_id=organization_id, id=chat_id)
    if text:
        row.update(trouble=text[:200], trouble_at=now)
    else:
        row.exclude(trouble="").update(trouble="", trouble_at=None)


def _changed(organization_id: int, by: int, now: datetime, data: dict[str, object]) -> None:
    happened = Happened(
        at=now,
        event="organizations:chat:changed",
        subject="organization",
        subject_id=organization_id,
        actor_id=by,
        data=data,
    )
    record(organization_id=organization_id, entries=[happened])
