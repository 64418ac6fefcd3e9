"""The business of the year: its places, people in teams, playbooks, office hours and sources."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import attrs

CODE = "year"
ZONE = "Europe/Amsterdam"
BEGINS_AT = datetime(2026, 1, 5, 5, 0, tzinfo=UTC)
LINES = {
    "orders": "retail",
    "counter": "default",
    "lines": "telecom",
    "stays": "hospitality",
    "homes": "property",
    "flights": "airline",
}
"""Each source with the playbook that its failures go by."""
PLACES = ("harbour", "market", "station", "park", "airport", "mill")
TEAMS = {
    "orders": "Customer care",
    "counter": "Counter",
    "lines": "Service desk",
    "stays": "Guest relations",
    "homes": "Client office",
    "flights": "Passenger care",
}
OFFICE = {
    "zone": ZONE,
    "weekly": {day: [["08:00", "12:30"], ["13:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": ["2026-04-06", "2026-05-14", "2026-05-25", "2026-12-25"],
}
SUMMER = OFFICE | {
    "weekly": {day: [["09:00", "13:00"], ["14:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
}
BY_OFFICE_HOURS = ("lines", "homes")
CAUSES = ("Too few people on the shift", "Loaded onto the wrong van", "Till or booking system down", "Note lost")
PER_TEAM = 4
LIMITS = {"employee": 20_000, "manager": 60_000, "admin": 200_000, "finance": 0}


@attrs.define(kw_only=True)
class Worker:
    """A member: `early` shifts end at three, late ones begin at noon; `away_until` while on leave."""

    id: int
    name: str
    role: str
    team: str
    early: bool
    active: bool = True
    away_until: datetime | None = None

    def at_work(self, now: datetime) -> bool:
        """Say whether they can do something now (UTC hours, which is close enough to theirs)."""
        if not self.active or (self.away_until is not None and now < self.away_until):
            return False
        return self._hours[0] <= now.hour < self._hours[1]

    @property
    def _hours(self) -> tuple[int, int]:
        return (6, 15) if self.early else (11, 20)

    def works_at(self, now: datetime) -> datetime:
        """Return when they are at work next."""
        at = max(now, self.away_until or now)
        first, last = self._hours
        if at.hour >= last:
            at = (at + timedelta(days=1)).replace(hour=0)
        return at if at.hour >= first else at.replace(hour=first, minute=0, second=0, microsecond=0)


@attrs.define(kw_only=True)
class House:
    """The organization and what stands in it, by natural name."""

    organization_id: int
    sources: Mapping[str, int]
    places: Mapping[str, int]
    teams: Mapping[str, int]
    causes: tuple[int, ...]
    workers: dict[int, Worker]

    def of_role(self, *roles: str) -> list[Worker]:
        """List the active members of these roles, by name."""
        return sorted((one for one in self.workers.values() if one.active and one.role in roles), key=lambda w: w.name)


def playbook_text(line: str) -> str:
    """Return the playbook of a line of business, by office hours where that line keeps them."""
    from makegood.rules import playbooks

    text = playbooks.text_of(LINES[line])
    text = text.replace("currency: USD", "currency: EUR")
    return text.replace('calendar: ""', 'calendar: "office"') if line in BY_OFFICE_HOURS else text


def found(*, payments_url: str) -> House:
    """Found the business on the morning of the first day; its clock is stepped, and what it sends really leaves."""
    from django.db import transaction

    from makegood.failures.operations import cause_create
    from makegood.organizations import operations as organizations
    from makegood.promises.operations import source_create
    from makegood.rules import playbooks

    with transaction.atomic():
        here = organizations.organization_create(
            code=CODE, name="Year & Sons", now=BEGINS_AT, zone=ZONE, clock_kind="stepped", moment_at=BEGINS_AT
        )
        organizations.calendar_publish(
            organization_id=here, code="office", data=OFFICE, active_from=BEGINS_AT - timedelta(days=90), now=BEGINS_AT
        )
        places = {
            code: organizations.place_create(organization_id=here, code=code, name=code.title()) for code in PLACES
        }
        teams = {line: organizations.team_create(organization_id=here, name=name) for line, name in TEAMS.items()}
        house = House(
            organization_id=here,
            sources={},
            places=places,
            teams=teams,
            causes=tuple(cause_create(organization_id=here, name=name) for name in CAUSES),
            workers={},
        )
        for number in range(2):
            hire(house, name=f"Admin {number}", role="admin", line="orders", now=BEGINS_AT)
        hire(house, name="Finance", role="finance", line="orders", now=BEGINS_AT)
        for line, team in TEAMS.items():
            hire(house, name=f"{team} lead", role="manager", line=line, now=BEGINS_AT)
            for number in range(PER_TEAM):
                hire(house, name=f"{team} {number}", role="employee", line=line, now=BEGINS_AT)
        for line, playbook in LINES.items():
            text = playbook_text(line)
            organizations.playbook_publish(
                organization_id=here, code=playbook, text=text, data=playbooks.data_of(text), now=BEGINS_AT
            )
        house.sources = {
            line: source_create(organization_id=here, code=line, now=BEGINS_AT, playbook=playbook)
            for line, playbook in LINES.items()
        }
        organizations.integration_set(organization_id=here, kind="payout", url=payments_url, secret="whsec_dGVzdA==")
    return house


def hire(house: House, *, name: str, role: str, line: str, now: datetime) -> Worker:
    """Take somebody on; inside a unit of work."""
    from makegood.organizations.operations import member_create

    member_id = member_create(
        organization_id=house.organization_id,
        name=name,
        role=role,
        now=now,
        team_id=house.teams[line],
        limit_minor=LIMITS[role],
    )
    worker = Worker(id=member_id, name=name, role=role, team=line, early=len(house.workers) % 2 == 0)
    house.workers[member_id] = worker
    return worker
