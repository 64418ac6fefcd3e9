"""Places: added, brought up to date, listed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from makegood.api.keys import READ, WRITE_ALL, Caller
from makegood.api.pages import DEFAULT, Cursor, Limit, page_of
from makegood.api.problems import Problem
from makegood.api.schemas import Made, PlaceIn, Places
from makegood.api.telling import place_named
from makegood.organizations.models import Place
from makegood.organizations.operations import place_create

router = Router(tags=["Places"])


@router.post("", auth=WRITE_ALL, response=Made, operation_id="place_set")
def make(request: HttpRequest, place: PlaceIn) -> dict[str, int]:
    """Add a place, or bring the one of this code up to date."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    parent_id = place_named(organization_id=caller.organization_id, code=place.parent)
    _refuse_circle(caller.organization_id, place.code, parent_id)
    place_id = place_create(
        organization_id=caller.organization_id,
        code=place.code,
        name=place.name,
        kind=place.kind,
        parent_id=parent_id,
        zone=place.zone,
    )
    return {"id": place_id}


def _refuse_circle(organization_id: int, code: str, parent_id: int | None) -> None:
    """Raise Problem if the place would come to lie within itself."""
    above = parent_id
    while above is not None:
        found_code, above = Place.objects.values_list("code", "parent_id").get(
            organization_id=organization_id, id=above
        )
        if found_code == code:
            raise Problem(422, "A place cannot lie within itself: name another parent.")


@router.get("", auth=READ, response=Places, operation_id="places_list")
def some(request: HttpRequest, cursor: Cursor = "", limit: Limit = DEFAULT) -> dict[str, Any]:
    """List places, the newest first."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    rows = Place.objects.filter(caller.at("id"), organization_id=caller.organization_id)
    found, following = page_of(rows, cursor=cursor, limit=limit)
    return {"items": found, "next": following}
