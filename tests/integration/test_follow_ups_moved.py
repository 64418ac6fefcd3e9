"""Looks after the customer go by what they are, not by where they stand in the playbook."""

from __future__ import annotations

from tests.conftest import START, Org
from tests.support.recoveries import HOUR, Recovery, failure, fixed, makegood, open_for, playbook_with, tell

from makegood.journal.operations import Happened
from makegood.organizations.models import PlaybookVersion
from makegood.recoveries.models import FollowUp
from makegood.recoveries.operations import playbook_change
from makegood.store.tenancy import tenant


def planned(org: Org, recovery: Recovery) -> list[tuple[str, int]]:
    """Each follow-up and in how many days after START it comes; call inside a unit of work."""
    rows = FollowUp.objects.filter(organization_id=org.id, recovery_id=recovery.id).order_by("due_at")
    return [(one.action, (one.due_at - START).days) for one in rows]


def delivered(org: Org, recovery: Recovery, failure_id: int) -> None:
    """Something is delivered an hour after START; call inside a unit of work."""
    given = makegood(org, recovery, failure_id, at=START + HOUR)
    tell(
        org,
        Happened(
            at=START + HOUR, event="makegoods:makegood:delivered", subject="makegood", subject_id=given.id,
            data={"failure": failure_id, "part": "extra", "minor": 9, "currency": "EUR"},
        ),
    )  # fmt: skip


def test_a_check_in_stays_a_check_in_under_another_playbook(org: Org) -> None:
    with tenant(organization_id=org.id):
        failure_id = failure(org)
        (recovery,) = open_for(org, failure_id)
        other = playbook_with(
            org,
            ("  - { action: check_in, days: 3, send: person, groups: [new] }\n", ""),
            ("see_return, days: 30", "see_return, days: 90"),
        )
        playbook_change(
            organization_id=org.id, recovery_id=recovery.id, playbook_id=other, by=org.manager, now=START
        )  # fmt: skip
        fixed(org, recovery)
        delivered(org, recovery, failure_id)
        assert planned(org, recovery) == [("ask_score", 1), ("check_in", 7), ("see_return", 90)]


def test_a_frozen_playbook_that_asks_twice_asks_once(org: Org) -> None:
    """Such a playbook is refused now; one that was published before must not stop deliveries."""
    with tenant(organization_id=org.id):
        twice = PlaybookVersion.objects.filter(code="default").latest("version")
        asks = {"action": "ask_score", "days": 30, "send": "at_once"}
        PlaybookVersion.objects.create(
            organization_id=org.id, code="default", version=twice.version + 1, text=twice.text, published_at=START,
            data={**twice.data, "follow_ups": [*twice.data["follow_ups"], asks]},
        )  # fmt: skip
        failure_id = failure(org)
        (recovery,) = open_for(org, failure_id)
        fixed(org, recovery)
        delivered(org, recovery, failure_id)
        assert [one for one in planned(org, recovery) if one[0] == "ask_score"] == [("ask_score", 1)]
