"""Reads of what staff promised in a recovery: in what they type, and in what they said."""

from __future__ import annotations

from datetime import datetime

import attrs

from makegood.core.staff_words import GivenWord
from makegood.promises.models import StaffWord
from makegood.recoveries.operations.staff_words import key_of, words_in


@attrs.frozen(kw_only=True)
class TypedWord:
    """A promise that stands in a text not sent yet; `promised` says that it is on the ledger already."""

    word: GivenWord
    promised: bool


@attrs.frozen(kw_only=True)
class SaidWord:
    """A promise that a member gave: still to be put on the ledger, or overdue with nobody who knows."""

    id: int
    what: str
    quote: str
    member: str
    due_at: datetime
    overdue: bool


def words_typed(
    *, organization_id: int, recovery_id: int, message_id: int, text: str, now: datetime
) -> list[TypedWord]:
    """This function will find the promises in what is typed into a draft, in order."""
    found = words_in(organization_id=organization_id, recovery_id=recovery_id, text=text, now=now)
    if not found:
        return []
    known = {
        bytes(key)
        for key in StaffWord.objects.filter(
            organization_id=organization_id, message_id=message_id, state="promised"
        ).values_list("key_hash", flat=True)
    }
    return [TypedWord(word=one, promised=key_of(message_id=message_id, word=one) in known) for one in found]


def words_said(*, organization_id: int, recovery_id: int, now: datetime) -> list[SaidWord]:
    """This function will list what waits for a person: words proposed whose time is ahead, and overdue ones unknown."""
    rows = StaffWord.objects.filter(organization_id=organization_id, recovery_id=recovery_id).select_related("member")
    return [
        SaidWord(
            id=row.id,
            what=row.what,
            quote=row.quote,
            member=row.member.name,
            due_at=row.due_at,
            overdue=row.state == "promised",
        )
        for row in rows.order_by("due_at", "id")
        if (row.state == "proposed" and row.due_at > now)
        or (row.state == "promised" and row.told and row.next_at is not None)
    ]
