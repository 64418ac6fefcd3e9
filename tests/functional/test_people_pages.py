"""The page of a person in the settings, adding people with several places, and the step of setting up for them."""

from __future__ import annotations

from functools import partial
from html import unescape

import pytest
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.support.recoveries import customer, failure, open_for, opened

from makegood.console.views import members, people
from makegood.organizations.founding import member_invite
from makegood.organizations.models import Member, MemberPlace
from makegood.organizations.operations import place_create
from makegood.organizations.queries import places_all
from makegood.recoveries.saying import told_by
from makegood.recoveries.words import apology
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def posted(client: Client, path: str, **answers: str | list[str]) -> str:
    return unescape(client.post(path, answers, follow=True).content.decode())


def places_of(org: Org, member_id: int) -> set[int]:
    with tenant(organization_id=org.id):
        return set(MemberPlace.objects.filter(member_id=member_id).values_list("place_id", flat=True))


def owners_of_four(org: Org) -> set[int]:
    """Who owns four new recoveries, each of a customer of its own; call inside a unit of work."""
    opened_now = [open_for(org, failure(org, customer_id=customer(org)))[-1] for _ in range(4)]
    return {recovery.owner_id for recovery in opened_now}


@pytest.fixture
def far(org: Org) -> int:
    """A second place."""
    with tenant(organization_id=org.id):
        return place_create(organization_id=org.id, code="far", name="Far away")


def test_a_person_is_changed_on_a_page_of_their_own(org: Org, far: int) -> None:
    client, url = signed_in(org, org.admin), f"/settings/members/{org.employee}"
    assert f'href="{url}"' in client.get("/settings/members").content.decode()
    page = posted(
        client, f"{url}/change", member="Eve Adams", member_role="manager", member_places=[str(far), str(org.place)]
    )
    assert "Saved for Employee: the name, the role, the places." in page
    assert "Changed the name, the role, from Employee to Manager, the places" in page
    assert places_of(org, org.employee) == {far, org.place}
    posted(client, f"{url}/change", member="Eve Adams", member_role="manager", member_places="all")
    assert places_of(org, org.employee) == set()


@pytest.mark.parametrize(
    ("places", "said"), [([], "Tick the places that they serve"), (["all", "0"], "not both"), (["0"], "Choose from")]
)
def test_places_are_said_without_doubt(org: Org, far: int, places: list[str], said: str) -> None:
    """Nobody comes to see everything by unticking the last place."""
    url = f"/settings/members/{org.employee}/change"
    page = posted(signed_in(org, org.admin), url, member="E", member_role="employee", member_places=places)
    assert said in page
    assert 'value="E"' in page


def test_places_that_the_page_has_no_room_for_stay(org: Org, far: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with tenant(organization_id=org.id):
        last = place_create(organization_id=org.id, code="last", name="Zz last")
        serves = [MemberPlace(organization_id=org.id, member_id=org.employee, place_id=one) for one in (far, last)]
        MemberPlace.objects.bulk_create(serves)
    for room in (members, people):
        monkeypatch.setattr(room, "places_all", partial(places_all, most=2))
    client, url = signed_in(org, org.admin), f"/settings/members/{org.employee}"
    page = client.get(url).content.decode()
    assert "They serve 1 more, not listed here" in page
    assert "Zz last" not in page
    posted(client, f"{url}/change", member="Eve", member_role="employee", member_places=[str(org.place)])
    assert places_of(org, org.employee) == {org.place, last}
    posted(client, f"{url}/change", member="Eve", member_role="employee")
    assert places_of(org, org.employee) == {last}
    posted(client, f"{url}/change", member="Eve", member_role="employee", member_places="all")
    assert places_of(org, org.employee) == set()


def test_a_lost_password_is_replaced_by_one_shown_once(org: Org) -> None:
    email = f"joris@{org.code}.example.org"
    with tenant(organization_id=org.id):
        made = member_invite(
            organization_id=org.id, name="Joris", role="employee", now=START, by=org.admin, email=email
        )
    url = f"/settings/members/{made.member_id}"
    client = signed_in(org, org.admin)
    answer = client.post(f"{url}/password")
    assert "no-store" in answer.headers["Cache-Control"]
    page = answer.content.decode()
    secret = page.partition('<code class="secret">')[2].partition("<")[0]
    assert secret not in client.get(url).content.decode()
    for password, inside in ((made.password, False), (secret, True)):
        theirs = Client(headers={"host": "127.0.0.1"})
        theirs.post("/sign-in", {"email": email, "password": password})
        assert (theirs.get("/").headers["Location"] == "/password") is inside


def test_who_never_came_in_owns_nothing_that_others_can(org: Org) -> None:
    email = f"joris@{org.code}.example.org"
    with tenant(organization_id=org.id):
        made = member_invite(
            organization_id=org.id, name="Joris", role="employee", now=START, by=org.admin, email=email
        )
        joris = Member.objects.filter(id=made.member_id)
        assert not joris.get().present
        assert joris.get().id not in owners_of_four(org)
    admin, page = signed_in(org, org.admin), f"/settings/members/{made.member_id}"
    assert "Has not come in yet" in admin.get(page).content.decode()
    signed_in(org, made.member_id).get("/")
    assert "Has not come in yet" not in admin.get(page).content.decode()
    with tenant(organization_id=org.id):
        assert joris.get().present


def test_who_is_let_go_is_taken_back(org: Org) -> None:
    client, url = signed_in(org, org.admin), f"/settings/members/{org.employee}"
    theirs = signed_in(org, org.employee)
    assert "Employee is out" in posted(client, f"{url}/leave")
    assert theirs.get("/").status_code == 302
    assert "Employee is here again." in posted(client, f"{url}/return")
    assert signed_in(org, org.employee).get("/").status_code == 200


def test_the_last_admin_is_told_why_they_stay_one(org: Org) -> None:
    url = f"/settings/members/{org.admin}/change"
    page = posted(signed_in(org, org.admin), url, member="Admin", member_role="manager", member_places="all")
    assert "The last admin cannot leave or change role" in page


def test_only_admins_open_people_and_only_their_own(org: Org) -> None:
    for who in (org.employee, org.manager):
        client = signed_in(org, who)
        assert client.get(f"/settings/members/{who}").status_code == 403
        for act in ("change", "password", "leave", "return"):
            answer = client.post(f"/settings/members/{who}/{act}", {"member": "Me", "member_role": "admin"})
            assert answer.status_code == 403, act
    admin = signed_in(org, org.admin)
    assert admin.get("/settings/members/9999999").status_code == 404
    assert admin.post(f"/settings/members/{org.employee}/lift").status_code == 404


def test_a_person_is_added_with_several_places(org: Org, far: int) -> None:
    client = signed_in(org, org.admin)
    page = posted(
        client, "/settings/members/add", member="Two", member_role="employee", member_places=[str(far), str(org.place)]
    )
    assert "Two is here now" in page
    with tenant(organization_id=org.id):
        two = Member.objects.get(name="Two").id
    assert places_of(org, two) == {far, org.place}
    assert "Choose from the list." in posted(
        client, "/settings/members/add", member="Three", member_role="employee", member_places="9999999"
    )


def test_the_set_up_ticks_people_off_when_there_are_any_besides_who_sets_up(org: Org) -> None:
    client = signed_in(org, org.admin)
    for who in (org.employee, org.manager):
        client.post(f"/settings/members/{who}/leave")
    page = client.get("/set-up/sources").content.decode()
    assert "only you so far" in page
    assert 'People</a><span class="sr"></span>' in page
    posted(client, "/set-up/members", member="Second", member_role="employee")
    page = client.get("/set-up/sources").content.decode()
    assert "only you so far" not in page
    assert 'People</a><span class="sr">, done</span>' in page


def test_the_settings_name_the_code_of_the_organization(org: Org) -> None:
    page = signed_in(org, org.admin).get("/settings/delivery").content.decode()
    assert f"<dd>{org.code}" in " ".join(page.split())


def test_how_somebody_signs_is_what_they_were_given_and_nothing_else(org: Org) -> None:
    url = f"/settings/members/{org.employee}"
    client = signed_in(org, org.admin)
    who = {"member": "Eve", "member_role": "employee", "member_places": "all"}
    page = posted(client, f"{url}/change", **who, member_title=" Leitung der Filiale ")
    assert "how they sign" in page
    assert 'value="Leitung der Filiale"' in page
    recovery = opened(org)
    with tenant(organization_id=org.id):
        told = told_by(organization_id=org.id, recovery_id=recovery.id, by=org.employee, now=START)
        assert apology(told)[1].rstrip().endswith("Eve\nLeitung der Filiale, Org" + org.code[3:])
        assert told_by(organization_id=org.id, recovery_id=recovery.id, by=org.admin, now=START).title == ""
