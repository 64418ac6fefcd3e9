"""Telling staff: what they are told, in words, once among each member's notices until they mark it read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from makegood.core.money import Money
from makegood.journal.outbox import Wanted, effects_add
from makegood.messages.models import Message
from makegood.organizations.models import Member, MemberPlace
from makegood.store.bulk import insert
from makegood.store.secrets import keyed_hash

MANAGER, ADMIN = 2, 3
"""The tiers from which a member is a manager, or an admin."""
WORDS = {
    "warning": "is about to be late",
    "breach": "is late",
    "repeat": "is still late",
    "ask": "asks you for more than its owner may give",
    "approved": "has a yes to what you asked for: tell the customer of it",
    "refused": "has a no to what you asked for",
    "reply": "has a reply from the customer",
    "complaint": "has a complaint from the customer",
    "review": "has a review from the customer",
    "withdrawn": "was withdrawn by later evidence: the customer may have been told already",
    "word_broken": "has a promise by one of us that was not kept",
    "word_waiting": "still has a promise by one of us that was not kept",
    "owned": "is yours now",
    "floor": "may owe something by law: a fact is missing to decide it",
    "score": "has a low score from the customer",
    "follow_up": "is due for a look after the customer",
}
CLOCKS = {
    "acknowledge": "the acknowledgement",
    "own": "the owner",
    "fix": "the fix",
    "make_good": "the make-good",
    "respond": "the answer",
    "remedy": "the first remedy",
    "update": "the next word to the customer",
}


def staff_words(payload: Mapping[str, Any]) -> tuple[str, str]:
    """This function will put a staff effect's payload into words: a subject, and a line with a link for each note."""
    if count := payload.get("stories"):
        said = "There is a new story of a recovery." if count == 1 else f"There are {count} new stories of recoveries."
        return said, f"{said}\n{settings.PUBLIC_URL}/stories\n"
    if customer_id := payload.get("unopened"):
        said = (
            "A customer was let down, and no recovery could be opened for it. It is tried again by itself; look after"
        )
        return "No recovery could be opened", f"{said} them meanwhile.\n{settings.PUBLIC_URL}/customers/{customer_id}\n"
    if handed := payload.get("handed"):
        said = "A recovery was handed to you." if handed == 1 else f"{handed:,} recoveries were handed to you."
        return said, f"{said}\n{settings.PUBLIC_URL}/recoveries?which=mine\n"
    if any(name in payload for name in ("file", "mail", "mailbox", "hook")):
        return _not_taken(payload)
    if incident := payload.get("incident"):
        return _asked_for_all(incident, payload)
    notes = payload["notes"]
    lines = [_line(note) for note in notes]
    codes = {note["number"] for note in notes}
    many = f"{len(codes)} recoveries need you" if len(codes) > 1 else f"Recovery R-{notes[0]['number']} needs you"
    subject = lines[0][0] if len(lines) == 1 else many
    return subject, "\n".join(f"{said}\n{link}\n" for said, link in lines)


def _not_taken(payload: Mapping[str, Any]) -> tuple[str, str]:
    """What came, or should come, and could not be taken in."""
    why = "Its page says why, and what to do."
    if file_id := payload.get("file"):
        link = f"{settings.PUBLIC_URL}/settings/data/files/{file_id}"
        if aside := payload.get("aside"):
            rows = "1 row" if aside == 1 else f"{aside:,} rows"
            said = f"{rows} of a file in the watched folder could not be taken in. All others were. {why}"
            return f"{rows} of a file could not be taken in", f"{said}\n{link}\n"
        said = f"A file in the watched folder could not be taken in. {why}"
        return "A file could not be taken in", f"{said}\n{link}\n"
    if "hook" in payload:
        said = f"What was posted to us by webhook could not be taken in. {why}"
        return "A delivery could not be taken in", f"{said}\n{settings.PUBLIC_URL}/settings/webhooks\n"
    said = "A mail could not be taken in" if payload.get("mail") else "The mailbox cannot be read"
    return said, f"{said}. {why}\n{settings.PUBLIC_URL}/settings/mail\n"


def _asked_for_all(incident: int, payload: Mapping[str, Any]) -> tuple[str, str]:
    cost = Money(minor=payload["minor"], currency=payload["currency"])
    said = f"Incident I-{incident} asks you for more than its owner may give: the same for all {payload['count']:,}"
    how = "Offer it from there in your own name, or raise their limit in the settings. Nothing was offered yet."
    link = f"{settings.PUBLIC_URL}/incidents/I-{incident}"
    return f"{said}.", f"{said}.\n{payload['title']}, {cost} in all. {how}\n{link}\n"


def note_words(note: Mapping[str, Any]) -> tuple[str, str]:
    """This function will put one thing that a member is told, of a recovery or not, into a sentence and its link."""
    if "what" in note:
        return _line(note)
    *said, link = staff_words(note)[1].rstrip("\n").split("\n")
    return " ".join(said), link


def _line(note: Mapping[str, Any]) -> tuple[str, str]:
    what, _, clock = note["what"].partition(".")
    about = f" ({CLOCKS.get(clock, clock.replace('_', ' '))})" if clock else ""
    code = f"R-{note['number']}"
    said = f"Recovery {code} {WORDS.get(what, 'needs you: ' + what.replace('_', ' '))}{about}."
    return said, f"{settings.PUBLIC_URL}/recoveries/{code}"


def notices_write(*, organization_id: int, told: Sequence[tuple[str, Mapping[str, Any], datetime]]) -> None:
    """This function will put what staff are told, as (idempotency key, payload, at), among the notices, each once."""
    rows: list[tuple[Any, ...]] = []
    for key, payload, at in told:
        subject, body = staff_words(payload)
        rows.append(
            (
                organization_id, payload["member"], "out", "inside", "staff", "", "sent", "", subject[:300], body,
                [], "", "", "", keyed_hash(key, purpose="staff"), at, at,
            )
        )  # fmt: skip
    insert(
        Message,
        (
            "organization_id", "member_id", "direction", "channel", "kind", "step", "state", "address", "subject",
            "body", "findings", "override_reason", "apology_key", "message_id", "key_hash", "created_at", "sent_at",
        ),
        rows,
        on_conflict="ON CONFLICT (organization_id, key_hash) WHERE key_hash IS NOT NULL DO NOTHING",
    )  # fmt: skip


def managers_tell(
    *, organization_id: int, key: str, payload: Mapping[str, int], at: datetime, of_all: bool = False
) -> None:
    """This function will tell managers and admins, once each per `key`, what a person has to look after.

    With `of_all` it may be about any place: managers who serve some places only are not told.
    """
    managers = Member.objects.filter(organization_id=organization_id, active=True, tier__gte=MANAGER).order_by("id")
    if of_all:
        some = MemberPlace.objects.filter(organization_id=organization_id, member_id=OuterRef("id"))
        managers = managers.filter(Q(tier__gte=ADMIN) | ~Exists(some))
    wanted = [
        Wanted(
            kind="staff",
            idempotency_key=f"staff:{member_id}:{key}",
            subject="member",
            subject_id=member_id,
            run_at=at,
            payload={"member": member_id, **payload},
        )
        for member_id in managers.values_list("id", flat=True)
    ]
    effects_add(organization_id=organization_id, wanted=wanted)
    notices_write(organization_id=organization_id, told=[(one.idempotency_key, one.payload, at) for one in wanted])


def notices_read(*, organization_id: int, member_id: int, now: datetime, message_id: int | None = None) -> int:
    """This function will mark what a member was told as read, all of it or one notice; return how many were new."""
    found = Message.objects.filter(
        organization_id=organization_id, member_id=member_id, kind="staff", read_at__isnull=True
    )
    if message_id is not None:
        found = found.filter(id=message_id)
    return found.update(read_at=now)
