"""Telling staff: what they are told, in words, once among each member's notices until they mark it read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q

from makegood.core.money import Money
from makegood.journal.outbox import Wanted, effects_add
from makegood.messages.models import Message
from makegood.organizations.models import Member
from makegood.organizations.queries import members_serving
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
    "opened": "is new, and yours",
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
    if "notes" not in payload:
        return _NOTICES[notice_code(payload)](payload)
    notes = payload["notes"]
    lines = [_line(note) for note in notes]
    codes = {note["number"] for note in notes}
    many = f"{len(codes)} recoveries need you" if len(codes) > 1 else f"Recovery R-{notes[0]['number']} needs you"
    subject = lines[0][0] if len(lines) == 1 else many
    return subject, "\n".join(f"{said}\n{link}\n" for said, link in lines)


def notice_code(payload: Mapping[str, Any]) -> str:
    """This function will say which notice a payload without notes is; its names come back in any order."""
    return next(code for code in _NOTICES if code in payload)


def _stories(payload: Mapping[str, Any]) -> tuple[str, str]:
    count = payload["stories"]
    said = "There is a new story of a recovery." if count == 1 else f"There are {count} new stories of recoveries."
    return said, f"{said}\n{settings.PUBLIC_URL}/stories\n"


def _unopened(payload: Mapping[str, Any]) -> tuple[str, str]:
    said = "A customer was let down, and no recovery could be opened for it. It is tried again by itself; look after"
    link = f"{settings.PUBLIC_URL}/customers/{payload['unopened']}"
    return "No recovery could be opened", f"{said} them meanwhile.\n{link}\n"


def _handed(payload: Mapping[str, Any]) -> tuple[str, str]:
    handed = payload["handed"]
    said = "A recovery was handed to you." if handed == 1 else f"{handed:,} recoveries were handed to you."
    return said, f"{said}\n{settings.PUBLIC_URL}/recoveries?which=mine\n"


_LOOK = "Its page says why, and what to do."


def _file(payload: Mapping[str, Any]) -> tuple[str, str]:
    link = f"{settings.PUBLIC_URL}/settings/data/files/{payload['file']}"
    if aside := payload.get("aside"):
        rows = "1 row" if aside == 1 else f"{aside:,} rows"
        said = f"{rows} of a file in the watched folder could not be taken in. All others were. {_LOOK}"
        return f"{rows} of a file could not be taken in", f"{said}\n{link}\n"
    said = f"A file in the watched folder could not be taken in. {_LOOK}"
    return "A file could not be taken in", f"{said}\n{link}\n"


def _hook(_: Mapping[str, Any]) -> tuple[str, str]:
    said = f"What was posted to us by webhook could not be taken in. {_LOOK}"
    return "A delivery could not be taken in", f"{said}\n{settings.PUBLIC_URL}/settings/webhooks\n"


def _mail(payload: Mapping[str, Any]) -> tuple[str, str]:
    said = "A mail could not be taken in" if "mail" in payload else "The mailbox cannot be read"
    return said, f"{said}. {_LOOK}\n{settings.PUBLIC_URL}/settings/mail\n"


def _asked_for_all(payload: Mapping[str, Any]) -> tuple[str, str]:
    code = f"I-{payload['incident']}"
    cost = Money(minor=payload["minor"], currency=payload["currency"])
    said = f"Incident {code} asks you for more than its owner may give: the same for all {payload['count']:,}"
    how = "Offer it from there in your own name, or raise their limit in the settings. Nothing was offered yet."
    link = f"{settings.PUBLIC_URL}/incidents/{code}"
    return f"{said}.", f"{said}.\n{payload['title']}, {cost} in all. {how}\n{link}\n"


def _proposed(payload: Mapping[str, Any]) -> tuple[str, str]:
    again = "still_proposed" in payload
    code = f"I-{payload['still_proposed' if again else 'proposed']}"
    said = f"Incident {code} {'still waits' if again else 'waits'} for a yes or no: is it one incident?"
    why = "Until then no word reaches its customers, and no recovery opens for those it holds."
    return said, f"{said}\n{payload['title']}. {why}\n{settings.PUBLIC_URL}/incidents/{code}\n"


_NOTICES: Mapping[str, Callable[[Mapping[str, Any]], tuple[str, str]]] = {
    "stories": _stories,
    "unopened": _unopened,
    "handed": _handed,
    "file": _file,
    "mail": _mail,
    "mailbox": _mail,
    "hook": _hook,
    "incident": _asked_for_all,
    "proposed": _proposed,
    "still_proposed": _proposed,
}


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
    *,
    organization_id: int,
    key: str,
    payload: Mapping[str, Any],
    at: datetime,
    of_all: bool = False,
    place_id: int | None = None,
) -> None:
    """This function will tell managers and admins, once each per `key`, what a person has to look after.

    With `of_all` it may be about any place: managers who serve some places only are not told. What is about `place_id`
    is told to those who serve that place, one around it, or all.
    """
    managers = Member.objects.filter(organization_id=organization_id, active=True, tier__gte=MANAGER).order_by("id")
    if of_all or place_id is not None:
        serving = members_serving(organization_id=organization_id, place_id=place_id)
        managers = managers.filter(Q(tier__gte=ADMIN) | Q(id__in=serving))
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
