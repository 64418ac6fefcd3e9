"""Who else has a recovery open and what changed meanwhile: told by a cheap question that the open page asks."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.recoveries import reply

from makegood.console.models import Presence
from makegood.console.presence import FORGET, HERE_FOR, presence_say
from makegood.messages.queries import drafts_of_kind
from makegood.organizations.models import MemberPlace
from makegood.organizations.operations import place_create
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import owner_change
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def asks(page: str) -> str:
    """The address that this page, or this answer, asks next."""
    return html.unescape(re.search(r'id="others"[^>]*hx-get="([^"]*)"', page)[1])  # type: ignore[index]


def asked(client: Client, url: str, **more: str) -> tuple[int, str]:
    """What the question is answered, as the open page asks it."""
    answer = (
        client.get(url, more, headers={"hx-request": "true"})
        if more
        else client.get(url, headers={"hx-request": "true"})
    )
    return answer.status_code, html.unescape(answer.content.decode())


def test_each_sees_that_the_other_is_there(org: Org) -> None:
    recovery = recovery_of(org)
    ana, ben = signed_in(org, org.manager), signed_in(org, org.employee)
    url = f"/recoveries/R-{recovery.number}"
    page = ana.get(url).content.decode()
    assert "has this open" not in page
    assert "Manager has this open." in ben.get(url).content.decode()
    status, told = asked(ana, asks(page))
    assert (status, "Employee has this open." in told) == (200, True)
    assert asked(ana, asks(told))[0] == 204


def test_it_says_what_they_write(org: Org) -> None:
    recovery = recovery_of(org)
    ana, ben = signed_in(org, org.manager), signed_in(org, org.employee)
    url = f"/recoveries/R-{recovery.number}"
    question = asks(ana.get(url).content.decode())
    with tenant(organization_id=org.id):
        (draft,) = drafts_of_kind(organization_id=org.id, thread_id=recovery.thread_id, kind="apology")
    assert ben.get(f"{url}/others", {"seen": "0.0", "doing": f"say:{draft}"}).status_code == 200
    assert "Employee is writing an apology." in asked(ana, question)[1]
    ben.get(f"{url}/others", {"seen": "0.0", "doing": "typing"})
    assert "Employee is typing something here." in asked(ana, question)[1]
    ben.get(f"{url}/others", {"seen": "0.0", "doing": "say:9999999"})
    assert "Employee is writing a message." in asked(ana, question)[1]


def test_a_change_is_said_at_once_with_who_and_what(org: Org) -> None:
    recovery = recovery_of(org)
    client = signed_in(org, org.employee)
    question = asks(client.get(f"/recoveries/R-{recovery.number}").content.decode())
    assert asked(client, question)[0] == 204
    with tenant(organization_id=org.id):
        owner_change(
            organization_id=org.id, recovery_id=recovery.id, to=org.admin, by=org.manager, reason="", now=START
        )
        reply(org, recovery, "Where is it?", at=START)
    status, told = asked(client, question)
    assert status == 200
    assert "This recovery has changed since you opened it." in told
    assert "Manager: Owner: Admin." in told
    assert f'href="/recoveries/R-{recovery.number}" data-show' in told
    assert asked(client, asks(told))[0] == 204
    fresh = client.get(f"/recoveries/R-{recovery.number}").content.decode()
    assert "has changed since" not in fresh


def test_a_client_with_an_etag_is_told_that_nothing_changed(org: Org) -> None:
    recovery = recovery_of(org)
    client = signed_in(org, org.manager)
    url = f"/recoveries/R-{recovery.number}/others"
    first = client.get(url)
    assert first.status_code == 200
    again = client.get(url, headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(url, {"seen": "nonsense.x"}).status_code == 200


def test_who_left_is_forgotten(org: Org) -> None:
    """By the wall clock: the organization's own may stand still."""
    recovery, now = recovery_of(org), wall_now()
    with tenant(organization_id=org.id):
        given = {"organization_id": org.id, "recovery_id": recovery.id}
        presence_say(**given, member_id=org.admin, doing="tea", now=now)
        (one,) = presence_say(**given, member_id=org.manager, doing="", now=now).people
        assert (one.member_id, one.doing) == (org.admin, "typing")
        assert presence_say(**given, member_id=org.manager, doing="", now=now + HERE_FOR).people == ()
        presence_say(**given, member_id=org.manager, doing="", now=now + FORGET + timedelta(seconds=1))
        assert [row.member_id for row in Presence.objects.all()] == [org.manager]


def test_who_may_not_see_it_is_told_nothing(org: Org, make_org: Callable[..., Org]) -> None:
    recovery = recovery_of(org)
    other = make_org()
    path = f"/recoveries/R-{recovery.number}/others"
    assert signed_in(other, other.admin).get(path).status_code == 404
    with tenant(organization_id=org.id):
        far = place_create(organization_id=org.id, code="far", name="Far away")
        MemberPlace.objects.create(organization_id=org.id, member_id=org.employee, place_id=far)
        Recovery.objects.filter(id=recovery.id).update(owner_id=org.admin)
    assert signed_in(org, org.employee).get(path).status_code == 404
    assert Client().get(path).status_code == 302
