"""Writes of organizations: founding one, its people, places, playbooks, calendars and keys."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.db.models import Max

from makegood.core.calendars import Calendar
from makegood.core.lengths import fitting
from makegood.journal.operations import Happened, record
from makegood.organizations.models import (
    ROLES,
    TIERS,
    ApiKey,
    CalendarVersion,
    Integration,
    KeyPlace,
    Member,
    MemberPlace,
    Organization,
    Place,
    PlaybookVersion,
    Team,
    User,
)
from makegood.rules.phrases import languages
from makegood.store.bulk import next_ids
from makegood.store.clocks import clock_set
from makegood.store.secrets import encrypt, keyed_hash
from makegood.store.tenancy import as_user

EVENTS = "events"
SCOPES = (EVENTS, "read", "write")
FITTING = {"hotel": "hospitality"}
"""Playbooks that fit a kind of place."""


class UnableToFoundOrganization(ValueError):
    """This code is taken: choose another one."""


class UnableToAddMember(ValueError):
    """A member needs a name and one of the roles employee, manager, finance or admin."""


class UnableToChangeMember(ValueError):
    """There is no such member here."""


class UnableToAddPlace(ValueError):
    """A place needs a code that no other place has."""


def organization_create(
    *,
    code: str,
    name: str,
    now: datetime,
    zone: str = "UTC",
    currency: str = "EUR",
    language: str = "en",
    delivery: str = "live",
    clock_kind: str = "real",
    moment_at: datetime | None = None,
    speed: float = 1.0,
    recorded: bool = False,
) -> int:
    """Found an organization and its clock; return its id.

    Runs inside a transaction and leaves it in the new organization's tenant context.
    Raises UnableToFoundOrganization if the code is taken.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("organization_create runs inside a transaction")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM finder.organization(%s)", [code])
        if cursor.fetchone():
            raise UnableToFoundOrganization(UnableToFoundOrganization.__doc__)
        (organization_id,) = next_ids(Organization, 1)
        cursor.execute("SELECT set_config('makegood.organization', %s, true)", [str(organization_id)])
    Organization.objects.create(
        id=organization_id,
        code=code,
        name=name,
        zone=zone,
        currency=currency,
        language=language,
        delivery=delivery,
        created_at=now,
        recorded=recorded,
    )
    clock_set(organization_id=organization_id, kind=clock_kind, moment_at=moment_at, speed=speed)
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event="organizations:organization:founded",
                subject="organization",
                subject_id=organization_id,
            )
        ],
    )
    return organization_id


def user_create(
    *, email: str, password: str | None, now: datetime, once: bool = False, made_in: int | None = None
) -> int:
    """Make an account that can sign in (with no password: only after an invitation); return its id.

    `once` is for a password that others saw: it must be changed at first use. `made_in` is the organization that makes
    it, the only one that it enters until its owner chose a password by a mailed link.
    """
    (user_id,) = next_ids(User, 1)
    with as_user(user_id=user_id):
        User.objects.create(
            id=user_id,
            email=email.strip().lower(),
            password=make_password(password),
            created_at=now,
            password_once=once,
            made_in=made_in,
        )
    return user_id


def member_create(
    *,
    organization_id: int,
    name: str,
    role: str,
    now: datetime,
    user_id: int | None = None,
    team_id: int | None = None,
    place_ids: Sequence[int] = (),
    limit_minor: int = 0,
    title: str = "",
    present: bool = True,
    by: int | None = None,
) -> int:
    """Add a member, who signs with a `title` after their name, or without; return their id.

    Raises UnableToAddMember for an unknown role, an empty name or a negative limit.
    """
    if role not in ROLES or not name.strip() or limit_minor < 0:
        raise UnableToAddMember(UnableToAddMember.__doc__)
    member = Member.objects.create(
        organization_id=organization_id,
        name=name.strip(),
        role=role,
        tier=TIERS[role],
        title=fitting(title, most=60),
        user_id=user_id,
        team_id=team_id,
        limit_minor=limit_minor,
        present=present,
        created_at=now,
    )
    MemberPlace.objects.bulk_create(
        MemberPlace(organization_id=organization_id, member_id=member.id, place_id=place_id) for place_id in place_ids
    )
    member_record(organization_id, member.id, "joined", now, by, {"role": role})
    return member.id


def member_deactivate(*, organization_id: int, member_id: int, now: datetime, by: int | None) -> None:
    """Let a member leave: their open recoveries are handed over in this transaction, or it fails.

    Raises UnableToChangeMember for an unknown member; the database refuses to let the last active admin go.
    """
    changed = Member.objects.filter(organization_id=organization_id, id=member_id, active=True).update(active=False)
    if not changed:
        raise UnableToChangeMember(UnableToChangeMember.__doc__)
    member_record(organization_id, member_id, "left", now, by, {})


def member_change(
    *,
    organization_id: int,
    member_id: int,
    now: datetime,
    by: int | None,
    limit_minor: int | None = None,
    present: bool | None = None,
) -> None:
    """Change a member's limit or presence; `members.member_edit` changes who they are.

    Raises UnableToChangeMember for an unknown member or a negative limit.
    """
    changes: dict[str, Any] = {}
    if limit_minor is not None:
        changes["limit_minor"] = limit_minor
    if present is not None:
        changes["present"] = present
    if (limit_minor or 0) < 0:
        raise UnableToChangeMember("A limit is zero or more.")
    if not Member.objects.filter(organization_id=organization_id, id=member_id).update(**changes):
        raise UnableToChangeMember(UnableToChangeMember.__doc__)
    member_record(organization_id, member_id, "changed", now, by, changes)


def member_record(
    organization_id: int, member_id: int, action: str, now: datetime, by: int | None, data: dict[str, Any]
) -> None:
    """Journal what happened to a member: ids, codes and the names of what changed, never a name or an address."""
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event=f"organizations:member:{action}",
                subject="member",
                subject_id=member_id,
                actor_id=by,
                data=data,
            )
        ],
    )


def team_create(*, organization_id: int, name: str) -> int:
    """Add a team, or find the one of this name; return its id."""
    team, _ = Team.objects.get_or_create(organization_id=organization_id, name=name.strip())
    return team.id


def place_create(
    *,
    organization_id: int,
    code: str,
    name: str,
    kind: str = "store",
    parent_id: int | None = None,
    zone: str = "",
    playbook: str = "",
) -> int:
    """Add a place, or update the one of this code; return its id.

    `playbook` is what a new place begins with; unless it is given, the one that fits its kind, if any does.
    Raises UnableToAddPlace for an empty code.
    """
    if not code.strip():
        raise UnableToAddPlace(UnableToAddPlace.__doc__)
    given = {"name": name.strip() or code.strip(), "kind": kind, "parent_id": parent_id, "zone": zone}
    place, _ = Place.objects.update_or_create(
        organization_id=organization_id,
        code=code.strip(),
        defaults=given,
        create_defaults=given | {"playbook": playbook or FITTING.get(kind, "")},
    )
    return place.id


def place_playbook_choose(*, organization_id: int, place_id: int, playbook: str, by: int, now: datetime) -> None:
    """Choose what is done for whom a place fails from now on; an empty one is as at the place it is inside of."""
    Place.objects.filter(organization_id=organization_id, id=place_id).update(playbook=playbook)
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event="organizations:place:treated",
                subject="place",
                subject_id=place_id,
                data={"playbook": playbook},
                actor_id=by,
            )
        ],
    )


def mail_playbook_choose(*, organization_id: int, playbook: str, by: int, now: datetime) -> None:
    """Choose what is done from now on about what mails complain of, where no order and no place says it."""
    Organization.objects.filter(id=organization_id).update(mail_playbook=playbook)
    entry = Happened(
        at=now,
        event="organizations:organization:treated",
        subject="organization",
        subject_id=organization_id,
        data={"mail_playbook": playbook},
        actor_id=by,
    )
    record(organization_id=organization_id, entries=[entry])


def playbook_publish(
    *, organization_id: int, code: str, text: str, data: dict[str, Any], now: datetime, by: int | None = None
) -> int:
    """Publish a playbook: its next version, never changed afterwards; return the version's id."""
    latest = (
        PlaybookVersion.objects.filter(organization_id=organization_id, code=code).aggregate(last=Max("version"))[
            "last"
        ]
        or 0
    )
    version = PlaybookVersion.objects.create(
        organization_id=organization_id,
        code=code,
        version=latest + 1,
        text=text,
        data=data,
        published_at=now,
        published_by_id=by,
    )
    return version.id


class UnableToPublishCalendar(ValueError):
    """Time that was used stays used: let the change count from now on, or from later."""


def calendar_publish(
    *,
    organization_id: int,
    code: str,
    data: dict[str, Any],
    active_from: datetime,
    now: datetime,
    by: int | None = None,
) -> int:
    """Publish a calendar that counts from `active_from`, and journal it, so that running clocks are reckoned anew.

    Return the version's id. Only a calendar's first version may count from before `now`. Raises UnusableCalendar for a
    calendar that cannot be worked with, and UnableToPublishCalendar for a change of the past.
    """
    Calendar.from_data(data)
    before = CalendarVersion.objects.filter(organization_id=organization_id, code=code)
    if active_from < now and before.exists():
        raise UnableToPublishCalendar(UnableToPublishCalendar.__doc__)
    if before.filter(active_from=active_from).exists():
        raise UnableToPublishCalendar("This calendar changes at that moment already: choose another moment.")
    version = CalendarVersion.objects.create(
        organization_id=organization_id, code=code, active_from=active_from, data=data
    )
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event="organizations:calendar:published",
                subject="calendar",
                subject_id=version.id,
                data={"calendar": code, "active_from": active_from.isoformat()},
                actor_id=by,
            )
        ],
    )
    return version.id


@attrs.frozen(kw_only=True)
class NewKey:
    """A fresh API key: `key` is shown once and never again."""

    id: int
    key: str


class UnableToMakeKey(ValueError):
    """A key for one place sends no events, which may be about any: let it read or write, or be for the whole house."""


def api_key_create(
    *, organization_id: int, name: str, scopes: Sequence[str], now: datetime, place_id: int | None = None
) -> NewKey:
    """Make a program's key; only its hash is kept. With a place it speaks for that one and what lies inside of it.

    Raises UnableToMakeKey for a key of a place that is to send events.
    """
    if place_id is not None and EVENTS in scopes:
        raise UnableToMakeKey(UnableToMakeKey.__doc__)
    key = f"mg_{secrets.token_urlsafe(32)}"
    row = ApiKey.objects.create(
        organization_id=organization_id,
        name=name,
        prefix=key[:10],
        key_hash=api_key_hash(key),
        scopes=[scope for scope in SCOPES if scope in scopes],
        created_at=now,
    )
    if place_id is not None:
        KeyPlace.objects.create(organization_id=organization_id, api_key_id=row.id, place_id=place_id)
    return NewKey(id=row.id, key=key)


def api_key_hash(key: str) -> bytes:
    """Return what is kept of a key."""
    return keyed_hash(hashlib.sha256(key.encode()).hexdigest(), purpose="api-key")


def api_key_revoke(*, organization_id: int, key_id: int, now: datetime) -> None:
    """Revoke a key at once; it stays for the record."""
    ApiKey.objects.filter(organization_id=organization_id, id=key_id, revoked_at=None).update(revoked_at=now)


def integration_set(*, organization_id: int, kind: str, url: str, secret: str) -> None:
    """Name an outside system for one kind of effect, its secret kept encrypted."""
    Integration.objects.update_or_create(
        organization_id=organization_id,
        kind=kind,
        defaults={"url": url, "secret": encrypt(secret), "active": True},
    )


def sending_stop(*, organization_id: int, now: datetime, by: int | None, stopped: bool) -> None:
    """Press, or release, the stop button: while it is pressed nothing leaves this organization."""
    Organization.objects.filter(id=organization_id).update(stopped_at=now if stopped else None)
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event=f"organizations:sending:{'stopped' if stopped else 'resumed'}",
                subject="organization",
                subject_id=organization_id,
                actor_id=by,
            )
        ],
    )


class UnableToSpeak(ValueError):
    """Choose one of the languages that letters are written in."""


def organization_language_set(*, organization_id: int, language: str, by: int | None, now: datetime) -> bool:
    """Let customers of whom no language is known be written to in this one; return whether that is new.

    What waits unsent, as it was drafted, is written anew: the rooms above hear of it through
    organizations:organization:spoken. Raises UnableToSpeak for one that no letter is written in.
    """
    if language not in languages():
        raise UnableToSpeak(UnableToSpeak.__doc__)
    here = Organization.objects.filter(id=organization_id)
    if not here.exclude(language=language).update(language=language):
        return False
    entry = Happened(
        at=now,
        event="organizations:organization:spoken",
        subject="organization",
        subject_id=organization_id,
        data={"language": language},
        actor_id=by,
    )
    record(organization_id=organization_id, entries=[entry])
    return True


class UnableToAddress(ValueError):
    """Write an e-mail address, such as care@example.com."""


def reply_address_set(*, organization_id: int, address: str, by: int | None, now: datetime) -> None:
    """Let customers be written to from this address, and their replies come back to it, tagged with what they answer.

    Nothing proves that it is theirs: which addresses may be written from, the mail server decides. Raises
    UnableToAddress.
    """
    try:
        validate_email(address)
        address.encode("ascii")
    except (ValidationError, UnicodeError) as error:
        raise UnableToAddress(UnableToAddress.__doc__) from error
    Organization.objects.filter(id=organization_id).update(reply_address=address)
    entry = Happened(
        at=now,
        event="organizations:organization:addressed",
        subject="organization",
        subject_id=organization_id,
        actor_id=by,
    )
    record(organization_id=organization_id, entries=[entry])
