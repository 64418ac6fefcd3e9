"""In the demo colleagues do their part, and leave to a newcomer whatever is owned by somebody whom one may play."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from makegood.cli.demo import shops
from makegood.cli.demo.living import MINE, Feed, colleagues_act
from makegood.console.views.doors import played
from makegood.organizations.queries import members_all
from makegood.recoveries.models import Recovery, Step
from makegood.store.clocks import clock_step
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry


@pytest.fixture
def lumen(database: str) -> Feed:
    """The shops and the hotel, two hours into their day."""
    demo = shops.found_shops()
    script = [(shops.BEGINS_AT + one.after, one) for one in shops.script()]
    feed = Feed(
        demo=demo, code=shops.CODE, moments=script, happen=lambda there, batch, now: [e.act(there, now) for e in batch]
    )
    for moment_at in (script[-1][0], script[-1][0] + timedelta(hours=1)):
        with tenant(organization_id=demo.organization_id):
            clock_step(organization_id=demo.organization_id, moment_at=moment_at)
        feed.advance()
        while tick_dry(only=[demo.organization_id]):
            pass
    return feed


def test_colleagues_leave_alone_what_a_newcomer_may_own(lumen: Feed) -> None:
    here = lumen.demo.organization_id
    with tenant(organization_id=here):
        offered = {one.name for one in played(members_all(organization_id=here))}
    assert offered == set(MINE[shops.CODE])

    chance = random.Random(1)
    acted = sum(colleagues_act(feed=lumen, rnd=chance) for _ in range(40))
    with tenant(organization_id=here):
        owners = set(
            Recovery.objects.filter(
                id__in=Step.objects.filter(step="fix", state="done").values("recovery_id")
            ).values_list("owner__name", flat=True)
        )
    assert acted
    assert not owners & offered
