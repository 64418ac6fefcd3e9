"""One whole run: the house is founded, lived in, checked all along, and what is left is named by a fingerprint."""

from __future__ import annotations

import gc
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.ground import Stopwatch, cpu_seconds, superuser_url
from benchmarks.year import faults as breaking
from benchmarks.year import house as founding
from benchmarks.year import leads
from benchmarks.year.agenda import Agenda
from benchmarks.year.checks import Checks, fingerprint
from benchmarks.year.draws import Draws
from benchmarks.year.killing import killing
from benchmarks.year.living import Life
from benchmarks.year.stage import Stage
from benchmarks.year.world import World


def lived(
    *, home: Path, recoveries: int, days: int, tail: int, faults: int, kills: int, grid: timedelta, seed: int
) -> dict[str, Any]:
    """Live through a year on an open, empty database; return what is to be told of it.

    With `kills`, so many processes are killed meanwhile, and no fault strikes in this one.
    """
    from tests.support.outside import mail_server, payment_system

    draws = Draws(seed)
    with mail_server() as mail, payment_system() as payments:
        house = founding.found(payments_url=payments.url)
        world = World(recoveries=recoveries, days=days, draws=draws)
        stage = Stage(
            house=house, draws=draws, agenda=Agenda(grid), world=world, now=founding.BEGINS_AT,
            by_bought={one.bought: one for one in world.failures},
        )  # fmt: skip
        leads.calendar_of_the_year(stage, days=days)

        def lapse() -> None:
            _lapse(home, house.organization_id)

        striking = breaking.Breaking(
            faults=breaking.drawn(count=0 if kills else faults, begins_at=founding.BEGINS_AT, days=days, draws=draws),
            home=home,
            mail=mail,
            payments=payments,
            lapse=lapse,
        )
        ends_at = founding.BEGINS_AT + timedelta(days=days + tail)
        life = Life(stage, striking, grid=grid, ends_at=ends_at, others=kills > 0)
        checks = Checks(home, house.organization_id, founding.BEGINS_AT)
        gc.freeze()  # What the year itself foresees by the ten thousand is no work of the product's.
        watch, used = Stopwatch(), cpu_seconds(home)
        checking = [0.0]

        def look(now: datetime) -> None:
            looking = Stopwatch()
            checks.look(now)
            checking[0] += looking.seconds

        with killing(home=home, kills=kills, seed=seed, lapse=lapse) as died:
            life.run(daily=look)
        look(stage.now)
        seconds = watch.seconds
        ours, theirs = cpu_seconds(home)
    opened = stage.done["recoveries"]
    return {
        "recoveries": opened,
        "steps": life.steps,
        "lived_seconds": round(seconds, 1),
        "recoveries_per_second": round(opened / seconds, 2),
        "processor_seconds": {"python": round(ours - used[0], 1), "database": round(theirs - used[1], 1)},
        "struck": dict(sorted((striking.struck + died).items())),
        "done": dict(sorted(stage.done.items())),
        "refused": dict(sorted(stage.refused.items())),
        "looked": checks.looked,
        "checking_seconds": round(checking[0], 1),
        "broken": checks.told(),
        "fingerprint": "" if kills else fingerprint(home),
    }


def _lapse(home: Path, organization_id: int) -> None:
    """Let the claims of a worker that died lapse, as five minutes of waiting would."""
    import psycopg

    with psycopg.connect(superuser_url(home), autocommit=True) as owner:
        owner.execute(
            "UPDATE journal_effect SET claimed_until = now() - interval '1 second'"
            " WHERE organization_id = %s AND state = 'claimed'",
            [organization_id],
        )
