"""Reads of organizations: who sits at the desk, and the people, places, playbooks and keys of one business."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import attrs
from django.db import connection
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from makegood.organizations.models import (
    ApiKey,
    CalendarVersion,
    Integration,
    KeyPlace,
    MemberPlace,
    Organization,
    Place,
    PlaybookVersion,
    Team,
)
from makegood.store.preparing import prepared

DEEPEST = 12
"""Places inside places are followed so far up."""

DESK = """
SELECT m.name, m.role, m.tier, m.limit_minor, m.present, o.name, o.code, o.zone, o.currency, o.language, o.delivery,
    o.stopped_at, makegood_now(o.id), clock.kind, clock.speed,
    m.user_id, coalesce(u.password_once, false), greatest(u.password_changed_at, u.signed_out_at), u.email,
    (SELECT array_agg(mp.place_id) FROM organizations_memberplace mp
      WHERE mp.organization_id = m.organization_id AND mp.member_id = m.id),
    EXISTS (SELECT FROM organizations_integration i
      WHERE i.organization_id = m.organization_id AND i.kind = 'drafting' AND i.active),
    (SELECT s.at FROM organizations_memberseen s WHERE s.organization_id = m.organization_id AND s.member_id = m.id)
FROM organizations_member m
JOIN organizations_organization o ON o.id = m.organization_id
JOIN store_clock clock ON clock.organization_id = o.id
LEFT JOIN organizations_user u ON u.id = m.user_id
WHERE m.organization_id = %s AND m.id = %s AND m.active
"""
LATEST = """
SELECT DISTINCT ON (code) code, id FROM organizations_playbookversion WHERE organization_id = %s
ORDER BY code, version DESC
"""
BELOW = """
WITH RECURSIVE served AS (
    SELECT id, name, true AS named FROM organizations_place WHERE organization_id = %s AND id = ANY(%s)
    UNION
    SELECT p.id, p.name, false FROM organizations_place p JOIN served s ON p.parent_id = s.id
    WHERE p.organization_id = %s)
SELECT id, name, named FROM served ORDER BY named DESC, name
"""


@attrs.frozen(kw_only=True)
class DeskFacts:
    """The member who looks, and the organization and moment that they look at.

    `user_id` and `email` are of their account, None where they have none; `password_once` that its password must be
    changed first; `sessions_ended_at` when all sessions that had begun by then were ended. `places` are the ids of the
    places that they serve, those below them included; None is all. `drafts` says whether a language model may be asked
    for letters; `seen_at` is when this member last did something, by the organization's clock.
    """

    name: str
    role: str
    tier: int
    limit_minor: int
    present: bool
    organization: str
    code: str
    zone: str
    currency: str
    language: str
    delivery: str
    stopped_at: datetime | None
    now: datetime
    clock: str
    speed: float
    user_id: int | None
    password_once: bool
    sessions_ended_at: datetime | None
    email: str | None
    places: tuple[int, ...] | None
    place_names: tuple[str, ...] = ()
    drafts: bool = False
    seen_at: datetime | None = None


def desk_of(*, organization_id: int, member_id: int) -> DeskFacts | None:
    """This function will read who looks and from where; None where they are no active member any more."""
    with prepared() as cursor:
        cursor.execute(DESK, [organization_id, member_id])
        row = cursor.fetchone()
        if row is None:
            return None
        served: list[tuple[int, str, bool]] = []
        if row[19]:
            cursor.execute(BELOW, [organization_id, row[19], organization_id])
            served = cursor.fetchall()
    names = [field.name for field in attrs.fields(DeskFacts)][:19]
    return DeskFacts(
        **dict(zip(names, row[:19], strict=True)),
        places=tuple(place_id for place_id, _, _ in served) if row[19] else None,
        place_names=tuple(name for _, name, named in served if named),
        drafts=row[20],
        seen_at=row[21],
    )


@attrs.frozen(kw_only=True)
class OrganizationFacts:
    """One business as its settings show it."""

    id: int
    code: str
    name: str
    zone: str
    currency: str
    language: str
    delivery: str
    reply_address: str
    stopped_at: datetime | None


def organization_facts(*, organization_id: int) -> OrganizationFacts:
    """This function will read one organization."""
    names = [field.name for field in attrs.fields(OrganizationFacts)]
    return OrganizationFacts(**Organization.objects.values(*names).get(id=organization_id))


@attrs.frozen(kw_only=True)
class MemberFacts:
    """One member as the settings list them; `email` is empty where they cannot sign in."""

    id: int
    name: str
    role: str
    email: str
    team: str
    places: tuple[str, ...]
    limit_minor: int
    active: bool
    present: bool


MEMBERS = """
SELECT m.id, m.name, m.role, coalesce(u.email, ''), coalesce(t.name, ''),
    coalesce((SELECT array_agg(p.name ORDER BY p.name) FROM organizations_memberplace mp
        JOIN organizations_place p ON p.organization_id = mp.organization_id AND p.id = mp.place_id
        WHERE mp.organization_id = m.organization_id AND mp.member_id = m.id), '{}'),
    m.limit_minor, m.active, m.present
FROM organizations_member m
LEFT JOIN organizations_user u ON u.id = m.user_id
LEFT JOIN organizations_team t ON t.organization_id = m.organization_id AND t.id = m.team_id
WHERE m.organization_id = %s ORDER BY m.active DESC, m.name, m.id
"""


def members_all(*, organization_id: int) -> list[MemberFacts]:
    """This function will list all members, the active first."""
    names = [field.name for field in attrs.fields(MemberFacts)]
    with prepared() as cursor:
        cursor.execute(MEMBERS, [organization_id])
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [MemberFacts(**row | {"places": tuple(row["places"])}) for row in rows]


@attrs.frozen(kw_only=True)
class Named:
    """Something with an id and a name, to choose."""

    id: int
    name: str


def teams_all(*, organization_id: int) -> list[Named]:
    """This function will list the teams by name."""
    rows = Team.objects.filter(organization_id=organization_id).order_by("name").values_list("id", "name")
    return [Named(id=team_id, name=name) for team_id, name in rows]


def place_free(*, organization_id: int, name: str, code: str, parent_id: int | None) -> str:
    """This function will make of `code` one that no place has; "" where one of this name is inside the same place."""
    here = Place.objects.filter(organization_id=organization_id)
    if here.filter(name__iexact=name, parent_id=parent_id).exists():
        return ""
    taken = set(here.filter(code__startswith=code).values_list("code", flat=True))
    return next(one for one in (code, *(f"{code}-{n}" for n in range(2, len(taken) + 3))) if one not in taken)


def place_coded(*, organization_id: int, code: str) -> Named | None:
    """This function will find a place by its code; None where there is no such place."""
    row = (
        Place.objects.filter(organization_id=organization_id, code=code).values_list("id", "name").first()
        if code
        else None
    )
    return Named(id=row[0], name=row[1]) if row else None


@attrs.frozen(kw_only=True)
class PlaceFacts:
    """One place, and what it stands below."""

    id: int
    code: str
    name: str
    kind: str
    parent: str
    members: int
    playbook: str


def places_all(*, organization_id: int, only: tuple[int, ...] | None = None, most: int = 500) -> list[PlaceFacts]:
    """This function will list places by name, at most `most`; `only` narrows them to those that a member serves."""
    rows = Place.objects.filter(organization_id=organization_id)
    if only is not None:
        rows = rows.filter(id__in=only)
    served: dict[int, int] = {}
    for place_id in MemberPlace.objects.filter(organization_id=organization_id).values_list("place_id", flat=True):
        served[place_id] = served.get(place_id, 0) + 1
    columns = ("id", "code", "name", "kind", "playbook", "parent__name")
    return [
        PlaceFacts(
            id=row[0],
            code=row[1],
            name=row[2],
            kind=row[3],
            playbook=row[4],
            parent=row[5] or "",
            members=served.get(row[0], 0),
        )
        for row in rows.order_by("name").values_list(*columns)[:most]
    ]


AROUND = """
WITH RECURSIVE up AS (
    SELECT id, parent_id FROM organizations_place WHERE organization_id = %(organization)s AND id = %(place)s
    UNION
    SELECT p.id, p.parent_id FROM up
    JOIN organizations_place p ON p.organization_id = %(organization)s AND p.id = up.parent_id
)
"""
SERVING = f"""{AROUND}
SELECT m.id FROM organizations_member m
LEFT JOIN organizations_memberplace s ON s.organization_id = m.organization_id AND s.member_id = m.id
WHERE m.organization_id = %(organization)s AND m.active AND (s.place_id IS NULL OR s.place_id IN (SELECT id FROM up))
"""


def members_serving(*, organization_id: int, place_id: int | None) -> set[int]:
    """This function will find the active members who serve a place or one around it, or all; None is no place."""
    with connection.cursor() as cursor:
        cursor.execute(SERVING, {"organization": organization_id, "place": place_id})
        return {row[0] for row in cursor.fetchall()}


def member_places(*, organization_id: int, member_id: int) -> list[int]:
    """This function will list the places that a member was given to serve; none is all of them."""
    rows = MemberPlace.objects.filter(organization_id=organization_id, member_id=member_id)
    return list(rows.order_by("place_id").values_list("place_id", flat=True))


def places_around(*, organization_id: int, place_id: int) -> list[int]:
    """This function will find a place and all that it is inside of."""
    with connection.cursor() as cursor:
        cursor.execute(f"{AROUND} SELECT id FROM up", {"organization": organization_id, "place": place_id})
        return [row[0] for row in cursor.fetchall()]


PLACE_PLAYBOOKS = """
WITH RECURSIVE up(asked, playbook, above, high) AS (
    SELECT id, playbook, parent_id, 1 FROM organizations_place
    WHERE organization_id = %(organization)s AND id = ANY(%(places)s)
    UNION ALL
    SELECT up.asked, p.playbook, p.parent_id, up.high + 1 FROM up JOIN organizations_place p
    ON p.organization_id = %(organization)s AND p.id = up.above WHERE up.playbook = '' AND up.high < %(most)s
)
SELECT asked, playbook FROM up WHERE playbook <> ''
"""


def place_playbooks(*, organization_id: int, place_ids: Collection[int]) -> dict[int, str]:
    """This function will say what is done at these places: their own playbook, else that of what they are inside of.

    A place where none is chosen all the way up is absent.
    """
    if not place_ids:
        return {}
    with prepared() as cursor:
        cursor.execute(PLACE_PLAYBOOKS, {"organization": organization_id, "places": list(place_ids), "most": DEEPEST})
        return dict(cursor.fetchall())


def mail_playbook(*, organization_id: int) -> str:
    """This function will say what is done about what mails complain of; empty where nobody chose."""
    return str(Organization.objects.values_list("mail_playbook", flat=True).get(id=organization_id))


@attrs.frozen(kw_only=True)
class PlaybookFacts:
    """One published version of a playbook."""

    code: str
    version: int
    text: str
    data: dict[str, Any]
    published_at: datetime


def playbooks_latest_facts(*, organization_id: int) -> list[PlaybookFacts]:
    """This function will read the newest version of each playbook."""
    names = [field.name for field in attrs.fields(PlaybookFacts)]
    rows = PlaybookVersion.objects.filter(organization_id=organization_id).order_by("code", "-version")
    return [PlaybookFacts(**row) for row in rows.distinct("code").values(*names)]


@attrs.frozen(kw_only=True)
class CalendarFacts:
    """One version of a working calendar."""

    code: str
    active_from: datetime
    data: dict[str, Any]


def calendars_latest(*, organization_id: int) -> dict[str, CalendarFacts]:
    """This function will read the newest version of each calendar, by its code."""
    names = [field.name for field in attrs.fields(CalendarFacts)]
    rows = CalendarVersion.objects.filter(organization_id=organization_id).order_by("code", "-active_from")
    return {row["code"]: CalendarFacts(**row) for row in rows.distinct("code").values(*names)}


@attrs.frozen(kw_only=True)
class KeyReach:
    """What a key may do, and where: `home` is the place that it was made for, `places` that one and all inside of it.

    Both are None for a key of the whole house.
    """

    scopes: tuple[str, ...]
    home: int | None
    places: tuple[int, ...] | None


def key_reach(*, organization_id: int, key_id: int) -> KeyReach:
    """This function will say what a key may do, and where."""
    named = KeyPlace.objects.filter(organization_id=organization_id, api_key_id=OuterRef("id")).values("place_id")
    rows = ApiKey.objects.filter(organization_id=organization_id, id=key_id)
    scopes, home = rows.values_list("scopes", Subquery(named[:1])).get()
    if home is None:
        return KeyReach(scopes=tuple(scopes), home=None, places=None)
    with prepared() as cursor:
        cursor.execute(BELOW, [organization_id, [home], organization_id])
        return KeyReach(scopes=tuple(scopes), home=home, places=tuple(row[0] for row in cursor.fetchall()))


@attrs.frozen(kw_only=True)
class KeyFacts:
    """One API key, of which only the beginning is known; `place` is the name of the one it is for, "" for all."""

    id: int
    name: str
    prefix: str
    scopes: tuple[str, ...]
    place: str
    created_at: datetime
    revoked_at: datetime | None


def keys_all(*, organization_id: int) -> list[KeyFacts]:
    """This function will list the API keys, those in force first."""
    named = KeyPlace.objects.filter(organization_id=organization_id, api_key_id=OuterRef("id")).values("place__name")
    rows = ApiKey.objects.filter(organization_id=organization_id).order_by("revoked_at", "-created_at")
    rows = rows.annotate(place=Coalesce(Subquery(named[:1]), Value("")))
    names = [field.name for field in attrs.fields(KeyFacts)]
    return [KeyFacts(**row | {"scopes": tuple(row["scopes"])}) for row in rows.values(*names)[:200]]


@attrs.frozen(kw_only=True)
class IntegrationFacts:
    """One outside system that effects go to; its secret is never read back."""

    kind: str
    url: str
    active: bool


def integrations_all(*, organization_id: int) -> list[IntegrationFacts]:
    """This function will list the outside systems."""
    rows = Integration.objects.filter(organization_id=organization_id).order_by("kind")
    return [IntegrationFacts(**row) for row in rows.values("kind", "url", "active")]


def playbooks_said(*, organization_id: int) -> dict[str, Mapping[str, Any]]:
    """This function will return what the latest version of each playbook says, by its code; not to be changed.

    A version never changes, so each process reads it once.
    """
    latest = playbook_versions(organization_id=organization_id)
    return {code: _said(organization_id, version_id) for code, version_id in latest.items()}


def playbook_versions(*, organization_id: int) -> dict[str, int]:
    """This function will return the id of each playbook's latest version, by its code."""
    with prepared() as cursor:
        cursor.execute(LATEST, [organization_id])
        return dict(cursor.fetchall())


@lru_cache(maxsize=1024)
def _said(organization_id: int, version_id: int) -> Mapping[str, Any]:
    data: Mapping[str, Any] = PlaybookVersion.objects.values_list("data", flat=True).get(
        organization_id=organization_id, id=version_id
    )
    return data
