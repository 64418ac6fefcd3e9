"""What leads and admins do: they answer alarms, decide incidents, look through the old cases, and people come and go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from benchmarks.year.agenda import Act
from benchmarks.year.house import BEGINS_AT, LINES, SUMMER, Worker, hire, playbook_text
from benchmarks.year.stage import Stage
from benchmarks.year.world import REPORTED, Failed

STEP_ACTS = {"fix": "fix", "remedy": "fix", "make_good": "offer", "update": "communicate"}
"""What a late target asks of the owner; any other asks for an answer."""
OLD = timedelta(days=12)
GIVEN_UP = timedelta(days=110)
UNHAPPY = timedelta(days=45)


def act(stage: Stage, what: Act) -> None:
    """Do one thing as a lead; inside a unit of work."""
    ACTS[what.name](stage, what)


def calendar_of_the_year(stage: Stage, *, days: int) -> None:
    """Put what will happen to the staff itself onto the agenda: leave, leaving, rules that change, weekly looks."""
    for week in range(1, days // 7 + 30):
        _at(stage, week * 7, 9, "look through", f"week {week:03}")
    for number, worker in enumerate(sorted(stage.house.workers.values(), key=lambda one: one.name)):
        rnd = stage.draws.of("leave", worker.name)
        if rnd.random() < max(0.2, days / 200):  # in a year everybody, in a few weeks some
            _at(stage, rnd.randrange(3, max(4, days)), 8, "go on leave", worker.name, more=worker.id)
        if worker.role == "employee" and number % 5 == 0:
            _at(stage, rnd.randrange(3, max(4, days)), 12, "leave", worker.name, more=worker.id)
    _at(stage, days // 3, 10, "publish a playbook", "orders")
    _at(stage, days // 2, 10, "publish a calendar", "office")


def _at(stage: Stage, day: int, hour: int, name: str, key: str, more: Any = None) -> None:
    stage.agenda.add(BEGINS_AT.replace(hour=hour) + timedelta(days=day), key, name, more=more)


def report(stage: Stage, one: Failed, customer_id: int, purchase_id: int) -> None:
    """A colleague reports what they saw, or what a customer told them at the counter."""
    from makegood.failures.operations import Report, failure_report

    rnd = stage.draws.of("reported", one.number)
    kind, loss = rnd.choice(REPORTED)
    by = stage.lead_of(one.line)
    failure_report(
        organization_id=stage.here,
        report=Report(
            customer_id=customer_id,
            kind=kind,
            loss=loss,
            what="your order was not as it should be",
            happened_at=one.at,
            fault=rnd.choice(("ours", "partner", "unknown")),
            severity=rnd.choice((1, 2, 2, 3)),
            place_id=stage.house.places[one.place],
            source_id=stage.house.sources[one.line],
            purchase_id=purchase_id,
            price_minor=rnd.randrange(900, 60_000),
            currency="EUR",
            kept_service=rnd.choice((True, False, None)),
            reported_by_id=by.id,
        ),
        now=stage.now,
    )


def _alarm(stage: Stage, what: Act) -> None:
    """A clock ran out: the lead says that they know, and sees to it that somebody does what is late."""
    from makegood.recoveries.models import Recovery, RecoveryClock
    from makegood.recoveries.operations import clocks_acknowledge, owner_change
    from makegood.store.reading import read

    case = stage.cases[what.about]
    ((state, review, owner_id),) = read(Recovery, "state", "review", "owner_id", organization_id=stage.here, id=case.id)
    if state != "open":
        return
    lead = stage.lead(case)
    late = read(RecoveryClock, "target", "met_at", organization_id=stage.here, recovery_id=case.id, state="missed")
    targets = sorted(target for target, met_at in late if met_at is None)
    clocks_acknowledge(organization_id=stage.here, recovery_ids=[case.id], by=lead.id, now=stage.now)
    if review:
        stage.plan(case, "decide", 1)
        return
    if stage.draws.chance(0.1, case.key, "taken over", what.turn) and owner_id != lead.id:
        owner_change(
            organization_id=stage.here, recovery_id=case.id, to=lead.id, by=lead.id, reason="It is late", now=stage.now
        )
        stage.done["taken over"] += 1
    for target in targets:
        name = STEP_ACTS.get(target, "answer")
        stage.plan(case, name, 1, more=f"alarm {stage.now:%j %H}" if name == "answer" else None)


def _word_known(stage: Stage, what: Act) -> None:
    from makegood.recoveries.operations.staff_words import word_acknowledge

    case = stage.cases[what.about]
    given = {"organization_id": stage.here, "recovery_id": case.id, "word_id": what.more, "now": stage.now}
    word_acknowledge(**given, by=stage.lead(case).id)


def _trouble(stage: Stage, what: Act) -> None:
    """Look at what could not be sent: what surely did not leave is sent again, of the rest somebody calls."""
    from makegood.messages.models import Message
    from makegood.messages.operations import message_retry

    row = Message.objects.get(organization_id=stage.here, id=what.more)
    if row.state == "failed":
        message_retry(
            organization_id=stage.here, message_id=row.id, by=stage.house.of_role("admin")[0].id, now=stage.now
        )
        stage.done["sent again"] += 1


def _incident(stage: Stage, what: Act) -> None:
    """Decide a proposed incident: most are one, some are chance."""
    from makegood.failures.incidents import incident_confirm, incident_dismiss

    by = stage.house.of_role("admin")[0].id
    decide = incident_dismiss if stage.draws.chance(0.25, what.key, "dismissed") else incident_confirm
    decide(organization_id=stage.here, incident_id=what.more, by=by, now=stage.now)
    stage.done[decide.__name__] += 1


def _incident_over(stage: Stage, what: Act) -> None:
    from makegood.failures.incidents import incident_close

    by = stage.house.of_role("admin")[0].id
    incident_close(organization_id=stage.here, incident_id=what.more, by=by, now=stage.now)


def _pay(stage: Stage, what: Act) -> None:
    from makegood.makegoods.operations import payout_done_by_hand

    by = stage.house.of_role("finance")[0].id
    payout_done_by_hand(organization_id=stage.here, makegood_id=what.more, by=by, now=stage.now)
    stage.done["paid by hand"] += 1


def _go_on_leave(stage: Stage, what: Act) -> None:
    from makegood.organizations.operations import member_change

    worker = stage.house.workers[what.more]
    if not worker.active:
        return
    days = stage.draws.of("leave", worker.name, "days").randrange(2, 15)
    member_change(organization_id=stage.here, member_id=worker.id, now=stage.now, by=worker.id, present=False)
    worker.away_until = stage.now + timedelta(days=days)
    stage.agenda.add(worker.away_until, worker.name, "come back", more=worker.id)


def _come_back(stage: Stage, what: Act) -> None:
    from makegood.organizations.operations import member_change

    worker = stage.house.workers[what.more]
    member_change(organization_id=stage.here, member_id=worker.id, now=stage.now, by=worker.id, present=True)
    worker.away_until = None


def _leave(stage: Stage, what: Act) -> None:
    """Somebody leaves the company: in the same moment their cases are handed over; a week later somebody is hired."""
    from makegood.organizations.operations import member_deactivate

    worker: Worker = stage.house.workers[what.more]
    member_deactivate(
        organization_id=stage.here, member_id=worker.id, now=stage.now, by=stage.house.of_role("admin")[0].id
    )
    worker.active = False
    stage.done["left the company"] += 1
    stage.agenda.add(stage.now + timedelta(days=7), f"{worker.name}'s successor", "hire", more=worker.id)


def _hire(stage: Stage, what: Act) -> None:
    before = stage.house.workers[what.more]
    name = what.key
    if name not in {one.name for one in stage.house.workers.values()}:
        hire(stage.house, name=name, role=before.role, line=before.team, now=stage.now)


def _publish_playbook(stage: Stage, what: Act) -> None:
    from makegood.organizations.operations import playbook_publish
    from makegood.rules import playbooks

    text = playbook_text(what.key).replace("fix: { minutes: 1440", "fix: { minutes: 1200")
    playbook_publish(
        organization_id=stage.here, code=LINES[what.key], text=text, data=playbooks.data_of(text), now=stage.now
    )


def _publish_calendar(stage: Stage, what: Act) -> None:
    from makegood.organizations.operations import calendar_publish

    calendar_publish(
        organization_id=stage.here, code="office", data=SUMMER, active_from=stage.now + timedelta(days=2), now=stage.now
    )


def _look_through(stage: Stage, what: Act) -> None:
    """Once a week the leads look through old open cases that nobody means to do anything about."""
    from makegood.recoveries.models import Recovery

    old = Recovery.objects.filter(organization_id=stage.here, state="open", opened_at__lte=stage.now - OLD)
    for recovery_id in old.order_by("opened_at", "number").values_list("id", flat=True):
        if not stage.agenda.busy.get(recovery_id):
            case = stage.cases[recovery_id]
            stage.plan(case, "finish", 2, which=what.key)


def _finish(stage: Stage, what: Act) -> None:
    """See what an old case lacks, and have it done; one that cannot be finished a manager closes, and writes why."""
    from makegood.messages.models import Message
    from makegood.recoveries.models import Recovery, Step
    from makegood.recoveries.operations import UnableToClose, close
    from makegood.store.reading import read

    case = stage.cases[what.about]
    ((state, review, opened_at, returned),) = read(
        Recovery, "state", "review", "opened_at", "returned", organization_id=stage.here, id=case.id
    )
    if state != "open":
        return
    lead = stage.lead(case)
    undone = read(Step, "step", organization_id=stage.here, recovery_id=case.id, state=("todo", "overdue"))
    todo = {step for (step,) in undone}
    needed = [name for step, name in TO_FINISH if step in todo]
    if review:
        needed = ["decide"]
    for name in needed:
        stage.plan(case, name, 1, more=what.key if name == "answer" else None)
    if needed:
        return
    reason = ""
    waited = stage.now - opened_at
    if not returned and waited <= GIVEN_UP:
        return
    sending = Message.objects.filter(organization_id=stage.here, thread_id=case.thread_id, state="queued").exists()
    if (waited > GIVEN_UP or (returned and waited > UNHAPPY)) and not sending:
        reason = "We did what we could, and they know"
    try:
        close(organization_id=stage.here, recovery_id=case.id, by=lead.id, now=stage.now, reason=reason)
    except UnableToClose:
        stage.refused["UnableToClose"] += 1


TO_FINISH = (
    ("apologise", "apologise"),
    ("fix", "fix"),
    ("respond", "answer"),
    ("make_good", "offer"),
    ("improve", "improve"),
    ("communicate", "communicate"),
)
ACTS: dict[str, Callable[[Stage, Act], None]] = {
    "alarm": _alarm,
    "word known": _word_known,
    "trouble": _trouble,
    "incident": _incident,
    "incident over": _incident_over,
    "pay": _pay,
    "go on leave": _go_on_leave,
    "come back": _come_back,
    "leave": _leave,
    "hire": _hire,
    "publish a playbook": _publish_playbook,
    "publish a calendar": _publish_calendar,
    "look through": _look_through,
    "finish": _finish,
}
