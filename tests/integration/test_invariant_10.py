"""Invariant 10 on a recovery: whatever is done to it, each clock's deadline is what its account re-adds to.

Pauses, words, calendars, playbooks and steps come in any order. No pause and no lesser calendar brings a deadline
forward, and folding the journal gives the deadlines that the rows hold.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import START, Org
from tests.support.recoveries import HOUR, again, journal, opened, playbook_with, reply, say, step_to

from makegood.core.fold import fold_recovery
from makegood.organizations.operations import calendar_publish
from makegood.recoveries.models import PAUSE_REASONS, Pause, Recovery, RecoveryClock
from makegood.recoveries.operations import pause_end, pause_start, playbook_change, step_done
from makegood.recoveries.queries import clock_why
from makegood.recoveries.tasks import clocks_due
from makegood.store.tenancy import tenant

NEVER = START + timedelta(days=4000)
BY_HAND = ("acknowledgement: at_once", "acknowledgement: person")
ACTS = ("pause", "resume", "word", "reply", "fewer hours", "playbook", "step", "tick")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Did = tuple[str, int, int]


def deadlines(org: Org, recovery: Recovery) -> dict[str, tuple[datetime, datetime]]:
    """When each running or paused clock started and is due; never while a pause hides it."""
    with tenant(organization_id=org.id):
        rows = RecoveryClock.objects.filter(organization_id=org.id, recovery_id=recovery.id)
        return {row.target: (row.started_at, row.due_at or NEVER) for row in rows if row.state in ("running", "paused")}


def do(org: Org, recovery: Recovery, did: Did, now: datetime, hours: list[int]) -> None:
    """Do one thing to the recovery; what is refused changes nothing."""
    act, pick, _ = did
    who = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.employee, "now": now}
    with tenant(organization_id=org.id):
        if act == "pause":
            pause_start(**who, reason=PAUSE_REASONS[pick % 4])
        elif act == "resume":
            pause_end(**who)
        elif act == "word":
            say(org, recovery, ("update", "offer", "acknowledgement")[pick % 3], at=now)
        elif act == "reply":
            reply(org, recovery, "It is still not here.", at=now)
        elif act == "fewer hours":
            hours[0] = max(hours[0] - 1 - pick % 3, 1)
            publish(org, hours[0], now + HOUR * (1 + pick), now=now)
        elif act == "playbook":
            calendar = ("shop", "")[pick % 2]
            version = playbook_with(
                org, BY_HAND, ('calendar: ""', f'calendar: "{calendar}"'), ("fix: { minutes: 1440", f"fix: {{ minutes: {300 + pick * 60}")
            )  # fmt: skip
            playbook_change(**who, playbook_id=version)
        elif act == "step":
            step_done(**who, step=("fix", "make_good", "communicate")[pick % 3])
        else:
            while clocks_due(organization_id=org.id, limit=50):
                pass


def publish(org: Org, hours: int, active_from: datetime, *, now: datetime = START) -> None:
    """Say now that the shop opens every day at noon, for so many hours, from a moment on."""
    weekly = {day: [["12:00", f"{12 + hours}:00"]] for day in DAYS}
    calendar_publish(
        organization_id=org.id, code="shop", data={"zone": "UTC", "weekly": weekly}, active_from=active_from, now=now
    )


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 7), st.integers(0, 20)), min_size=1, max_size=8))
def test_invariant_10_every_account_readds_to_its_deadline_whatever_was_done(
    make_org: Callable[..., Org], things: list[Did]
) -> None:
    org, hours, now = make_org(), [12], START
    with tenant(organization_id=org.id):
        publish(org, 12, START - timedelta(days=9))
        playbook_with(org, BY_HAND, ('calendar: ""', "calendar: shop"))
    recovery = opened(org)
    for did in things:
        now += did[2] * HOUR + timedelta(minutes=7)
        step_to(org, now)
        before = deadlines(org, recovery)
        try:
            do(org, recovery, did, now, hours)
        except ValueError:
            continue
        after = deadlines(org, recovery)
        if did[0] in ("pause", "fewer hours"):
            assert all(after[target][1] >= due_at for target, (_, due_at) in before.items())
        checked(org, recovery)


def checked(org: Org, recovery: Recovery) -> None:
    """Every clock's row, its account and the folded journal agree."""
    with tenant(organization_id=org.id):
        folded = fold_recovery(entries=[(entry.event, entry.data) for entry in journal(org, recovery)])
        for row in RecoveryClock.objects.filter(organization_id=org.id, recovery_id=recovery.id):
            why = clock_why(organization_id=org.id, recovery_id=recovery.id, target=row.target)
            assert why is not None
            assert why.due_at == row.due_at, (row.target, row.state)
            lengths = sum((piece.length for piece in why.account.pieces), timedelta())
            assert row.started_at + lengths == why.account.end_at
            if row.due_at is not None:
                assert why.account.end_at == row.due_at
                assert why.account.used == timedelta(minutes=row.minutes)
            assert folded.clocks[row.target] == (row.state, row.due_at)
        assert folded.due_at == again(org, recovery).due_at
        assert Pause.objects.filter(organization_id=org.id, recovery_id=recovery.id, to_at=None).count() <= 1
