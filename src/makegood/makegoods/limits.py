"""Which limits and budgets an extra counts towards: what they leave, who may say yes beyond them, and setting them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import attrs
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from makegood.core.limits import Approver, Room, approvers, why_not
from makegood.core.money import Money
from makegood.failures.models import Failure
from makegood.journal.operations import Happened, record
from makegood.makegoods.allowances import Days, UnableToOffer, allowances_of_team, day_room
from makegood.makegoods.models import LIMIT_OVERS, Budget, Limit, Pool
from makegood.makegoods.pools import Bound, Giving, Purse, bounds_of, pools_take, pools_used, rooms_of
from makegood.organizations.models import ROLES, Member, Place
from makegood.organizations.queries import members_serving
from makegood.store.reading import read

MOST_DAYS = 366
"""The longest period of a budget."""


class UnableToLimit(ValueError):
    """This limit or budget cannot be set: the message says why."""


def rooms_for(
    *, organization_id: int, failure_id: int, member_id: int, at: datetime, shadow: bool = False
) -> tuple[Room, ...]:
    """This function will say what each limit and budget leaves a member to give for a failure at `at`, the day first.

    In a `shadow` only the limit of the day is asked.
    """
    days = Days.of(organization_id=organization_id)
    day = day_room(organization_id=organization_id, member_id=member_id, at=at, days=days, shadow=shadow)
    if shadow:
        return (day,)
    giving = Giving(
        failure_id=failure_id,
        member_id=member_id,
        day_date=days.day(at),
        cost=Money(minor=0, currency=days.currency),
    )
    (bounds,) = bounds_of(organization_id=organization_id, givings=[giving])
    return (day, *_rooms(organization_id, [bounds])[0])


def _rooms(organization_id: int, found: Sequence[Sequence[Bound]]) -> list[tuple[Room, ...]]:
    """What each purse leaves, for each of several givings."""
    limited = {one.purse for bounds in found for one in bounds if one.limit_minor is not None}
    places = {one.place_id for bounds in found for one in bounds if one.place_id is not None}
    used = pools_used(organization_id=organization_id, purses=limited)
    names = (
        dict(Place.objects.filter(organization_id=organization_id, id__in=places).values_list("id", "name"))
        if places
        else {}
    )
    return [rooms_of(bounds=bounds, used=used, names=names) for bounds in found]


def approvers_for(
    *, organization_id: int, failure_id: int, cost: Money, at: datetime, but: int | None = None
) -> tuple[Approver, ...]:
    """This function will list the managers and admins whose own limits cover a cost at `at`; the first is to be asked.

    Budgets count for everybody alike. Who serves other places only is not asked. `but` is who asks.
    """
    days = Days.of(organization_id=organization_id)
    ((place_id,),) = read(Failure, "place_id", organization_id=organization_id, id=failure_id)
    here = members_serving(organization_id=organization_id, place_id=place_id)
    team = [
        one
        for one in allowances_of_team(organization_id=organization_id, at=at)
        if one.decides and one.member_id != but and one.member_id in here
    ]
    bounds = bounds_of(
        organization_id=organization_id,
        givings=[
            Giving(failure_id=failure_id, member_id=one.member_id, day_date=days.day(at), cost=cost) for one in team
        ],
    )
    rooms = _rooms(organization_id, bounds)
    return approvers(
        [
            Approver(
                member_id=one.member_id,
                name=one.name,
                tier=one.tier,
                present=one.present,
                rooms=(Room(kind="day", limit=one.limit, left=one.left), *more),
            )
            for one, more in zip(team, rooms, strict=True)
        ],
        cost=cost,
    )


def extras_hold(*, organization_id: int, givings: Sequence[Giving], now: datetime) -> list[tuple[int, ...]]:
    """This function will hold what extras cost out of every budget and limit that they count towards, all or nothing.

    Returns the pools of each. Raises UnableToOffer, which says which one refuses, what it leaves and whom to ask;
    the caller then undoes what was held.
    """
    found = bounds_of(organization_id=organization_id, givings=givings)
    wanted: dict[Purse, tuple[int | None, int]] = {}
    for giving, bounds in zip(givings, found, strict=True):
        for one in bounds:
            if one.purse.currency != giving.cost.currency:
                raise _refused(organization_id, giving, one, now)
            limit, minor = wanted.get(one.purse, (None, 0))
            least = min((it for it in (limit, one.limit_minor) if it is not None), default=None)
            wanted[one.purse] = (least, minor + giving.cost.minor)
    taken = pools_take(organization_id=organization_id, wanted=wanted)
    for giving, bounds in zip(givings, found, strict=True):
        for one in bounds:
            if one.purse not in taken:
                total = Money(minor=wanted[one.purse][1], currency=giving.cost.currency)
                raise _refused(organization_id, attrs.evolve(giving, cost=total), one, now)
    return [tuple(sorted(taken[one.purse] for one in bounds)) for bounds in found]


def _refused(organization_id: int, giving: Giving, bound: Bound, now: datetime) -> UnableToOffer:
    """Say why a purse refuses, as it stands now; what this unit of work has taken from the others changes nothing."""
    ((room,),) = _rooms(organization_id, [[bound]])
    if room.kind == "budget":
        return UnableToOffer(why_not(room, cost=giving.cost, ask="an admin to raise it").text)
    able = approvers_for(
        organization_id=organization_id, failure_id=giving.failure_id, cost=giving.cost, at=now, but=giving.member_id
    )
    ask = able[0].name if able else "an admin to raise a limit"
    return UnableToOffer(why_not(room, cost=giving.cost, ask=ask).text)


def limit_set(
    *,
    organization_id: int,
    over: str,
    amount: Money | None,
    now: datetime,
    by: int,
    role: str = "",
    member_id: int | None = None,
) -> None:
    """This function will set what a role or a member may give without asking `over` something; None takes it away.

    What was given before stays given. Raises UnableToLimit.
    """
    if over not in LIMIT_OVERS or (role in ROLES) == (member_id is not None) or (over == "day" and not role):
        raise UnableToLimit("Choose a role or a person, and over what the limit is; a person's own day is set above.")
    if amount is not None and amount.currency != Days.of(organization_id=organization_id).currency:
        raise UnableToLimit("Limits are in the organization's own currency.")
    if (
        member_id is not None
        and not Member.objects.filter(organization_id=organization_id, id=member_id, active=True).exists()
    ):
        raise UnableToLimit("This person is not here any more: choose somebody else.")
    whose: dict[str, Any] = {"organization_id": organization_id, "role": role, "member_id": member_id, "over": over}
    if amount is None:
        Limit.objects.filter(**whose).delete()
    else:
        Limit.objects.update_or_create(**whose, defaults={"amount_minor": amount.minor})
    data = {"over": over, "role": role, "minor": amount.minor if amount else None}
    subject = ("organization", organization_id) if member_id is None else ("member", member_id)
    _journal(organization_id, "limit", subject, by, now, data)


def budget_set(
    *,
    organization_id: int,
    place_id: int | None,
    active_from: date,
    active_to: date,
    amount: Money | None,
    now: datetime,
    by: int,
) -> None:
    """This function will set what may be given at a place (None: everywhere) from a day until before `active_to`.

    A budget of the same place and days is changed; without an `amount` it is taken away, unless something was given
    out of it. Lowered below what was given, it lets nothing more be given. Raises UnableToLimit.
    """
    days = (active_to - active_from).days
    if not 0 < days <= MOST_DAYS:
        raise UnableToLimit(f"A budget runs for 1 to {MOST_DAYS} days: choose its last day after its first.")
    if amount is not None and amount.currency != Days.of(organization_id=organization_id).currency:
        raise UnableToLimit("A budget is in the organization's own currency.")
    if place_id is not None and not Place.objects.filter(organization_id=organization_id, id=place_id).exists():
        raise UnableToLimit("There is no such place: choose one of those listed.")
    same = Budget.objects.filter(
        Q(place_id=place_id), organization_id=organization_id, active_from=active_from, active_to=active_to
    )
    if amount is None:
        _budget_drop(organization_id, same)
    elif not same.update(amount_minor=amount.minor, currency=amount.currency):
        try:
            with transaction.atomic():
                Budget.objects.create(
                    organization_id=organization_id,
                    place_id=place_id,
                    active_from=active_from,
                    active_to=active_to,
                    amount_minor=amount.minor,
                    currency=amount.currency,
                )
        except IntegrityError as error:
            if "budget_apart" not in str(error):
                raise
            raise UnableToLimit("There is a budget of this place on some of these days: change that one.") from None
    data = {
        "place": place_id,
        "from": active_from.isoformat(),
        "to": active_to.isoformat(),
        "minor": amount.minor if amount else None,
    }
    _journal(organization_id, "budget", ("organization", organization_id), by, now, data)


def _budget_drop(organization_id: int, same: QuerySet[Budget]) -> None:
    row = same.select_for_update().first()
    if row is None:
        raise UnableToLimit("There is no budget of this place and these days.")
    used = Pool.objects.filter(organization_id=organization_id, kind="budget", subject=str(row.id))
    if used.filter(Q(held_minor__gt=0) | Q(given_minor__gt=0)).exists():
        raise UnableToLimit("Something was given out of this budget: change its amount instead.")
    row.delete()


def _journal(
    organization_id: int, what: str, subject: tuple[str, int], by: int, now: datetime, data: Mapping[str, object]
) -> None:
    entry = Happened(
        at=now,
        event=f"makegoods:{what}:set",
        subject=subject[0],
        subject_id=subject[1],
        actor_id=by,
        data=data,
    )
    record(organization_id=organization_id, entries=[entry])


@attrs.frozen(kw_only=True)
class LimitFacts:
    """One limit as the settings show it: `whose` is a role's code or a member's name."""

    role: str
    member: str
    over: str
    amount: Money


def limits_all(*, organization_id: int) -> tuple[LimitFacts, ...]:
    """This function will list the limits of roles, then those of active members."""
    currency = Days.of(organization_id=organization_id).currency
    rows = Limit.objects.filter(organization_id=organization_id).select_related("member")
    found = [
        LimitFacts(
            role=row.role,
            member=row.member.name if row.member else "",
            over=row.over,
            amount=Money(minor=row.amount_minor, currency=currency),
        )
        for row in rows
        if row.member is None or row.member.active
    ]
    return tuple(sorted(found, key=lambda one: (not one.role, ROLES.index(one.role or "admin"), one.member, one.over)))


@attrs.frozen(kw_only=True)
class BudgetFacts:
    """One budget: its place ("" is all of them), first and last day, what is held, given and left of it."""

    place: str
    first: date
    last: date
    amount: Money
    held: Money
    given: Money
    left: Money


def budgets_all(*, organization_id: int, most: int = 100) -> tuple[BudgetFacts, ...]:
    """This function will list budgets, the one that ends last first."""
    rows = list(
        Budget.objects.filter(organization_id=organization_id)
        .select_related("place")
        .order_by("-active_to", F("place_id").asc(nulls_first=True), "id")[:most]
    )
    pools = {
        row.subject: row
        for row in Pool.objects.filter(
            organization_id=organization_id, kind="budget", subject__in=[str(row.id) for row in rows]
        )
    }
    found = []
    for row in rows:
        pool = pools.get(str(row.id))
        held, given = (pool.held_minor, pool.given_minor) if pool else (0, 0)
        amounts = {
            name: Money(minor=minor, currency=row.currency)
            for name, minor in {
                "amount": row.amount_minor,
                "held": held,
                "given": given,
                "left": max(0, row.amount_minor - held - given),
            }.items()
        }
        found.append(
            BudgetFacts(
                place=row.place.name if row.place else "",
                first=row.active_from,
                last=row.active_to - timedelta(days=1),
                **amounts,
            )
        )
    return tuple(found)
