"""Customers: found or made, searched, read; and what they bought."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Path, Router

from makegood.api.keys import READ_ALL, WRITE, Caller
from makegood.api.pages import DEFAULT, Cursor, Limit, page_of
from makegood.api.problems import missing
from makegood.api.schemas import CustomerIn, CustomerOut, Customers, Id, Made, PurchaseIn
from makegood.api.telling import customer_of, identities_of, place_asked, say
from makegood.customers.bought import purchases_find
from makegood.customers.models import Customer
from makegood.customers.queries import CustomerFacts, customer_one, customers_found, customers_some
from makegood.store.clocks import now

router = Router(tags=["Customers"])
purchases = Router(tags=["Purchases"])
Words = Annotated[str, Field(max_length=200, description="A name's beginning, or an e-mail, phone or order exactly.")]


@router.post("", auth=WRITE, response=Made, operation_id="customer_make")
def make(request: HttpRequest, customer: CustomerIn) -> dict[str, int]:
    """Find a customer by any of their identities, or make one; identities that are new are added."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    moment = now(organization_id=caller.organization_id)
    return {"id": customer_of(caller=caller, customer=customer, now=moment)}


@router.get("", auth=READ_ALL, response=Customers, operation_id="customers_search")
def some(request: HttpRequest, q: Words = "", cursor: Cursor = "", limit: Limit = DEFAULT) -> dict[str, Any]:
    """List customers, the newest first; with `q`, the best `limit` that it finds, on one page."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    if q:
        found = customers_found(organization_id=caller.organization_id, words=q.replace("\x00", ""), most=limit)
        return {"items": [_shown(one) for one in found], "next": None}
    rows = Customer.objects.filter(organization_id=caller.organization_id, merged_into__isnull=True)
    page, following = page_of(rows, cursor=cursor, limit=limit)
    facts = customers_some(organization_id=caller.organization_id, customer_ids=[row.id for row in page])
    return {"items": [_shown(one) for one in facts], "next": following}


@router.get("/{customer_id}", auth=READ_ALL, response=CustomerOut, operation_id="customer_one")
def one(request: HttpRequest, customer_id: Path[Id]) -> dict[str, Any]:
    """Read one customer."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    found = customer_one(organization_id=caller.organization_id, customer_id=customer_id)
    if found is None:
        raise missing("customer")
    return _shown(found)


def _shown(facts: CustomerFacts) -> dict[str, Any]:
    names = ("id", "name", "language", "zone", "purchases", "first_purchase_at", "created_at", "erased_at")
    return {name: getattr(facts, name) for name in names} | {
        "identities": [{"kind": kind, "value": value} for kind, value in facts.identities]
    }


@purchases.post("", auth=WRITE, response=Made, operation_id="purchase_record")
def buy(request: HttpRequest, purchase: PurchaseIn) -> dict[str, int]:
    """Keep a purchase, once for its source and reference."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    data = purchase.dict(exclude={"source", "customer"}) | {"place": place_asked(caller, purchase.place)}
    key = say(
        organization_id=caller.organization_id,
        source=purchase.source,
        kind="purchase.made",
        data=data | {"customer": identities_of(caller, purchase.customer)},
        now=now(organization_id=caller.organization_id),
    )
    return {"id": purchases_find(organization_id=caller.organization_id, keys=[key])[key]}
