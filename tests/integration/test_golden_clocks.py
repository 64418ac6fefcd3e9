"""The ten golden clock scenarios: what users of other help desks asked for and did not get, each named after its issue.

Those that are a deadline are asked of `makegood due` too; the others are lived through on a recovery.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import START, Org
from tests.support.recoveries import (
    DAY,
    HOUR,
    again,
    clock,
    customer,
    failure,
    journal,
    open_for,
    opened,
    playbook_with,
    reply,
    say,
    step_to,
)

from makegood.cli.main import main
from makegood.organizations.operations import calendar_publish
from makegood.recoveries.models import Recovery, RecoveryClock
from makegood.recoveries.operations import (
    clocks_acknowledge,
    close,
    pause_end,
    pause_start,
    playbook_change,
    step_done,
)
from makegood.recoveries.queries import clock_why
from makegood.recoveries.tasks import clocks_due
from makegood.store.tenancy import tenant

BY_HAND = ("acknowledgement: at_once", "acknowledgement: person")
WEEK = ("mon", "tue", "wed", "thu", "fri")
Due = Callable[..., str]
Calendar = dict[str, Any]


def hours(zone: str, *spans: tuple[str, str], holidays: tuple[str, ...] = ()) -> Calendar:
    """A calendar in the shape of the file, with the same spans from Monday to Friday."""
    weekly = {day: [list(span) for span in spans] for day in WEEK}
    return {"zone": zone, "weekly": weekly, "holidays": list(holidays)}


NINE_TO_FIVE = ("09:00", "17:00")


@pytest.fixture
def due(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Due:
    """Ask `makegood due`."""

    def ask(start: str, minutes: int, calendar: Calendar, *more: str) -> str:
        file = tmp_path / "calendar.json"
        file.write_text(json.dumps(calendar))
        arguments = ["--start", start, "--minutes", str(minutes), "--calendar", str(file), "--json", *more]
        monkeypatch.setattr(sys, "argv", ["makegood", "due", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        found: str = json.loads(capsys.readouterr().out)["due"]
        return found

    return ask


@pytest.fixture
def fix_due(make_org: Callable[..., Org]) -> Callable[[str, int, Calendar], datetime]:
    """Open a recovery whose fix is due after so many minutes of a calendar, and say by when; `why` must agree."""

    def ask(start: str, minutes: int, calendar: Calendar) -> datetime:
        org = make_org()
        with tenant(organization_id=org.id):
            by_calendar(org, calendar, f"fix: {{ minutes: {minutes}, warn_minutes: 0 }}")
        recovery = opened(org, at=datetime.fromisoformat(start))
        with tenant(organization_id=org.id):
            due_at = clock(org, recovery, "fix").due_at
            why = clock_why(organization_id=org.id, recovery_id=recovery.id, target="fix")
        assert due_at is not None
        assert why is not None
        assert why.account.end_at == due_at
        return due_at

    return ask


def by_calendar(org: Org, calendar: Calendar, fix: str = "fix: { minutes: 60, warn_minutes: 0 }") -> int:
    """Publish a calendar that holds since ever and a playbook that goes by it."""
    calendar_publish(
        organization_id=org.id,
        code="office",
        data=calendar,
        active_from=datetime.fromisoformat("2020-01-01T00:00+00:00"),
        now=START,
    )
    return playbook_with(
        org,
        BY_HAND,
        ('calendar: ""', "calendar: office"),
        ("fix: { minutes: 1440, warn_minutes: 240 }", fix),
    )


def run_clocks(org: Org, until: datetime) -> None:
    """Let the clocks run until a moment."""
    step_to(org, until)
    with tenant(organization_id=org.id):
        while clocks_due(organization_id=org.id, limit=50):
            pass


Scenario = tuple[str, int, Calendar, str]


def holds(due: Due, fix_due: Callable[[str, int, Calendar], datetime], scenarios: list[Scenario]) -> None:
    """The command and a recovery both say what was worked out by hand."""
    for start, minutes, calendar, expected in scenarios:
        assert due(start, minutes, calendar) == datetime.fromisoformat(expected).isoformat()
        assert fix_due(start, minutes, calendar) == datetime.fromisoformat(expected)


def test_chatwoot_13392_business_hours(due: Due, fix_due: Callable[..., datetime]) -> None:
    """Friday 16:30 and an hour is Monday 9:30, not Friday 17:30: 30 minutes until 17:00, 30 from 9:00."""
    office = hours("Europe/Berlin", NINE_TO_FIVE)
    holds(due, fix_due, [("2026-01-02T16:30:00+01:00", 60, office, "2026-01-05T09:30:00+01:00")])


def test_chatwoot_14009_split_shifts(due: Due, fix_due: Callable[..., datetime]) -> None:
    """Lunch does not count: 11:30 and an hour is 13:30; and from 16:30 half an hour of the next morning is needed."""
    split = hours("Europe/Berlin", ("09:00", "12:00"), ("13:00", "17:00"))
    holds(
        due,
        fix_due,
        [
            ("2026-01-05T11:30:00+01:00", 60, split, "2026-01-05T13:30:00+01:00"),
            ("2026-01-05T12:15:00+01:00", 30, split, "2026-01-05T13:30:00+01:00"),
            ("2026-01-05T16:30:00+01:00", 60, split, "2026-01-06T09:30:00+01:00"),
        ],
    )


def test_glpi_15605_pauses_survive_a_policy_change(org: Org, due: Due) -> None:
    """Paused from 10:00 to 15:00, then moved to a playbook of half the time: the five hours stay out of it."""
    with tenant(organization_id=org.id):
        playbook_with(org, BY_HAND)
    recovery = opened(org)
    who = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.employee}
    with tenant(organization_id=org.id):
        pause_start(**who, reason="customer", now=START + HOUR)
        pause_end(**who, now=START + 6 * HOUR)
        half = playbook_with(org, ("fix: { minutes: 1440", "fix: { minutes: 720"))
        assert clock(org, recovery, "fix").due_at == START + 29 * HOUR
        playbook_change(**who, playbook_id=half, now=START + 7 * HOUR)
        moved = clock(org, recovery, "fix")
        assert (moved.due_at, moved.minutes) == (START + 17 * HOUR, 720)
        why = clock_why(organization_id=org.id, recovery_id=recovery.id, target="fix")
        assert why is not None
        assert [(piece.kind, piece.length) for piece in why.account.pieces] == [
            ("counts", HOUR), ("paused", 5 * HOUR), ("counts", 11 * HOUR),
        ]  # fmt: skip
    round_the_clock = {"zone": "UTC", "weekly": {day: [["00:00", "24:00"]] for day in (*WEEK, "sat", "sun")}}
    pause = f"{(START + HOUR).isoformat()}/{(START + 6 * HOUR).isoformat()}"
    assert due(START.isoformat(), 720, round_the_clock, "--pause", pause) == (START + 17 * HOUR).isoformat()


def test_chatwoot_10178_thanks_reopens_nothing(org: Org) -> None:
    """A thanks after it is closed starts no clock and opens nothing; a complaint does both."""
    recovery = opened(org)
    with tenant(organization_id=org.id):
        who = {"organization_id": org.id, "recovery_id": recovery.id, "now": START + HOUR}
        close(**who, by=org.manager, reason="They called: all is right.")
        before = {row.target: row.state for row in recovery_clocks(org, recovery)}
        reply(org, recovery, "Thanks a lot, all good!", at=START + 2 * HOUR)
        assert again(org, recovery).state == "closed"
        assert {row.target: row.state for row in recovery_clocks(org, recovery)} == before
        reply(org, recovery, "It broke again this morning.", at=START + 3 * HOUR)
        assert again(org, recovery).state == "open"
        assert clock(org, recovery, "respond").due_at == START + 7 * HOUR


def recovery_clocks(org: Org, recovery: Recovery) -> list[RecoveryClock]:
    """All clocks of a recovery; call inside a unit of work."""
    return list(RecoveryClock.objects.filter(organization_id=org.id, recovery_id=recovery.id))


def test_chatwoot_6889_forgotten_conversations_reach_a_person(org: Org) -> None:
    """Nobody touches it: the manager is told, then the admin, again and again, until somebody says they know."""
    with tenant(organization_id=org.id):
        playbook_with(org, BY_HAND)
    recovery = opened(org)
    with tenant(organization_id=org.id):
        step_done(organization_id=org.id, recovery_id=recovery.id, step="make_good", by=org.employee, now=START)
        step_done(organization_id=org.id, recovery_id=recovery.id, step="communicate", by=org.employee, now=START)
        say(org, recovery, "acknowledgement", at=START)
    run_clocks(org, START + 6 * DAY)
    told = escalated(org, recovery)
    assert told[0] == ("warning", org.manager, START + 20 * HOUR)
    assert told[1] == ("breach", org.manager, START + DAY)
    assert told[2] == ("repeat", org.admin, START + DAY + 2 * HOUR)
    assert told[7] == ("repeat", org.admin, START + DAY + 12 * HOUR)
    daily = [START + DAY + 12 * HOUR + n * DAY for n in range(1, 5)]
    assert [at for _, _, at in told[8:]] == daily
    with tenant(organization_id=org.id):
        who = {"organization_id": org.id, "recovery_ids": [recovery.id], "by": org.manager}
        assert clocks_acknowledge(**who, now=START + 6 * DAY) == 1
        assert clocks_acknowledge(**who, now=START + 6 * DAY) == 0
        (entry,) = journal(org, recovery, "acknowledged")
        assert (entry.actor_id, entry.data) == (org.manager, {"target": "fix"})
    run_clocks(org, START + 60 * DAY)
    assert escalated(org, recovery) == told


def escalated(org: Org, recovery: Recovery) -> list[tuple[str, int, datetime]]:
    """At which level whom the clock of the fix was told, and when."""
    with tenant(organization_id=org.id):
        rows = [row for row in journal(org, recovery, "escalated") if row.data["target"] == "fix"]
    return [(row.data["level"], row.data["to"], row.at) for row in rows]


def test_zendesk_4408885881498_calendar_edits_reach_existing_cases(org: Org) -> None:
    """The shop closes at noon from tomorrow on: the open case's deadline moves, by the time that is left alone."""
    with tenant(organization_id=org.id):
        by_calendar(org, hours("UTC", NINE_TO_FIVE), "fix: { minutes: 600, warn_minutes: 0 }")
    recovery = opened(org)
    with tenant(organization_id=org.id):
        assert clock(org, recovery, "fix").due_at == START + 26 * HOUR
        calendar_publish(
            organization_id=org.id,
            code="office",
            data=hours("UTC", ("11:00", "12:00")),
            active_from=START + 12 * HOUR,
            now=START + HOUR,
        )
        # eight of the ten hours on Monday; then an hour a day from 11:00: Tuesday and Wednesday
        assert clock(org, recovery, "fix").due_at == START + 2 * DAY + 3 * HOUR
    run_clocks(org, START + 2 * DAY)
    assert escalated(org, recovery) == []


def test_frappe_3236_clock_changes_both_ways(due: Due, fix_due: Callable[..., datetime]) -> None:
    """Over the weekend of each change an office hour stays an hour, and a night counts the hours that really pass."""
    office = hours("Europe/Berlin", NINE_TO_FIVE)
    night = {"zone": "Europe/Berlin", "weekly": {day: [["00:00", "06:00"]] for day in ("sat", "sun", *WEEK)}}
    holds(
        due,
        fix_due,
        [
            ("2026-03-27T16:30:00+01:00", 60, office, "2026-03-30T09:30:00+02:00"),
            ("2026-10-23T16:30:00+02:00", 60, office, "2026-10-26T09:30:00+01:00"),
            # 0-2 and 3-6 are five hours when the clocks go forward; 0-3 and 2-6 are seven when they go back
            ("2026-03-29T00:00:00+01:00", 300, night, "2026-03-29T06:00:00+02:00"),
            ("2026-10-25T00:00:00+02:00", 420, night, "2026-10-25T06:00:00+01:00"),
        ],
    )


def test_osticket_1168_holidays_by_region(due: Due, fix_due: Callable[..., datetime]) -> None:
    """Epiphany is a holiday in Munich and a working day in Berlin: Monday 16:30 and an hour differ by a day."""
    berlin = hours("Europe/Berlin", NINE_TO_FIVE)
    munich = hours("Europe/Berlin", NINE_TO_FIVE, holidays=("2026-01-06",))
    holds(
        due,
        fix_due,
        [
            ("2026-01-05T16:30:00+01:00", 60, berlin, "2026-01-06T09:30:00+01:00"),
            ("2026-01-05T16:30:00+01:00", 60, munich, "2026-01-07T09:30:00+01:00"),
        ],
    )


def test_rule_10_first_time_customers_wait_the_least(org: Org) -> None:
    """The same failure, for who bought for the first time and for who has bought for five years (EVIDENCE T1)."""
    with tenant(organization_id=org.id):
        people = [customer(org, first_purchase_at=START - age) for age in (timedelta(0), 1825 * DAY)]
        new, old = [open_for(org, failure(org, customer_id=one))[-1] for one in people]
        assert (new.group, old.group) == ("new", "regular")
        for target in ("acknowledge", "remedy", "fix", "make_good", "update"):
            soon, later = clock(org, new, target).due_at, clock(org, old, target).due_at
            assert soon is not None
            assert later is not None
            assert soon < later
        why = clock_why(organization_id=org.id, recovery_id=new.id, target="fix")
        assert why is not None
        assert ("clock.first_time", "T1") in [(one["rule"], one["evidence"]) for one in why.reasons]


def test_osticket_407_silence_cap(org: Org) -> None:
    """No open case goes a day without word: each word starts it over; a pause for others does not stop it."""
    with tenant(organization_id=org.id):
        playbook_with(org, BY_HAND)
    recovery = opened(org)
    who = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.employee}
    with tenant(organization_id=org.id):
        assert clock(org, recovery, "update").due_at == START + DAY
        say(org, recovery, "update", at=START + 5 * HOUR)
        assert clock(org, recovery, "update").due_at == START + 29 * HOUR
        pause_start(**who, reason="third_party", now=START + 6 * HOUR)
        assert clock(org, recovery, "update").due_at == START + 29 * HOUR
        assert clock(org, recovery, "fix").due_at is None
    run_clocks(org, START + 29 * HOUR)
    with tenant(organization_id=org.id):
        assert clock(org, recovery, "update").state == "missed"
        say(org, recovery, "update", at=START + 30 * HOUR)
        anew = clock(org, recovery, "update")
        assert (anew.state, anew.due_at, anew.escalations) == ("running", START + 54 * HOUR, 0)
        pause_end(**who, now=START + 31 * HOUR)
        pause_start(**who, reason="customer", now=START + 32 * HOUR)
        assert clock(org, recovery, "update").due_at is None
        pause_end(**who, now=START + 42 * HOUR)
        assert clock(org, recovery, "update").due_at == START + 64 * HOUR
        step_done(**who, step="communicate", now=START + 43 * HOUR)
        assert clock(org, recovery, "update").state == "ended"
