"""A day of recoveries at the pattern of a busy day: who was mailed what and when is right for each, and nobody twice.

In the suite a small day; MAKEGOOD_TELLING_DAY=548,40 lives the whole one (`python -m benchmarks telling`).
What should have come is reckoned here a second time, hour by hour, from what happened and how each member chose.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.conftest import START, Org
from tests.support.outside import mail_server
from tests.support.telling_day import Day, lived

from makegood.journal.models import Effect, Entry
from makegood.messages.models import Message, Telling
from makegood.messages.staff import note_words
from makegood.organizations.models import Member
from makegood.store.tenancy import tenant

HOUR = timedelta(hours=1)
RECOVERIES, STAFF = (int(one) for one in os.environ.get("MAKEGOOD_TELLING_DAY", "20,8").split(","))
END = START + 49 * HOUR
URGENT = ("breach", "escalation", "approval")


def hour_of(at: datetime) -> int:
    return at.astimezone(ZoneInfo("Europe/Amsterdam")).hour


def expected(row: Telling, chosen: dict[str, object], *, away: bool, again: bool) -> datetime:
    """The first full hour at which this member may be told of this, looked for hour by hour.

    `again` says that they knew already that the same matter is late.
    """
    pace = chosen["paces"].get(row.kind, "morning" if row.kind == "news" else "at_once")  # type: ignore[attr-defined]
    quiet = chosen["quiet"]
    begins, ends = (quiet[0].hour, quiet[1].hour) if quiet else (0, 0)  # type: ignore[index]
    at = row.at.replace(minute=0, second=0, microsecond=0)
    on_the_hour = at == row.at
    hour = at if on_the_hour else at + HOUR
    waits = pace if row.kind not in URGENT else "hourly" if again else "at_once"
    if waits == "hourly":
        hour = at + HOUR
    if waits == "morning":
        hour = at + HOUR
        while hour_of(hour) != (ends if quiet else 8):
            hour += HOUR
    woken = row.kind == "escalation" and chosen["wake"] and not away
    while quiet and not woken and (hour_of(hour) >= begins or hour_of(hour) < ends):
        hour += HOUR
    return hour


def told_before(one: Telling, row: Telling) -> bool:
    """Whether they were told by one, before the other happened, that its matter is late."""
    mine = (one.member_id, one.same) == (row.member_id, row.same) and one.kind in ("breach", "escalation")
    return mine and one.state == "told" and one.at < row.at


def test_who_is_told_what_and_when_on_a_busy_day(make_org: Callable[..., Org]) -> None:
    org = make_org(delivery="live")
    with mail_server() as server:
        day = lived(org, server, staff=STAFF, recoveries=RECOVERIES)
    with tenant(organization_id=org.id):
        rows = list(Telling.objects.filter(organization_id=org.id).order_by("id"))
        away = set(Member.objects.filter(organization_id=org.id, present=False).values_list("id", flat=True))
        told_of(org, day, rows)
        mailed_once(day, rows)
        for row in rows:
            if row.state == "told":
                away_now, own = row.member_id in away, day.chosen[row.member_id]
                knew = [one.settled_at for one in rows if told_before(one, row)]
                first, later = (expected(row, own, away=away_now, again=again) for again in (False, True))
                still = row.what.startswith(("repeat", "word_waiting"))
                sure = still and any(at and at < row.at for at in knew)
                assert row.settled_at in ({later} if sure else {first, later} if still and knew else {first}), row.about
        left_out(org, rows)
    print(Counter(row.state for row in rows), len(day.mails), "mails")
    assert {"told", "seen", "settled"} <= {row.state for row in rows}


def told_of(org: Org, day: Day, rows: list[Telling]) -> None:
    """Everything that a member was to be told has one row, and what is a day old waits no more."""
    wanted: Counter[tuple[int, int, str]] = Counter()
    for payload in Effect.objects.filter(organization_id=org.id, kind="staff").values_list("payload", flat=True):
        reached = day.chosen.get(payload["member"], {}).get("by_mail")
        for note in payload["notes"] if reached else ():
            wanted[payload["member"], note["recovery"], f"{note['what']} {note['at']} {note['turn']}"] += 1
    found = Counter(
        (row.member_id, row.note["recovery"], f"{row.what} {row.note['at']} {row.note['turn']}") for row in rows
    )
    assert found == wanted
    assert set(found.values()) == {1}
    assert {row.state for row in rows if row.at < END - 26 * HOUR} <= {"told", "seen", "settled", "folded"}


def mailed_once(day: Day, rows: list[Telling]) -> None:
    """Each mail holds what its rows say, one link and each of them once; no row is in two mails."""
    left: dict[str, list[Telling]] = {}
    for row in rows:
        if row.state == "told":
            left.setdefault(row.effect_key, []).append(row)
    assert len(left) == len(day.mails)
    for mail in day.mails:
        fits = [
            key
            for key, group in left.items()
            if (group[0].member_id, group[0].settled_at) == (mail.to, mail.at)
            and 1 + len(mail.lines) + mail.more == len(group)
            and {mail.head, *mail.lines} <= {note_words(row.note)[0] for row in group}
        ]
        assert fits, (mail.at, mail.head)
        group = left.pop(fits[0])
        assert len({row.same for row in group}) == len(group)
        assert mail.links == 1
    assert left == {}


def left_out(org: Org, rows: list[Telling]) -> None:
    """What was not told had been read, was said by a later one of its matter, or something happened that settled it."""
    read = dict(Message.objects.filter(organization_id=org.id, read_at__isnull=False).values_list("id", "read_at"))
    happened: dict[int, list[datetime]] = {}
    for case, at in Entry.objects.filter(organization_id=org.id, subject="recovery").values_list("subject_id", "at"):
        happened.setdefault(case, []).append(at)
    for row in rows:
        if row.state in ("held", "told"):
            continue
        assert row.settled_at is not None
        if row.state == "seen":
            assert read[row.notice_id or 0] <= row.settled_at
        elif row.state == "folded":
            mine = [one for one in rows if (one.member_id, one.same) == (row.member_id, row.same)]
            assert any(one.at >= row.at and one.effect_key == row.effect_key and one.id != row.id for one in mine)
        else:
            over = row.what.startswith("warning.") and row.due_at is not None and row.due_at <= row.settled_at
            assert over or any(row.at <= at <= row.settled_at for at in happened[row.note["recovery"]])
