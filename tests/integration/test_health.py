"""Health is red while a kind of work keeps failing, and says which."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client

from makegood.cli.loops import FAILING, Complaints
from makegood.store.clocks import wall_now
from makegood.store.heartbeats import beat, forget


def failed(complaints: Complaints, *kinds: str) -> set[str]:
    """A round in which these kinds fail for one organization."""
    for kind in kinds:
        complaints.of_organization(kind, 7, ValueError("a word"))
    return complaints.keep_failing()


def test_only_what_fails_round_after_round_keeps_failing() -> None:
    complaints = Complaints()
    for _ in range(FAILING - 1):
        assert failed(complaints, "route", "clocks") == set()
    assert failed(complaints, "route") == {"route"}
    assert failed(complaints) == set()
    assert failed(complaints, "route") == set()


def test_health_is_red_while_a_kind_of_work_keeps_failing(database: str) -> None:
    client, now = Client(headers={"host": "127.0.0.1"}), wall_now()
    try:
        beat(process="worker:test", kind="worker", now=now)
        beat(process="tick:test", kind="tick", now=now)
        answer = client.get("/healthz")
        assert (answer.status_code, answer.json()["work"]) == (200, "well")
        beat(process="tick:test", kind="tick", now=now, failing=["clocks", "route"])
        answer = client.get("/healthz")
        assert (answer.status_code, answer.json()["work"]) == (503, "keeps failing: clocks, route")
        beat(process="tick:test", kind="tick", now=now - timedelta(minutes=5), failing=["route"])
        assert client.get("/healthz").json()["work"] == "well"
    finally:
        forget(process="worker:test")
        forget(process="tick:test")
