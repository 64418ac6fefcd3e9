"""The ledger of promises: what is due breaks once, word heard early is joined, and late evidence withdraws."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from tests.conftest import START, Org

from makegood.failures import routing
from makegood.failures.incidents import incident_confirm
from makegood.failures.models import Failure, Incident
from makegood.promises.models import Promise
from makegood.promises.operations import NewPromise, Word, promises_hear, promises_make
from makegood.store.clocks import clock_step
from makegood.store.secrets import keyed_hash
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def make(org: Org, *names: str, due_in: timedelta = HOUR) -> None:
    with tenant(organization_id=org.id):
        promises_make(
            organization_id=org.id,
            promises=[
                NewPromise(
                    source_id=org.source,
                    customer_id=org.customer,
                    key_hash=keyed_hash(name),
                    kind="delivery",
                    made_at=START,
                    due_at=START + due_in,
                )
                for name in names
            ],
        )


def hear(
    org: Org, name: str, action: str, happened: timedelta, received: timedelta, due: timedelta | None = None
) -> None:
    with tenant(organization_id=org.id):
        promises_hear(
            organization_id=org.id,
            words=[
                Word(
                    source_id=org.source,
                    key_hash=keyed_hash(name),
                    action=action,
                    happened_at=START + happened,
                    received_at=START + received,
                    due_at=None if due is None else START + due,
                )
            ],
        )


def step(org: Org, after: timedelta) -> None:
    with tenant(organization_id=org.id):
        clock_step(organization_id=org.id, moment_at=START + after)
    tick_dry(only=[org.id])


def state(org: Org, name: str) -> str:
    with tenant(organization_id=org.id):
        return Promise.objects.get(key_hash=keyed_hash(name)).state


def test_what_is_due_breaks_once_and_yields_one_failure(org: Org) -> None:
    make(org, "a")
    step(org, HOUR)
    assert state(org, "a") == "open", "due at this very moment is not late yet"
    step(org, HOUR + timedelta(microseconds=1))
    step(org, 3 * HOUR)
    assert state(org, "a") == "broken"
    with tenant(organization_id=org.id):
        assert Failure.objects.count() == 1


def test_a_keep_before_its_promise_is_held_and_joined(org: Org) -> None:
    hear(org, "a", "kept", HOUR / 2, HOUR / 2)
    make(org, "a")
    assert state(org, "a") == "kept"


def test_a_changed_date_keeps_the_first_one(org: Org) -> None:
    make(org, "a")
    hear(org, "a", "changed", HOUR / 2, HOUR / 2, due=3 * HOUR)
    step(org, 2 * HOUR)
    with tenant(organization_id=org.id):
        promise = Promise.objects.get()
    assert (promise.state, promise.first_due_at, promise.due_at) == ("open", START + HOUR, START + 3 * HOUR)


def test_late_evidence_moves_broken_to_kept_and_withdraws_the_failure(org: Org) -> None:
    make(org, "a")
    step(org, 2 * HOUR)
    hear(org, "a", "kept", HOUR, 3 * HOUR)
    assert state(org, "a") == "kept"
    with tenant(organization_id=org.id):
        assert Failure.objects.get().withdrawn_at == START + 3 * HOUR


def test_late_fulfilment_unbreaks_nothing(org: Org) -> None:
    make(org, "a")
    step(org, 2 * HOUR)
    hear(org, "a", "kept", 2 * HOUR, 2 * HOUR)
    with tenant(organization_id=org.id):
        promise = Promise.objects.get()
        assert (promise.state, promise.fulfilled_at) == ("broken", START + 2 * HOUR)
        assert Failure.objects.get().withdrawn_at is None


def test_the_same_word_twice_changes_nothing(org: Org) -> None:
    make(org, "a")
    make(org, "a")
    for _ in range(2):
        hear(org, "a", "released", HOUR / 2, HOUR / 2)
    assert state(org, "a") == "released"
    with tenant(organization_id=org.id):
        assert Promise.objects.count() == 1


def test_a_burst_proposes_one_incident_and_holds_its_failures(org: Org) -> None:
    make(org, *(f"p{i}" for i in range(12)))
    step(org, 2 * HOUR)
    with tenant(organization_id=org.id):
        incident = Incident.objects.get()
        assert (incident.state, incident.reason) == ("proposed", "burst")
        assert incident.title.endswith("many customers let down within minutes"), "the count is read, never frozen"
        assert Failure.objects.filter(incident_id=incident.id, gate="contact").count() == 12


def test_a_yes_reaches_as_many_again_and_what_is_beyond_waits_for_another(org: Org) -> None:
    make(org, *(f"p{i}" for i in range(12)))
    make(org, *(f"q{i}" for i in range(40)), due_in=HOUR + 30 * MINUTE)
    step(org, 2 * HOUR)
    with tenant(organization_id=org.id):
        first = Incident.objects.get()
        incident_confirm(organization_id=org.id, incident_id=first.id, by=org.manager, now=START + 2 * HOUR)
    step(org, 3 * HOUR)
    with tenant(organization_id=org.id):
        first, again = Incident.objects.order_by("number")
        assert (first.state, first.room, again.state, again.room) == ("open", 0, "proposed", None)
        assert Failure.objects.filter(incident_id=first.id).count() == 24
        assert Failure.objects.filter(incident_id=again.id).count() == 28
        assert not Failure.objects.filter(incident_id=again.id, happening_key__startswith="incident:").exists()


def test_nobody_says_yes_to_an_incident_while_failures_are_routed_into_it(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what the router has read would be written over what the yes has decided: how far it reaches."""
    make(org, *(f"p{i}" for i in range(12)))
    make(org, "late", due_in=HOUR + 30 * MINUTE)
    step(org, 2 * HOUR)
    said: list[str] = []

    def say_yes() -> None:
        try:
            with tenant(organization_id=org.id):
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '20ms'")
                incident_confirm(
                    organization_id=org.id, incident_id=Incident.objects.get().id, by=org.manager, now=START + 2 * HOUR
                )
                said.append("yes")
        except OperationalError:
            said.append("wait")
        finally:
            connections.close_all()

    going = routing._going

    def going_and_asked(*asked: Any) -> list[Incident]:
        found = going(*asked)
        person = Thread(target=say_yes)
        person.start()
        person.join()
        return found

    monkeypatch.setattr(routing, "_going", going_and_asked)
    step(org, 3 * HOUR)
    assert said[-1] == "wait"


def test_what_trickles_in_beyond_the_room_of_a_yes_waits_for_another(org: Org) -> None:
    make(org, *(f"p{i}" for i in range(12)))
    make(org, "late", due_in=HOUR + 30 * MINUTE)
    step(org, 2 * HOUR)
    with tenant(organization_id=org.id):
        first = Incident.objects.get()
        incident_confirm(organization_id=org.id, incident_id=first.id, by=org.manager, now=START + 2 * HOUR)
        Incident.objects.update(room=0)
    step(org, 3 * HOUR)
    with tenant(organization_id=org.id):
        first, again = Incident.objects.order_by("number")
        assert (again.state, again.explanation[0]["rule"]) == ("proposed", "incident.beyond")
        assert Failure.objects.filter(incident_id=again.id).count() == 1


def test_ten_failures_in_a_quarter_of_an_hour_are_no_burst(org: Org) -> None:
    make(org, *(f"p{i}" for i in range(10)))
    step(org, 2 * HOUR)
    with tenant(organization_id=org.id):
        assert not Incident.objects.exists()


def test_what_breaks_and_is_kept_late_in_one_batch_is_decided_though_another_was_kept_before_it(org: Org) -> None:
    make(org, "a", "b")
    step(org, HOUR + MINUTE)
    late = [("a", START + HOUR + 2 * MINUTE), ("b", START + HOUR + 3 * MINUTE), ("c", START + HOUR + 4 * MINUTE)]
    make(org, "c", due_in=HOUR + 3 * MINUTE)
    with tenant(organization_id=org.id):
        promises_hear(
            organization_id=org.id,
            words=[
                Word(source_id=org.source, key_hash=keyed_hash(name), action="kept", happened_at=at, received_at=at)
                for name, at in late
            ],
        )
        assert list(Failure.objects.values_list("gate", flat=True)) == ["quiet"] * 3
