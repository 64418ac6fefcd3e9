"""Changing who a member is: what follows for what they have open, who may, and what an account keeps to itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from django.contrib.auth.hashers import check_password
from django.db import IntegrityError
from tests.conftest import START, Org
from tests.support.recoveries import again, failure, journal, open_for

from makegood.organizations.founding import Invited, member_invite
from makegood.organizations.members import Edited, Wanted, member_edit, member_password, member_return
from makegood.organizations.models import Member, MemberPlace, User
from makegood.organizations.operations import (
    UnableToChangeMember,
    member_create,
    member_deactivate,
    place_create,
    team_create,
)
from makegood.organizations.people import person_changes, person_one
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import owner_change
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

EMPLOYEE = Wanted(name="Employee", role="employee")


def invited(org: Org, local: str = "joris") -> Invited:
    """Somebody with an account; call inside a unit of work."""
    email = f"{local}@{org.code}.example.org"
    return member_invite(organization_id=org.id, name="Joris", role="employee", now=START, by=org.admin, email=email)


def edit(org: Org, member_id: int, wanted: Wanted, by: int | None = -1) -> Edited:
    """Edit a member as the admin, or as `by`; call inside a unit of work."""
    return member_edit(
        organization_id=org.id, member_id=member_id, wanted=wanted, now=START, by=org.admin if by == -1 else by
    )


def owned_at(org: Org, place_id: int | None) -> Recovery:
    """A recovery at a place whose owner is the employee; call inside a unit of work."""
    recovery = max(open_for(org, failure(org, place_id=place_id)), key=lambda one: one.id)
    if recovery.owner_id != org.employee:
        owner_change(
            organization_id=org.id, recovery_id=recovery.id, to=org.employee, by=org.admin, reason="x", now=START
        )
    return again(org, recovery)


def test_name_role_team_and_places_change_and_are_journalled_with_who(org: Org) -> None:
    with tenant(organization_id=org.id):
        team = team_create(organization_id=org.id, name="Night")
        far = place_create(organization_id=org.id, code="far", name="Far")
        wanted = Wanted(name="Eve", role="manager", team_id=team, place_ids=(far, org.place))
        assert edit(org, org.employee, wanted).changed == ("name", "role", "team", "places")
        person = person_one(organization_id=org.id, member_id=org.employee)
        assert person is not None
        assert (person.name, person.role, person.team_id) == ("Eve", "manager", team)
        assert person.place_ids == tuple(sorted((far, org.place)))
        assert Member.objects.get(id=org.employee).tier == 2
        change = person_changes(organization_id=org.id, member_id=org.employee)[0]
        assert (change.action, change.by) == ("changed", "Admin")
        assert (change.data["was_role"], change.data["role"]) == ("employee", "manager")
        assert "Eve" not in str(change.data)
        assert edit(org, org.employee, wanted).changed == ()
        assert len(person_changes(organization_id=org.id, member_id=org.employee)) == 2


def test_who_loses_a_place_hands_over_what_is_open_there_and_keeps_the_rest(org: Org) -> None:
    with tenant(organization_id=org.id):
        far = place_create(organization_id=org.id, code="far", name="Far")
        till = place_create(organization_id=org.id, code="till", name="Till", parent_id=org.place)
        other = place_create(organization_id=org.id, code="other", name="Other")
        edit(org, org.employee, attrs.evolve(EMPLOYEE, place_ids=(org.place, far)))
        lost = [owned_at(org, place_id) for place_id in (org.place, till)]
        kept = [owned_at(org, place_id) for place_id in (far, None, other)]
        edit(org, org.employee, attrs.evolve(EMPLOYEE, place_ids=(far,)))
        assert org.employee not in {again(org, one).owner_id for one in lost}
        assert {again(org, one).owner_id for one in kept} == {org.employee}
        assert journal(org, lost[0], "owned")[-1].data["why"] == "moved"
        assert journal(org, lost[0], "owned")[-1].actor_id == org.admin


def test_who_pays_from_now_on_hands_everything_over(org: Org) -> None:
    with tenant(organization_id=org.id):
        mine = owned_at(org, None)
        edit(org, org.employee, attrs.evolve(EMPLOYEE, role="finance"))
        assert again(org, mine).owner_id != org.employee


@pytest.mark.parametrize("who", ["employee", "manager"])
def test_only_an_admin_changes_people_so_that_nobody_lifts_themselves(org: Org, who: str) -> None:
    me = getattr(org, who)
    doing: list[Callable[[], Any]] = [
        lambda: edit(org, me, Wanted(name="Me", role="admin"), by=me),
        lambda: member_password(organization_id=org.id, member_id=org.admin, now=START, wall_at=wall_now(), by=me),
        lambda: member_return(organization_id=org.id, member_id=org.admin, now=START, by=me),
    ]
    for one in doing:
        with tenant(organization_id=org.id), pytest.raises(UnableToChangeMember, match="Only an admin"):
            one()


def test_the_last_admin_stays_admin(org: Org) -> None:
    with pytest.raises(IntegrityError, match="the last active admin"), tenant(organization_id=org.id):
        edit(org, org.admin, Wanted(name="Admin", role="manager"))
    with tenant(organization_id=org.id):
        second = member_create(organization_id=org.id, name="Second", role="admin", now=START)
        edit(org, org.admin, Wanted(name="Admin", role="manager"), by=second)
        assert Member.objects.get(id=org.admin).role == "manager"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (attrs.evolve(EMPLOYEE, name=" "), "needs a name"),
        (attrs.evolve(EMPLOYEE, role="boss"), "one of the roles"),
        (attrs.evolve(EMPLOYEE, place_ids=(9_999_999,)), "One of these places"),
        (attrs.evolve(EMPLOYEE, team_id=9_999_999), "This team"),
    ],
)
def test_what_cannot_be_is_refused(org: Org, wanted: Wanted, said: str) -> None:
    with tenant(organization_id=org.id), pytest.raises(UnableToChangeMember, match=said):
        edit(org, org.employee, wanted)


def test_an_account_is_given_and_its_address_changed(org: Org) -> None:
    first, second = f"eve@{org.code}.example.org", f"eva@{org.code}.example.org"
    with tenant(organization_id=org.id):
        made = edit(org, org.employee, attrs.evolve(EMPLOYEE, email=first))
        assert made.password
        assert made.changed == ("email",)
        assert edit(org, org.employee, attrs.evolve(EMPLOYEE, email=second.upper())) == Edited(changed=("email",))
        user = User.objects.get(id=Member.objects.get(id=org.employee).user_id or 0)
        assert user.email == second
        assert check_password(made.password, user.password)
        with pytest.raises(UnableToChangeMember, match="let them go"):
            edit(org, org.employee, EMPLOYEE)


def test_an_address_of_another_account_is_refused(org: Org) -> None:
    with tenant(organization_id=org.id):
        mine = invited(org)
        invited(org, "taken")
    with pytest.raises(IntegrityError, match="email"), tenant(organization_id=org.id):
        edit(org, mine.member_id, attrs.evolve(EMPLOYEE, email=f"taken@{org.code}.example.org"))


def test_a_new_password_ends_sessions_and_must_be_changed(org: Org) -> None:
    with tenant(organization_id=org.id):
        mine, at = invited(org), wall_now()
        given = member_password(organization_id=org.id, member_id=mine.member_id, now=START, wall_at=at, by=org.admin)
        user = User.objects.get(id=Member.objects.get(id=mine.member_id).user_id or 0)
        assert check_password(given, user.password)
        assert not check_password(mine.password, user.password)
        assert (user.password_once, user.password_changed_at) == (True, at)
        last = person_changes(organization_id=org.id, member_id=mine.member_id)[0]
        assert (last.action, last.by) == ("password_renewed", "Admin")


def test_an_account_of_two_organizations_is_neithers_to_take(org: Org, make_org: Callable[..., Org]) -> None:
    """Else an admin of one organization would open another one with a password of their own making."""
    other = make_org()
    with tenant(organization_id=org.id):
        mine = invited(org)
    with tenant(organization_id=other.id):
        email = f"joris@{org.code}.example.org"
        theirs = member_invite(
            organization_id=other.id, name="Joris", role="employee", now=START, by=other.admin, email=email
        )
        assert theirs.known
    with tenant(organization_id=other.id):
        with pytest.raises(UnableToChangeMember, match="another organization"):
            member_password(
                organization_id=other.id, member_id=theirs.member_id, now=START, wall_at=wall_now(), by=other.admin
            )
        with pytest.raises(UnableToChangeMember, match="another organization"):
            edit(other, theirs.member_id, attrs.evolve(EMPLOYEE, email="mine@example.org"))
        assert edit(other, theirs.member_id, attrs.evolve(EMPLOYEE, name="J.", email=email)).changed == ("name",)
    with tenant(organization_id=org.id):
        assert check_password(mine.password, User.objects.get(email=email).password)


def test_letting_go_opens_no_account_of_others(org: Org, make_org: Callable[..., Org]) -> None:
    """An account is joined as by an invitation; who was let go counts, here and there, as who may come back."""
    other, mine = make_org(), f"mine@{org.code}.example.org"
    with tenant(organization_id=org.id):
        owned = invited(org)
    email = f"joris@{org.code}.example.org"
    with tenant(organization_id=other.id):
        joined = edit(other, other.employee, attrs.evolve(EMPLOYEE, email=email.upper()))
        assert joined == Edited(changed=("email",), known=True)
        member_deactivate(organization_id=other.id, member_id=other.employee, now=START, by=other.admin)
    refused(other, other.employee, mine, email_said="take them back", password_said="cannot sign in")
    refused(org, owned.member_id, mine)
    with tenant(organization_id=other.id):
        member_return(organization_id=other.id, member_id=other.employee, now=START, by=other.admin)
    with tenant(organization_id=org.id):
        member_deactivate(organization_id=org.id, member_id=owned.member_id, now=START, by=org.admin)
    refused(other, other.employee, mine)
    refused(org, owned.member_id, mine, email_said="take them back", password_said="cannot sign in")
    with tenant(organization_id=org.id):
        assert check_password(owned.password, User.objects.get(email=email).password)


def refused(
    org: Org,
    member_id: int,
    email: str,
    *,
    email_said: str = "another organization",
    password_said: str = "another organization",
) -> None:
    """Check that an admin changes neither this member's e-mail nor their password."""
    with tenant(organization_id=org.id):
        with pytest.raises(UnableToChangeMember, match=email_said):
            edit(org, member_id, attrs.evolve(EMPLOYEE, email=email))
        with pytest.raises(UnableToChangeMember, match=password_said):
            member_password(organization_id=org.id, member_id=member_id, now=START, wall_at=wall_now(), by=org.admin)


def test_who_was_let_go_gets_no_account_but_may_be_renamed(org: Org) -> None:
    with tenant(organization_id=org.id):
        member_deactivate(organization_id=org.id, member_id=org.employee, now=START, by=org.admin)
        with pytest.raises(UnableToChangeMember, match="take them back"):
            edit(org, org.employee, attrs.evolve(EMPLOYEE, email=f"e@{org.code}.example.org"))
        assert edit(org, org.employee, attrs.evolve(EMPLOYEE, name="Eve")).changed == ("name",)


def test_who_was_let_go_is_taken_back_as_who_they_were(org: Org) -> None:
    with tenant(organization_id=org.id):
        MemberPlace.objects.create(organization_id=org.id, member_id=org.employee, place_id=org.place)
        member_deactivate(organization_id=org.id, member_id=org.employee, now=START, by=org.admin)
        member_return(organization_id=org.id, member_id=org.employee, now=START, by=org.admin)
        person = person_one(organization_id=org.id, member_id=org.employee)
        assert person is not None
        assert (person.active, person.role, person.place_ids) == (True, "employee", (org.place,))
        said = [one.action for one in person_changes(organization_id=org.id, member_id=org.employee)]
        assert said == ["returned", "left", "joined"]
        with pytest.raises(UnableToChangeMember, match="here already"):
            member_return(organization_id=org.id, member_id=org.employee, now=START, by=org.admin)


def test_nobody_gets_a_password_who_cannot_sign_in_or_is_oneself(org: Org) -> None:
    with tenant(organization_id=org.id):
        mine = invited(org)
        member_deactivate(organization_id=org.id, member_id=mine.member_id, now=START, by=org.admin)
        edit(org, org.admin, Wanted(name="Admin", role="admin", email=f"admin@{org.code}.example.org"))
        for member_id, said in (
            (org.employee, "cannot sign in"),
            (mine.member_id, "cannot sign in"),
            (org.admin, "own account"),
        ):
            with pytest.raises(UnableToChangeMember, match=said):
                member_password(
                    organization_id=org.id, member_id=member_id, now=START, wall_at=wall_now(), by=org.admin
                )
