"""Who a member is, changed by an admin: name, mail, role, team and places; letting them in again; a new password."""

from __future__ import annotations

import secrets
from datetime import datetime

import attrs
from django.contrib.auth.hashers import make_password
from django.db import connection

from makegood.core.lengths import fitting
from makegood.organizations.choosing import account_mail, accounts_mailed
from makegood.organizations.models import ROLES, TIERS, Identity, Member, MemberPlace, Place, Team, User
from makegood.organizations.operations import UnableToChangeMember, member_record, user_create
from makegood.organizations.owning import account_of_others, account_waits
from makegood.organizations.passkeys import passkeys_remove
from makegood.organizations.second_factor import factor_remove

ONLY_ADMINS = "Only an admin changes who somebody is and what they may do: ask one."
SHARED = (
    "This account is known to another organization too: they change their e-mail and password themselves,"
    " under “Your sign-in”, or ask whoever runs this machine."
)
AWAY = "They were let go: take them back before you change their e-mail."


@attrs.frozen(kw_only=True)
class Wanted:
    """Who a member is to be; no places is all of them, and no e-mail is somebody who cannot sign in."""

    name: str
    role: str
    title: str = ""
    email: str = ""
    team_id: int | None = None
    place_ids: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class Edited:
    """What changed of a member, by name; `password` is shown once, where they have an account of their own now.

    `known` says that the account was there already: they sign in with the password that they have, or, where it
    `waits`, choose one by a mailed link first.
    """

    changed: tuple[str, ...]
    password: str = ""
    known: bool = False
    waits: bool = False


def member_edit(*, organization_id: int, member_id: int, wanted: Wanted, now: datetime, by: int | None) -> Edited:
    """Make a member who they are to be, and journal what changed; `by` is None for the installation itself.

    Whoever serves a place no more, or pays from now on, hands over what they have open there, in this transaction.
    Raises UnableToChangeMember with why not; the database refuses a second account of one e-mail, and to leave no
    admin.
    """
    member = _changeable(organization_id, member_id, by)
    _check(organization_id, wanted)
    places = MemberPlace.objects.filter(organization_id=organization_id, member_id=member_id)
    before = sorted(places.values_list("place_id", flat=True))
    after = sorted(set(wanted.place_ids))
    title = fitting(wanted.title, most=60)
    was = {"name": member.name, "role": member.role, "title": member.title, "team": member.team_id, "places": before}
    to = {"name": wanted.name.strip(), "role": wanted.role, "title": title, "team": wanted.team_id, "places": after}
    changed = [what for what in was if was[what] != to[what]]
    account = _address(member, wanted.email.strip().lower(), now)
    member.name, member.role, member.tier = wanted.name.strip(), wanted.role, TIERS[wanted.role]
    member.team_id, member.title = wanted.team_id, title
    member.save(update_fields=["name", "role", "tier", "title", "team", "user"])
    if account.waits and accounts_mailed(organization_id=organization_id):
        account_mail(organization_id=organization_id, member_id=member_id, kind="invited")
    if "places" in changed:
        places.delete()
        MemberPlace.objects.bulk_create(
            MemberPlace(organization_id=organization_id, member_id=member_id, place_id=place_id) for place_id in after
        )
    changed += account.changed
    if changed:
        codes = [what for what in ("role", "team", "places") if what in changed]
        data = {"what": changed} | {what: to[what] for what in codes} | {f"was_{what}": was[what] for what in codes}
        member_record(organization_id, member_id, "changed", now, by, data)
    return attrs.evolve(account, changed=tuple(changed))


def member_password(*, organization_id: int, member_id: int, now: datetime, wall_at: datetime, by: int | None) -> str:
    """Give a member a new password to be changed at first use, and return it; it is shown this once.

    Sessions that began before `wall_at` (wall time) have then ended. Raises UnableToChangeMember for somebody without
    an account, for one's own, and for an account that other organizations know too.
    """
    member = _changeable(organization_id, member_id, by)
    if member.user_id is None or not member.active:
        raise UnableToChangeMember("They cannot sign in here: give them an e-mail, or take them back, first.")
    if member_id == by:
        raise UnableToChangeMember("This is your own account: change your password on its own page.")
    if account_of_others(organization_id=organization_id, user_id=member.user_id):
        raise UnableToChangeMember(SHARED)
    password = secrets.token_urlsafe(12)
    User.objects.filter(id=member.user_id).update(
        password=make_password(password), password_once=True, password_changed_at=wall_at, owned_at=None
    )
    member_record(organization_id, member_id, "password_renewed", now, by, {})
    return password


def member_sign_out(*, organization_id: int, member_id: int, now: datetime, wall_at: datetime, by: int | None) -> None:
    """End every session of a member's account that began before `wall_at` (wall time), as for a phone that was lost.

    Raises UnableToChangeMember for somebody without an account, and for one that other organizations know too.
    """
    member = _changeable(organization_id, member_id, by)
    if member.user_id is None:
        raise UnableToChangeMember("They cannot sign in here: there is nothing to end.")
    if account_of_others(organization_id=organization_id, user_id=member.user_id):
        raise UnableToChangeMember(SHARED)
    User.objects.filter(id=member.user_id).update(signed_out_at=wall_at)
    member_record(organization_id, member_id, "signed_out", now, by, {})


def member_factor_remove(*, organization_id: int, member_id: int, now: datetime, by: int | None) -> None:
    """Take a member's second factor and passkeys off, as for a device that was lost with its recovery codes.

    Raises UnableToChangeMember for somebody without an account, for one's own, and for one that other organizations
    know too.
    """
    member = _changeable(organization_id, member_id, by)
    if member.user_id is None or member_id == by:
        raise UnableToChangeMember("Switch your own second factor off under “Your sign-in”.")
    if account_of_others(organization_id=organization_id, user_id=member.user_id):
        raise UnableToChangeMember(SHARED)
    factor_remove(user_id=member.user_id)
    passkeys_remove(user_id=member.user_id)
    member_record(organization_id, member_id, "factor_removed", now, by, {})


def member_return(*, organization_id: int, member_id: int, now: datetime, by: int | None) -> None:
    """Take back somebody who was let go, as who they were; they sign in with the password that they had.

    Raises UnableToChangeMember for somebody who is here.
    """
    member = _changeable(organization_id, member_id, by)
    if member.active:
        raise UnableToChangeMember("They are here already: reload to see.")
    member.active = True
    member.save(update_fields=["active"])
    member_record(organization_id, member_id, "returned", now, by, {"role": member.role})


def _changeable(organization_id: int, member_id: int, by: int | None) -> Member:
    """The member, locked, if `by` may change who they are: whoever is no admin would lift themselves, or others."""
    members = Member.objects.filter(organization_id=organization_id)
    if by is not None and not members.filter(id=by, active=True, role="admin").exists():
        raise UnableToChangeMember(ONLY_ADMINS)
    member = members.select_for_update(of=("self",)).filter(id=member_id).first()
    if member is None:
        raise UnableToChangeMember(UnableToChangeMember.__doc__)
    return member


def _check(organization_id: int, wanted: Wanted) -> None:
    if wanted.role not in ROLES or not wanted.name.strip():
        raise UnableToChangeMember("A member needs a name and one of the roles employee, manager, finance or admin.")
    here = {"organization_id": organization_id}
    known = Place.objects.filter(**here, id__in=wanted.place_ids).values_list("id", flat=True)
    if set(wanted.place_ids) - set(known):
        raise UnableToChangeMember("One of these places is not here any more: reload to see.")
    if wanted.team_id is not None and not Team.objects.filter(**here, id=wanted.team_id).exists():
        raise UnableToChangeMember("This team is not here any more: reload to see.")


def _address(member: Member, email: str, now: datetime) -> Edited:
    """Bring their account to this e-mail, and say what that changed.

    As with an invitation, an account that is there already is only joined: its e-mail and password stay its own.
    """
    account = None if member.user_id is None else User.objects.get(id=member.user_id)
    if email == (account.email if account else ""):
        return Edited(changed=())
    if not member.active:
        raise UnableToChangeMember(AWAY)
    if account is None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT user_id FROM finder.sign_in(%s)", [email])
            row = cursor.fetchone()
        password = secrets.token_urlsafe(12)
        here = member.organization_id
        if row is None:
            member.user_id = user_create(email=email, password=password, now=now, once=True, made_in=here)
            return Edited(changed=("email",), password=password)
        member.user_id = row[0]
        return Edited(changed=("email",), known=True, waits=account_waits(user_id=row[0], organization_id=here))
    if not email:
        raise UnableToChangeMember("They sign in with their e-mail: to keep them out, let them go.")
    if account_of_others(organization_id=member.organization_id, user_id=account.id):
        raise UnableToChangeMember(SHARED)
    Identity.objects.filter(organization_id=member.organization_id, member_id=member.id).delete()
    account.email, account.owned_at = email, None
    account.save(update_fields=["email", "owned_at"])
    return Edited(changed=("email",))
