"""The stage that staff and customers act on: the house, the agenda, the recoveries by name, and what was counted."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import attrs

from benchmarks.year.agenda import Agenda
from benchmarks.year.draws import Draws
from benchmarks.year.house import House, Worker
from benchmarks.year.world import Event, Failed, World


@attrs.define(kw_only=True)
class Case:
    """A recovery as people remember it: `key` is its natural name, `line` the business it belongs to.

    Whose it is, and whether it is open, is as they last heard.
    """

    id: int
    key: str
    line: str
    thread_id: int
    token: str
    opened_at: datetime
    review: bool
    owner_id: int
    open: bool = True


@attrs.define(kw_only=True)
class Stage:
    """Everything that acts share. `now` is the organization's present moment."""

    house: House
    draws: Draws
    agenda: Agenda
    world: World
    now: datetime
    cases: dict[int, Case] = attrs.field(factory=dict)
    coming: list[Event] = attrs.field(factory=list)
    """Events that people's doings bring about, such as customers who come back."""
    by_bought: dict[str, Failed] = attrs.field(factory=dict)
    done: Counter[str] = attrs.field(factory=Counter)
    refused: Counter[str] = attrs.field(factory=Counter)

    @property
    def here(self) -> int:
        """The organization."""
        return self.house.organization_id

    def plan(self, case: Case, name: str, hours: float, *, turn: int = 0, more: Any = None, which: object = "") -> None:
        """Put an act about a recovery onto the agenda, so many hours from now."""
        key = f"{case.key} {which}".strip()
        at = self.now + timedelta(hours=max(hours, 0.02))
        self.agenda.add(at, key, name, about=case.id, turn=turn, more=more)

    def drawn_hours(self, case: Case, name: str, mean: float, turn: int = 0) -> float:
        """Draw how long somebody takes over something, in hours; most are quick, some far too late."""
        return self.draws.of(case.key, name, turn, "hours").expovariate(1 / mean)

    def lead(self, case: Case) -> Worker:
        """Return the manager of a recovery's line of business, else an admin."""
        return self.lead_of(case.line)

    def lead_of(self, line: str) -> Worker:
        """Return the manager of a line of business, else an admin."""
        leads = [one for one in self.house.of_role("manager") if one.team == line]
        return (leads or self.house.of_role("admin"))[0]
