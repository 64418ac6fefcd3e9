"""A day of recoveries at the pattern of a busy day: who was told what, when and how is right for each, and nobody twice.

In the suite a small day by a grid of 20 minutes; MAKEGOOD_TELLING_DAY=548,40,1 lives the whole one by the minute
(`python -m benchmarks telling`), with a channel in Slack and one in Teams. What should have come is reckoned here
a second time, minute by minute, from what happened and how each member chose.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from tests.conftest import START, Org
from tests.support.helpdesk import helpdesk_server
from tests.support.outside import mail_server
from tests.support.push_service import push_service
from tests.support.telling_day import END, MINUTE, Day, lived
from tests.support.telling_owed import Owed, Voices, of_journal

from makegood.journal.models import Effect, Entry
from makegood.messages.models import Message, Telling
from makegood.messages.staff import note_words
from makegood.organizations.models import Member
from makegood.store.tenancy import tenant

RECOVERIES, STAFF, MINUTES = (int(one) for one in os.environ.get("MAKEGOOD_TELLING_DAY", "20,8,20").split(","))
GRID = timedelta(minutes=MINUTES)
WHOLE = STAFF >= 40
"""Of a few, who owns what, and so who is told, hangs on ids that tests before gave out."""
URGENT = ("breach", "escalation", "approval")
ASKED = ("ask", "approved", "refused")
Hours = tuple[time, time] | None


@cache
def showing(after: datetime, clock: time | None, zone: ZoneInfo) -> datetime:
    """The first minute after a moment at which a clock shows a time, or with none a full hour."""
    at = after.replace(second=0, microsecond=0) + MINUTE
    while (shows := at.astimezone(zone).time()) != (clock or shows.replace(minute=0)):
        at += MINUTE
    return at


@cache
def looked_after(due: datetime, quiet: Hours, zone: ZoneInfo) -> datetime:
    """The first moment of the grid from one on that is in no quiet hours."""
    at = START + -((START - due) // GRID) * GRID
    while quiet and holds(quiet, at.astimezone(zone).time()):
        at += GRID
    return at


def holds(quiet: tuple[time, time], clock: time) -> bool:
    begins, ends = quiet
    return begins <= clock < ends if begins < ends else clock >= begins or clock < ends


def expected(row: Telling, own: dict[str, object], *, away: bool, again: bool) -> datetime:
    """The first moment of the grid at which this member may be told of this.

    `again` says that they knew already that the same matter is late.
    """
    pace = own["paces"].get(row.kind, "morning" if row.kind == "news" else "at_once")  # type: ignore[attr-defined]
    zone, quiet = ZoneInfo(str(own["zone"]) or "Europe/Amsterdam"), own["quiet"]
    waits = pace if row.kind not in URGENT else "hourly" if again else "at_once"
    due = row.at
    if waits == "hourly":
        due = showing(row.at, None, zone)
    if waits == "morning":
        due = showing(row.at, quiet[1] if quiet else time(8), zone)  # type: ignore[index]
    woken = row.kind == "escalation" and own["wake"] and not away
    return looked_after(due, None if woken else quiet, zone)  # type: ignore[arg-type]


def moments_of(
    row: Telling, own: dict[str, object], same: list[Telling], *, away: bool
) -> tuple[set[datetime], datetime]:
    """When this may be told, one moment or two, and the last by which it is decided whether it needs telling.

    Two where it says once more that something is late, and its member came to know that at the very moment at which
    this could go: whichever is decided first.
    """
    first, later = (expected(row, own, away=away, again=again) for again in (False, True))
    last = max(first, later)
    if not row.what.startswith(("repeat", "word_waiting")):
        return {first}, first
    asked_at = looked_after(row.at, None, ZoneInfo("UTC"))
    knew = [one.settled_at for one in same if told_late(one) and one.at < row.at]
    if any(at and at < asked_at for at in knew):
        return {later}, later
    return ({first, later} if any(at and at <= first for at in knew) else {first}), last


def told_late(one: Telling) -> bool:
    """Whether its member was told by this that the matter is late."""
    return one.kind in ("breach", "escalation") and one.state == "told"


def matters_of(rows: list[Telling]) -> dict[tuple[int, str], list[Telling]]:
    """What each member is told of each matter."""
    found: dict[tuple[int, str], list[Telling]] = {}
    for row in rows:
        found.setdefault((row.member_id, row.same), []).append(row)
    return found


def test_who_is_told_what_and_when_on_a_busy_day(make_org: Callable[..., Org], monkeypatch: pytest.MonkeyPatch) -> None:
    org = make_org(delivery="live")
    with mail_server() as server, helpdesk_server(monkeypatch) as chat, push_service(monkeypatch) as push:
        day = lived(org, server, chat, push, staff=STAFF, recoveries=RECOVERIES, minutes=MINUTES)
    with tenant(organization_id=org.id):
        rows = list(Telling.objects.filter(organization_id=org.id).order_by("id"))
        notes = noted(org)
        heard_of(org, day.voices, notes)
        told_of(day, rows, notes)
        told_once(day, rows)
        by_one_way(day, rows)
        told_in_time(org, day, rows)
        nothing_over(org, day.voices, rows)
        left_out(org, day.voices, rows)
    print(Counter(row.state for row in rows), Counter(one.way for one in day.told), "tellings")
    print(
        Counter(row.kind for row in rows if row.state == "told"), "told", Counter(one.what for one in day.voices.owed)
    )
    assert {"told", "seen", "settled"} <= {row.state for row in rows}
    assert day.voices.owed
    if WHOLE:
        assert {one.way for one in day.told} == {"mail", "chat", "push"}
        assert {"approval", "customer"} <= {row.kind for row in rows if row.state == "told" and row.way == "chat"}
        assert {"ask", "reply"} <= {row.what.partition(".")[0] for row in rows if row.state == "settled"}


def noted(org: Org) -> list[Owed]:
    """All that the product means to tell anybody of a recovery."""
    payloads = Effect.objects.filter(organization_id=org.id, kind="staff").values_list("payload", flat=True)
    return [
        Owed(
            to=payload["member"],
            recovery=note["recovery"],
            what=note["what"],
            at=datetime.fromisoformat(note["at"]),
            turn=note["turn"],
            approval=note.get("approval"),
        )
        for payload in payloads
        for note in payload["notes"]
    ]


def heard_of(org: Org, voices: Voices, notes: list[Owed]) -> None:
    """Of a yes asked for, its answer, a customer's words, a clock and a recovery exactly those hear who must, once."""
    assert Counter(notes) == Counter(voices.owed + of_journal(org))
    assert set(Counter(notes).values()) == {1}


def told_of(day: Day, rows: list[Telling], notes: list[Owed]) -> None:
    """Everything that a member was to be told has one row, and what is a day old waits no more."""
    wanted = Counter(one for one in notes if day.chosen.get(one.to, {}).get("by_mail"))
    found = Counter(
        Owed(
            to=row.member_id,
            recovery=row.note["recovery"],
            what=row.what,
            at=row.at,
            turn=row.note["turn"],
            approval=row.note.get("approval"),
        )
        for row in rows
    )
    assert found == wanted
    assert set(found.values()) == {1}
    assert {row.state for row in rows} <= {"told", "seen", "settled", "folded", "unknown", "held"}


def told_in_time(org: Org, day: Day, rows: list[Telling]) -> None:
    """Each was told, or left, at its moment, and not before; what waits still has its moment to come."""
    away = set(Member.objects.filter(organization_id=org.id, present=False).values_list("id", flat=True))
    matters = matters_of(rows)
    for row in rows:
        same = matters[row.member_id, row.same]
        at, last = moments_of(row, day.chosen[row.member_id], same, away=row.member_id in away)
        if row.state in ("told", "unknown"):
            assert row.settled_at in at, row.about
        elif row.state == "held":
            assert last > END, row.about
        else:
            assert row.settled_at is not None
            assert row.settled_at <= last, row.about


def by_one_way(day: Day, rows: list[Telling]) -> None:
    """By the way that each chose, and mailed only what surely did not go by that; what may have gone is left alone."""
    keys: dict[str, set[str]] = {"unknown": set(), "fell back": set()}
    for row in rows:
        if row.state == "unknown":
            keys["unknown"].add(row.effect_key)
        if row.state in ("told", "unknown"):
            chosen = day.chosen[row.member_id]["way"]
            assert (row.way, row.fell_back) in ((chosen, False), ("mail", chosen != "mail")), row.about
    assert len(keys["unknown"]) == day.answered[500]
    surely_not = day.answered[404] + day.answered[403]
    assert sum(row.fell_back for row in rows) >= surely_not


def told_once(day: Day, rows: list[Telling]) -> None:
    """Each telling holds what its rows say, one link and each of them once; no row is in two, by whichever way."""
    left: dict[str, list[Telling]] = {}
    matters = matters_of(rows)
    for row in rows:
        if row.state == "told":
            left.setdefault(row.effect_key, []).append(row)
    assert len(left) == len(day.told)
    for mail in day.told:
        fits = [
            key
            for key, group in left.items()
            if (group[0].member_id, group[0].settled_at, group[0].way) == (mail.to, mail.at, mail.way)
            and 1 + len(mail.lines) + mail.more == len(group)
            and {mail.head, *mail.lines} <= {note_words(row.note)[0] for row in group}
        ]
        assert fits, (mail.at, mail.head)
        group = left.pop(fits[0])
        assert len({row.same for row in group}) == len(group)
        (first, *_) = (row for row in group if note_words(row.note)[0] == mail.head)
        if first.what.startswith("ask"):
            said = [one for one in matters[first.member_id, first.same] if one.effect_key == first.effect_key]
            others = {one.note["approval"] for one in said} - {first.note["approval"]}
            alone = mail.way != "chat" and not others
            assert ("/approve/" in mail.link) == alone, "a yes to one question, in words that nobody else reads"
            assert alone or mail.link.endswith(f"/recoveries/R-{first.note['number']}#give")
        else:
            assert mail.link.endswith(f"/recoveries/R-{first.note['number']}")
    assert left == {}


def nothing_over(org: Org, voices: Voices, rows: list[Telling]) -> None:
    """Nobody was told of what they had read, of a question that was answered, or of words that were answered."""
    read = read_at(org)
    for row in rows:
        if row.state not in ("told", "unknown"):
            continue
        assert row.settled_at is not None
        seen_at = read.get(row.notice_id or 0)
        assert seen_at is None or seen_at > row.settled_at, row.about
        if row.what.startswith("ask"):
            decided_at = voices.asked[row.note["approval"]].decided_at
            assert decided_at is None or decided_at > row.settled_at, row.about
        if row.what.startswith("reply"):
            replied = [at for at in voices.replied[row.note["recovery"]] if at <= row.settled_at]
            assert not answers(voices, row, since=max(replied)), row.about


def answers(voices: Voices, row: Telling, *, since: datetime) -> list[datetime]:
    """When the customer of a row was answered, from a moment on and before it was settled."""
    assert row.settled_at is not None
    found = voices.answered.get(row.note["recovery"], [])
    return [at for at in found if since <= at <= row.settled_at]


def read_at(org: Org) -> dict[int, datetime]:
    """When each notice was read."""
    rows = Message.objects.filter(organization_id=org.id, read_at__isnull=False)
    return {one: at for one, at in rows.values_list("id", "read_at") if at is not None}


def left_out(org: Org, voices: Voices, rows: list[Telling]) -> None:
    """What was not told had been read, was said by a later one of its matter, or something happened that settled it."""
    read = read_at(org)
    happened: dict[int, list[datetime]] = {}
    for case, at in Entry.objects.filter(organization_id=org.id, subject="recovery").values_list("subject_id", "at"):
        happened.setdefault(case, []).append(at)
    matters = matters_of(rows)
    for row in rows:
        if row.state in ("held", "told", "unknown"):
            continue
        assert row.settled_at is not None
        what = row.what.partition(".")[0]
        if row.state == "seen":
            assert read[row.notice_id or 0] <= row.settled_at
        elif row.state == "folded":
            same = matters[row.member_id, row.same]
            (later,) = (one for one in same if one.effect_key == row.effect_key and one.state in ("told", "unknown"))
            assert later.at >= row.at, "it left with that one"
        elif what == "ask":
            decided_at = voices.asked[row.note["approval"]].decided_at
            assert decided_at is not None, "nobody answered it"
            assert decided_at <= row.settled_at
        elif what == "reply":
            assert answers(voices, row, since=row.at), "nobody answered them"
        else:
            assert what not in ASKED, "what somebody asked for and was told is not over while its recovery is open"
            over = what == "warning" and row.due_at is not None and row.due_at <= row.settled_at
            assert over or any(row.at <= at <= row.settled_at for at in happened[row.note["recovery"]])
