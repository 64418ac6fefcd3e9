"""The provider at which members sign in: set, switched, its secret renewed; and who they are there."""

from __future__ import annotations

from datetime import datetime

import attrs
from django.db import connection

from makegood.core.single_sign_on import domains_read, in_domains
from makegood.journal.operations import Happened, record
from makegood.organizations.choosing import password_chosen
from makegood.organizations.models import Identity, IdentityProvider, Member
from makegood.organizations.openid import Provider, Vouched
from makegood.organizations.operations import UnableToChangeMember, member_record
from makegood.organizations.owning import account_waits
from makegood.store.outgoing import address_of, host_of
from makegood.store.secrets import decrypt, encrypt
from makegood.store.tenancy import tenant


class UnableToSetProvider(ValueError):
    """The provider cannot be set so: the message says why and what to do."""


class UnableToEnter(ValueError):
    """Whoever this is, they do not go in here: the message says why."""


@attrs.frozen(kw_only=True)
class ProviderFacts:
    """What is set: never the secret, only whether one is kept.

    `joined` says how many members signed in by it, and `kept` who may still use a password while those are off.
    """

    issuer: str
    host: str
    client_id: str
    keyed: bool
    domains: tuple[str, ...]
    active: bool
    passwords_off: bool
    kept: str
    joined: int


def provider_facts(*, organization_id: int) -> ProviderFacts | None:
    """This function will say which provider is set; None where none is."""
    row = _row(organization_id)
    if row is None:
        return None
    joined = Identity.objects.filter(organization_id=organization_id, issuer=row.issuer).count()
    return ProviderFacts(
        issuer=row.issuer,
        host=host_of(row.issuer),
        client_id=row.client_id,
        keyed=bool(bytes(row.secret)),
        domains=tuple(row.domains),
        active=row.active,
        passwords_off=row.passwords_off,
        kept=row.kept.name if row.kept else "",
        joined=joined,
    )


def _row(organization_id: int) -> IdentityProvider | None:
    return IdentityProvider.objects.filter(organization_id=organization_id).select_related("kept").first()


def provider_set(
    *, organization_id: int, issuer: str, client_id: str, secret: str, domains: str, by: int, now: datetime
) -> None:
    """This function will name the provider; an empty secret leaves the one that is kept.

    One that moves to another issuer is switched off, with passwords on, and takes its secret anew: a secret goes to
    nobody for whom it was not given. Raises UnableToSetProvider, and UnableToCall for an address that is none.
    """
    issuer, client_id = issuer.strip(), client_id.strip()
    address_of(issuer)
    if not client_id or len(client_id) > 200 or not client_id.isprintable():
        raise UnableToSetProvider("Write the client id as your provider shows it.")
    read = domains_read(written=domains)
    if not read:
        raise UnableToSetProvider("Write the domains of your people's e-mails, such as example.com.")
    row = _row(organization_id)
    same = row is not None and row.issuer == issuer
    kept = bytes(row.secret) if row is not None and same else b""
    if not secret and not kept:
        raise UnableToSetProvider("Write the client secret that your provider gave you for this issuer.")
    IdentityProvider.objects.update_or_create(
        organization_id=organization_id,
        defaults={
            "issuer": issuer,
            "client_id": client_id,
            "secret": encrypt(secret) if secret else kept,
            "domains": list(read),
            "active": bool(row and same and row.active),
            "passwords_off": bool(row and same and row.passwords_off),
        },
    )
    _told(organization_id, by, now, {"set": True, "secret": bool(secret)})


def provider_switch(*, organization_id: int, on: bool, by: int, now: datetime) -> None:
    """This function will let members sign in by the provider, or no more; then passwords let in again.

    Raises UnableToSetProvider where none is set.
    """
    changed = {"active": True} if on else {"active": False, "passwords_off": False, "kept": None}
    if not IdentityProvider.objects.filter(organization_id=organization_id).update(**changed):
        raise UnableToSetProvider("Name your provider first.")
    _told(organization_id, by, now, {"on": on})


def passwords_switch(*, organization_id: int, off: bool, by: int, now: datetime) -> None:
    """This function will let nobody in by password or passkey but the admin who says so; or everybody again.

    Raises UnableToSetProvider unless the provider is on, and that admin has signed in by it and has a password that
    lets them in, should it fail.
    """
    row = _row(organization_id)
    if row is None or not row.active:
        raise UnableToSetProvider("Switch single sign-on on first.")
    known = Identity.objects.filter(organization_id=organization_id, issuer=row.issuer, member_id=by)
    if off and not known.exists():
        raise UnableToSetProvider("Sign in by your provider once yourself first: so you know that it works.")
    if off and not _enters_by_password(organization_id, by):
        raise UnableToSetProvider(
            "Choose a password of your own first, by “Forgotten your password?” on the sign-in page: yours is what lets"
            " somebody in, should your provider fail."
        )
    row.passwords_off, row.kept_id = off, by if off else None
    row.save(update_fields=["passwords_off", "kept"])
    _told(organization_id, by, now, {"passwords": not off})


def _enters_by_password(organization_id: int, member_id: int) -> bool:
    user_id = Member.objects.values_list("user_id", flat=True).get(organization_id=organization_id, id=member_id)
    if user_id is None or not password_chosen(user_id=user_id):
        return False
    return not account_waits(user_id=user_id, organization_id=organization_id)


def passwords_are_off(*, organization_id: int) -> bool:
    """This function will say whether members enter an organization by its provider only."""
    row = _row(organization_id)
    return row is not None and row.active and row.passwords_off


def provider_forget(*, organization_id: int, by: int, now: datetime) -> None:
    """This function will forget the provider, its secret, and who everybody is there."""
    IdentityProvider.objects.filter(organization_id=organization_id).delete()
    Identity.objects.filter(organization_id=organization_id).delete()
    _told(organization_id, by, now, {"forgotten": True})


def _told(organization_id: int, by: int, now: datetime, data: dict[str, object]) -> None:
    happened = Happened(
        at=now,
        event="organizations:single_sign_on:changed",
        subject="organization",
        subject_id=organization_id,
        actor_id=by,
        data=data,
    )
    record(organization_id=organization_id, entries=[happened])


@attrs.frozen(kw_only=True)
class Door:
    """An organization that has a provider: whose it is, and whom to ask."""

    organization_id: int
    name: str
    provider: Provider


def door_of(*, code: str) -> Door | None:
    """This function will find the provider of the organization of this code; None where none is on.

    Opens its own unit of work.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT organization_id, name FROM finder.single_sign_on(%s)", [code])
        found = cursor.fetchone()
    if found is None:
        return None
    with tenant(organization_id=found[0]):
        row = _row(found[0])
    if row is None or not row.active:
        return None
    secret = decrypt(bytes(row.secret))
    provider = Provider(issuer=row.issuer, client_id=row.client_id, secret=secret)
    return Door(organization_id=found[0], name=found[1], provider=provider)


def single_sign_on_somewhere() -> bool:
    """This function will say whether any organization here has a provider that is on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT finder.single_sign_on_somewhere()")
        return bool(cursor.fetchone()[0])


def identity_enter(*, organization_id: int, vouched: Vouched, now: datetime) -> tuple[int, int]:
    """This function will say which account and which member a provider spoke of; runs in the organization's unit.

    Who was there once is found by issuer and subject alone; the first time by the e-mail that the provider says is
    theirs, and only if somebody invited that e-mail. Raises UnableToEnter.
    """
    here = Identity.objects.filter(organization_id=organization_id, issuer=vouched.issuer)
    known = here.filter(subject=vouched.subject).select_related("member").first()
    if known is None:
        member = _invited(organization_id, vouched)
        one, new = here.get_or_create(
            organization_id=organization_id,
            member_id=member.id,
            issuer=vouched.issuer,
            defaults={"subject": vouched.subject, "since_at": now},
        )
        if one.subject != vouched.subject:
            raise UnableToEnter("Your provider knew you by another account until now: ask an admin to forget that one.")
        if new:
            member_record(organization_id, member.id, "identified", now, member.id, {})
    else:
        member = known.member
    if not member.active or member.user_id is None:
        raise UnableToEnter("You cannot sign in here any more: ask an admin.")
    return member.user_id, member.id


def _invited(organization_id: int, vouched: Vouched) -> Member:
    row = _row(organization_id)
    if not vouched.email:
        raise UnableToEnter("Your provider does not say that your e-mail is verified: ask whoever runs it.")
    if row is None or not in_domains(email=vouched.email, domains=row.domains):
        raise UnableToEnter("Your e-mail at your provider is of no domain that counts here: ask an admin.")
    here = Member.objects.filter(organization_id=organization_id, active=True)
    found = here.select_for_update(of=("self",)).filter(user__email=vouched.email).first()
    if found is None:
        raise UnableToEnter(f"Nobody invited {vouched.email} here: ask an admin.")
    return found


def identified(*, organization_id: int, member_id: int) -> bool:
    """This function will say whether a member is known by what they are at a provider."""
    return Identity.objects.filter(organization_id=organization_id, member_id=member_id).exists()


def identity_forget(*, organization_id: int, member_id: int, now: datetime, by: int | None) -> None:
    """This function will forget who a member is at a provider: their verified e-mail finds them again.

    Raises UnableToChangeMember where `by` is no admin.
    """
    if (
        by is not None
        and not Member.objects.filter(organization_id=organization_id, id=by, active=True, role="admin").exists()
    ):
        raise UnableToChangeMember("Only an admin changes who somebody is: ask one.")
    if Identity.objects.filter(organization_id=organization_id, member_id=member_id).delete()[0]:
        member_record(organization_id, member_id, "unidentified", now, by, {})
