"""What is given, how time passes, and how recoveries end, begin again, and are told."""

from __future__ import annotations

from datetime import timedelta

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import rule
from tests.support.machine.world import DAY, HOUR, World

from makegood.failures.operations import failures_cause_set, failures_cause_unset
from makegood.journal.models import Effect
from makegood.makegoods.models import MakeGood
from makegood.makegoods.operations import (
    Offer,
    makegood_accept,
    makegood_decline,
    makegood_delivered,
    makegood_offer,
    makegood_swap,
    payout_done_by_hand,
)
from makegood.organizations.operations import sending_stop
from makegood.recoveries.lateness import gifts_for
from makegood.recoveries.models import FollowUp, Recovery, RecoveryFailure, Step, Story
from makegood.recoveries.operations import (
    close,
    close_decision,
    extra_offer,
    follow_up_done,
    reopen,
    returned_say,
    step_done,
    step_undo,
)
from makegood.recoveries.operations.stories import stories_tell_staff, story_allow, story_tell, story_withdraw
from makegood.store.tenancy import tenant

picks = st.integers(0, 7)
LENGTHS = (timedelta(), timedelta(minutes=7), HOUR, 5 * HOUR, DAY, 3 * DAY, 8 * DAY)


class Ending:
    """Rules of gifts, time and ends."""

    world: World

    @rule(length=st.sampled_from(LENGTHS), ticker_late=st.booleans())
    def time_passes(self, length: timedelta, ticker_late: bool) -> None:
        self.world.wait(length, ticker_late=ticker_late)

    @rule(minutes=st.integers(1, 900))
    def a_while_passes(self, minutes: int) -> None:
        self.world.wait(timedelta(minutes=minutes))

    @rule(length=st.sampled_from([31 * DAY, 91 * DAY]))
    def much_time_passes(self, length: timedelta) -> None:
        self.world.wait(length)

    @rule(stopped=st.booleans())
    def sending_is_halted_or_goes_on(self, stopped: bool) -> None:
        world = self.world
        world.do(
            "halt" if stopped else "go on",
            lambda: sending_stop(organization_id=world.org.id, now=world.now, by=world.org.admin, stopped=stopped),
        )

    @rule(pick=picks, remedy=st.sampled_from(["credit-10", "money-10", "express", "call"]))
    def something_is_offered(self, pick: int, remedy: str) -> None:
        world = self.world

        def offered() -> None:
            who = world.on(pick, roles=("manager", "admin"))
            link = RecoveryFailure.objects.filter(recovery_id=who["recovery_id"]).order_by("id")[0]
            found = gifts_for(
                organization_id=world.org.id, failure_id=link.failure_id, member_id=who["by"], now=world.now
            )
            codes = [one.remedy for one in found.gifts]
            extra_offer(**who, remedy=remedy if remedy in codes or not codes else codes[pick % len(codes)])

        world.do("offer", offered)

    def _makegood(self, pick: int, *states: str) -> MakeGood:
        rows = MakeGood.objects.filter(organization_id=self.world.org.id, state__in=states).order_by("id")
        row: MakeGood = self.world.one(list(rows), pick)
        return row

    @rule(pick=picks, answer=st.sampled_from(["accept", "decline", "swap", "delivered"]))
    def an_offer_is_answered(self, pick: int, answer: str) -> None:
        world = self.world
        if not world.some(MakeGood, state="offered"):
            self.something_is_offered(pick, "express")

        def answered() -> None:
            row = self._makegood(pick, *(("offered", "accepted") if answer == "delivered" else ("offered",)))
            who = {"organization_id": world.org.id, "makegood_id": row.id, "now": world.now}
            if answer == "swap":
                call = Offer(
                    failure_id=row.failure_id, customer_id=row.customer_id, part="extra", remedy="call", title="A call",
                    form="personal", value_minor=0, cost_minor=0, currency=row.currency,
                )  # fmt: skip
                makegood_swap(**who, instead=call)
                return
            deed = {"accept": makegood_accept, "decline": makegood_decline, "delivered": makegood_delivered}[answer]
            deed(**who)

        world.do(f"makegood {answer}", answered)

    @rule(pick=picks)
    def the_fix_is_a_makegood(self, pick: int) -> None:
        """What puts it right may be on the ledger too: delivered, it is the fix done."""
        world = self.world

        def fixed() -> None:
            who = world.on(pick)
            link = RecoveryFailure.objects.filter(recovery_id=who["recovery_id"]).select_related("recovery")[0]
            gifts = gifts_for(
                organization_id=world.org.id, failure_id=link.failure_id, member_id=world.org.admin, now=world.now
            )
            gift = world.one(list(gifts.gifts), pick)
            offer = gift.offer(
                failure_id=link.failure_id, customer_id=link.recovery.customer_id, at=world.now, offered_by=who["by"]
            )
            new = attrs.evolve(
                offer, part="fix", remedy="again", title="Another lamp", form="reperformance", cost_minor=0
            )
            made = makegood_offer(organization_id=world.org.id, offer=new, now=world.now)
            makegood_delivered(organization_id=world.org.id, makegood_id=made, now=world.now)

        world.do("fix given", fixed)

    @rule(pick=picks)
    def somebody_pays_by_hand(self, pick: int) -> None:
        world = self.world

        def paid() -> None:
            owed = MakeGood.objects.filter(organization_id=world.org.id, state="accepted", form="money").order_by("id")
            row = world.one(list(owed), pick)
            payout_done_by_hand(
                organization_id=world.org.id, makegood_id=row.id, by=world.member(pick, "finance", "admin"),
                now=world.now, reference="B-17", asked=True,
            )  # fmt: skip
            assert not Effect.objects.filter(subject="makegood", subject_id=row.id, state="pending").exists()

        world.do("paid by hand", paid)

    @rule(
        pick=picks,
        reason=st.sampled_from(["", "They asked us to leave it."]),
        role=st.sampled_from(["employee", "manager"]),
    )
    def it_is_closed(self, pick: int, reason: str, role: str) -> None:
        world = self.world

        def closed() -> None:
            who = world.on(pick, roles=(role,))
            decision = close_decision(
                organization_id=world.org.id, recovery_id=who["recovery_id"], by=who["by"], reason=reason
            )
            close(**who, reason=reason)
            assert decision.allowed

        world.do("close with reason" if reason else "close", closed)

    @rule(pick=picks)
    def its_owner_closes_it(self, pick: int) -> None:
        world = self.world

        def closed() -> None:
            rows = Recovery.objects.filter(organization_id=world.org.id, state="open").order_by("id")
            standing = RecoveryFailure.objects.filter(
                organization_id=world.org.id, failure__withdrawn_at__isnull=True
            ).values_list("recovery_id", flat=True)
            row = world.one(list(rows.exclude(id__in=list(standing))) or list(rows), pick)
            close(organization_id=world.org.id, recovery_id=row.id, by=row.owner_id, now=world.now)

        world.do("owner closes", closed)

    def some_are_closed(self, pick: int) -> None:
        """There is one that is closed: else a manager closes one."""
        if not self.world.some(Recovery, state="closed"):
            self.it_is_closed(pick, "They asked us to leave it.", "manager")

    @rule(pick=picks, but=st.sampled_from(["", "", "fix", "cause", "floor"]))
    def all_is_done_and_it_closes_by_itself(self, pick: int, but: str) -> None:
        """The fix, the cause, what is owed and offered, and they say that they are back; `but` one is still missing."""
        world = self.world
        self.sending_is_halted_or_goes_on(stopped=but == "floor")
        if but == "floor":
            self.something_is_owed_by_law(pick, 500 + world.number())

        def worked() -> int:
            who = world.on(pick, roles=("manager", "admin"))
            ids = list(
                RecoveryFailure.objects.filter(recovery_id=who["recovery_id"]).values_list("failure_id", flat=True)
            )
            caused = {"organization_id": world.org.id, "failure_ids": ids, "by": who["by"], "now": world.now}
            if but == "cause":
                failures_cause_unset(**caused)
            else:
                failures_cause_set(**caused, cause_id=world.causes[0])
            steps = Step.objects.filter(recovery_id=who["recovery_id"], step="fix")
            if but == "fix" and steps.filter(state__in=["done", "skipped"]).exists():
                step_undo(**who, step="fix")
            elif but != "fix" and steps.filter(state__in=["todo", "overdue"]).exists():
                step_done(**who, step="fix", anyway="I saw it.")
            for row in MakeGood.objects.filter(organization_id=world.org.id, failure_id__in=ids, state="offered"):
                makegood_decline(organization_id=world.org.id, makegood_id=row.id, now=world.now)
            for row in MakeGood.objects.filter(organization_id=world.org.id, failure_id__in=ids, state="accepted"):
                if row.form != "money":
                    makegood_delivered(organization_id=world.org.id, makegood_id=row.id, now=world.now)
            return int(who["recovery_id"])

        recovery_id = world.do("work", worked)
        if recovery_id is None:
            return
        world.drain()
        world.do(
            "work ends",
            lambda: returned_say(organization_id=world.org.id, recovery_id=recovery_id, outcome="back", now=world.now),
        )
        with tenant(organization_id=world.org.id):
            ended = Recovery.objects.get(id=recovery_id)
        if ended.close_reason == "complete":
            world.deeds.done["closes by itself"] += 1

    @rule(pick=picks)
    def it_is_opened_again(self, pick: int) -> None:
        self.some_are_closed(pick)
        self.world.do("reopen", lambda: reopen(**self.world.on(pick, "closed")))

    @rule(pick=picks, outcome=st.sampled_from(["", "back", "lapsed", "declined", "unknown"]))
    def a_follow_up_is_done(self, pick: int, outcome: str) -> None:
        world = self.world

        def done() -> None:
            rows = FollowUp.objects.filter(
                organization_id=world.org.id, state__in=["due", "planned"], recovery__state="open"
            )
            row = world.one(list(rows.order_by("id")), pick)
            follow_up_done(
                organization_id=world.org.id, recovery_id=row.recovery_id, follow_up_id=row.id, by=world.member(pick),
                now=world.now, outcome=outcome,
            )  # fmt: skip

        world.do("follow-up", done)

    @rule(pick=picks, outcome=st.sampled_from(["back", "lapsed", "declined", "unknown"]), told=st.booleans())
    def somebody_says_whether_they_are_back(self, pick: int, outcome: str, told: bool) -> None:
        world = self.world

        def said() -> None:
            row = world.recovery(pick, "open", "closed")
            returned_say(
                organization_id=world.org.id, recovery_id=row.id, outcome=outcome, now=world.now,
                by=world.member(pick) if told else None,
            )  # fmt: skip

        world.do("return said", said)

    @rule(pick=picks, what=st.sampled_from(["allow", "tell", "withdraw", "share"]))
    def a_story_is_told(self, pick: int, what: str) -> None:
        world = self.world
        self.some_are_closed(pick)

        def told() -> None:
            who = {"organization_id": world.org.id, "now": world.now}
            if what == "share":
                stories_tell_staff(**who, by=world.org.admin, since=world.now - 7 * DAY)
                return
            row = world.recovery(pick, "closed")
            if what == "allow":
                story_allow(**who, recovery_id=row.id, how="phone", by=world.member(pick))
            elif what == "tell":
                story_allow(**who, recovery_id=row.id, how="mail", by=world.member(pick))
                story = world.one(list(Story.objects.filter(organization_id=world.org.id).order_by("id")), pick)
                by = world.member(pick)
                story_tell(**who, recovery_id=story.recovery_id, title="A lamp", body="Ana had her lamp.", by=by)
            else:
                story_withdraw(**who, recovery_id=row.id)

        world.do(f"story {what}", told)
