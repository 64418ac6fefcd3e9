"""Telling members outside of Makegood: what is told to whom by which one way, held until it may go, and sent once.

A notice stands in Makegood at once, and its effect says here what is to be told (`staff_carry`). Each thing is a row
of its member's. When its time comes (`tellings_due`) it is decided anew by `core.telling`: what was seen or
settled meanwhile is not told, what may not go yet is held on, and what goes leaves as one effect, by the one way
of its member, for all that they are told at once. The moment it leaves, it is asked once more (`messages.telling_out`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import attrs
from django.conf import settings
from django.db.models import QuerySet

from makegood.core.telling import Decision, Waiting, decide, folded, kind_of
from makegood.journal.carrying import Claimed, Outcome
from makegood.journal.outbox import Wanted, effects_add
from makegood.messages.models import Message, Telling
from makegood.messages.staff import notice_code
from makegood.organizations.telling import Ears, ears_of, on_duty, open_at
from makegood.store.bulk import insert
from makegood.store.clocks import moment as store_moment
from makegood.store.secrets import keyed_hash
from makegood.store.tenancy import tenant
from makegood.store.wiring import wired

Notes = Mapping[int, tuple[int, datetime, Mapping[str, Any]]]
"""Things told, by the id of their row: to which member, since when, and the note."""
_settling: list[Callable[..., set[int]]] = []
_seeing: list[Callable[..., set[int]]] = []
OF_CLOCKS = ("warning", "breach", "repeat")
STILL = ("repeat", "word_waiting", "still_proposed")
"""What says once more that something is late, or still waits for an answer."""
COLUMNS = (
    "organization_id", "member_id", "way", "kind", "what", "about", "same", "note", "notice_id", "at", "due_at",
    "tell_at", "state", "effect_key", "reasons",
)  # fmt: skip


def settling(asked: Callable[..., set[int]]) -> None:
    """Register who knows what needs telling no more, asked as asked(organization_id=, notes=); only `config` does.

    The answer is the ids of those notes about which there is nothing left to do for their member.
    """
    _settling.append(asked)


def seeing(asked: Callable[..., set[int]]) -> None:
    """Register who knows what members opened since it happened, asked in the same way; only `config` does."""
    _seeing.append(asked)


@attrs.frozen(kw_only=True)
class Thing:
    """One thing that an effect tells its member, and when that happened."""

    what: str
    kind: str
    about: str
    same: str
    at: datetime
    note: Mapping[str, Any]
    due_at: datetime | None


def things_of(effect: Claimed) -> Iterator[Thing]:
    """This function will take an effect apart into what it tells: a thing for each note, or itself."""
    payload = {name: value for name, value in effect.payload.items() if name != "member"}
    if "notes" not in payload:
        what = notice_code(payload)
        yield Thing(
            what=what,
            kind=kind_of(what=what),
            about=effect.idempotency_key,
            same=payload.get("same", effect.idempotency_key),
            at=effect.run_at,
            note=payload,
            due_at=None,
        )
        return
    for note in payload["notes"]:
        what, _, clock = note["what"].partition(".")
        since = note.get("at") or effect.run_at.isoformat()
        asked = f":{note['approval']}" if note.get("approval") else ""
        yield Thing(
            what=note["what"],
            kind=kind_of(what=note["what"], above=note.get("above", False)),
            about=f"{note['recovery']}:{note['what']}:{note.get('turn', 0)}:{since}{asked}",
            same=f"{note['recovery']}:{clock if what in OF_CLOCKS else what.partition('_')[0]}",
            at=datetime.fromisoformat(since),
            note=note,
            due_at=datetime.fromisoformat(note["due_at"]) if note.get("due_at") else None,
        )


def way_of(*, ears: Ears | None, fell_back: bool = False) -> str:
    """This function will say by which one way a member can be told now; "" is none.

    It is the one that they chose while that is there, and mail where it is not, or `fell_back` from it.
    """
    if ears is None or not ears.active:
        return ""
    if not fell_back and ((ears.way == "chat" and ears.chat) or (ears.way == "push" and ears.push)):
        return ears.way
    return "mail" if ears.by_mail and ears.user_id is not None and settings.EMAIL_URL else ""


def staff_inside(*, organization_id: int, effects: Sequence[Claimed]) -> set[int]:
    """This function will say which of these effects tell members whom no way reaches: their notice is all."""
    ears = ears_of(organization_id=organization_id, member_ids={one.payload["member"] for one in effects})
    return {one.id for one in effects if not way_of(ears=ears.get(one.payload["member"]))}


def staff_carry(*, organization_id: int, effect: Claimed) -> Outcome:
    """This function will note what one member is to be told, and when; once, however often it is called.

    Opens its own unit of work.
    """
    with tenant(organization_id=organization_id):
        member_id = effect.payload["member"]
        ears = ears_of(organization_id=organization_id, member_ids=[member_id]).get(member_id)
        way = way_of(ears=ears)
        if not way:
            return Outcome(state="done", text="inside only")
        notice = Message.objects.filter(
            organization_id=organization_id, key_hash=keyed_hash(effect.idempotency_key, purpose="staff")
        )
        notice_id = notice.values_list("id", flat=True).first()
        now = store_moment(organization_id=organization_id).now
        rows: list[tuple[Any, ...]] = [
            (
                organization_id, member_id, way, one.kind, one.what, one.about[:200], one.same[:200], dict(one.note),
                notice_id, one.at, one.due_at, now, "held", "", [],
            )
            for one in things_of(effect)
        ]  # fmt: skip
        insert(Telling, COLUMNS, rows, on_conflict="ON CONFLICT DO NOTHING")
    return Outcome(state="done", text=f"to be told by {way}")


@attrs.frozen(kw_only=True)
class Judged:
    """A row with what is decided about it now."""

    row: Telling
    decision: Decision
    why: str


def judged(*, organization_id: int, rows: Sequence[Telling], ears: Mapping[int, Ears], now: datetime) -> list[Judged]:
    """This function will decide about each of these rows by what is known now."""
    read = set(
        Message.objects.filter(
            organization_id=organization_id, id__in=[row.notice_id for row in rows], read_at__isnull=False
        ).values_list("id", flat=True)
    )
    over, seen = _answers(_settling, organization_id, rows), _answers(_seeing, organization_id, rows)
    before = _told_before(organization_id, rows)
    opened = open_at(organization_id=organization_id, at=now)
    found = []
    for row in rows:
        mine = ears.get(row.member_id)
        if mine is None:
            continue
        decision = decide(
            kind=row.kind,
            at=row.at,
            now=now,
            choices=mine.choices,
            on_duty=on_duty(ears=mine, opened=opened),
            again=row.what.startswith(STILL) and row.at > before.get((row.member_id, row.same), row.at),
            seen=row.id in seen or row.notice_id in read,
            settled=not mine.active or row.id in over,
        )
        why = "settled" if decision.reasons[0].rule == "telling.settled" else "seen"
        found.append(Judged(row=row, decision=decision, why=why))
    return found


def still_wait(*, organization_id: int, rows: Sequence[Telling]) -> list[Telling]:
    """This function will keep those of these rows that wait still: nothing was settled, and nothing opened."""
    over = _answers(_settling, organization_id, rows) | _answers(_seeing, organization_id, rows)
    return [row for row in rows if row.id not in over]


def _told_before(organization_id: int, rows: Sequence[Telling]) -> dict[tuple[int, str], datetime]:
    """Since when each member knows, by whichever way, that a matter of these rows is late."""
    told = Telling.objects.filter(
        organization_id=organization_id,
        member_id__in={row.member_id for row in rows},
        same__in={row.same for row in rows},
        kind__in=["breach", "escalation", "approval"],
        state="told",
    )
    since: dict[tuple[int, str], datetime] = {}
    for member_id, same, at in told.order_by("-at").values_list("member_id", "same", "at"):
        since[member_id, same] = at
    return since


def _answers(asked: Sequence[Callable[..., set[int]]], organization_id: int, rows: Collection[Telling]) -> set[int]:
    wired()
    notes: Notes = {row.id: (row.member_id, row.at, row.note) for row in rows}
    return {one for each in asked for one in each(organization_id=organization_id, notes=notes)}


def tellings_due(*, organization_id: int, limit: int = 1000) -> int:
    """This function will decide about what is held until now; what goes leaves as one effect a member and way.

    Called by the ticker inside the organization's unit of work; returns how many rows it handled.
    """
    now = store_moment(organization_id=organization_id).now
    rows = list(
        Telling.objects.select_for_update(skip_locked=True)
        .filter(organization_id=organization_id, state="held", tell_at__lte=now)
        .order_by("tell_at", "id")[:limit]
    )
    ears = ears_of(organization_id=organization_id, member_ids={row.member_id for row in rows})
    going = []
    for one in judged(organization_id=organization_id, rows=rows, ears=ears, now=now):
        if one.decision.do != "now":
            put_aside(one, now=now)
        elif way := way_of(ears=ears.get(one.row.member_id), fell_back=one.row.fell_back):
            one.row.way = way
            going.append(one.row)
        else:
            one.row.state, one.row.settled_at = "failed" if one.row.fell_back else "stopped", now
        one.row.reasons = [reason.as_dict() for reason in one.decision.reasons]
    wanted = []
    going.sort(key=lambda row: (row.member_id, row.way, row.id))
    for (member_id, way), group in groupby(going, key=lambda row: (row.member_id, row.way)):
        wanted.append(_leave(member_id, way, list(group), now))
    for row in rows:
        row.save(update_fields=["way", "state", "tell_at", "settled_at", "effect_key", "reasons"])
    effects_add(organization_id=organization_id, wanted=wanted)
    return len(rows)


def folded_into(*, row: Telling) -> QuerySet[Telling]:
    """This function will find what was left to a row to tell that leaves, or left, in the same effect."""
    return Telling.objects.filter(
        organization_id=row.organization_id,
        member_id=row.member_id,
        same=row.same,
        effect_key=row.effect_key,
        state="folded",
    )


def hold_on(row: Telling, *, now: datetime) -> None:
    """This function will hold a row that does not leave by the way that it was to leave by: it takes another one."""
    row.state, row.tell_at, row.effect_key = "held", now, ""


def put_aside(one: Judged, *, now: datetime) -> None:
    """This function will let a row that does not go now be held until its time, or be over."""
    row = one.row
    row.effect_key = ""
    if one.decision.do == "hold" and one.decision.until is not None:
        row.state, row.tell_at = "held", one.decision.until
    else:
        row.state, row.settled_at = one.why, now


def waiting_of(row: Telling) -> Waiting:
    """This function will show a row as the rule that folds matters together takes it."""
    return Waiting(id=row.id, kind=row.kind, same=row.same, at=row.at, due_at=row.due_at)


def _leave(member_id: int, way: str, rows: Sequence[Telling], now: datetime) -> Wanted:
    """Let rows of one member and way leave in one effect; of one matter only how it stands now."""
    told = folded(waiting=[waiting_of(row) for row in rows])
    key = f"tell:{way}:{member_id}:{told.said[0].id}:{int(now.timestamp() * 1000)}"
    for row in rows:
        row.effect_key = key
        row.state, row.settled_at = ("folded", now) if row.id in told.folded else ("leaving", None)
    return Wanted(
        kind="tell",
        idempotency_key=key,
        subject="member",
        subject_id=member_id,
        run_at=now,
        payload={"member": member_id, "way": way},
    )
