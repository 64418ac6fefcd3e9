"""What each person may still give without asking today. The database's check is the limit, under any concurrency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import attrs

from makegood.core.money import Money
from makegood.makegoods.models import Allowance
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


LEFT = """
SELECT m.limit_minor - coalesce((SELECT a.given_minor FROM makegoods_allowance a
    WHERE a.organization_id = m.organization_id AND a.member_id = m.id AND a.day_date = %s AND a.currency = %s), 0)
FROM organizations_member m WHERE m.organization_id = %s AND m.id = %s AND m.active
"""


def allowance_left(*, organization_id: int, member_id: int, at: datetime, shadow: bool = False) -> Money:
    """This function will return what a member may still give on the day of `at`, in the organization's currency.

    In a `shadow` it is the same limit, less what they would have given there.
    """
    days = Days.of(organization_id=organization_id)
    if shadow:
        return _shadow_left(organization_id, member_id, days.day(at), days)
    return _left(organization_id, member_id, days.day(at), days.currency)


def _left(organization_id: int, member_id: int, day_date: date, currency: str) -> Money:
    with prepared() as cursor:
        cursor.execute(LEFT, [day_date, currency, organization_id, member_id])
        row = cursor.fetchone()
    return Money(minor=max(0, row[0]) if row else 0, currency=currency)


@attrs.frozen(kw_only=True, slots=True)
class Left:
    """What one colleague may still give today; `decides` is whether they are a manager or an admin."""

    member_id: int
    name: str
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
    return tuple(
        Left(
            member_id=member_id,
            name=name,
            left=Money(minor=max(0, limit - given.get(member_id, 0)), currency=days.currency),
            decides=role in ("manager", "admin"),
            admin=role == "admin",
        )
        for member_id, name, role, limit in members.values_list("id", "name", "role", "limit_minor")
    )


TAKE = """
INSERT INTO makegoods_allowance AS a (organization_id, member_id, day_date, currency, limit_minor, given_minor)
SELECT organization_id, id, %(day)s, %(currency)s, limit_minor, %(cost)s FROM organizations_member
WHERE organization_id = %(organization)s AND id = %(member)s AND active AND limit_minor >= %(cost)s
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
        left = _left(organization_id, member_id, day_date, days.currency)
        raise UnableToOffer(_why_not(organization_id, member_id, cost, left, days.currency))
    return int(taken[0])


SHADOW_LEFT = """
SELECT m.limit_minor - coalesce((
    SELECT sum(g.cost_minor) FROM makegoods_makegood g
    WHERE g.organization_id = m.organization_id AND g.offered_by_id = m.id AND g.shadow AND g.part = 'extra'
        AND g.currency = %(currency)s AND g.state <> ALL (%(nothing)s)
        AND (g.offered_at AT TIME ZONE %(zone)s)::date = %(day)s), 0)::bigint
FROM organizations_member m WHERE m.organization_id = %(organization)s AND m.id = %(member)s AND m.active
FOR NO KEY UPDATE OF m
"""


def _shadow_left(organization_id: int, member_id: int, day_date: date, days: Days) -> Money:
    """What they may still give in a shadow that day; their own row stays locked, so that two offers come in turn."""
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
        row = cursor.fetchone()
    return Money(minor=max(0, row[0]) if row else 0, currency=days.currency)


def shadow_allowance_hold(*, organization_id: int, member_id: int, cost: Money, day_date: date, days: Days) -> None:
    """This function will see that a cost fits what a member may still give in a shadow that day; it takes nothing real.

    Raises UnableToOffer.
    """
    left = _shadow_left(organization_id, member_id, day_date, days)
    if cost.currency != days.currency or cost.minor > left.minor:
        raise UnableToOffer(_why_not(organization_id, member_id, cost, left, days.currency))


def _why_not(organization_id: int, member_id: int, cost: Money, left: Money, currency: str) -> str:
    ask = f"ask {whom_to_ask(organization_id=organization_id, member_id=member_id, cost=cost)}"
    if cost.currency != currency:
        return f"This costs {cost}, and limits are in {currency}: choose something else, or {ask}."
    return f"This costs {cost} and you can give {left} more today: choose something smaller, or {ask}."


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
