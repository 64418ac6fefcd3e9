"""What staff were told, on a page: a bell that counts it, and each member's own to mark as read."""

from __future__ import annotations

from datetime import timedelta

from tests.conftest import START, Org
from tests.functional.test_views import recovery_of, signed_in

from makegood.config.working import work_dry
from makegood.messages.queries import notices_of_member, notices_unread
from makegood.organizations.models import Organization
from makegood.recoveries.models import RecoveryClock
from makegood.recoveries.operations.telling import StaffNote, staff_tell
from makegood.recoveries.tasks import clocks_due
from makegood.store.clocks import clock_step
from makegood.store.tenancy import tenant


def told_until_breach(org: Org) -> str:
    """A recovery whose clocks warned and ran out; returns its number as people say it."""
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        clock = RecoveryClock.objects.get(organization_id=org.id, recovery_id=recovery.id, target="fix")
    for at in (clock.warn_at, clock.due_at):
        assert at is not None
        with tenant(organization_id=org.id):
            clock_step(organization_id=org.id, moment_at=at + timedelta(seconds=1))
            while clocks_due(organization_id=org.id, limit=100):
                pass
        work_dry(only=[org.id])
    return f"R-{recovery.number}"


def test_a_manager_sees_what_was_told_before_and_at_a_breach(org: Org) -> None:
    code = told_until_breach(org)
    client = signed_in(org, org.manager)
    text = client.get("/notices").content.decode()
    assert f"Recovery {code} is about to be late (the fix)." in text
    assert f"Recovery {code} is late (the fix)." in text
    assert f'<a href="/recoveries/{code}">Recovery {code} is late (the fix).</a>' in text
    with tenant(organization_id=org.id):
        new = notices_unread(organization_id=org.id, member_id=org.manager)
    assert new >= 2
    assert f"Notices, {new} new" in client.get("/").content.decode()


def test_a_notice_is_marked_read_once_and_only_by_whom_it_told(org: Org) -> None:
    told_until_breach(org)
    with tenant(organization_id=org.id):
        rows = notices_of_member(organization_id=org.id, member_id=org.manager)
    somebody, manager = signed_in(org, org.admin), signed_in(org, org.manager)
    assert somebody.post(f"/notices/{rows[0].id}/read").status_code == 302
    with tenant(organization_id=org.id):
        assert notices_unread(organization_id=org.id, member_id=org.manager) == len(rows)
    manager.post(f"/notices/{rows[0].id}/read")
    with tenant(organization_id=org.id):
        assert notices_unread(organization_id=org.id, member_id=org.manager) == len(rows) - 1
    manager.post("/notices/read")
    page = manager.get("/notices").content.decode()
    assert "All notices are marked as read." in page
    assert "Mark all as read" not in page
    assert "new</span>" not in page


def test_a_manager_sees_it_though_sending_is_stopped(org: Org) -> None:
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(delivery="live", stopped_at=START)
        note = StaffNote(member_id=org.manager, recovery_id=recovery.id, what="breach.fix", at=START)
        staff_tell(organization_id=org.id, notes=[note])
    work_dry(only=[org.id])
    text = signed_in(org, org.manager).get("/notices").content.decode()
    assert f"Recovery R-{recovery.number} is late (the fix)." in text


def test_looking_marks_nothing_read_and_an_empty_page_says_what_comes(org: Org) -> None:
    client = signed_in(org, org.manager)
    assert "No notices yet" in client.get("/notices").content.decode()
    told_until_breach(org)
    for _ in range(2):
        assert "Mark all as read" in client.get("/notices").content.decode()


def test_long_lists_go_on_by_pages(org: Org) -> None:
    from makegood.messages.staff import notices_write

    note = {"recovery": 1, "number": 1, "what": "reply", "due_at": None}
    with tenant(organization_id=org.id):
        notices_write(
            organization_id=org.id,
            told=[
                (f"staff:{n}", {"member": org.manager, "notes": [note | {"number": n}]}, START) for n in range(1, 121)
            ],
        )
        assert notices_unread(organization_id=org.id, member_id=org.manager) == 100
    client = signed_in(org, org.manager)
    first = client.get("/notices").content.decode()
    assert "99+" in first
    assert "R-120" in first
    assert "R-70 " not in first
    last = f"?before={_before(first)}"
    assert "Recovery R-70 has a reply" in client.get(f"/notices{last}").content.decode()


def _before(text: str) -> str:
    return text.split("/notices?before=", 1)[1].split('"', 1)[0]
