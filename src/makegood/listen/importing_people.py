"""Importing places and members from CSV files: a whole file, or nothing of it.

A place is known by its code, a member by their e-mail; a member who is there already stays as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from makegood.listen.datasets.numbered import Row
from makegood.listen.datasets.recorded import UnusableData
from makegood.listen.events import zones
from makegood.listen.importing import Imported
from makegood.listen.importing_tables import Table, table_rows
from makegood.listen.mapping_values import UnusableValue, amount
from makegood.organizations.founding import member_invite
from makegood.organizations.models import ROLES, Place
from makegood.organizations.operations import place_create, team_create
from makegood.organizations.queries import members_all, organization_facts
from makegood.store.clocks import now
from makegood.store.tenancy import tenant

PLACES = Table(needed=("code", "name"), allowed=("kind", "parent", "zone"))
MEMBERS = Table(needed=("email", "name"), allowed=("role", "team", "places", "limit"))
LONGEST = {"code": 60, "name": 120, "kind": 30, "parent": 60, "email": 254, "team": 80}
LARGEST_LIMIT = 10**12


@attrs.frozen(kw_only=True)
class Joined:
    """What an import of members came to: `passwords` by e-mail, of new accounts; they are told this once."""

    imported: Imported
    passwords: Mapping[str, str]


def places_import(*, organization_id: int, path: Path) -> Imported:
    """Add the place of each row, or bring the one of its code up to date. Opens its own unit of work.

    An empty cell leaves what a known place has. `known` counts the places that were there. Raises UnusableData, with
    nothing written.
    """
    rows = _rows(path, PLACES, key="code")
    with tenant(organization_id=organization_id):
        there = {place.code: place for place in Place.objects.filter(organization_id=organization_id)}
        codes = {place.id: code for code, place in there.items()}
        parents = {code: codes.get(place.parent_id or 0, "") for code, place in there.items()}
        parents |= {row["code"]: row["parent"] for _, row in rows if row["parent"] or row["code"] not in there}
        for number, row in rows:
            _refuse_place(path, number, row, parents)
        ids = {code: place.id for code, place in there.items()}
        for _, row in sorted(rows, key=lambda one: _depth(one[1]["code"], parents)):
            code, known = row["code"], there.get(row["code"])
            ids[code] = place_create(
                organization_id=organization_id,
                code=code,
                name=row["name"],
                kind=row["kind"] or (known.kind if known else "store"),
                parent_id=ids.get(parents[code]),
                zone=row["zone"] or (known.zone if known else ""),
            )
    new = len(ids) - len(there)
    return Imported(what="places", new=new, known=len(rows) - new)


def _refuse_place(path: Path, number: int, row: Row, parents: Mapping[str, str]) -> None:
    if row["zone"] and row["zone"] not in zones():
        raise UnusableData(
            f"{path.name} row {number}: zone {row['zone']!r} is not a time zone; use one such as Europe/Lisbon"
        )
    if row["parent"] and row["parent"] not in parents:
        raise UnusableData(f"{path.name} row {number}: there is no place {row['parent']!r} to be inside of")
    if _depth(row["code"], parents) > len(parents):
        raise UnusableData(f"{path.name} row {number}: the place {row['code']!r} would be inside of itself")


def _depth(code: str, parents: Mapping[str, str]) -> int:
    """Count the places above this one; more than there are places means a circle."""
    depth = 0
    while (code := parents.get(code, "")) and depth <= len(parents):
        depth += 1
    return depth


def members_import(*, organization_id: int, path: Path) -> Joined:
    """Add the member of each row, with an account and, where that is new, a password. Opens its own unit of work.

    Teams are made; places must exist. Raises UnusableData, with nothing written.
    """
    rows = [(number, row | {"email": row["email"].lower()}) for number, row in _rows(path, MEMBERS, key="email")]
    with tenant(organization_id=organization_id):
        places = dict(Place.objects.filter(organization_id=organization_id).values_list("code", "id"))
        currency = organization_facts(organization_id=organization_id).currency
        limits = {row["email"]: _checked_member(path, number, row, places, currency) for number, row in rows}
        there = {member.email for member in members_all(organization_id=organization_id)}
        moment_at = now(organization_id=organization_id)
        passwords: dict[str, str] = {}
        fresh = [row for _, row in rows if row["email"] not in there]
        for row in fresh:
            invited = member_invite(
                organization_id=organization_id,
                name=row["name"],
                role=row["role"] or "employee",
                now=moment_at,
                by=None,
                email=row["email"],
                team_id=team_create(organization_id=organization_id, name=row["team"]) if row["team"] else None,
                place_ids=[places[code] for code in dict.fromkeys(row["places"].split())],
                limit_minor=limits[row["email"]],
            )
            if invited.password:
                passwords[row["email"]] = invited.password
    return Joined(imported=Imported(what="members", new=len(fresh), known=len(rows) - len(fresh)), passwords=passwords)


def _checked_member(path: Path, number: int, row: Row, places: Mapping[str, int], currency: str) -> int:
    """Return the member's limit in minor units."""
    try:
        validate_email(row["email"])
    except ValidationError:
        raise UnusableData(f"{path.name} row {number}: email {row['email'][:60]!r} is no e-mail address") from None
    if row["role"] and row["role"] not in ROLES:
        raise UnusableData(f"{path.name} row {number}: role {row['role'][:60]!r} is none of {', '.join(ROLES)}")
    missing = next((code for code in row["places"].split() if code not in places), None)
    if missing is not None:
        raise UnusableData(f"{path.name} row {number}: there is no place {missing!r}: import places first")
    try:
        limit = int(amount(row["limit"] or "0", column="limit", currency=currency)["minor"])
    except UnusableValue as error:
        raise UnusableData(f"{path.name} row {number}: {error}") from None
    if not 0 <= limit <= LARGEST_LIMIT:
        raise UnusableData(f"{path.name} row {number}: limit must be zero or more")
    return limit


def _rows(path: Path, table: Table, *, key: str) -> Sequence[tuple[int, Row]]:
    rows = table_rows(path, table)
    first: dict[str, int] = {}
    for number, row in rows:
        long = next((name for name in row if len(row[name]) > LONGEST.get(name, 1000)), None)
        if long is not None:
            raise UnusableData(f"{path.name} row {number}: {long} is longer than {LONGEST.get(long, 1000)} characters")
        before = first.setdefault(row[key].lower(), number)
        if before != number:
            raise UnusableData(f"{path.name} rows {before} and {number} have the same {key}")
    return rows
