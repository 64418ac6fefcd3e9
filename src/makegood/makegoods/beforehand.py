"""What may be given at a place while nothing is known yet of whom, or of what happened."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min, Q

from makegood.core.limits import Room
from makegood.core.money import Money
from makegood.makegoods.allowances import Days, day_room
from makegood.makegoods.models import Budget, Limit
from makegood.makegoods.pools import Bound, Purse, pools_used, rooms_of
from makegood.organizations.models import Member, Place
from makegood.organizations.queries import places_around
from makegood.store.reading import read


def rooms_beforehand(*, organization_id: int, member_id: int, place_id: int | None, at: datetime) -> tuple[Room, ...]:
    """This function will say what each limit and budget leaves a member at a place (None: anywhere) at `at`.

    The limits over one recovery and one customer are whole: whoever was given something before has less.
    """
    days = Days.of(organization_id=organization_id)
    ((role,),) = read(Member, "role", organization_id=organization_id, id=member_id)
    mine = Limit.objects.filter(Q(role=role) | Q(member_id=member_id), organization_id=organization_id)
    smallest = mine.exclude(over="day").values_list("over").annotate(Min("amount_minor")).order_by("-over")
    whole = {over: Money(minor=minor, currency=days.currency) for over, minor in smallest}
    return (
        day_room(organization_id=organization_id, member_id=member_id, at=at, days=days),
        *(Room(kind=over, limit=limit, left=limit) for over, limit in whole.items()),
        *_budgets(organization_id, place_id, at, days),
    )


def _budgets(organization_id: int, place_id: int | None, at: datetime, days: Days) -> tuple[Room, ...]:
    """What the budgets leave that whatever is given at this place comes out of."""
    here = places_around(organization_id=organization_id, place_id=place_id) if place_id else []
    running = Budget.objects.filter(
        Q(place_id__isnull=True) | Q(place_id__in=here),
        organization_id=organization_id,
        active_from__lte=days.day(at),
        active_to__gt=days.day(at),
    )
    bounds = [
        Bound(
            purse=Purse(kind="budget", subject=str(one.id), period=one.active_from, currency=one.currency),
            limit_minor=one.amount_minor,
            currency=one.currency,
            place_id=one.place_id,
            until=one.active_to,
        )
        for one in running.order_by("place_id", "id")
    ]
    used = pools_used(organization_id=organization_id, purses=[one.purse for one in bounds])
    names = dict(Place.objects.filter(organization_id=organization_id, id__in=here).values_list("id", "name"))
    return rooms_of(bounds=bounds, used=used, names=names)
