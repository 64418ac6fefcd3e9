"""In the demo time stands still until somebody does something, and whoever reads may stop it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in

from makegood.organizations.models import Organization
from makegood.store.clocks import STILL, clock_set, now
from makegood.store.models import Clock
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def test_time_begins_with_the_first_act_and_can_be_stopped(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DEMO", True)
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(delivery="inbox")
        clock_set(organization_id=org.id, kind="running", moment_at=START, speed=STILL)
    client = signed_in(org, org.manager)

    def speed() -> float:
        with tenant(organization_id=org.id):
            assert START <= now(organization_id=org.id) < START + timedelta(days=1)
            return Clock.objects.get(organization_id=org.id).speed

    page = client.get("/").content.decode()
    assert "Time stands still until you do something." in page
    assert "Let time run" in page
    assert speed() == STILL
    client.post("/report", {"who": "", "what": ""})
    assert speed() == STILL, "what is refused does nothing"
    client.post(f"/recoveries/R-{recovery.number}/notes", {"note": "She called."})
    assert speed() == settings.DEMO_SPEED
    page = client.get("/").content.decode()
    assert "Time runs 60 times as fast." in page
    stopped = client.post("/demo/time", {"time": "stop"}, headers={"referer": "http://127.0.0.1/insights"})
    assert stopped.headers["Location"] == "http://127.0.0.1/insights"
    assert speed() == STILL
    client.post("/demo/time", {"time": "stop"})
    assert speed() == STILL, "a second stop, of a double click or another tab, starts nothing"
    elsewhere = client.post("/demo/time", {"time": "run"}, headers={"referer": "http://elsewhere.example/"})
    assert elsewhere.headers["Location"] == "/"
    assert speed() == settings.DEMO_SPEED
