"""`makegood demo`: serve two organizations that live through a bad day, time sped up, from which nothing leaves."""

from __future__ import annotations

import os
import random

import click

from makegood.cli.database import open_database, tell
from makegood.cli.demo.stage import keep_blank, set_stage
from makegood.cli.listening import refuse_taken_port
from makegood.cli.loops import stop_on_signals, stop_with_parent, work_round
from makegood.cli.ready import begin_when_told, say_ready
from makegood.cli.serve import serve_all

SPEED = 60.0
"""As fast as `config.settings` says where nothing else is asked for."""
LOOK_SECONDS = 1.0
COLLEAGUES_EVERY = 5


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, envvar="PORT", show_envvar=True, type=click.IntRange(1, 65535))
@click.option(
    "--speed",
    default=SPEED,
    show_default=True,
    type=click.FloatRange(0.1, 3600),
    help="Minutes that pass in a minute, once time runs.",
)
def demo(host: str, port: int, speed: float) -> int:
    """Serve the demo: an airline on its worst day, and a group of shops and a hotel.

    Time stands still in each until somebody does something there.
    """
    refuse_taken_port(host, port)
    os.environ["MAKEGOOD_DEMO"] = "1"
    os.environ["MAKEGOOD_DEMO_SPEED"] = str(speed)
    os.environ["PORT"] = str(port)
    home = None if os.environ.get("DATABASE_URL") else set_stage()
    tell("setting the scene: real flights of a bad day, invented passengers")
    with open_database():
        from django.db import connections

        from makegood.cli.demo import airline, founding, living, shops

        if home is not None:
            connections.close_all()
            keep_blank(home)

        def scene() -> None:
            if founding.find(code=airline.CODE) is None:
                living.begin_airline(work=work_round)
            if founding.find(code=shops.CODE) is None:
                living.begin_shops(work=work_round)

        serve_all(host=host, port=port, path="/sign-in", also=(("demo-day",),), first=scene)
    return 0


@click.command(hidden=True)
@click.option("--with-parent", is_flag=True, help="End when standard input ends.")
def demo_day(with_parent: bool) -> int:
    """Let the demo's day happen, as its clocks reach it."""
    if with_parent:
        stop_with_parent()
    stop = stop_on_signals()
    rnd = random.Random(2013)
    with open_database(migrate=False):
        from makegood.cli.demo import airline, founding, living, shops

        day = airline.worst_day()
        begin_when_told()
        hudson, lumen = founding.find(code=airline.CODE), founding.find(code=shops.CODE)
        if hudson is None or lumen is None:
            raise click.ClickException("There is no demo in this database: start `makegood demo`.")
        feeds = (living.airline_feed(day=day, demo=hudson), living.shops_feed(demo=lumen))
        rounds = 0
        say_ready()
        while not stop.is_set():
            rounds += 1
            for feed in feeds:
                while feed.advance() == living.CHUNK:
                    pass
                if rounds % COLLEAGUES_EVERY == 0 and not living.stands_still(feed=feed):
                    living.colleagues_act(feed=feed, rnd=rnd)
                    living.customers_act(feed=feed, rnd=rnd)
            stop.wait(LOOK_SECONDS)
    return 0
