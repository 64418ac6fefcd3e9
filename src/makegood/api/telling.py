"""Telling the ledger through events: what a program says of its own promises and purchases goes the way of events."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from makegood.api.keys import Caller
from makegood.api.problems import Problem
from makegood.api.schemas import CustomerIn
from makegood.customers.models import IDENTITY_KINDS
from makegood.customers.operations import Seen, customers_resolve, identity_owner
from makegood.listen.operations import events_accept
from makegood.organizations.models import Place
from makegood.promises.models import TESTS, Source
from makegood.promises.naming import reference_key

MOST_NAMED = 10


def source_named(*, organization_id: int, code: str) -> int:
    """Return the id of a source of this organization.

    Raises Problem if it has none of this code.
    """
    sources = Source.objects.filter(organization_id=organization_id).exclude(code=TESTS)
    source_id = sources.filter(code=code).values_list("id", flat=True).first()
    if source_id is None:
        there = sources.order_by("code").values_list("code", flat=True)
        known = ", ".join(there[:MOST_NAMED])
        said = f"there is {known}; " if known else ""
        raise Problem(422, f"There is no source {code[:60]!r} here: {said}an admin adds others in Settings.")
    return source_id


def place_named(*, organization_id: int, code: str) -> int | None:
    """Return the id of a place of this organization; None for no code.

    Raises Problem if it has none of this code.
    """
    if not code:
        return None
    place_id = Place.objects.filter(organization_id=organization_id, code=code).values_list("id", flat=True).first()
    if place_id is None:
        raise Problem(422, f"There is no place {code[:60]!r} here: add it first.")
    return place_id


def place_asked(caller: Caller, code: str) -> str:
    """Return the code of the place that something is of: as asked, else that of the key where it is for one place.

    Raises Problem for one that a key of one place does not speak for.
    """
    if caller.places is None:
        return code
    here = Place.objects.filter(caller.at("id"), organization_id=caller.organization_id)
    mine = here.filter(code=code) if code else here.filter(id=caller.home)
    found = mine.values_list("code", flat=True).first()
    if found is None:
        raise Problem(422, f"This key is for one place, and speaks for no place {code[:60]!r}: leave it out.")
    return found


def identities_of(caller: Caller, customer: CustomerIn) -> dict[str, str]:
    """Return what was said of a customer, by name, the empty left out.

    Raises Problem where a key of one place would add to how somebody known is found and reached: customers are of the
    whole house.
    """
    said = {name: value for name, value in customer.dict().items() if value}
    if caller.places is not None:
        named = [(kind, said[kind]) for kind in IDENTITY_KINDS if kind in said]
        here = caller.organization_id
        owners = [identity_owner(organization_id=here, kind=kind, value=value) for kind, value in named]
        if any(owners) and not all(owners):
            new = ", ".join(kind for (kind, _), owner in zip(named, owners, strict=True) if owner is None)
            raise Problem(403, f"This key is for one place, and this customer is known: leave out what is new ({new}).")
    return said


def customer_of(*, caller: Caller, customer: CustomerIn, now: datetime) -> int:
    """Find or make a customer; return their id.

    Raises Problem without any identity, or as `identities_of` does.
    """
    said = identities_of(caller, customer)
    identities = tuple((kind, said[kind]) for kind in IDENTITY_KINDS if kind in said)
    if not identities:
        raise Problem(422, f"A customer needs at least one of {', '.join(IDENTITY_KINDS)}.")
    seen = Seen(identities=identities, name=customer.name, language=customer.language, zone=customer.zone)
    return customers_resolve(organization_id=caller.organization_id, seen=[seen], now=now)[0]


def say(*, organization_id: int, source: str, kind: str, data: dict[str, Any], now: datetime) -> bytes:
    """Take one event of this kind from a source, and return the key of its reference.

    Raises Problem or UnusableEvents.
    """
    source_id = source_named(organization_id=organization_id, code=source)
    body = {"specversion": "1.0", "id": f"api:{uuid4()}", "source": source, "type": kind, "time": now, "data": data}
    events_accept(organization_id=organization_id, source_id=source_id, bodies=[body], now=now)
    return reference_key(source_id=source_id, kind=kind.partition(".")[0], reference=data["reference"])
