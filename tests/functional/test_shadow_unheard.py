"""The report of a source that only watches says what broke and waits for its word: a nightly file tells the next day."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from tests.conftest import START, Org
from tests.functional.test_broken_today import ordered
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.support.recoveries import step_to

from makegood.cli.shadow import _say, _shape
from makegood.failures.models import Failure
from makegood.insights.shadow import ShadowReport, shadow_report
from makegood.listen.operations import events_accept
from makegood.organizations.models import MemberPlace
from makegood.promises.models import Source
from makegood.promises.operations import source_watch
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

__all__ = ["_no_throttle", "_quick_passwords"]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def report(org: Org, *, hours: int, places: tuple[int, ...] | None = None) -> ShadowReport:
    with tenant(organization_id=org.id):
        found = shadow_report(organization_id=org.id, source_id=org.source, now=START + hours * HOUR, places=places)
    assert found is not None
    return found


def test_it_says_how_many_wait_and_since_when_the_source_was_heard(
    org: Org, capsys: pytest.CaptureFixture[str]
) -> None:
    with tenant(organization_id=org.id):
        Source.objects.filter(id=org.source).update(rhythm_minutes=1440)
        source_watch(organization_id=org.id, source_id=org.source, watched=True, by=org.admin, now=START)
        told = [
            *ordered("a", made=-HOUR, due=2 * HOUR, kept=None),
            *ordered("b", made=-HOUR, due=3 * HOUR, kept=None),
        ]
        events_accept(organization_id=org.id, source_id=org.source, bodies=told, now=START)
        MemberPlace.objects.create(organization_id=org.id, member_id=org.manager, place_id=org.place)
    assert report(org, hours=0).unheard is None
    step_to(org, START + 6 * HOUR)
    tick_dry(only=[org.id])
    waits = report(org, hours=6).unheard
    assert waits is not None
    assert (waits.count, waits.first_at, waits.heard_until) == (2, START + 2 * HOUR, START - HOUR)
    assert report(org, hours=6, places=(org.place,)).unheard is None, "they are of no place of theirs"
    page = unescape(signed_in(org, org.admin).get(f"/settings/sources/{org.source}/shadow").content.decode())
    assert "2 broken promises wait for word of Orders" in page
    assert "A nightly file" not in page
    assert "a nightly file tells of a failure with the file that comes next" in page
    assert _shape(report(org, hours=6))["unheard"]["count"] == 2
    _say(report(org, hours=6))
    assert "broken and undecided: 2; the source was last heard up to" in capsys.readouterr().out
    with tenant(organization_id=org.id):
        heard = {"id": "h", "type": "source.heard", "time": (START + 6 * HOUR).isoformat(),
                 "data": {"until": (START + 6 * HOUR).isoformat()}}  # fmt: skip
        events_accept(organization_id=org.id, source_id=org.source, bodies=[heard], now=START + 6 * HOUR)
    tick_dry(only=[org.id])
    assert report(org, hours=6).unheard is None


def test_what_waits_of_a_source_that_does_not_watch_is_no_shadow(org: Org) -> None:
    with tenant(organization_id=org.id):
        Source.objects.filter(id=org.source).update(rhythm_minutes=1440)
        told = ordered("a", made=-HOUR, due=2 * HOUR, kept=None)
        events_accept(organization_id=org.id, source_id=org.source, bodies=told, now=START)
    step_to(org, START + 6 * HOUR)
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert Failure.objects.get().gate == "waiting"
    assert report(org, hours=6).unheard is None
