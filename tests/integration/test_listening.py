"""Events in: kept once, acted on once, all of a batch or nothing; and what a silence does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from tests.conftest import START, Org

from makegood.failures.models import Failure, Incident
from makegood.journal.models import Entry
from makegood.listen.events import AHEAD, MOST_EVENTS, UnusableEvents
from makegood.listen.models import Raw
from makegood.listen.operations import events_accept
from makegood.messages.models import Message
from makegood.promises.models import Promise, Source
from makegood.recoveries.models import Recovery
from makegood.store.clocks import clock_step
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry, tick_once

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def event(number: int | str, kind: str, at: datetime, **data: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": f"{kind}/{number}", "type": kind, "time": at.isoformat(), "data": data}


def made(number: int, *, at: datetime = START, due_in: timedelta = HOUR, of: str = "delivery") -> dict[str, Any]:
    due_at = (at + due_in).isoformat()
    made = event(number, "promise.made", at, reference=str(number), customer={"token": f"card {number}"}, due_at=due_at)
    made["data"]["kind"] = of
    return made


def kept(number: int, *, at: datetime) -> dict[str, Any]:
    return event(number, "promise.kept", at, reference=str(number))


def accept(org: Org, bodies: list[dict[str, Any]], now: datetime = START) -> tuple[int, int]:
    with tenant(organization_id=org.id):
        taken = events_accept(organization_id=org.id, source_id=org.source, bodies=bodies, now=now)
    return taken.new, taken.known


def step(org: Org, to: datetime) -> None:
    with tenant(organization_id=org.id):
        clock_step(organization_id=org.id, moment_at=to)
    tick_dry(only=[org.id])


def at_the_same_time(count: int, act: Callable[[], None]) -> list[BaseException]:
    """Run `act` in this many threads at once; return what went wrong."""
    wrong: list[BaseException] = []
    gate = threading.Barrier(count)

    def run() -> None:
        try:
            gate.wait()
            act()
        except BaseException as error:  # noqa: BLE001  handed to the test
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def test_invariant_1_a_redelivery_is_known_and_acts_on_nothing(org: Org) -> None:
    bodies = [made(1), made(2), kept(1, at=START + MINUTE)]
    assert accept(org, bodies) == (3, 0)
    with tenant(organization_id=org.id):
        before = Entry.objects.count()
    assert accept(org, bodies) == (0, 3)
    assert accept(org, [bodies[2], made(3)]) == (1, 1)
    with tenant(organization_id=org.id):
        assert Raw.objects.count() == 4
        assert Promise.objects.count() == 3
        assert Entry.objects.count() == before + 1


def test_an_event_twice_in_a_batch_counts_once_and_two_of_one_id_are_refused(org: Org) -> None:
    with pytest.raises(UnusableEvents, match=r"event 2: event 0 has the same id 'promise\.made/1' and tells"):
        accept(org, [made(1), made(2), made(1, due_in=2 * HOUR)])
    assert accept(org, [made(1), made(1), made(2)]) == (2, 1)
    with tenant(organization_id=org.id):
        promises = Promise.objects.filter(organization_id=org.id).order_by("due_at", "id").values_list("due_at")
        assert list(promises) == [(START + HOUR,), (START + HOUR,)]


def test_word_from_the_future_is_refused_and_breaks_nothing(make_org: Callable[..., Org]) -> None:
    live = make_org(clock="real", at=datetime.now(UTC))
    now = datetime.now(UTC)
    promised = made(1, at=now, due_in=MINUTE)
    with pytest.raises(UnusableEvents, match="event 1: time lies in the future"):
        accept(live, [promised, kept(1, at=now + timedelta(days=365))], now=now)
    assert accept(live, [promised], now=now) == (1, 0)
    assert accept(live, [kept(1, at=now + AHEAD)], now=now) == (1, 0), "a clock that is a little ahead"
    with tenant(organization_id=live.id):
        promise = Promise.objects.get(organization_id=live.id)
        assert (promise.state, promise.fulfilled_at) == ("kept", now)


def test_invariant_1_the_same_batch_from_many_at_once_is_taken_once(org: Org) -> None:
    bodies = [made(number) for number in range(40)] + [kept(number, at=START + MINUTE) for number in range(40)]
    assert at_the_same_time(4, lambda: accept(org, bodies) and None) == []
    with tenant(organization_id=org.id):
        assert Raw.objects.count() == 80
        assert Promise.objects.filter(state="kept").count() == 40
        assert Entry.objects.filter(event="promises:promise:kept").count() == 40


def test_invariant_1_a_crash_before_the_commit_leaves_nothing_and_the_retry_everything(org: Org) -> None:
    def crash() -> None:
        with tenant(organization_id=org.id):
            events_accept(organization_id=org.id, source_id=org.source, bodies=[made(1)], now=START)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()
    with tenant(organization_id=org.id):
        assert not Raw.objects.exists()
        assert not Promise.objects.exists()
    assert accept(org, [made(1)]) == (1, 0)


def test_invariant_1_a_keep_that_races_its_promise_always_meets_it(org: Org) -> None:
    for number in range(10):
        sides = iter([[made(number)], [kept(number, at=START + MINUTE)]])
        taking = threading.Lock()

        def send(sides: Any = sides, taking: threading.Lock = taking) -> None:
            with taking:
                mine = next(sides)
            accept(org, mine)

        assert at_the_same_time(2, send) == []
    with tenant(organization_id=org.id):
        assert Promise.objects.filter(state="kept").count() == 10


def test_invariant_2_every_broken_promise_yields_one_failure_whoever_ticks(org: Org) -> None:
    accept(org, [made(number, due_in=(number % 7 + 1) * MINUTE) for number in range(300)])
    with tenant(organization_id=org.id):
        clock_step(organization_id=org.id, moment_at=START + HOUR)

    def tick() -> None:
        while tick_once(only=[org.id]):
            pass

    assert at_the_same_time(3, tick) == []
    with tenant(organization_id=org.id):
        assert Promise.objects.filter(state="broken").count() == 300
        assert Failure.objects.count() == 300
        assert Failure.objects.values("promise_id").distinct().count() == 300
        assert Entry.objects.filter(event="promises:promise:broken").count() == 300


@pytest.mark.parametrize("ticked_first", [True, False])
def test_the_gate_decides_at_its_own_moment_however_a_feed_is_cut(org: Org, ticked_first: bool) -> None:
    accept(org, [made(1)])
    step(org, START + HOUR + MINUTE)
    with tenant(organization_id=org.id):
        gate_at = Failure.objects.get().gate_at
    late = gate_at + MINUTE
    if ticked_first:
        step(org, late)
    accept(org, [kept(1, at=late)], now=late)
    step(org, late)
    with tenant(organization_id=org.id):
        failure, gated = Failure.objects.get(), Entry.objects.get(event="failures:failure:gated")
        assert (failure.gate, failure.gate_at, gated.at) == ("contact", gate_at, gate_at)
        assert [reason["rule"] for reason in failure.gate_reasons] == ["gate.notice.unfulfilled"]


def test_invariant_2_the_database_refuses_a_second_failure_of_one_promise(org: Org) -> None:
    accept(org, [made(1)])
    step(org, START + 2 * HOUR)
    with tenant(organization_id=org.id):
        failure = Failure.objects.get()
        failure.pk = None
        with pytest.raises(Exception, match="failure_stands_once"), transaction.atomic():
            failure.save(force_insert=True)


def declare_rhythm(org: Org, minutes: int) -> None:
    with tenant(organization_id=org.id):
        Source.objects.filter(id=org.source).update(rhythm_minutes=minutes)


def heard(org: Org, until: datetime) -> None:
    accept(org, [event(until.isoformat(), "source.heard", until, until=until.isoformat())], now=until)


def test_invariant_16_a_silent_feed_sends_nothing_and_late_word_withdraws_all(org: Org) -> None:
    """A feed is silent for three hours, then delivers late: nothing was sent, and the incident tells the story."""
    declare_rhythm(org, 15)
    accept(org, [made(number, due_in=HOUR + number * MINUTE) for number in range(30)])
    for quarter in range(1, 17):
        step(org, START + quarter * 15 * MINUTE)
    with tenant(organization_id=org.id):
        incident = Incident.objects.get()
        assert (incident.reason, incident.state) == ("silence", "proposed")
        assert Failure.objects.filter(gate="review", incident_id=incident.id).count() == 30
        assert not Recovery.objects.exists()
    late = START + 4 * HOUR
    accept(org, [kept(number, at=START + HOUR) for number in range(30)], now=late)
    with tenant(organization_id=org.id):
        assert Promise.objects.filter(state="kept").count() == 30
        assert Failure.objects.filter(withdrawn_at__isnull=False).count() == 30
        assert not Message.objects.exclude(kind="staff").exists()
        assert Incident.objects.get().state == "closed"
        story = Entry.objects.get(event="failures:incident:closed").data
        assert story == {"failures": 30, "withdrawn": 30}


def test_invariant_16_a_failure_waits_until_its_source_was_heard_past_it(org: Org) -> None:
    declare_rhythm(org, 15)
    accept(org, [made(1)])
    heard(org, START + HOUR + 55 * MINUTE)
    step(org, START + 2 * HOUR + MINUTE)
    with tenant(organization_id=org.id):
        assert Failure.objects.get().gate == "waiting", "noticed after an hour, but not heard past it"
    heard(org, START + 2 * HOUR + 2 * MINUTE)
    step(org, START + 2 * HOUR + 30 * MINUTE)
    with tenant(organization_id=org.id):
        assert Failure.objects.get().gate == "contact"


@pytest.mark.parametrize(("kind", "notice"), [("delivery", HOUR), ("appointment", 0 * HOUR)])
def test_a_nightly_file_tells_at_once_what_is_late(org: Org, kind: str, notice: timedelta) -> None:
    """Its rhythm is a day: what was late waits for the file, and not a minute longer."""
    declare_rhythm(org, 25 * 60)
    accept(org, [made(1, of=kind), made(2, of=kind, due_in=5 * HOUR)])
    step(org, START + 4 * HOUR)
    with tenant(organization_id=org.id):
        assert Failure.objects.get().gate == "waiting"
    heard(org, START + HOUR + notice)
    step(org, START + 4 * HOUR + MINUTE)
    with tenant(organization_id=org.id):
        assert Failure.objects.get().gate == "contact"


def test_a_file_that_ends_before_the_lateness_is_noticed_tells_nothing(org: Org) -> None:
    declare_rhythm(org, 25 * 60)
    accept(org, [made(1)])
    step(org, START + 4 * HOUR)
    heard(org, START + 2 * HOUR - MINUTE)
    step(org, START + 4 * HOUR + MINUTE)
    with tenant(organization_id=org.id):
        assert Failure.objects.get().gate == "waiting"


def test_invariant_16_a_burst_sends_nothing_until_a_person_says_so(org: Org) -> None:
    accept(org, [made(number) for number in range(15)])
    step(org, START + 2 * HOUR)
    with tenant(organization_id=org.id):
        assert Incident.objects.get().state == "proposed"
        assert not Recovery.objects.exists()
        assert not Message.objects.exclude(kind="staff").exists()


def test_a_promise_due_before_its_source_went_live_is_broken_and_quiet(org: Org) -> None:
    with tenant(organization_id=org.id):
        Source.objects.filter(id=org.source).update(live_from=START + 3 * HOUR)
    accept(org, [made(1)])
    step(org, START + 4 * HOUR)
    with tenant(organization_id=org.id):
        assert Failure.objects.get().gate_reasons[0]["rule"] == "gate.go_live"
        assert not Recovery.objects.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "promise.eaten"}, "type must be one of"),
        ({"time": "2026-02-31T00:00:00Z"}, "ISO 8601"),
        ({"time": "2026-03-02T09:00:00"}, "needs an offset"),
        ({"time": "0026-03-02T09:00:00Z"}, "between the years"),
        ({"specversion": "0.3"}, "specversion must be 1.0"),
        ({"id": ""}, "id must be text"),
        ({"id": "x" * 201}, "at most 200 characters"),
        ({"data": []}, "data must be an object"),
        ({"data": {"reference": "1", "customer": {}, "due_at": "2026-03-02T10:00:00Z"}}, "customer needs at least one"),
        ({"data": {"reference": "1", "customer": {"token": "a"}, "due_at": "soon"}}, "due_at must be an ISO 8601"),
        (
            {
                "data": {
                    "reference": "1",
                    "customer": {"token": "a", "zone": "Mars/Olympus"},
                    "due_at": START.isoformat(),
                }
            },
            "is not a time zone",
        ),
        (
            {"data": {"reference": "1", "customer": {"token": "a"}, "due_at": START.isoformat(), "place": "nowhere"}},
            "there is no place 'nowhere'",
        ),
    ],
)
def test_one_bad_event_is_named_and_nothing_of_its_batch_is_kept(org: Org, change: dict[str, Any], said: str) -> None:
    with pytest.raises(UnusableEvents, match=said) as caught:
        accept(org, [made(1), made(2) | change])
    assert [position for position, _ in caught.value.problems] == [1]
    with tenant(organization_id=org.id):
        assert not Raw.objects.exists()
        assert not Promise.objects.exists()


def test_a_batch_holds_a_thousand_events_and_not_one_more(org: Org) -> None:
    bodies = [made(number) for number in range(MOST_EVENTS + 1)]
    with pytest.raises(UnusableEvents, match="at most 1000 events"):
        accept(org, bodies)
    assert accept(org, bodies[:-1]) == (MOST_EVENTS, 0)
