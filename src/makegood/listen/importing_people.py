"""Importing places and members from CSV files: a whole file, or nothing of it.

A place is known by its code, a member by their e-mail; a member who is there already stays as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import attrs
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from makegood.listen.datasets.numbered import Numbered, Problems
from makegood.listen.events import zones
from makegood.listen.importing import Imported
from makegood.listen.importing_tables import File, table_rows
from makegood.listen.mapping_values import UnusableValue, amount
from makegood.listen.tables import MEMBERS, PLACES, Table
from makegood.organizations.choosing import accounts_mailed
from makegood.organizations.founding import member_invite
from makegood.organizations.models import ROLES, Place
from makegood.organizations.operations import place_create, team_create
from makegood.organizations.queries import members_all, organization_facts
from makegood.store.clocks import now
from makegood.store.tenancy import tenant

LONGEST = {"code": 60, "name": 120, "kind": 30, "parent": 60, "email": 254, "team": 80}
LARGEST_LIMIT = 10**12


@attrs.frozen(kw_only=True)
class Joined:
    """What an import of members came to: `passwords` by e-mail, of new accounts; they are told this once."""

    imported: Imported
    passwords: Mapping[str, str]


@attrs.frozen(kw_only=True)
class PlacesChecked:
    """Places that were read and checked: what each row asks for, by code, with parents before what is inside of them.

    `changed` are those that are there and would become otherwise.
    """

    asked: Sequence[Mapping[str, str]]
    rows: int
    new: int
    changed: int


@attrs.frozen(kw_only=True)
class MembersChecked:
    """Members that were read and checked: the rows of those who are new, their limits, and how many rows there are."""

    fresh: Sequence[Mapping[str, str]]
    limits: Mapping[str, int]
    rows: int


def places_import(*, organization_id: int, path: Path) -> Imported:
    """Add the place of each row, or bring the one of its code up to date. Opens its own units of work.

    An empty cell leaves what a known place has. `known` counts the places that were there. Raises UnusableData, with
    nothing written.
    """
    checked = places_read(organization_id=organization_id, file=path, problems=Problems(path.name))
    return places_take(organization_id=organization_id, checked=checked)


def places_read(*, organization_id: int, file: File, problems: Problems) -> PlacesChecked:
    """Read and check places; the rows of which something is wrong are left out. Opens its own unit of work."""
    rows = _rows(file, PLACES, key="code", problems=problems)
    with tenant(organization_id=organization_id):
        there = {place.code: place for place in Place.objects.filter(organization_id=organization_id)}
    codes = {place.id: code for code, place in there.items()}
    parents = {code: codes.get(place.parent_id or 0, "") for code, place in there.items()}
    before = dict(parents)
    parents |= {row["code"]: row["parent"] for _, row in rows if row["parent"] or row["code"] not in there}
    named = {(place.name.casefold(), parents[code]): code for code, place in there.items()}
    asked, changed = [], 0
    for _, row in [one for one in rows if _fits(*one, parents, problems) and _own(*one, parents, named, problems)]:
        code, known = row["code"], there.get(row["code"])
        kind = row["kind"] or (known.kind if known else "store")
        zone = row["zone"] or (known.zone if known else "")
        asked.append({"code": code, "name": row["name"], "kind": kind, "zone": zone, "parent": parents[code]})
        if known is not None:
            was = (known.name, known.kind, known.zone, before[code])
            changed += was != (row["name"], kind, zone, parents[code])
    asked.sort(key=lambda one: _depth(one["code"], parents))
    new = sum(one["code"] not in there for one in asked)
    return PlacesChecked(asked=asked, rows=len(rows), new=new, changed=changed)


def places_take(*, organization_id: int, checked: PlacesChecked) -> Imported:
    """Add these places, or bring them up to date. Opens its own unit of work."""
    with tenant(organization_id=organization_id):
        ids = dict(Place.objects.filter(organization_id=organization_id).values_list("code", "id"))
        before = len(ids)
        for one in checked.asked:
            ids[one["code"]] = place_create(
                organization_id=organization_id,
                code=one["code"],
                name=one["name"],
                kind=one["kind"],
                parent_id=ids.get(one["parent"]),
                zone=one["zone"],
            )
    new = len(ids) - before
    return Imported(what="places", new=new, known=len(checked.asked) - new, changed=checked.changed)


def _fits(number: int, row: Mapping[str, str], parents: Mapping[str, str], problems: Problems) -> bool:
    if row["zone"] and row["zone"] not in zones():
        problems.add(number, f"zone {row['zone']!r} is not a time zone; use one such as Europe/Lisbon")
    elif row["parent"] and row["parent"] not in parents:
        problems.add(number, f"there is no place {row['parent']!r} to be inside of")
    elif _depth(row["code"], parents) > len(parents):
        problems.add(number, f"the place {row['code']!r} would be inside of itself")
    else:
        return True
    return False


def _own(
    number: int,
    row: Mapping[str, str],
    parents: Mapping[str, str],
    named: dict[tuple[str, str], str],
    problems: Problems,
) -> bool:
    """Whether no other place of this name is inside the same one, here or further up in the file."""
    code = named.setdefault((row["name"].casefold(), parents[row["code"]]), row["code"])
    if code == row["code"]:
        return True
    problems.add(number, f"there is a place {row['name']!r} with the code {code!r}: use that code, or another name")
    return False


def _depth(code: str, parents: Mapping[str, str]) -> int:
    """Count the places above this one; more than there are places means a circle."""
    depth = 0
    while (code := parents.get(code, "")) and depth <= len(parents):
        depth += 1
    return depth


def members_import(*, organization_id: int, path: Path) -> Joined:
    """Add the member of each row, with an account and, where that is new, a password. Opens its own units of work.

    Teams are made; places must exist. Raises UnusableData, with nothing written.
    """
    checked = members_read(organization_id=organization_id, file=path, problems=Problems(path.name))
    return members_take(organization_id=organization_id, checked=checked)


def members_read(*, organization_id: int, file: File, problems: Problems) -> MembersChecked:
    """Read and check members; the rows of which something is wrong are left out. Opens its own unit of work."""
    rows = [
        (number, row | {"email": row["email"].lower()})
        for number, row in _rows(file, MEMBERS, key="email", problems=problems)
    ]
    with tenant(organization_id=organization_id):
        places = set(Place.objects.filter(organization_id=organization_id).values_list("code", flat=True))
        currency = organization_facts(organization_id=organization_id).currency
        there = {member.email for member in members_all(organization_id=organization_id)}
    limits = {}
    for number, row in rows:
        limit = _limit(number, row, places, currency, problems)
        if limit is not None:
            limits[row["email"]] = limit
    fresh = [row for _, row in rows if row["email"] in limits and row["email"] not in there]
    return MembersChecked(fresh=fresh, limits=limits, rows=len(rows))


def members_take(*, organization_id: int, checked: MembersChecked, by: int | None = None) -> Joined:
    """Add these members; where mail leaves, each is mailed a link to choose a password. Opens its own unit of work."""
    passwords: dict[str, str] = {}
    with tenant(organization_id=organization_id):
        places = dict(Place.objects.filter(organization_id=organization_id).values_list("code", "id"))
        moment_at, by_mail = now(organization_id=organization_id), accounts_mailed(organization_id=organization_id)
        for row in checked.fresh:
            invited = member_invite(
                organization_id=organization_id,
                name=row["name"],
                role=row["role"] or "employee",
                now=moment_at,
                by=by,
                email=row["email"],
                team_id=team_create(organization_id=organization_id, name=row["team"]) if row["team"] else None,
                place_ids=[places[code] for code in dict.fromkeys(row["places"].split())],
                limit_minor=checked.limits[row["email"]],
                by_mail=by_mail,
            )
            if invited.password:
                passwords[row["email"]] = invited.password
    new = len(checked.fresh)
    return Joined(imported=Imported(what="members", new=new, known=checked.rows - new), passwords=passwords)


def _limit(
    number: int, row: Mapping[str, str], places: Collection[str], currency: str, problems: Problems
) -> int | None:
    """Return the member's limit in minor units, or None where something is wrong with the row."""
    try:
        validate_email(row["email"])
    except ValidationError:
        problems.add(number, f"email {row['email'][:60]!r} is no e-mail address")
        return None
    if row["role"] and row["role"] not in ROLES:
        problems.add(number, f"role {row['role'][:60]!r} is none of {', '.join(ROLES)}")
        return None
    missing = next((code for code in row["places"].split() if code not in places), None)
    if missing is not None:
        problems.add(number, f"there is no place {missing!r}: import places first")
        return None
    try:
        limit = int(amount(row["limit"] or "0", column="limit", currency=currency)["minor"])
    except UnusableValue as error:
        problems.add(number, str(error))
        return None
    if not 0 <= limit <= LARGEST_LIMIT:
        problems.add(number, "limit must be zero or more")
        return None
    return limit


def _rows(file: File, table: Table, *, key: str, problems: Problems) -> Sequence[Numbered]:
    first: dict[str, int] = {}
    kept = []
    for number, row in table_rows(file, table, problems):
        long = next((name for name in row if len(row[name]) > LONGEST.get(name, 1000)), None)
        if long is not None:
            problems.add(number, f"{long} is longer than {LONGEST.get(long, 1000)} characters")
            continue
        before = first.setdefault(row[key].lower(), number)
        if before != number:
            problems.add(number, f"rows {before} and {number} have the same {key}")
            continue
        kept.append((number, row))
    return kept
