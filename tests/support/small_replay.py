"""A small recorded past that was never: some hundred promises of a few days, with all that can become of a promise.

Run alone, `python -m tests.support.small_replay found|live`, so that it can be killed: `found` makes its organization,
`live` lives through it, or goes on where it stood.
"""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from makegood.listen.datasets.recorded import Body, Place, Recorded

FIRST_AT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
PLACES = ("harbour", "market", "station")
STAFF = ("Ana", "Bo", "Cleo", "Dirk")
BURSTS = ((timedelta(hours=20), "harbour", 45), (timedelta(hours=41), "market", 30))
"""When a place fails its customers all at once, and how many of them."""


def recorded(*, promises: int = 600, days: int = 3, seed: int = 11) -> Recorded:
    """Return the same past for the same arguments."""
    events = sorted(_events(random.Random(seed), promises, days), key=lambda event: (event["time"], event["id"]))
    return Recorded(
        kind="small",
        name="A small past",
        source="orders",
        playbook="default",
        zone="Europe/Amsterdam",
        currency="EUR",
        language="en",
        places=tuple(Place(code=code, name=code.title(), kind="shop") for code in PLACES),
        moments=[(event["time"], 0, row) for row, event in enumerate(events)],
        body=lambda at, which, row: events[row],
    )


def _events(rnd: random.Random, promises: int, days: int) -> list[Body]:
    events: list[Body] = []
    in_burst = [burst for burst in BURSTS for _ in range(burst[2])]
    for number in range(promises):
        if number < len(in_burst):
            after, place, _ = in_burst[number]
            due_at = FIRST_AT + after + timedelta(seconds=rnd.randrange(600))
            made_at = due_at - timedelta(minutes=rnd.randrange(60, 600))
            fate = "never"
        else:
            place = rnd.choice(PLACES)
            made_at = FIRST_AT + timedelta(minutes=rnd.randrange(days * 1440))
            due_at = made_at + timedelta(minutes=5 * rnd.randrange(6, 250))
            fate = rnd.choices(FATES, weights=(50, 14, 8, 12, 4, 5, 4, 3))[0]
        events += _promise(rnd, number, place, made_at, due_at, fate)
    return events


FATES = (
    "kept",
    "late",
    "a little late",
    "never",
    "released",
    "moved",
    "kept before it was made",
    "late and complained",
)


def _promise(rnd: random.Random, number: int, place: str, made_at: datetime, due_at: datetime, fate: str) -> list[Body]:
    def event(kind: str, at: datetime, /, **data: Any) -> Body:
        return {"id": f"{number}:{kind}:{at.isoformat()}", "type": kind, "time": at, "data": data}

    def word(kind: str, at: datetime, /, **data: Any) -> Body:
        return event(f"promise.{kind}", at, reference=f"P{number}", **data)

    customer = {"token": f"customer {rnd.randrange(400)}"}
    bought = number % 2 == 0
    made = word(
        "made",
        made_at,
        kind="delivery",
        what="parcel",
        customer=customer,
        place=place,
        due_at=due_at,
        value={"minor": rnd.randrange(500, 60_000), "currency": "EUR"},
        facts={"event_at": due_at.isoformat(), "distance_km": rnd.choice([900, 2000, 6000]), "intra_eu": False},
        **({"purchase": f"B{number}"} if bought else {}),
    )
    purchase = event(
        "purchase.made",
        made_at - timedelta(minutes=1),
        reference=f"B{number}",
        customer=customer,
        placed_at=made_at - timedelta(minutes=1),
        total={"minor": 5000, "currency": "EUR"},
    )
    late_at = due_at + timedelta(minutes=rnd.randrange(60, 900))
    told = {
        "kept": [word("kept", made_at + (due_at - made_at) * rnd.random())],
        "late": [word("kept", late_at)],
        "a little late": [word("kept", due_at + timedelta(minutes=rnd.randrange(1, 60)))],
        "never": [],
        "released": [word("released", made_at + timedelta(minutes=3))],
        "moved": [
            word("changed", made_at + timedelta(minutes=9), due_at=due_at + timedelta(hours=3), agreed=True),
            word("expected", made_at + timedelta(minutes=15), due_at=due_at + timedelta(hours=4)),
            word("kept", due_at + timedelta(hours=5)),
        ],
        "kept before it was made": [word("kept", made_at - timedelta(minutes=30))],
        "late and complained": [
            word("kept", late_at),
            event("signal.complaint", due_at - timedelta(minutes=7), customer=customer, promise=f"P{number}"),
            event("signal.review", late_at + timedelta(hours=1), customer=customer, promise=f"P{number}", value=1),
        ],
    }[fate]
    grumble = (
        [event("signal.complaint", made_at + timedelta(hours=2), customer=customer, place=place, what="rude reply")]
        if number % 29 == 0
        else []
    )
    return [*([purchase] if bought else []), made, *told, *grumble]


def found() -> None:
    """Make the organization: more people than a replay's own two, and a law that owes money for lateness."""
    from django.db import transaction

    from makegood.listen.replay_ground import at_once, ground
    from makegood.organizations.operations import member_create, playbook_publish
    from makegood.rules import playbooks
    from makegood.store.tenancy import tenant

    here = ground(recorded=recorded())
    text = at_once(playbooks.text_of("default"), currency="EUR") + "floor_packs: [eu261]\n"
    with transaction.atomic(), tenant(organization_id=here.organization_id):
        for name in STAFF:
            member_create(organization_id=here.organization_id, name=name, role="employee", now=FIRST_AT)
        playbook_publish(
            organization_id=here.organization_id, code="default", text=text, data=playbooks.data_of(text), now=FIRST_AT
        )


def live() -> None:
    """Live through the past, or go on where an earlier run stood."""
    from makegood.config.working import work_organization
    from makegood.listen.replaying import replay

    replay(recorded=recorded(), work=work_organization)


def main(what: str) -> None:
    """Do one of the two on the database that the environment names."""
    from makegood.cli.database import open_database

    with open_database():
        {"found": found, "live": live}[what]()


if __name__ == "__main__":
    main(sys.argv[1])
