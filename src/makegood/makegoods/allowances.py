"""What each person may still give without asking today. The database's check is the limit, under any concurrency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import attrs

from makegood.core.limits import Room, why_not
from makegood.core.money import Money
from makegood.makegoods.models import Allowance, Limit
from makegood.makegoods.moves import CAME_TO_NOTHING
from makegood.organizations.models import Member, Organization
from makegood.store.preparing import prepared
from makegood.store.reading import read


class UnableToOffer(ValueError):
    """This cannot be offered: the message says why, what is left to give, and whom to ask."""


@attrs.frozen(kw_only=True)
class Days:
    """An organization's calendar days and the currency in which its limits are."""

    zone: ZoneInfo
    currency: str

    @classmethod
    def of(cls, *, organization_id: int) -> Days:
        """This function will read the zone and currency of an organization."""
        ((zone, currency),) = read(Organization, "zone", "currency", id=organization_id)
        return cls(zone=ZoneInfo(zone), currency=currency)

    def day(self, at: datetime) -> date:
        """This function will return the organization's calendar day of a moment."""
        return at.astimezone(self.zone).date()


DAY_LIMIT = """least(m.limit_minor, (SELECT l.amount_minor FROM makegoods_limit l
    WHERE l.organization_id = m.organization_id AND l.role = m.role AND l.over = 'day'))"""
"""A member's own limit, or that of their role where it is smaller."""
LEFT = f"""
SELECT {DAY_LIMIT}, coalesce((SELECT a.given_minor FROM makegoods_allowance a
    WHERE a.organization_id = m.organization_id AND a.member_id = m.id AND a.day_date = %s AND a.currency = %s), 0)
FROM organizations_member m WHERE m.organization_id = %s AND m.id = %s AND m.active
"""


def allowance_left(*, organization_id: int, member_id: int, at: datetime, shadow: bool = False) -> Money:
    """This function will return what a member may still give on the day of `at`, in the organization's currency.

    In a `shadow` it is the same limit, less what they would have given there.
    """
    days = Days.of(organization_id=organization_id)
    return day_room(organization_id=organization_id, member_id=member_id, at=at, days=days, shadow=shadow).left


def day_room(*, organization_id: int, member_id: int, at: datetime, days: Days, shadow: bool = False) -> Room:
    """This function will say what a member's limit of the day of `at` leaves, as `allowance_left` does."""
    day_date = days.day(at)
    limit, left = (_shadow_left if shadow else _left)(organization_id, member_id, day_date, days)
    return Room(kind="day", limit=limit, left=left)


def _left(organization_id: int, member_id: int, day_date: date, days: Days) -> tuple[Money, Money]:
    """A member's limit of a day, and what is left of it."""
    with prepared() as cursor:
        cursor.execute(LEFT, [day_date, days.currency, organization_id, member_id])
        return _limit_and_left(cursor.fetchone(), days)


def _limit_and_left(row: tuple[int, int] | None, days: Days) -> tuple[Money, Money]:
    limit, given = row or (0, 0)
    return Money(minor=limit, currency=days.currency), Money(minor=max(0, limit - given), currency=days.currency)


@attrs.frozen(kw_only=True, slots=True)
class Left:
    """What one colleague may still give today; `decides` is whether they are a manager or an admin."""

    member_id: int
    name: str
    tier: int
    present: bool
    limit: Money
    left: Money
    decides: bool
    admin: bool


def allowances_of_team(*, organization_id: int, at: datetime) -> tuple[Left, ...]:
    """This function will say what each active member may still give on the day of `at`, the lowest tier first."""
    days = Days.of(organization_id=organization_id)
    given = dict(
        Allowance.objects.filter(
            organization_id=organization_id, day_date=days.day(at), currency=days.currency
        ).values_list("member_id", "given_minor")
    )
    members = Member.objects.filter(organization_id=organization_id, active=True).order_by("tier", "-present", "id")
    caps = dict(Limit.objects.filter(organization_id=organization_id, over="day").values_list("role", "amount_minor"))
    team = []
    for member_id, name, role, tier, present, own in members.values_list(
        "id", "name", "role", "tier", "present", "limit_minor"
    ):
        limit, left = _limit_and_left((min(own, caps.get(role, own)), given.get(member_id, 0)), days)
        team.append(
            Left(
                member_id=member_id,
                name=name,
                tier=tier,
                present=present,
                limit=limit,
                left=left,
                decides=role in ("manager", "admin"),
                admin=role == "admin",
            )
        )
    return tuple(team)


TAKE = f"""
INSERT INTO makegoods_allowance AS a (organization_id, member_id, day_date, currency, limit_minor, given_minor)
SELECT m.organization_id, m.id, %(day)s, %(currency)s, {DAY_LIMIT}, %(cost)s FROM organizations_member m
WHERE m.organization_id = %(organization)s AND m.id = %(member)s AND m.active AND {DAY_LIMIT} >= %(cost)s
ON CONFLICT (organization_id, member_id, day_date, currency) DO UPDATE
SET limit_minor = excluded.limit_minor, given_minor = a.given_minor + excluded.given_minor
WHERE a.given_minor + excluded.given_minor <= excluded.limit_minor
RETURNING a.id
"""


def allowance_take(*, organization_id: int, member_id: int, cost: Money, day_date: date, days: Days) -> int:
    """This function will take a cost, more than nothing, from a member's allowance of a day; return the allowance.

    One statement locks the member's row of that day and adds to it only what still fits, so two clerks, or one clerk
    twice, never give the same last euro. Raises UnableToOffer.
    """
    taken = None
    if cost.currency == days.currency:
        with prepared() as cursor:
            cursor.execute(
                TAKE,
                {
                    "day": day_date,
                    "currency": cost.currency,
                    "cost": cost.minor,
                    "organization": organization_id,
                    "member": member_id,
                },
            )
            taken = cursor.fetchone()
    if taken is None:
        raise _refused(organization_id, member_id, cost, _left(organization_id, member_id, day_date, days))
    return int(taken[0])


SHADOW_LEFT = f"""
SELECT {DAY_LIMIT}, coalesce((
    SELECT sum(g.cost_minor) FROM makegoods_makegood g
    WHERE g.organization_id = m.organization_id AND g.offered_by_id = m.id AND g.shadow AND g.part = 'extra'
        AND g.currency = %(currency)s AND g.state <> ALL (%(nothing)s)
        AND (g.offered_at AT TIME ZONE %(zone)s)::date = %(day)s), 0)::bigint
FROM organizations_member m WHERE m.organization_id = %(organization)s AND m.id = %(member)s AND m.active
FOR NO KEY UPDATE OF m
"""


def _shadow_left(organization_id: int, member_id: int, day_date: date, days: Days) -> tuple[Money, Money]:
    """Their limit and what they may still give in a shadow that day.

    Their own row stays locked, so that two offers come in turn.
    """
    with prepared() as cursor:
        cursor.execute(
            SHADOW_LEFT,
            {
                "currency": days.currency,
                "nothing": sorted(CAME_TO_NOTHING),
                "zone": days.zone.key,
                "day": day_date,
                "organization": organization_id,
                "member": member_id,
            },
        )
        return _limit_and_left(cursor.fetchone(), days)


def shadow_allowance_hold(*, organization_id: int, member_id: int, cost: Money, day_date: date, days: Days) -> None:
    """This function will see that a cost fits what a member may still give in a shadow that day; it takes nothing real.

    Raises UnableToOffer.
    """
    limit, left = _shadow_left(organization_id, member_id, day_date, days)
    if cost.currency != days.currency or cost.minor > left.minor:
        raise _refused(organization_id, member_id, cost, (limit, left))


def _refused(organization_id: int, member_id: int, cost: Money, limit_and_left: tuple[Money, Money]) -> UnableToOffer:
    room = Room(kind="day", limit=limit_and_left[0], left=limit_and_left[1])
    ask = whom_to_ask(organization_id=organization_id, member_id=member_id, cost=cost)
    return UnableToOffer(why_not(room, cost=cost, ask=ask).text)


def whom_to_ask(*, organization_id: int, member_id: int, cost: Money) -> str:
    """This function will name a colleague whose own limit covers this cost, the lowest tier first."""
    name = (
        Member.objects.filter(
            organization_id=organization_id, active=True, role__in=["manager", "admin"], limit_minor__gte=cost.minor
        )
        .exclude(id=member_id)
        .order_by("tier", "-present", "id")
        .values_list("name", flat=True)
        .first()
    )
    return name or "an admin to raise a limit"


def allowances_release(*, organization_id: int, costs: Sequence[tuple[int, int]]) -> None:
    """This function will give costs back to allowances, as (allowance id, minor units), each row written once."""
    totals: dict[int, int] = {}
    for allowance_id, minor in costs:
        totals[allowance_id] = totals.get(allowance_id, 0) + minor
    _release(organization_id, totals)


def _release(organization_id: int, totals: Mapping[int, int]) -> None:
    if not totals:
        return
    ids = sorted(totals)
    with prepared() as cursor:
        cursor.execute(
            "SELECT id FROM makegoods_allowance WHERE organization_id = %s AND id = ANY(%s) ORDER BY id FOR UPDATE",
            [organization_id, ids],
        )
        cursor.execute(
            "UPDATE makegoods_allowance a SET given_minor = a.given_minor - r.minor"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS r(id, minor)"
            " WHERE a.organization_id = %s AND a.id = r.id",
            [ids, [totals[one] for one in ids], organization_id],
        )
