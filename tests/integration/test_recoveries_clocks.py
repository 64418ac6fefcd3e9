"""Clocks: warned, missed, told again up to a limit, paused and reckoned anew; each row handled once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import START, Org
from tests.support.recoveries import (
    DAY,
    HOUR,
    again,
    clock,
    customer,
    failure,
    journal,
    makegood,
    opened,
    playbook_with,
    say,
    step_to,
    taken,
)

from makegood.core.fold import fold_recovery
from makegood.journal.models import Effect, Entry
from makegood.organizations.operations import UnableToPublishCalendar, calendar_publish
from makegood.recoveries.models import Recovery, RecoveryClock, Step
from makegood.recoveries.operations import (
    UnableToChangeRecovery,
    clock_acknowledge,
    pause_end,
    pause_start,
    recoveries_open_for,
    step_done,
)
from makegood.recoveries.queries import Filters, clock_why, recoveries_list, recovery_case, today, workload
from makegood.recoveries.tasks import clocks_due, expected_loss_refresh
from makegood.store.clocks import clock_set
from makegood.store.tenancy import tenant

BY_HAND = ("acknowledgement: at_once", "acknowledgement: person")
FOUR = (
    ("    remedy: { minutes: 480, warn_minutes: 60 }\n", ""),
    ("    update: { minutes: 1440, warn_minutes: 240 }\n", ""),
)
"""A playbook without the two targets that it may leave out."""


@pytest.fixture(autouse=True)
def acknowledged_by_hand(org: Org) -> None:
    """No message leaves by itself, so that no clock is met by one."""
    with tenant(organization_id=org.id):
        playbook_with(org, BY_HAND, *FOUR)


def run_clocks(org: Org) -> int:
    handled = 0
    while True:
        with tenant(organization_id=org.id):
            one = clocks_due(organization_id=org.id, limit=3)
        if not one:
            return handled
        handled += one


def told(org: Org, recovery: Recovery) -> list[tuple[object, ...]]:
    with tenant(organization_id=org.id):
        return [(row.at, row.data["level"], row.data["target"]) for row in journal(org, recovery, "escalated")]


def test_a_clock_warns_then_breaches_then_is_told_again_up_to_the_limit(org: Org) -> None:
    with tenant(organization_id=org.id):
        playbook_with(org, BY_HAND, *FOUR, ("repeats: 6, then_every_minutes: 1440", "repeats: 2"))
    recovery = opened(org)
    with tenant(organization_id=org.id):
        say(org, recovery, "acknowledgement", at=START)
        step_done(organization_id=org.id, recovery_id=recovery.id, step="make_good", by=org.employee, now=START)
    step_to(org, START + 10 * DAY)
    run_clocks(org)
    assert told(org, recovery) == [
        (START + 20 * HOUR, "warning", "fix"),
        (START + 24 * HOUR, "breach", "fix"),
        (START + 26 * HOUR, "repeat", "fix"),
        (START + 28 * HOUR, "repeat", "fix"),
    ]
    with tenant(organization_id=org.id):
        missed = clock(org, recovery, "fix")
        assert (missed.state, missed.next_at, missed.breached_at) == ("missed", None, START + DAY)
        assert Step.objects.get(recovery_id=recovery.id, step="fix").state == "overdue"
        staff = Effect.objects.filter(organization_id=org.id, kind="staff")
        assert {row.subject_id for row in staff} == {org.employee, org.manager, org.admin}
    assert run_clocks(org) == 0


def test_a_manager_is_told_before_and_at_a_breach(org: Org) -> None:
    recovery = opened(org)
    for at, level in ((START + 20 * HOUR, "warning.fix"), (START + DAY, "breach.fix")):
        step_to(org, at)
        run_clocks(org)
        with tenant(organization_id=org.id):
            notes = [
                note["what"]
                for effect in Effect.objects.filter(organization_id=org.id, kind="staff", subject_id=org.manager)
                for note in effect.payload["notes"]
                if note["recovery"] == recovery.id
            ]
        assert level in notes


def test_a_met_clock_is_told_no_more_and_a_late_one_stays_missed(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        step_done(organization_id=org.id, recovery_id=recovery.id, step="fix", by=org.employee, now=START + HOUR)
        assert (clock(org, recovery, "fix").state, clock(org, recovery, "fix").next_at) == ("met", None)
    step_to(org, START + 2 * HOUR)
    run_clocks(org)
    with tenant(organization_id=org.id):
        say(org, recovery, "acknowledgement", at=START + 2 * HOUR)
        late = clock(org, recovery, "acknowledge")
        assert (late.state, late.met_at, late.next_at) == ("missed", START + 2 * HOUR, None)


def test_who_acknowledges_a_breach_stops_the_repeats(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id), pytest.raises(UnableToChangeRecovery):
        clock_acknowledge(organization_id=org.id, recovery_id=recovery.id, target="fix", by=org.manager, now=START)
    step_to(org, START + DAY)
    run_clocks(org)
    with tenant(organization_id=org.id):
        for target in ("acknowledge", "fix", "make_good"):
            clock_acknowledge(
                organization_id=org.id, recovery_id=recovery.id, target=target, by=org.manager, now=START + DAY
            )
    before = told(org, recovery)
    step_to(org, START + 30 * DAY)
    assert run_clocks(org) == 0
    assert told(org, recovery) == before


def test_two_tickers_handle_each_clock_once(make_org: Callable[..., Org]) -> None:
    org = make_org(clock="real", delivery="live")
    with tenant(organization_id=org.id):
        ids = [failure(org, customer_id=customer(org)) for _ in range(60)]
        recoveries_open_for(organization_id=org.id, entries=[taken(one) for one in ids])
        due = RecoveryClock.objects.filter(organization_id=org.id, next_at__isnull=False).count()
    assert due == 300
    handled: list[int] = []

    def tick() -> None:
        try:
            for _ in range(60):
                with tenant(organization_id=org.id):
                    handled.append(clocks_due(organization_id=org.id, limit=7))
        finally:
            connection.close()

    threads = [threading.Thread(target=tick) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenant(organization_id=org.id):
        breaches = Entry.objects.filter(organization_id=org.id, event="recoveries:recovery:escalated")
        keys = [(row.subject_id, row.data["target"], row.data["turn"]) for row in breaches]
    assert sum(handled) == 300 == len(keys)
    assert len(set(keys)) == 300


def test_a_pause_moves_what_is_left_and_time_used_stays_used(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        pause_start(
            organization_id=org.id, recovery_id=recovery.id, reason="customer", note="On holiday", by=org.employee,
            now=START + 4 * HOUR,
        )  # fmt: skip
        assert (clock(org, recovery, "fix").state, clock(org, recovery, "fix").due_at) == ("paused", None)
        with pytest.raises(UnableToChangeRecovery):
            pause_start(
                organization_id=org.id, recovery_id=recovery.id, reason="other", by=org.employee, now=START + 5 * HOUR
            )
        assert again(org, recovery).due_at == START + DAY
    step_to(org, START + 10 * DAY)
    run_clocks(org)
    assert [level for _, level, _ in told(org, recovery)][:2] == ["warning", "breach"]  # the acknowledgement ran out
    assert {target for _, _, target in told(org, recovery)} == {"acknowledge"}
    with tenant(organization_id=org.id):
        pause_end(organization_id=org.id, recovery_id=recovery.id, by=org.employee, now=START + 10 * DAY)
        due_at = START + 10 * DAY + 20 * HOUR
        assert clock(org, recovery, "fix").due_at == due_at == again(org, recovery).due_at
        assert clock(org, recovery, "fix").warn_at == due_at - 4 * HOUR
        assert Step.objects.get(recovery_id=recovery.id, step="fix").due_at == due_at
        why = clock_why(organization_id=org.id, recovery_id=recovery.id, target="fix")
        assert why is not None
        assert why.due_at == due_at
        assert "clock.pause" in [reason["rule"] for reason in why.reasons]


def test_a_new_calendar_version_moves_only_the_time_that_is_left(org: Org) -> None:
    week = ("mon", "tue", "wed", "thu", "fri")
    with tenant(organization_id=org.id):
        calendar_publish(
            organization_id=org.id, code="shop", data={"zone": "UTC", "weekly": {d: [["09:00", "17:00"]] for d in week}},
            active_from=START - 9 * DAY, now=START,
        )  # fmt: skip
        playbook_with(org, ('calendar: ""', "calendar: shop"), ("fix: { minutes: 1440", "fix: { minutes: 540"))
    recovery = opened(org)
    with tenant(organization_id=org.id):
        assert clock(org, recovery, "fix").due_at == START + 25 * HOUR
        calendar_publish(
            organization_id=org.id, code="shop", data={"zone": "UTC", "weekly": {d: [["13:00", "17:00"]] for d in week}},
            active_from=START + 12 * HOUR, now=START + 9 * HOUR, by=org.admin,
        )  # fmt: skip
        assert clock(org, recovery, "fix").due_at == START + 29 * HOUR
        assert journal(org, recovery, "clocked")[0].data["target"] == "fix"
        published = Entry.objects.filter(event="organizations:calendar:published").latest("id")
        assert (published.actor_id, published.data["calendar"]) == (org.admin, "shop")


def test_a_calendar_never_changes_time_that_was_used(org: Org) -> None:
    with tenant(organization_id=org.id):
        playbook_with(org, BY_HAND, ('calendar: ""', "calendar: shop"))
    recovery = opened(org)
    before = fix_due(org, recovery)
    with pytest.raises(UnableToChangeRecovery, match="time used stays used"):
        publish(org, 9, 17, active_from=START - DAY, now=START + HOUR)
    publish(org, 9, 17, active_from=START + HOUR, now=START + HOUR)
    with pytest.raises(UnableToPublishCalendar, match="stays used"):
        publish(org, 9, 12, active_from=START + HOUR, now=START + 2 * HOUR)
    assert fix_due(org, recovery) > before


def test_a_missed_clock_stays_missed_whatever_the_calendar(org: Org) -> None:
    with tenant(organization_id=org.id):
        playbook_with(org, BY_HAND, ('calendar: ""', "calendar: shop"))
    recovery = opened(org)
    step_to(org, START + 2 * DAY)
    run_clocks(org)
    publish(org, 9, 10, active_from=START + 2 * DAY, now=START + 2 * DAY)
    with tenant(organization_id=org.id):
        missed = clock(org, recovery, "fix")
    assert (missed.state, missed.due_at) == ("missed", START + DAY)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    opens=st.integers(0, 11),
    closes=st.integers(12, 24),
    sooner=st.integers(0, 12),
    used=st.integers(0, 20),
    wait=st.integers(0, 30),
)
def test_invariant_10_a_published_calendar_moves_deadlines_by_the_time_left_alone(
    make_org: Callable[..., Org], opens: int, closes: int, sooner: int, used: int, wait: int
) -> None:
    """Less working time brings none forward, more pushes none back; the deadline is what core says, and is journalled."""
    org = make_org()
    with tenant(organization_id=org.id):
        playbook_with(
            org, BY_HAND, ('calendar: ""', "calendar: shop"), ("fix: { minutes: 1440", "fix: { minutes: 1260")
        )
    recovery = opened(org)
    now = START + used * HOUR
    step_to(org, now)
    first = fix_due(org, recovery)
    publish(org, opens, closes, active_from=now + wait * HOUR, now=now)
    less = fix_due(org, recovery)
    publish(org, max(0, opens - sooner), 24, active_from=now + (wait + 1) * HOUR, now=now)
    more = fix_due(org, recovery)
    assert first <= less
    assert more <= less
    assert first == START + 21 * HOUR
    if now + wait * HOUR >= first:
        assert less == first
    with tenant(organization_id=org.id):
        folded = fold_recovery(entries=[(entry.event, entry.data) for entry in journal(org, recovery)])
        assert folded.clocks["fix"] == ("running", more)
        why = clock_why(organization_id=org.id, recovery_id=recovery.id, target="fix")
    assert why is not None
    assert why.due_at == more


def publish(org: Org, opens: int, closes: int, *, active_from: datetime, now: datetime) -> None:
    """The shop opens every day from one full hour to another."""
    span = [[f"{opens:02}:00", f"{closes:02}:00"]]
    weekly = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), span)
    with tenant(organization_id=org.id):
        calendar_publish(
            organization_id=org.id,
            code="shop",
            data={"zone": "UTC", "weekly": weekly},
            active_from=active_from,
            now=now,
        )


def fix_due(org: Org, recovery: Recovery) -> datetime:
    """When the fix is due."""
    with tenant(organization_id=org.id):
        due_at = clock(org, recovery, "fix").due_at
    assert due_at is not None
    return due_at


def test_folding_the_journal_gives_the_states_and_deadlines_of_the_tables(org: Org) -> None:
    with tenant(organization_id=org.id):
        ids = [failure(org, customer_id=customer(org)) for _ in range(6)]
        recoveries_open_for(organization_id=org.id, entries=[taken(one) for one in ids])
        rows = list(Recovery.objects.filter(organization_id=org.id).order_by("number"))
        say(org, rows[0], "apology", at=START + HOUR, by=org.employee)
        step_done(organization_id=org.id, recovery_id=rows[1].id, step="fix", by=org.employee, now=START + HOUR)
        for row in rows[2:4]:
            pause_start(
                organization_id=org.id, recovery_id=row.id, reason="other", by=org.employee, now=START + HOUR / 2
            )
        pause_end(organization_id=org.id, recovery_id=rows[3].id, by=org.employee, now=START + 3 * HOUR)
    step_to(org, START + 3 * DAY)
    run_clocks(org)
    with tenant(organization_id=org.id):
        for row in Recovery.objects.filter(organization_id=org.id):
            folded = fold_recovery(entries=[(entry.event, entry.data) for entry in journal(org, row)])
            stored = {
                one.target: (one.state, one.due_at)
                for one in RecoveryClock.objects.filter(organization_id=org.id, recovery_id=row.id)
            }
            assert folded.clocks == stored
            assert (folded.state, folded.owner, folded.due_at) == (row.state, row.owner_id, row.due_at)


def test_expected_loss_is_what_is_at_stake_by_the_chance_of_missing(org: Org) -> None:
    with tenant(organization_id=org.id):
        clock_set(organization_id=org.id, kind="running", moment_at=START, speed=0.000001)
        a = failure(org, price_minor=20000, currency="EUR")
        b = failure(org, price_minor=10000, currency="EUR", customer_id=customer(org))
        recoveries_open_for(organization_id=org.id, entries=[taken(a), taken(b)])
        first, second = Recovery.objects.filter(organization_id=org.id).order_by("number")
        makegood(org, second, b, at=START, state="offered", value_minor=15000)
        for currency, standing in (("JPY", "accepted"), ("EUR", "withdrawn"), ("EUR", "delivered")):
            owed = {"part": "floor", "form": "money", "rule": f"{currency}.{standing}", "currency": currency}
            makegood(org, first, a, at=START, state=standing, value_minor=900_000, **owed)
        assert expected_loss_refresh(organization_id=org.id) == 2
        assert expected_loss_refresh(organization_id=org.id) == 0
        assert again(org, first).expected_loss_minor == 2000  # 200.00 by the prior of 10 %
        assert again(org, second).expected_loss_minor == 2500
        rows = today(organization_id=org.id)
        assert [row.number for row in rows] == [second.number, first.number]
        assert [len(row.steps) for row in rows] == [7, 7]


def test_the_page_of_a_recovery_holds_all_of_it(org: Org) -> None:
    recovery = opened(org, price_minor=5000, currency="EUR")
    with tenant(organization_id=org.id):
        case = recovery_case(organization_id=org.id, recovery_id=recovery.id, now=START + timedelta(hours=5))
        assert case is not None
        assert (case.customer, case.owner, case.fix) == ("Ana Ferreira", "Employee", "Deliver what was promised")
        assert [line.overdue for line in case.steps][:2] == [True, False]
        assert {line.kind for line in case.messages} == {"acknowledgement", "apology"}
        assert [line.event for line in case.timeline] == ["recoveries:recovery:opened"]
        assert case.closing is not None
        assert case.closing.missing == ("fix", "cause", "follow_up")
        listed = recoveries_list(organization_id=org.id, filters=Filters(number=1))
        assert listed.rows[0].what == "the parcel to Porto"
        assert workload(organization_id=org.id) == {org.employee: 1}
        assert recovery_case(organization_id=org.id, recovery_id=recovery.id + 999, now=START) is None
