"""What an order of a shop promises: by when it is there, by the rule that the organization wrote. Pure.

A shop's order names no day. Where a delivery-date app writes one among the order's notes it counts; else so many days
from the day of the order, by its way of shipping or for all. A promise ends as its day does, in the house's zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from makegood.listen.intake.values import UnreadableTime, time_plain
from makegood.listen.mapping_values import UnusableValue, moment

MOST_DAYS = 365
MOST_METHODS = 50
SATURDAY = 5
DAY = len("2026-11-22")
KEEPS = ("delivered", "shipped")


class UnusableRule(ValueError):
    """This rule cannot be used: the message says what belongs there."""


@attrs.frozen(kw_only=True)
class DeliveryRule:
    """By when an order is there: `days` for all, `methods` by the way of shipping, `attribute` the note with the day.

    `weekdays` counts Monday to Friday alone, and an order of the weekend as of Monday. `keeps` says what keeps it:
    delivered, or shipped where the carrier tells nothing more. Orders of before `from_at` promise nothing.
    """

    days: int | None = None
    methods: Mapping[str, int] = attrs.field(factory=dict)
    weekdays: bool = False
    attribute: str = ""
    keeps: str = "delivered"
    from_at: datetime | None = None

    @property
    def promises(self) -> bool:
        """Whether it says anything of when an order is there."""
        return self.days is not None or bool(self.methods) or bool(self.attribute)

    def kept(self) -> dict[str, Any]:
        """Return it as the database keeps it."""
        return attrs.asdict(self) | {"from_at": self.from_at.isoformat() if self.from_at else None}


def rule_of(kept: Mapping[str, Any]) -> DeliveryRule:
    """This function will read a rule as the database keeps it; one that was never written promises nothing."""
    from_at = kept.get("from_at")
    return DeliveryRule(**{**kept, "from_at": datetime.fromisoformat(from_at) if from_at else None})


def methods_read(text: str) -> dict[str, int]:
    """This function will read lines such as "Express: 1", a way of shipping and its days each.

    Raises UnusableRule.
    """
    found: dict[str, int] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, days = line.rpartition(":")
        if not name.strip():
            raise UnusableRule("Write each way of shipping on a line of its own, such as Express: 1")
        found[name.strip().casefold()[:120]] = days_read(days)
    if len(found) > MOST_METHODS:
        raise UnusableRule(f"Write at most {MOST_METHODS} ways of shipping.")
    return found


def days_read(text: str) -> int:
    """This function will read a number of days. Raises UnusableRule."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and int(plain[:6]) <= MOST_DAYS):
        raise UnusableRule(f"Write a whole number of days, 0 to {MOST_DAYS}.")
    return int(plain)


def due_of(*, rule: DeliveryRule, order: Mapping[str, Any], placed_at: datetime, zone: str) -> datetime | None:
    """This function will return when a shop's order is to be there by this rule, in UTC; None promises nothing.

    A day in the order's notes that cannot be read, or that was over before the order came, does not count.
    """
    if rule.from_at is None or placed_at < rule.from_at:
        return None
    noted = _noted(rule.attribute, order, zone) if rule.attribute else None
    if noted is not None and noted >= placed_at:
        return noted
    days = next((rule.methods[name] for name in _shipping(order) if name in rule.methods), rule.days)
    if days is None:
        return None
    day = _later(placed_at.astimezone(ZoneInfo(zone)).date(), days, weekdays=rule.weekdays)
    return moment(day.isoformat(), column="due_at", zone=zone, end_of_day=True)


def _noted(attribute: str, order: Mapping[str, Any], zone: str) -> datetime | None:
    notes = order.get("note_attributes")
    for note in notes if isinstance(notes, list) else ():
        if isinstance(note, Mapping) and str(note.get("name", "")).strip().casefold() == attribute.casefold():
            try:
                plain = time_plain(str(note.get("value", "")).strip(), "")
                return moment(plain, column=attribute, zone=zone, end_of_day=len(plain) == DAY)
            except (UnreadableTime, UnusableValue):
                return None
    return None


def _shipping(order: Mapping[str, Any]) -> list[str]:
    lines = order.get("shipping_lines")
    found = [one for one in lines if isinstance(one, Mapping)] if isinstance(lines, list) else []
    return [str(one[name]).strip().casefold() for one in found for name in ("title", "code") if one.get(name)]


def _later(day: date, days: int, *, weekdays: bool) -> date:
    def passed(on: date) -> bool:
        return weekdays and on.weekday() >= SATURDAY

    while passed(day):
        day += timedelta(days=1)
    for _ in range(days):
        day += timedelta(days=1)
        while passed(day):
            day += timedelta(days=1)
    return day
