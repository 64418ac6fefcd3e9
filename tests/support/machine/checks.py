"""What must hold after every deed: invariants 4, 5, 8, 9, 10 and 15, asked of the tables by questions of their own."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import attrs
from hypothesis.stateful import invariant
from tests.conftest import START
from tests.support.machine import facts
from tests.support.machine.facts import asked, within
from tests.support.machine.reckoning import Rules, spliced
from tests.support.machine.world import World

from makegood.core.fold import fold_failure, fold_promise, fold_recovery
from makegood.core.wording import Case
from makegood.failures.models import Failure
from makegood.journal.models import Entry
from makegood.messages.judging import judge
from makegood.organizations.models import CalendarVersion
from makegood.promises.models import Promise
from makegood.recoveries.models import Pause, Recovery, RecoveryClock, Step
from makegood.store.tenancy import tenant

NEVER = START + timedelta(days=40_000)
ONCE_IN = timedelta(days=90)
SATISFIED_FROM = 6
Ends = dict[str, Any]


@attrs.frozen(kw_only=True)
class Deadline:
    """A clock as it stood: its minutes and calendar, when it was due, and before when it may not come to be due."""

    minutes: int
    calendar: str
    due_at: datetime
    not_before: datetime


class Checks:
    """The invariants; each reads the tables, none asks the product what it thinks."""

    world: World

    def begin_checks(self) -> None:
        """Nothing was seen yet."""
        self.deadlines: dict[tuple[Any, ...], Deadline] = {}
        self.ends_seen = 0
        self.judged: set[int] = set()
        self.world.watches.append(self.ends_as_allowed)

    @invariant()
    def all_invariants_hold(self) -> None:
        """One after the other; as one step, so that the story of a failing run stays short."""
        with tenant(organization_id=self.world.org.id):
            assert asked(self.world.org.id, facts.UNFORESEEN) == []
            self.invariant_4_an_open_recovery_has_one_active_owner()
            self.invariant_5_recoveries_end_only_as_allowed()
            self.invariant_8_one_apology_for_one_thing_in_ninety_days()
            self.invariant_8_nothing_leaves_unlinted()
            self.invariant_9_nobody_is_seen_back_of_whom_nothing_was_seen()
            self.invariant_10_deadlines_move_only_as_they_may()
            self.invariant_10_deadlines_are_what_the_plain_way_comes_to()
            self.invariant_15_the_journal_folds_to_the_tables()

    def invariant_4_an_open_recovery_has_one_active_owner(self) -> None:
        assert asked(self.world.org.id, facts.UNOWNED) == []

    def invariant_5_recoveries_end_only_as_allowed(self) -> None:
        self.ends_as_allowed()
        for row in asked(self.world.org.id, facts.ENDS):
            end = dict(zip(facts.END, row, strict=True))
            assert (end["clocks_left"], end["contacts_left"]) == (0, 0), end

    def ends_as_allowed(self) -> None:
        """Each end since the last look, judged by what the tables hold now that it is written."""
        with within(self.world.org.id):
            entries = Entry.objects.filter(
                organization_id=self.world.org.id, event="recoveries:recovery:closed", id__gt=self.ends_seen
            )
            new = list(entries.order_by("id").values_list("id", "subject_id", "at"))
        if not new:
            return
        self.ends_seen = new[-1][0]
        rows = [dict(zip(facts.END, row, strict=True)) for row in asked(self.world.org.id, facts.ENDS)]
        at = {recovery_id: moment for _, recovery_id, moment in new}
        for end in rows:
            if at.get(end["id"]) == end["closed_at"]:
                assert _may_end(end), end

    def invariant_8_one_apology_for_one_thing_in_ninety_days(self) -> None:
        merged = dict(asked(self.world.org.id, facts.MERGES))
        said: dict[tuple[int, str], list[tuple[Any, ...]]] = defaultdict(list)
        for message, person, customer, key, at, queued in asked(self.world.org.id, facts.APOLOGIES):
            assert key, f"message {message} says sorry for nothing in particular"
            for before, other, then, entry in said[person, key]:
                known = max(merged.get(customer, 0), merged.get(other, 0))
                one_person = customer == other or max(queued, entry) > known
                assert at - then >= ONCE_IN or not one_person, (before, message, key, then, at)
            said[person, key].append((message, customer, at, queued))

    def invariant_8_nothing_leaves_unlinted(self) -> None:
        for message, kind, body, reason, author, fault in asked(self.world.org.id, facts.LEFT):
            if message in self.judged:
                continue
            self.judged.add(message)
            blocks = all(
                judge(text=body, kind=kind, language="en", case=Case(fault=one)).blocks
                for one in {fault or "unknown", "ours", "unknown"}
            )
            assert not blocks or (author is not None and reason), (message, kind, body)

    def invariant_9_nobody_is_seen_back_of_whom_nothing_was_seen(self) -> None:
        assert asked(self.world.org.id, facts.BACK) == []

    def invariant_10_deadlines_move_only_as_they_may(self) -> None:
        deed, now_known = self.world.last_deed, {}
        for recovery, target, state, started_at, minutes, calendar, due_at, _ in asked(self.world.org.id, facts.CLOCKS):
            if state not in ("running", "paused"):
                continue
            due = due_at or NEVER
            before = self.deadlines.get((recovery, target, started_at))
            not_before = due if due_at else START
            if before is not None:
                more, less = _direction(deed, before, minutes, calendar)
                note = (deed, recovery, target, state, before, minutes, due)
                assert more or due >= before.not_before, note
                assert less or due <= before.due_at, note
                not_before = due if due_at else (START if more else before.not_before)
            now_known[recovery, target, started_at] = Deadline(
                minutes=minutes, calendar=calendar, due_at=due, not_before=not_before
            )
        self.deadlines = now_known

    def invariant_10_deadlines_are_what_the_plain_way_comes_to(self) -> None:
        rows = RecoveryClock.objects.filter(organization_id=self.world.org.id, state__in=["running", "paused"])
        rules = _rules(self.world, {row.recovery_id for row in rows})
        for row in rows.order_by("recovery_id", "target"):
            assert (row.due_at is None) == (row.state == "paused"), (row.recovery_id, row.target, row.state)
            plain, silence, answer = rules[row.recovery_id]
            by = {"update": silence, "respond": answer}.get(row.target, plain)
            due = by.due(row.started_at, row.minutes)
            if row.promised_at is not None:
                due = min(due or row.promised_at, row.promised_at)
            assert due == row.due_at, (self.world.last_deed, row.recovery_id, row.target, due, row.due_at)

    def invariant_15_the_journal_folds_to_the_tables(self) -> None:
        org = self.world.org.id
        journals: dict[tuple[str, int], list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        for subject, subject_id, event, data in (
            Entry.objects.filter(organization_id=org, subject__in=["promise", "failure", "recovery"])
            .order_by("id")
            .values_list("subject", "subject_id", "event", "data")
        ):
            journals[subject, subject_id].append((event, data))
        for promise in Promise.objects.filter(organization_id=org):
            made = fold_promise(entries=journals["promise", promise.id])
            assert made.state == promise.state
            assert made.due_at == promise.due_at
            assert (made.expected_at, made.fulfilled_at) == (promise.expected_at, promise.fulfilled_at)
        for failure in Failure.objects.filter(organization_id=org):
            told = fold_failure(entries=journals["failure", failure.id])
            assert (told.gate, told.gate_at) == (failure.gate, failure.gate_at)
            assert told.withdrawn == (failure.withdrawn_at is not None)
            assert (told.incident, told.cause) == (failure.incident_id, failure.cause_id)
        self._recoveries_fold(org, journals)

    def _recoveries_fold(self, org: int, journals: dict[tuple[str, int], list[tuple[str, dict[str, Any]]]]) -> None:
        clocks: dict[int, dict[str, Any]] = defaultdict(dict)
        for clock in RecoveryClock.objects.filter(organization_id=org):
            clocks[clock.recovery_id][clock.target] = (clock.state, clock.due_at)
        steps: dict[int, dict[str, str]] = defaultdict(dict)
        for step in Step.objects.filter(organization_id=org):
            steps[step.recovery_id][step.step] = step.state
        for recovery in Recovery.objects.filter(organization_id=org):
            fold = fold_recovery(entries=journals["recovery", recovery.id])
            assert (fold.state, fold.owner, fold.due_at) == (recovery.state, recovery.owner_id, recovery.due_at)
            assert fold.clocks == clocks[recovery.id]
            assert {one: fold.steps.get(one, "todo") for one in steps[recovery.id]} == steps[recovery.id]


def _may_end(end: Ends) -> bool:
    """Invariant 5, once more: what an end needs, by the reason that it gives."""
    if end["reason"] == "complete":
        return (
            end["state"] == "closed"
            and end["fix"] == "done"
            and end["floors_left"] == end["offers_left"] == 0
            and (end["causes_left"] == 0 or end["improve_skipped"])
            and end["returned"] in ("back", "lapsed", "declined", "unknown")
            and (end["score"] is None or end["score"] >= SATISFIED_FROM or end["back_since"])
        )
    if end["reason"] == "withdrawn":
        return end["state"] == "withdrawn" and end["standing"] == end["said"] == end["given"] == 0
    if end["reason"] == "by_owner":
        return end["state"] == "closed" and end["standing"] == 0 and end["by"] == end["owner"]
    if end["reason"] == "by_manager":
        return end["state"] == "closed" and bool(end["by_manager"] and end["note"].strip())
    return end["reason"] == "quiet" and end["state"] == "withdrawn" and end["said"] == 0 and end["by"] is not None


def _direction(deed: str, before: Deadline, minutes: int, calendar: str) -> tuple[bool, bool]:
    """Whether a deed may bring a deadline forward, and whether it may push it back."""
    if deed == "hours more":
        return True, False
    if deed == "playbook change":
        fewer_minutes, more_minutes = minutes < before.minutes, minutes > before.minutes
        return fewer_minutes or bool(before.calendar and not calendar), more_minutes or bool(
            calendar and not before.calendar
        )
    assert minutes == before.minutes, (deed, minutes, before)
    return False, True


def _rules(world: World, recovery_ids: set[int]) -> dict[int, tuple[Rules, Rules, Rules]]:
    """By recovery: what its clocks run by; what that of the next word does, and that of an answer, which nothing stops."""
    ours = {"organization_id": world.org.id}
    versions = [
        (row.active_from, int(row.data["weekly"]["mon"][0][1][:2]) - 12)
        for row in CalendarVersion.objects.filter(**ours, code="shop").order_by("active_from")
    ]
    moves: dict[int, list[tuple[datetime, str, str]]] = defaultdict(list)
    entries = Entry.objects.filter(
        **ours, subject="recovery", subject_id__in=recovery_ids, event="recoveries:recovery:moved"
    )
    for row in entries.order_by("id"):
        moves[row.subject_id].append((row.at, row.data["calendar_was"], row.data["calendar"]))
    pauses: dict[int, list[tuple[datetime, datetime | None, str]]] = defaultdict(list)
    for pause in Pause.objects.filter(**ours, recovery_id__in=recovery_ids).order_by("from_at"):
        pauses[pause.recovery_id].append((pause.from_at, pause.to_at, pause.reason))
    found = {}
    for recovery in Recovery.objects.select_related("playbook").filter(**ours, id__in=recovery_ids):
        hours = spliced(moves[recovery.id], recovery.playbook.data["clocks"]["calendar"], versions)
        every = pauses[recovery.id]
        found[recovery.id] = (
            Rules(hours=hours, pauses=[one[:2] for one in every]),
            Rules(hours=hours, pauses=[one[:2] for one in every if one[2] == "customer"]),
            Rules(hours=hours, pauses=[]),
        )
    return found
