"""What both demo organizations need: people, places, playbooks, causes and a clock that runs fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs
from django.db import connection, transaction

from makegood.failures.operations import cause_create
from makegood.listen.models import Replay
from makegood.organizations.models import Member, Place
from makegood.organizations.operations import (
    member_create,
    organization_create,
    place_create,
    playbook_publish,
)
from makegood.promises.models import Source
from makegood.promises.operations import source_create
from makegood.rules import playbooks
from makegood.store.tenancy import tenant

CAUSES: Mapping[str, Sequence[str]] = {
    "Planning": ("Too few people on the shift", "Promised before it was checked"),
    "Partner": ("Carrier loaded the wrong van", "Weather", "Supplier late"),
    "Systems": ("Till or booking system down", "Charged twice by a retry"),
    "Handover": ("Note lost between shifts", "Room not released after cleaning"),
}


@attrs.frozen(kw_only=True)
class Person:
    """A member of a demo organization, who signs in with one tap."""

    name: str
    role: str
    place: str = ""
    limit_minor: int = 0


@attrs.frozen(kw_only=True)
class Demo:
    """A demo organization as founded: ids by name and code."""

    organization_id: int
    members: Mapping[str, int]
    places: Mapping[str, int]
    source_id: int


def found(
    *,
    code: str,
    name: str,
    zone: str,
    currency: str,
    begins_at: datetime,
    people: Sequence[Person],
    places: Sequence[tuple[str, str, str, str]],
    source: tuple[str, str, int | None],
    playbook: str,
) -> Demo:
    """Found a demo organization whose clock stands at `begins_at`, from which nothing leaves.

    `places` are (code, name, kind, parent code); `source` is (code, name, rhythm in minutes or None).
    """
    with transaction.atomic():
        organization_id = organization_create(
            code=code,
            name=name,
            now=begins_at,
            zone=zone,
            currency=currency,
            delivery="inbox",
            clock_kind="stepped",
            moment_at=begins_at,
        )
        place_ids: dict[str, int] = {}
        for place_code, place_name, kind, parent in places:
            place_ids[place_code] = place_create(
                organization_id=organization_id,
                code=place_code,
                name=place_name,
                kind=kind,
                parent_id=place_ids.get(parent),
            )
        members = {
            person.name: member_create(
                organization_id=organization_id,
                name=person.name,
                role=person.role,
                now=begins_at,
                place_ids=[place_ids[person.place]] if person.place else [],
                limit_minor=person.limit_minor,
            )
            for person in people
        }
        for kind in playbooks.names():
            text = playbooks.text_of(kind)
            playbook_publish(
                organization_id=organization_id, code=kind, text=text, data=playbooks.data_of(text), now=begins_at
            )
        for parent_name, children in CAUSES.items():
            parent_id = cause_create(organization_id=organization_id, name=parent_name)
            for child in children:
                cause_create(organization_id=organization_id, name=child, parent_id=parent_id)
        source_code, source_name, rhythm = source
        source_id = source_create(
            organization_id=organization_id,
            code=source_code,
            name=source_name,
            now=begins_at,
            live_from=begins_at,
            rhythm_minutes=rhythm,
            playbook=playbook,
        )
        Replay.objects.create(organization_id=organization_id, kind="demo", started_at=begins_at)
    return Demo(organization_id=organization_id, members=members, places=place_ids, source_id=source_id)


def find(*, code: str) -> Demo | None:
    """Return the demo organization of this code, if it was founded."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM finder.organization(%s)", [code])
        row = cursor.fetchone()
    if row is None:
        return None
    with tenant(organization_id=row[0]):
        return Demo(
            organization_id=row[0],
            members=dict(Member.objects.values_list("name", "id")),
            places=dict(Place.objects.values_list("code", "id")),
            source_id=Source.objects.order_by("id").values_list("id", flat=True)[0],
        )
