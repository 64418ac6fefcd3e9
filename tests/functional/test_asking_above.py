"""More than one's own limit: a manager is asked, the admin where there is none, and an admin alone decides."""

from __future__ import annotations

import pytest
from tests.conftest import Org
from tests.functional.test_views import recovery_of, signed_in

from makegood.config.working import work_dry
from makegood.messages.models import Message
from makegood.messages.queries import notices_of_member
from makegood.organizations.models import Member
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant

ASKED = {"ask_what": "a night on us", "ask_amount": "180", "ask_why": "She missed her own party."}


def alone(org: Org, *gone: int) -> None:
    """These members are in the organization no more."""
    with tenant(organization_id=org.id):
        Recovery.objects.filter(organization_id=org.id).update(owner_id=org.admin)
        Member.objects.filter(organization_id=org.id, id__in=gone).update(active=False)


def asked_of(org: Org, member_id: int) -> list[str]:
    """What this member was told, once it has been carried."""
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        told = notices_of_member(organization_id=org.id, member_id=member_id)
    return [one.subject for one in told if "asks you" in one.subject]


@pytest.mark.parametrize("without_manager", [False, True])
def test_a_manager_is_asked_or_the_admin_where_there_is_none(org: Org, without_manager: bool) -> None:
    recovery = recovery_of(org)
    if without_manager:
        alone(org, org.manager)
    answer = signed_in(org, org.employee).post(f"/recoveries/R-{recovery.number}/ask", ASKED)
    assert answer.status_code == 302
    decides, other = (org.admin, org.manager) if without_manager else (org.manager, org.admin)
    assert asked_of(org, decides) == [
        f"Recovery R-{recovery.number} asks you for more than its owner may give (the make-good)."
    ]
    assert asked_of(org, other) == []


def test_an_admin_alone_decides(org: Org) -> None:
    recovery = recovery_of(org)
    alone(org, org.manager, org.employee)
    client = signed_in(org, org.admin)
    assert client.post(f"/recoveries/R-{recovery.number}/ask", ASKED).status_code == 302
    assert "Nobody is above you, so you decide." in client.get("/").content.decode()
    with tenant(organization_id=org.id):
        note = Message.objects.get(organization_id=org.id, kind="note")
    assert note.body.startswith("Decided: we give a night on us")
    assert asked_of(org, org.admin) == []
