"""Opening recoveries, by the thousand: one per customer and happening, with an owner, steps, clocks and a plan."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from makegood.core.plans import expected_loss, group, severity
from makegood.core.reasons import because
from makegood.journal.operations import Happened, record
from makegood.messages.models import Thread
from makegood.organizations.models import Organization
from makegood.recoveries.frozen import (
    VISIT_BOUND,
    Calendars,
    Frozen,
    calendars_named,
    due_after,
    playbook_frozen,
    playbooks_latest,
    step_due,
    target_minutes,
)
from makegood.recoveries.models import STEPS, FollowUp, Recovery, RecoveryClock, RecoveryFailure, Step, Unopened
from makegood.recoveries.operations.clocks import clocked
from makegood.recoveries.operations.hearing import doubts_found, makegoods_found
from makegood.recoveries.operations.joining import Joining, doubled_join, joining_apply
from makegood.recoveries.operations.leaving import left_write
from makegood.recoveries.operations.owning import Staff, reasons_data
from makegood.recoveries.operations.telling import StaffNote, owners_tell
from makegood.recoveries.plan import plan_start
from makegood.recoveries.planned import Planned, incident_kinds
from makegood.recoveries.taken import Taken, repeated_customers, taken_read, targets_of
from makegood.rules.playbooks import STARTING_TARGETS, Playbook
from makegood.store.apart import done_apart
from makegood.store.bulk import insert, next_ids
from makegood.store.clocks import moment as store_moment
from makegood.store.preparing import prepared
from makegood.store.reading import read

NUMBER_LOCK = 7405
THREAD_COLUMNS = ("id", "organization_id", "customer_id", "token", "created_at", "link_at", "link_how")
RECOVERY_COLUMNS = (
    "id", "organization_id", "number", "customer_id", "happening_key", "incident_id", "place_id", "team_id",
    "thread_id", "owner_id", "owner_reasons", "owner_tier", "playbook_id", "group", "kind", "loss", "fault", "severity",
    "review", "state", "clock_from", "opened_at", "due_at", "next_step", "next_due_at", "price_minor", "currency",
    "expected_loss_minor", "expected_loss_at", "returned", "close_reason", "close_note", "version",
)  # fmt: skip
STEP_COLUMNS = ("organization_id", "recovery_id", "step", "state", "send", "due_at", "note")
CLOCK_COLUMNS = (
    "organization_id", "recovery_id", "target", "started_at", "minutes", "calendar", "due_at", "warn_at", "next_at",
    "state", "met_at", "escalations",
)  # fmt: skip
FOLLOW_UP_COLUMNS = ("organization_id", "recovery_id", "position", "action", "due_at", "state", "outcome")


@attrs.frozen(kw_only=True, slots=True)
class ClockRow:
    """One clock as it starts; `own` is met at once, since the owner is chosen with the opening."""

    target: str
    minutes: int
    due_at: datetime
    warn_at: datetime | None
    met_at: datetime | None = None

    @property
    def state(self) -> str:
        """Running, or how it ended at once."""
        if self.met_at is None:
            return "running"
        return "met" if self.met_at <= self.due_at else "missed"


@attrs.frozen(kw_only=True, slots=True)
class Opening:
    """One new recovery, fully decided, before it is written."""

    id: int
    thread_id: int
    number: int
    token: str
    plan_kind: str
    first: Taken
    failures: tuple[Taken, ...]
    severity: int
    tier: int
    group: str
    team_id: int | None
    owner_id: int
    owner_reasons: list[dict[str, str | None]]
    frozen: Frozen
    clock_from: datetime
    clocks: tuple[ClockRow, ...]
    steps: tuple[tuple[str, str, datetime | None, str], ...]

    @property
    def review(self) -> bool:
        """Whether a person must decide first: every failure in it is to be looked at."""
        return all(one.gate == "review" for one in self.failures)

    @property
    def due_at(self) -> datetime:
        """When it must be made good."""
        return next(clock.due_at for clock in self.clocks if clock.target == "make_good")


def recoveries_open_for(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Open or join one recovery for each customer and happening of failures that were taken.

    A handler of `failures:failure:taken`. A failure that has a recovery already stays there; a promise broken inside
    a recovery joins that one, or the one that goes on for the same happening. A case that fails stops no other: it is
    left, told to managers and tried again.
    """
    _lock(organization_id)
    taken = taken_read(organization_id=organization_id, entries=entries)
    if taken:
        failed = _open_or_join(organization_id, taken)
        left_write(organization_id=organization_id, left=failed, tried={one.failure_id: one.at for one in taken})


def unopened_retry(*, organization_id: int, limit: int) -> int:
    """Try again to open recoveries for failures that were left, where their time has come; return how many."""
    now = store_moment(organization_id=organization_id).now
    rows = Unopened.objects.select_for_update(skip_locked=True).filter(organization_id=organization_id)
    due = list(rows.filter(next_at__lte=now).order_by("next_at", "id").values_list("failure_id", flat=True)[:limit])
    entries = [Happened(at=now, event="failures:failure:taken", subject="failure", subject_id=one) for one in due]
    _lock(organization_id)
    taken = taken_read(organization_id=organization_id, entries=entries)
    failed = _open_or_join(organization_id, taken)
    left_write(organization_id=organization_id, left=failed, tried=dict.fromkeys(due, now))
    return len(due)


def _open_or_join(organization_id: int, taken: Sequence[Taken]) -> dict[int, Exception]:
    """Put each case where it belongs; return the failures of those that cannot be, each with what was wrong.

    What was promised inside a recovery comes first: it may open that one again, which the others join then.
    """
    in_turn = sorted(taken, key=lambda one: (one.at, one.natural_key, one.failure_id))
    inside: dict[int, list[Taken]] = {}
    for one in in_turn:
        if one.parent_id is not None:
            inside.setdefault(one.parent_id, []).append(one)
    failed = _apart(organization_id, list(inside.values()), _double)
    rest = [one for one in in_turn if one.parent_id is None]
    targets = targets_of(organization_id=organization_id, taken=rest)
    joins: dict[int, list[Taken]] = {}
    new: dict[tuple[int, str], list[Taken]] = {}
    for one in rest:
        key = one.customer_id, one.happening_key
        if key in targets:
            joins.setdefault(targets[key], []).append(one)
        else:
            new.setdefault(key, []).append(one)
    to = {one.failure_id: recovery_id for recovery_id, mine in joins.items() for one in mine}
    failed |= _apart(organization_id, list(joins.values()), lambda here, cases: _join(here, cases, to))
    return failed | _apart(organization_id, list(new.values()), _open)


Cases = Sequence[Sequence[Taken]]


def _apart(organization_id: int, cases: Cases, do: Callable[[int, Cases], None]) -> dict[int, Exception]:
    def all_of(some: Cases) -> None:
        do(organization_id, some)
        failure_ids = [one.failure_id for case in some for one in case]
        makegoods_found(organization_id=organization_id, failure_ids=failure_ids)
        doubts_found(organization_id=organization_id, failure_ids=failure_ids)

    return {one.failure_id: error for case, error in done_apart(cases=cases, do=all_of) for one in case}


def _double(organization_id: int, cases: Cases) -> None:
    for case in cases:
        assert case[0].parent_id is not None, "chosen by it"
        doubled_join(organization_id=organization_id, parent_id=case[0].parent_id, doubled=case)


def _join(organization_id: int, cases: Cases, to: Mapping[int, int]) -> None:
    joins = [Joining(recovery_id=to[one.failure_id], taken=one, doubled=False) for case in cases for one in case]
    joining_apply(organization_id=organization_id, joins=joins)


def _open(organization_id: int, cases: Cases) -> None:
    openings = _decide(organization_id, cases)
    _write(organization_id, openings)
    plan_start(organization_id=organization_id, planned=[_planned(one) for one in openings])


def _lock(organization_id: int) -> None:
    with prepared() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [NUMBER_LOCK, organization_id % 2_147_483_647])


def _decide(organization_id: int, cases: Sequence[Sequence[Taken]]) -> list[Opening]:
    firsts = [failures[0] for failures in cases]
    latest = playbooks_latest(organization_id=organization_id, codes={one.playbook for one in firsts}, now=firsts[0].at)
    plans = _plans(organization_id, firsts, latest)
    calendars = calendars_named(
        organization_id=organization_id, codes={frozen.playbook.calendar for frozen, _ in plans.values()}
    )
    repeated = repeated_customers(
        organization_id=organization_id,
        firsts=firsts,
        days=max(frozen.playbook.watch_days for frozen, _ in plans.values()),
    )
    staff = Staff(organization_id=organization_id, until=firsts[-1].at)
    ids, threads = next_ids(Recovery, len(cases)), next_ids(Thread, len(cases))
    number = _last_number(organization_id)
    openings = []
    for recovery_id, thread_id, failures in zip(ids, threads, cases, strict=True):
        number += 1
        plan = plans[failures[0].failure_id]
        openings.append(
            _opening(
                (recovery_id, thread_id, number),
                failures,
                plan,
                calendars[plan[0].playbook.calendar],
                staff,
                repeated=failures[0].failure_id in repeated,
            )
        )
    return openings


def openings_planned(*, organization_id: int, firsts: Sequence[Taken]) -> list[Planned]:
    """This function will plan recoveries of these failures, one each, as they would open, and write none of it."""
    return [_planned(one) for one in _decide(organization_id, [[one] for one in firsts])] if firsts else []


def _last_number(organization_id: int) -> int:
    with prepared() as cursor:
        cursor.execute(
            "SELECT coalesce(max(number), 0) FROM recoveries_recovery WHERE organization_id = %s", [organization_id]
        )
        return int(cursor.fetchone()[0])


def _plans(organization_id: int, firsts: Sequence[Taken], latest: dict[str, Frozen]) -> dict[int, tuple[Frozen, str]]:
    """The plan of each first failure: its playbook version, and the kind that the fix goes by.

    An incident has one plan, that of its first recovery, however late the others join it (invariant 12).
    """
    incidents = sorted({one.incident_id for one in firsts if one.incident_id is not None})
    of_incident: dict[int | None, tuple[Frozen, str]] = {}
    for incident_id, (version_id, kind) in incident_kinds(
        organization_id=organization_id, incident_ids=incidents
    ).items():
        playbook = playbook_frozen(organization_id=organization_id, version_id=version_id)
        of_incident[incident_id] = Frozen(id=version_id, playbook=playbook), kind
    plans = {}
    for one in firsts:
        plan = latest[one.playbook], one.kind
        plans[one.failure_id] = of_incident.setdefault(one.incident_id, plan) if one.incident_id is not None else plan
    return plans


def _opening(
    keys: tuple[int, int, int],
    failures: Sequence[Taken],
    plan: tuple[Frozen, str],
    calendars: Calendars,
    staff: Staff,
    *,
    repeated: bool,
) -> Opening:
    first, frozen, playbook = failures[0], plan[0], plan[0].playbook
    who = group(first_purchase_at=first.first_purchase_at, this_purchase_at=first.bought_at)
    grade = max(
        severity(
            kind=one.kind,
            loss=one.loss,
            price=one.price,
            rules=playbook.severity_rules,
            at_least=one.severity,
            repeated=repeated,
        ).severity
        for one in failures
    )
    tier = min(3, playbook.tiers[grade] + repeated)
    team_id = staff.team_named(playbook.team)
    owner_id, reasons = _owner(first, staff, tier, team_id)
    if repeated:
        reasons = [*reasons, *WATCHED]
    clock_from = first.at if first.incident_id is not None else min(first.gate_at, first.at)
    clocks = tuple(
        _clock(target, first, playbook, who=who, clock_from=clock_from, calendars=calendars)
        for target in STARTING_TARGETS
        if target in playbook.targets
    )
    return Opening(
        id=keys[0],
        thread_id=keys[1],
        number=keys[2],
        token=secrets.token_urlsafe(18),
        plan_kind=plan[1],
        first=first,
        failures=tuple(failures),
        severity=grade,
        tier=tier,
        group=who,
        team_id=team_id,
        owner_id=owner_id,
        owner_reasons=reasons,
        frozen=frozen,
        clock_from=clock_from,
        clocks=clocks,
        steps=_steps(playbook, plan[1], clock_from, calendars, {clock.target: clock.due_at for clock in clocks}),
    )


def _owner(first: Taken, staff: Staff, tier: int, team_id: int | None) -> tuple[int, list[dict[str, str | None]]]:
    """One owner for all of an incident, where it has an active one; of a test who sent it; else by rule."""
    leader, tester = staff.active(first.incident_owner_id), staff.active(first.tester_id)
    if leader is not None:
        owner_id, reasons = leader.id, [OWNED_WITH_INCIDENT]
    elif tester is not None:
        owner_id, reasons = tester.id, [OWNED_AS_TEST]
    else:
        chosen = staff.choose(
            key=first.natural_key,
            tier=tier,
            place_id=first.place_id,
            team_id=team_id,
            at=first.at,
            shadow=first.shadow,
        )
        owner_id, reasons = chosen.id, reasons_data(chosen.reasons)
    staff.took(member_id=owner_id, at=first.at, shadow=first.shadow)
    return owner_id, reasons


WATCHED = reasons_data(
    (
        because(
            "owner.watched",
            "This customer was failed before within the watch: one severity graver, and one tier up.",
            evidence="D1",
        ),
    )
)
OWNED_AS_TEST = reasons_data((because("owner.test", "Sent this test, and walks it."),))[0]
OWNED_WITH_INCIDENT: dict[str, str | None] = {
    "rule": "owner.incident", "evidence": None, "grade": None, "text": "Owns the incident, and with it all its cases.",
}  # fmt: skip


def _clock(
    target: str, first: Taken, playbook: Playbook, *, who: str, clock_from: datetime, calendars: Calendars
) -> ClockRow:
    minutes, warn = target_minutes(playbook=playbook, target=target, group=who)
    visit_ends_at = first.visit_ends_at if target in VISIT_BOUND else None
    due_at = due_after(started_at=clock_from, minutes=minutes, calendars=calendars, visit_ends_at=visit_ends_at)
    warn_at = (
        due_after(started_at=clock_from, minutes=minutes - warn, calendars=calendars, visit_ends_at=visit_ends_at)
        if warn
        else None
    )
    assert due_at is not None, "a clock without pauses has a deadline"
    return ClockRow(
        target=target,
        minutes=minutes,
        due_at=due_at,
        warn_at=warn_at if warn_at and warn_at < due_at else None,
        met_at=first.at if target == "own" else None,
    )


def _steps(
    playbook: Playbook, plan_kind: str, clock_from: datetime, calendars: Calendars, clocks: dict[str, datetime]
) -> tuple[tuple[str, str, datetime | None, str], ...]:
    found = []
    for step in STEPS:
        rule = playbook.steps[step]
        due_at = (
            clocks[rule.clock]
            if rule.clock
            else step_due(started_at=clock_from, minutes=rule.minutes, calendars=calendars)
        )
        found.append((step, rule.send, due_at, playbook.fix(plan_kind).title if step == "fix" else ""))
    return tuple(found)


def _planned(one: Opening) -> Planned:
    return Planned(
        recovery_id=one.id,
        thread_id=one.thread_id,
        token=one.token,
        customer_id=one.first.customer_id,
        owner_id=one.owner_id,
        incident_id=one.first.incident_id,
        failures=one.failures,
        at=one.first.at,
        due_at=one.due_at,
        review=one.review,
        playbook=one.frozen.playbook,
        fault=one.first.fault,
        kind=one.plan_kind,
    )


def _write(organization_id: int, openings: Sequence[Opening]) -> None:
    stepped = store_moment(organization_id=organization_id).stepped
    recorded = stepped and read(Organization, "recorded", id=organization_id)[0][0]
    insert(
        Thread,
        THREAD_COLUMNS,
        [
            (
                one.thread_id, organization_id, one.first.customer_id, one.token, one.first.at,
                one.first.at if recorded else None, "recorded" if recorded else "",
            )
            for one in openings
        ],
    )  # fmt: skip
    insert(Recovery, RECOVERY_COLUMNS, [_recovery_row(organization_id, one, stepped=stepped) for one in openings])
    insert(
        RecoveryFailure,
        ("organization_id", "recovery_id", "failure_id"),
        [(organization_id, one.id, failure.failure_id) for one in openings for failure in one.failures],
    )
    insert(
        Step,
        STEP_COLUMNS,
        [
            (organization_id, one.id, step, "todo", send, due_at, note)
            for one in openings
            for step, send, due_at, note in one.steps
        ],
    )
    insert(RecoveryClock, CLOCK_COLUMNS, [row for one in openings for row in _clock_rows(organization_id, one)])
    insert(FollowUp, FOLLOW_UP_COLUMNS, [row for one in openings for row in _follow_up_rows(organization_id, one)])
    late = [
        clocked(recovery_id=one.id, target=clock.target, due_at=clock.due_at, state=clock.state, at=one.first.at)
        for one in openings
        for clock in one.clocks
        if clock.state == "missed"
    ]
    record(organization_id=organization_id, entries=[*(_opened(one) for one in openings), *late])
    notes = [StaffNote(member_id=one.owner_id, recovery_id=one.id, what="opened", at=one.first.at) for one in openings]
    owners_tell(organization_id=organization_id, notes=notes, numbers={one.id: one.number for one in openings})


def _recovery_row(organization_id: int, one: Opening, *, stepped: bool) -> tuple[Any, ...]:
    first, playbook = one.first, one.frozen.playbook
    step, _, step_due_at, _ = one.steps[0]
    decide_by = next(clock.due_at for clock in one.clocks if clock.target == "acknowledge")
    return (
        one.id, organization_id, one.number, first.customer_id, first.happening_key, first.incident_id, first.place_id,
        one.team_id, one.thread_id, one.owner_id, one.owner_reasons, one.tier, one.frozen.id, one.group,
        first.kind, first.loss, first.fault, one.severity, one.review, "open", one.clock_from, first.at, one.due_at,
        "decide" if one.review else step, decide_by if one.review else step_due_at, first.price_minor, first.currency,
        expected_loss(at_stake_minor=first.price_minor or 0, chance=playbook.prior), None if stepped else first.at,
        "", "", "", 1,
    )  # fmt: skip


def _clock_rows(organization_id: int, one: Opening) -> list[tuple[Any, ...]]:
    return [
        (
            organization_id, one.id, clock.target, one.clock_from, clock.minutes, one.frozen.playbook.calendar,
            clock.due_at, clock.warn_at, None if clock.met_at else clock.warn_at or clock.due_at, clock.state,
            clock.met_at, 0,
        )
        for clock in one.clocks
    ]  # fmt: skip


def _follow_up_rows(organization_id: int, one: Opening) -> list[tuple[Any, ...]]:
    """Contacts and checks after the make-good; the score is asked for once there is a delivery to ask about."""
    return [
        (organization_id, one.id, position, rule.action, one.due_at + timedelta(days=rule.days), "planned", "")
        for position, rule in enumerate(one.frozen.playbook.follow_ups, start=1)
        if rule.action != "ask_score" and rule.fits(group=one.group)
    ]


def _opened(one: Opening) -> Happened:
    return Happened(
        at=one.first.at,
        event="recoveries:recovery:opened",
        subject="recovery",
        subject_id=one.id,
        data={
            "number": one.number,
            "owner": one.owner_id,
            "failure": one.first.failure_id,
            "severity": one.severity,
            "state": "open",
            "due_at": one.due_at.isoformat(),
            "clocks": {clock.target: clock.due_at.isoformat() for clock in one.clocks},
            "met": ["own"],
        },
    )
