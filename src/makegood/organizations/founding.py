"""Founding a business with its first admin, and inviting the people who follow."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import attrs
from django.db import connection

from makegood.organizations.choosing import account_mail
from makegood.organizations.operations import member_create, organization_create, playbook_publish, user_create
from makegood.organizations.owning import account_waits
from makegood.organizations.passwords import LEAST
from makegood.rules import playbooks
from makegood.rules.phrases import ENGLISH, languages
from makegood.store.secrets import keyed_hash

CURRENCY = re.compile(r"currency: [A-Z]{3}\b")
"""The amounts of the shipped playbooks, which a new organization begins with in its own currency."""


class UnableToFound(ValueError):
    """An organization needs a name, a time zone, a currency, and an admin with an e-mail and a password."""


@attrs.frozen(kw_only=True)
class Founded:
    """What founding made."""

    organization_id: int
    member_id: int
    user_id: int


def set_up_code() -> str:
    """This function will return the code that founds one more organization here; once used it is another one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM finder.organizations()")
        (last,) = cursor.fetchone()
    return keyed_hash(f"after {last}", purpose="set-up").hex()[:12]


def organizations_exist() -> bool:
    """This function will say whether any organization was founded on this installation."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM finder.organizations())")
        return bool(cursor.fetchone()[0])


def organization_found(
    *,
    name: str,
    zone: str,
    currency: str,
    person: str,
    email: str,
    password: str,
    now: datetime,
    language: str = ENGLISH,
    title: str = "",
    delivery: str = "live",
) -> Founded:
    """This function will found an organization with its first admin and the playbooks that come with Makegood.

    Runs inside a transaction and leaves it in the new organization. Raises UnableToFound for an answer that cannot
    be used.
    """
    _check(name, zone, currency, person, email, password)
    if language not in languages():
        raise UnableToFound("Choose a language from the list.")
    organization_id = organization_create(
        code=_code(name),
        name=name.strip(),
        now=now,
        zone=zone,
        currency=currency.upper(),
        language=language,
        delivery=delivery,
    )
    user_id = user_create(email=email, password=password, now=now, made_in=organization_id)
    member_id = member_create(
        organization_id=organization_id,
        name=person,
        role="admin",
        now=now,
        user_id=user_id,
        limit_minor=10_000,
        title=title,
    )
    for code in playbooks.names():
        text = CURRENCY.sub(f"currency: {currency.upper()}", playbooks.text_of(code))
        playbook_publish(
            organization_id=organization_id,
            code=code,
            text=text,
            data=playbooks.data_of(text, where=code),
            now=now,
            by=member_id,
        )
    return Founded(organization_id=organization_id, member_id=member_id, user_id=user_id)


def _check(name: str, zone: str, currency: str, person: str, email: str, password: str) -> None:
    if not name.strip() or not person.strip() or "@" not in email.strip():
        raise UnableToFound(UnableToFound.__doc__)
    if len(password) < LEAST:
        raise UnableToFound(f"Choose a password of at least {LEAST} characters.")
    if not re.fullmatch(r"[A-Za-z]{3}", currency):
        raise UnableToFound("A currency is three letters, such as EUR.")
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, LookupError):
        raise UnableToFound("Choose a time zone from the list.") from None


def _code(name: str) -> str:
    """Make a code from a name that no other organization has."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    code = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:30] or "organization"
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM finder.organization(%s))", [code])
        return f"{code}-{secrets.token_hex(3)}" if cursor.fetchone()[0] else code


@attrs.frozen(kw_only=True)
class Invited:
    """A new member; `password` is shown once, and empty where they cannot sign in, or know or choose their own.

    It must be changed at first use. `known` says that they have an account already, `mailed` that they are written to.
    `waits` says that another organization made the account, and that it does not enter this one before its owner chose
    a password by a mailed link.
    """

    member_id: int
    password: str
    known: bool
    mailed: bool = False
    waits: bool = False


def member_invite(
    *,
    organization_id: int,
    name: str,
    role: str,
    now: datetime,
    by: int | None,
    email: str = "",
    team_id: int | None = None,
    place_ids: Sequence[int] = (),
    limit_minor: int = 0,
    title: str = "",
    by_mail: bool = False,
) -> Invited:
    """This function will add a member, with an account of their own where an e-mail is given.

    `by_mail` has a link mailed to them by which they choose their password, so that nobody else ever knows one.
    Who has an account is absent until they come in for the first time (`visits.visit_note`): what they do not know of
    yet is owned by others rather.

    Raises UnableToAddMember, or the database's word that the account is a member already.
    """
    password, user_id, known = "", None, False
    if email.strip():
        with connection.cursor() as cursor:
            cursor.execute("SELECT user_id FROM finder.sign_in(%s)", [email.strip()])
            row = cursor.fetchone()
        known = row is not None
        password = "" if known or by_mail else secrets.token_urlsafe(12)
        user_id = (
            row[0]
            if row
            else user_create(
                email=email, password=password or None, now=now, once=bool(password), made_in=organization_id
            )
        )
    member_id = member_create(
        organization_id=organization_id,
        name=name,
        role=role,
        now=now,
        user_id=user_id,
        team_id=team_id,
        place_ids=place_ids,
        limit_minor=limit_minor,
        title=title,
        present=user_id is None,
        by=by,
    )
    mailed = by_mail and user_id is not None
    waits = user_id is not None and known and account_waits(user_id=user_id, organization_id=organization_id)
    if mailed:
        kind = "joined" if known and not waits else "invited"
        account_mail(organization_id=organization_id, member_id=member_id, kind=kind)
    return Invited(member_id=member_id, password=password, known=known, mailed=mailed, waits=waits)
