"""How a list of recoveries is narrowed and sorted, as its address says it."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.customers.queries import customers_found
from makegood.recoveries.queries import Filters
from makegood.recoveries.queries.lists import ORDERS

TABS = (("open", "Open"), ("mine", "Mine"), ("overdue", "Overdue"), ("review", "To decide"), ("closed", "Closed"))
SORTS = (
    ("", "The newest first"),
    ("due", "Due soonest first"),
    ("risk", "The largest risk first"),
    ("grave", "The gravest first"),
    ("oldest", "The oldest first"),
)
LONGEST = 18


@attrs.frozen(kw_only=True)
class Narrowed:
    """A tab, words or a number, a severity, an owner, and an order; empty or None narrows nothing."""

    which: str = "open"
    asked: str = ""
    severity: int | None = None
    owner: int | None = None
    sort: str = ""

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """What the address says of it, but for the page."""
        told = (
            ("which", self.which),
            ("q", self.asked),
            ("severity", str(self.severity or "")),
            ("owner", str(self.owner or "")),
            ("sort", self.sort),
        )
        return tuple((name, value) for name, value in told if value)


def narrowed_of(given: Mapping[str, str]) -> Narrowed:
    """This function will read an address; what makes no sense in it narrows nothing."""
    which, sort = given.get("which", "open"), given.get("sort", "")
    severity, owner = given.get("severity", ""), given.get("owner", "")
    return Narrowed(
        which=which if which in dict(TABS) else "open",
        asked=given.get("q", "").strip()[:200],
        severity=int(severity) if severity in ("1", "2", "3", "4") else None,
        owner=int(owner) if owner.isascii() and owner.isdigit() and len(owner) <= LONGEST else None,
        sort=sort if sort in ORDERS else "",
    )


def filters_of(desk: Desk, narrowed: Narrowed) -> Filters:
    """This function will narrow a list as asked, and to what its reader may see."""
    number = words.number_of(narrowed.asked, "R")
    named = None
    if narrowed.asked and number is None:
        named = [one.id for one in customers_found(organization_id=desk.organization_id, words=narrowed.asked)]
    mine = narrowed.which == "mine"
    return Filters(
        state="closed" if narrowed.which == "closed" else "open",
        owner_id=desk.member_id if mine else narrowed.owner,
        place_ids=None if mine else desk.places,
        customer_ids=named,
        number=number,
        severity=narrowed.severity,
        review=True if narrowed.which == "review" else None,
        overdue=desk.facts.now if narrowed.which == "overdue" else None,
        walker=desk.member_id,
    )
