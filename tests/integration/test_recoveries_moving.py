"""Moving an open recovery to another version of a playbook: what still runs goes by it, and time used stays used."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import START, Org
from tests.support.recoveries import DAY, HOUR, again, clock, journal, opened, playbook_with, say, step_to

from makegood.config.working import work_dry
from makegood.organizations.operations import calendar_publish
from makegood.recoveries.models import RecoveryClock, Step
from makegood.recoveries.operations import UnableToChangeRecovery, playbook_change, step_done
from makegood.recoveries.tasks import clocks_due
from makegood.store.tenancy import tenant

BY_HAND = ("acknowledgement: at_once", "acknowledgement: person")
NO_UPDATE = ("    update: { minutes: 1440, warn_minutes: 240 }\n", "")


def test_time_used_by_one_calendar_stays_used_under_another(org: Org) -> None:
    """Ten hours used around the clock; the fourteen left go by a shop that opens at nine for eight hours."""
    recovery = opened(org)
    week = ("mon", "tue", "wed", "thu", "fri")
    with tenant(organization_id=org.id):
        calendar_publish(
            organization_id=org.id, code="shop", data={"zone": "UTC", "weekly": {d: [["09:00", "17:00"]] for d in week}},
            active_from=START - DAY, now=START - DAY,
        )  # fmt: skip
        version = playbook_with(org, BY_HAND, ('calendar: ""', "calendar: shop"))
        who = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.manager}
        playbook_change(**who, playbook_id=version, now=START + 10 * HOUR)
        # 19:00 on Monday: eight hours on Tuesday, six on Wednesday
        assert clock(org, recovery, "fix").due_at == START + 2 * DAY + 6 * HOUR
        assert Step.objects.get(recovery_id=recovery.id, step="fix").due_at == START + 2 * DAY + 6 * HOUR
        # a week to find the cause is a week, whatever the shop's hours
        assert Step.objects.get(recovery_id=recovery.id, step="improve").due_at == START + 7 * DAY
        assert again(org, recovery).playbook_id == version
        (entry,) = journal(org, recovery, "moved")
        assert (entry.actor_id, entry.data["calendar_was"], entry.data["calendar"]) == (org.manager, "", "shop")


def test_what_was_met_or_missed_stays_and_what_is_new_starts_now(org: Org) -> None:
    with tenant(organization_id=org.id):
        playbook_with(org, BY_HAND, NO_UPDATE)
    recovery = opened(org)
    with tenant(organization_id=org.id):
        who = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.manager}
        step_done(**who, step="fix", now=START + HOUR)
        met = clock(org, recovery, "fix")
        version = playbook_with(org, BY_HAND, ("fix: { minutes: 1440", "fix: { minutes: 720"))
        assert not RecoveryClock.objects.filter(recovery_id=recovery.id, target="update").exists()
        playbook_change(**who, playbook_id=version, now=START + 2 * HOUR)
        kept = clock(org, recovery, "fix")
        assert (kept.state, kept.minutes, kept.due_at) == ("met", met.minutes, met.due_at)
        assert clock(org, recovery, "update").due_at == START + 2 * HOUR + timedelta(minutes=1440)
        playbook_change(**who, playbook_id=playbook_with(org, BY_HAND, NO_UPDATE), now=START + 3 * HOUR)
        assert clock(org, recovery, "update").state == "ended"


def test_a_move_to_nothing_or_to_the_same_is_refused(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        who = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.manager, "now": START + HOUR}
        with pytest.raises(UnableToChangeRecovery, match="no such version"):
            playbook_change(**who, playbook_id=2**40)
        with pytest.raises(UnableToChangeRecovery, match="already"):
            playbook_change(**who, playbook_id=recovery.playbook_id)
        assert journal(org, recovery, "moved") == []


def test_a_word_may_leave_after_a_late_one_under_a_playbook_that_caps_no_silence(org: Org) -> None:
    """The clock of the next word ran out before; where no silence is capped any more, nothing starts it over."""
    recovery = opened(org)
    work_dry(only=[org.id])
    step_to(org, START + 2 * DAY)
    with tenant(organization_id=org.id):
        while clocks_due(organization_id=org.id, limit=100):
            pass
        assert clock(org, recovery, "update").state == "missed"
        uncapped = playbook_with(org, ("    update: { minutes: 1440, warn_minutes: 240 }\n", ""))
        now = START + 2 * DAY
        playbook_change(organization_id=org.id, recovery_id=recovery.id, playbook_id=uncapped, by=org.manager, now=now)
        say(org, recovery, "update", at=now + HOUR)
        assert clock(org, recovery, "update").state == "missed"
