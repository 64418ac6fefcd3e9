"""Invariant 15: what the tables hold is what the journal, folded by core's functions, says."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta

from tests.conftest import START, Org
from tests.support.recoveries import DAY, HOUR, opened, playbook_with, reply, say, step_to
from tests.support.recoveries import steps as steps_of

from makegood.config.working import work_dry
from makegood.core.fold import fold_failure, fold_promise, fold_recovery
from makegood.failures.incidents import incident_open
from makegood.failures.models import Failure
from makegood.failures.operations import Report, failure_report
from makegood.journal.models import Entry
from makegood.promises.models import Promise
from makegood.promises.operations import NewPromise, Word, promises_hear, promises_make
from makegood.recoveries.models import Recovery, RecoveryClock, Step
from makegood.recoveries.operations import playbook_change
from makegood.store.clocks import clock_step
from makegood.store.secrets import keyed_hash
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

ACTIONS = ("kept", "released", "changed", "expected")


def live_through(org: Org, *, seed: int, promises: int = 60) -> None:
    """Make promises, hear random word of them, early and late, and let the ticker do the rest."""
    rnd = random.Random(seed)
    with tenant(organization_id=org.id):
        promises_make(
            organization_id=org.id,
            promises=[
                NewPromise(
                    source_id=org.source,
                    customer_id=org.customer,
                    key_hash=keyed_hash(f"{seed}/{i}"),
                    kind="delivery",
                    made_at=START,
                    due_at=START + timedelta(minutes=rnd.randint(1, 600)),
                )
                for i in range(promises)
            ],
        )
    for hour in range(1, 13):
        now = START + timedelta(hours=hour)
        words = []
        for _ in range(promises // 8):
            happened = now - timedelta(minutes=rnd.randint(0, 240))
            words.append(
                Word(
                    source_id=org.source,
                    key_hash=keyed_hash(f"{seed}/{rnd.randrange(promises)}"),
                    action=rnd.choice(ACTIONS),
                    happened_at=happened,
                    received_at=now,
                    due_at=happened + timedelta(minutes=rnd.randint(0, 360)),
                    agreed=rnd.random() < 0.5,
                )
            )
        with tenant(organization_id=org.id):
            promises_hear(organization_id=org.id, words=words)
            clock_step(organization_id=org.id, moment_at=now)
        tick_dry(only=[org.id])


def journal_of(subject: str) -> dict[int, list[tuple[str, dict[str, object]]]]:
    entries = defaultdict(list)
    for subject_id, event, data in (
        Entry.objects.filter(subject=subject).order_by("id").values_list("subject_id", "event", "data")
    ):
        entries[subject_id].append((event, data))
    return entries


def test_invariant_15_folding_the_journal_gives_every_promise_as_stored(org: Org) -> None:
    live_through(org, seed=15)
    with tenant(organization_id=org.id):
        journal = journal_of("promise")
        for promise in Promise.objects.order_by("id"):
            fold = fold_promise(entries=journal[promise.id])
            assert (fold.state, fold.due_at, fold.expected_at, fold.fulfilled_at) == (
                promise.state,
                promise.due_at,
                promise.expected_at,
                promise.fulfilled_at,
            )


def test_invariant_15_folding_the_journal_gives_every_failure_as_stored(org: Org) -> None:
    live_through(org, seed=16)
    with tenant(organization_id=org.id):
        journal = journal_of("failure")
        assert Failure.objects.filter(withdrawn_at__isnull=False).exists()
        assert Entry.objects.filter(event="promises:promise:unbroken", data__state="open").exists()
        for failure in Failure.objects.order_by("id"):
            fold = fold_failure(entries=journal[failure.id])
            assert (fold.gate, fold.gate_at, fold.withdrawn, fold.incident, fold.cause) == (
                failure.gate,
                failure.gate_at,
                failure.withdrawn_at is not None,
                failure.incident_id,
                failure.cause_id,
            )


def test_invariant_15_folding_the_journal_gives_every_recovery_as_stored(org: Org) -> None:
    live_through(org, seed=17)
    with tenant(organization_id=org.id):
        journal = journal_of("recovery")
        assert Recovery.objects.exists()
        for recovery in Recovery.objects.order_by("id"):
            fold = fold_recovery(entries=journal[recovery.id])
            assert (fold.state, fold.owner, fold.due_at) == (recovery.state, recovery.owner_id, recovery.due_at)
            clocks = RecoveryClock.objects.filter(recovery_id=recovery.id)
            assert fold.clocks == {clock.target: (clock.state, clock.due_at) for clock in clocks}
            steps = Step.objects.filter(recovery_id=recovery.id).exclude(state="todo")
            assert fold.steps == {step.step: step.state for step in steps}


def live_until(org: Org, at: datetime) -> None:
    """Let time pass, and do all that falls due, what leaves included."""
    for moment_at in (START, at):
        step_to(org, moment_at)
        while tick_dry(only=[org.id]) + work_dry(only=[org.id]):
            pass


def folded_steps(org: Org, recovery: Recovery) -> dict[str, str]:
    found = fold_recovery(entries=journal_of("recovery")[recovery.id]).steps
    return {step: found.get(step, "todo") for step in steps_of(org, recovery)}


def test_invariant_15_a_step_that_is_overdue_folds_to_overdue(org: Org) -> None:
    recovery = opened(org)
    live_until(org, START + 2 * DAY)
    with tenant(organization_id=org.id):
        assert steps_of(org, recovery)["fix"] == "overdue"
        assert folded_steps(org, recovery) == steps_of(org, recovery)


def test_invariant_15_a_step_that_has_time_again_folds_to_be_done(org: Org) -> None:
    """Nobody answers in time; an apology does at last, they write once more, and another playbook gives more time."""
    recovery = opened(org)
    now = START + 5 * HOUR
    with tenant(organization_id=org.id):
        reply(org, recovery, "It is still not here.", at=START)
    live_until(org, now)
    with tenant(organization_id=org.id):
        assert steps_of(org, recovery)["respond"] == "overdue"
        say(org, recovery, "apology", at=now)
        reply(org, recovery, "And now?", at=now)
        longer = playbook_with(org, ("respond: { minutes: 240", "respond: { minutes: 300"))
        playbook_change(organization_id=org.id, recovery_id=recovery.id, by=org.employee, playbook_id=longer, now=now)
        assert steps_of(org, recovery)["respond"] == "todo"
        assert folded_steps(org, recovery) == steps_of(org, recovery)


def test_invariant_15_a_failure_that_is_reported_of_an_incident_folds_to_it(org: Org) -> None:
    with tenant(organization_id=org.id):
        incident_id = incident_open(organization_id=org.id, title="The line is down", by=org.manager, now=START)
        report = Report(
            customer_id=org.customer, kind="outage", loss="service", what="the line", happened_at=START,
            incident_id=incident_id,
        )  # fmt: skip
        failure_id = failure_report(organization_id=org.id, report=report, now=START)
        assert fold_failure(entries=journal_of("failure")[failure_id]).incident == incident_id
