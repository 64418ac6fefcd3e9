"""What colleagues do on a recovery: owners, steps, pauses, playbooks, calendars, causes, clocks, and for all at once."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import rule
from tests.support.machine.world import HOUR, World
from tests.support.recoveries import playbook_with

from makegood.causes.models import Improvement
from makegood.causes.operations import improvement_open, improvement_settle
from makegood.failures.models import Incident
from makegood.failures.operations import failures_cause_set, failures_cause_unset
from makegood.organizations.models import Member
from makegood.organizations.operations import member_change, member_create, member_deactivate
from makegood.recoveries.many_models import BULK_ACTIONS
from makegood.recoveries.models import PAUSE_REASONS, STEPS, Pause, Recovery, RecoveryClock, RecoveryFailure
from makegood.recoveries.operations import (
    clock_acknowledge,
    clocks_acknowledge,
    fault_change,
    incident_ask,
    incident_fix_done,
    incident_offer,
    owner_change,
    pause_end,
    pause_start,
    playbook_change,
    review_decide,
    step_done,
    step_skip,
    step_undo,
)
from makegood.recoveries.operations.bulk import bulk_begin, bulk_stop, bulk_undo
from makegood.recoveries.operations.grading import severity_change
from makegood.recoveries.operations.helping import help_form_fill, help_talk_keep, help_tick
from makegood.recoveries.queries import clock_why

picks = st.integers(0, 7)
steps = st.sampled_from(STEPS)
FEWER_MINUTES = (("fix: { minutes: 1440", "fix: { minutes: 600"),)


class Working:
    """Rules of staff at work."""

    world: World
    a_failure_is_to_be_looked_at_first: Callable[[int], None]

    @rule(pick=picks, named=st.booleans(), seen=st.booleans())
    def it_is_handed_over(self, pick: int, named: bool, seen: bool) -> None:
        world = self.world

        def handed() -> None:
            row = world.recovery(pick, "open")
            owner_change(
                organization_id=world.org.id, recovery_id=row.id, to=world.member(pick + 1) if named else None,
                by=world.member(pick), reason="They know it.", now=world.now, version=row.version if seen else None,
            )  # fmt: skip

        world.do("hand over", handed)

    @rule(pick=picks, owner=st.booleans())
    def a_member_leaves(self, pick: int, owner: bool) -> None:
        world = self.world

        def left() -> None:
            leaver = world.recovery(pick, "open").owner_id if owner else world.member(pick)
            world.one(list(Member.objects.filter(id=leaver, active=True).exclude(id=world.org.admin)), 0)
            member_deactivate(organization_id=world.org.id, member_id=leaver, now=world.now, by=world.org.admin)

        world.do("member leaves", left)

    @rule(role=st.sampled_from(["employee", "manager", "finance"]))
    def a_member_joins(self, role: str) -> None:
        world = self.world
        world.do(
            "member joins",
            lambda: member_create(
                organization_id=world.org.id, name=f"New {role}", role=role, now=world.now, limit_minor=3_000
            ),
        )

    @rule(pick=picks, present=st.booleans())
    def a_member_comes_or_goes_home(self, pick: int, present: bool) -> None:
        world = self.world
        world.do(
            "presence",
            lambda: member_change(
                organization_id=world.org.id, member_id=world.member(pick), now=world.now, by=None, present=present
            ),
        )

    @rule(pick=picks, step=steps, anyway=st.booleans())
    def a_step_is_done(self, pick: int, step: str, anyway: bool) -> None:
        roles = ("manager", "admin") if anyway else ()
        self.world.do(
            "step done",
            lambda: step_done(
                **self.world.on(pick, roles=roles), step=step, note="It is done.", anyway="I saw it." if anyway else ""
            ),
        )

    @rule(pick=picks, what=st.sampled_from(["tick", "untick", "form", "empty form", "talk"]))
    def the_help_of_a_step_is_used(self, pick: int, what: str) -> None:
        world = self.world

        def helped() -> None:
            who = world.on(pick)
            if what in ("tick", "untick"):
                help_tick(**who, checklist="put-right", item="seen", ticked=what == "tick")
            elif what == "talk":
                help_talk_keep(**who, dialogue="is-it-right", answers=[1])
            else:
                typed = {"words": "It was broken."} if what == "form" else {}
                help_form_fill(**who, form="what-happened", typed=typed, files={})

        world.do(f"help {what}", helped)

    @rule(pick=picks, severity=st.integers(1, 4))
    def it_is_graded_anew(self, pick: int, severity: int) -> None:
        self.world.do("severity", lambda: severity_change(**self.world.on(pick), severity=severity))

    @rule(pick=picks, action=st.sampled_from(BULK_ACTIONS), then=st.sampled_from(["", "stop", "undo", "wait and undo"]))
    def one_thing_is_done_for_many(self, pick: int, action: str, then: str) -> None:
        world = self.world
        who = {"organization_id": world.org.id, "now": world.now}

        def begun() -> int:
            rows = Recovery.objects.filter(organization_id=world.org.id, state="open")
            return bulk_begin(
                **who, action=action, words="We look into it, and write again by tomorrow at noon.",
                chosen={
                    "to": None if pick % 2 else world.member(pick), "severity": 1 + pick % 4, "cause": world.causes[0],
                    "reason": PAUSE_REASONS[pick % 4],
                },
                by=world.member(pick, "manager", "admin"), recovery_ids=list(rows.values_list("id", flat=True)),
            )  # fmt: skip

        bulk_id = world.do(f"many {action}", begun)
        if bulk_id is None:
            return
        if then == "stop":
            world.do("many stopped", lambda: bulk_stop(**who, bulk_id=bulk_id, by=world.org.admin))
        world.last_deed = f"many {action}"
        world.drain()
        if then.endswith("undo"):
            if then.startswith("wait"):
                world.wait(HOUR)
            who["now"] = world.now
            world.do("many undone", lambda: bulk_undo(**who, bulk_id=bulk_id, by=world.org.admin))
            world.drain()

    @rule(pick=picks, step=steps, why=st.sampled_from(["", "They do not want it."]))
    def a_step_is_skipped(self, pick: int, step: str, why: str) -> None:
        self.world.do("step skipped", lambda: step_skip(**self.world.on(pick), step=step, reason=why))

    @rule(pick=picks, step=steps)
    def a_step_is_undone(self, pick: int, step: str) -> None:
        self.world.do("step undone", lambda: step_undo(**self.world.on(pick), step=step))

    @rule(pick=st.integers(-1, 7), reason=st.sampled_from(PAUSE_REASONS))
    def the_clocks_are_paused(self, pick: int, reason: str) -> None:
        """Those of any, or of the newest, which still run."""
        self.world.do(f"pause {reason}", lambda: pause_start(**self.world.on(pick), reason=reason, note="We wait."))

    @rule(pick=picks)
    def the_clocks_run_on(self, pick: int) -> None:
        if not self.world.some(Pause, to_at=None):
            self.the_clocks_are_paused(pick, PAUSE_REASONS[pick % 4])
        self.world.do("resume", lambda: pause_end(**self.world.on(pick)))

    @rule(pick=picks, fewer=st.booleans(), late=st.integers(0, 5))
    def the_shop_changes_its_hours(self, pick: int, fewer: bool, late: int) -> None:
        world = self.world
        hours = max(1, world.hours - 1 - pick % 3) if fewer else min(11, world.hours + 1 + pick % 3)
        if hours == world.hours:
            return
        name = "hours fewer" if fewer else "hours more"
        if self.world.do(name, lambda: self._publish(hours, late)):
            world.hours = hours

    def _publish(self, hours: int, late: int) -> bool:
        """Later versions stand unless they are overtaken: so each counts from after all that are there."""
        world = self.world
        world.publish_hours(hours, max(world.now, world.hours_from) + late * HOUR, now=world.now)
        world.hours_from = max(world.now, world.hours_from) + late * HOUR
        return True

    @rule(pick=picks, version=picks)
    def it_moves_to_another_playbook(self, pick: int, version: int) -> None:
        world = self.world
        world.do(
            "playbook change",
            lambda: playbook_change(**world.on(pick), playbook_id=world.one(world.versions, version)),
        )

    @rule(change=st.sampled_from(["shop", "every minute", "quicker"]))
    def a_playbook_is_published(self, change: str) -> None:
        world = self.world
        changes = {"shop": (('calendar: ""', "calendar: shop"),), "every minute": (), "quicker": FEWER_MINUTES}[change]
        made = world.do("playbook published", lambda: playbook_with(world.org, *changes))
        world.versions.append(made)

    @rule(pick=picks, every=st.booleans())
    def somebody_knows_of_a_late_clock(self, pick: int, every: bool) -> None:
        world = self.world

        def known() -> None:
            late = RecoveryClock.objects.filter(
                organization_id=world.org.id, state="missed", met_at=None, acknowledged_by_id=None
            )
            clock = world.one(list(late.order_by("id")), pick)
            who = {"organization_id": world.org.id, "by": world.member(pick), "now": world.now}
            if every:
                clocks_acknowledge(**who, recovery_ids=[clock.recovery_id])
            else:
                clock_acknowledge(**who, recovery_id=clock.recovery_id, target=clock.target)

        world.do("clocks known" if every else "clock known", known)

    @rule(pick=picks)
    def somebody_asks_a_clock_why(self, pick: int) -> None:
        """Asking changes nothing, and the account that it gives ends where the clock does."""
        world = self.world

        def asked() -> None:
            row = world.one(list(RecoveryClock.objects.filter(organization_id=world.org.id).order_by("id")), pick * 5)
            why = clock_why(organization_id=world.org.id, recovery_id=row.recovery_id, target=row.target)
            assert why is not None
            assert row.due_at is None or why.account.end_at == row.due_at, (row.target, row.state)

        world.do("clock why", asked)

    @rule(pick=picks, fault=st.sampled_from(["ours", "partner", "nobody", "unknown"]))
    def whose_fault_it_was_is_changed(self, pick: int, fault: str) -> None:
        self.world.do("fault", lambda: fault_change(**self.world.on(pick), fault=fault))

    @rule(pick=picks, every=st.booleans(), unset=st.booleans())
    def a_cause_is_set(self, pick: int, every: bool, unset: bool) -> None:
        world = self.world

        def caused() -> None:
            ids = list(
                RecoveryFailure.objects.filter(recovery_id=world.recovery(pick, "open").id)
                .order_by("id")
                .values_list("failure_id", flat=True)
            )
            who = {
                "organization_id": world.org.id, "failure_ids": ids if every else ids[:1], "by": world.member(pick),
                "now": world.now,
            }  # fmt: skip
            if unset:
                failures_cause_unset(**who)
            else:
                failures_cause_set(**who, cause_id=world.one(world.causes, pick))

        world.do("cause unset" if unset else "cause", caused)

    @rule(pick=picks, settle=st.booleans())
    def a_cause_is_worked_on(self, pick: int, settle: bool) -> None:
        world = self.world

        def improved() -> None:
            who = {"organization_id": world.org.id, "now": world.now}
            if settle:
                rows = list(Improvement.objects.filter(organization_id=world.org.id, state="open").order_by("id"))
                state = ("done", "dropped")[pick % 2]
                improvement_settle(**who, improvement_id=world.one(rows, pick).id, by=world.org.manager, state=state)
            else:
                improvement_open(
                    **who, cause_id=world.one(world.causes, pick), title="Labels", owner_id=world.org.admin
                )

        world.do("improvement settled" if settle else "improvement", improved)

    @rule(pick=picks, decision=st.sampled_from(["contact", "quiet"]))
    def a_review_is_decided(self, pick: int, decision: str) -> None:
        world = self.world
        if not world.some(Recovery, review=True, state="open"):
            self.a_failure_is_to_be_looked_at_first(pick)

        def decided() -> None:
            rows = list(Recovery.objects.filter(organization_id=world.org.id, review=True, state="open").order_by("id"))
            review_decide(
                organization_id=world.org.id, recovery_id=world.one(rows, pick).id, by=world.member(pick),
                now=world.now, decision=decision,
            )  # fmt: skip

        world.do(f"decide {decision}", decided)

    @rule(pick=picks, offer=st.sampled_from(["", "credit-10", "express", "call"]))
    def the_same_is_done_for_all_of_an_incident(self, pick: int, offer: str) -> None:
        world = self.world

        def together() -> None:
            incident = world.one(list(Incident.objects.filter(organization_id=world.org.id).order_by("-id")), pick)
            who = {
                "organization_id": world.org.id, "incident_id": incident.id,
                "by": world.member(pick, "manager", "admin"), "now": world.now,
            }  # fmt: skip
            if offer:
                incident_offer(**who, remedy=offer)
            else:
                incident_fix_done(**who, note="The line is up again.")

        world.do("incident offer" if offer else "incident fixed", together)

    @rule(pick=picks, offer=st.sampled_from(["credit-10", "express"]), limit=st.sampled_from([0, 500]))
    def the_same_is_asked_for_all_of_an_incident(self, pick: int, offer: str, limit: int) -> None:
        world = self.world

        def asked() -> None:
            incident = world.one(list(Incident.objects.filter(organization_id=world.org.id).order_by("-id")), pick)
            who = world.member(pick, "manager")
            had = Member.objects.values_list("limit_minor", flat=True).get(id=who)
            Member.objects.filter(id=who).update(limit_minor=limit)
            incident_ask(organization_id=world.org.id, incident_id=incident.id, by=who, now=world.now, remedy=offer)
            Member.objects.filter(id=who).update(limit_minor=had)

        world.do("incident asked", asked)
