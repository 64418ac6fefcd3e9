"""What is said: by us, by them, on the phone; apologies, replies, ratings, and what staff promise in passing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from tests.support.machine.facts import PLANS, asked
from tests.support.machine.world import HOUR, World

from makegood.core.scores import CARES
from makegood.core.wording import Case
from makegood.messages.models import Message, Thread
from makegood.messages.operations import (
    Outgoing,
    message_draft,
    message_received,
    message_retry,
    message_send,
    message_stop,
    note_add,
)
from makegood.organizations.models import Member
from makegood.promises.models import StaffWord
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import called, rating_answer, rating_ask
from makegood.recoveries.operations.renewing import promise_renew
from makegood.recoveries.operations.staff_words import (
    word_acknowledge,
    word_dismiss,
    word_give,
    word_promise,
    word_promise_typed,
    words_in,
)
from makegood.recoveries.operations.tapping import rating_give, rating_may, rating_tap
from makegood.recoveries.planned import planned_of
from makegood.recoveries.saying import BEGUN, words_begin

picks = st.integers(0, 7)
THANKS = ("Thank you so much!", "Thanks, all good now.")
TROUBLE = (
    "It is still not here.",
    "When will it come?",
    "This is unacceptable, I am furious!",
    "I want to speak to your manager.",
)
WORDS = {
    "update": "I have asked the depot. It leaves today, and I will write again by 17:00.",
    "outcome": "The lamp stood in the wrong hall. It is on its way to you, and the hall has a new sign.",
    "promise": "I am looking into it. I'll call you within two hours.",
    "bad": "We apologise for any inconvenience this may have caused, but you should have read the terms.",
}
SORRY = "I am sorry that it did not come. That was our mistake. A new one leaves today, and I will write by 17:00."


class Speaking:
    """Rules of what customers and staff say to each other."""

    world: World
    some_are_closed: Callable[[int], None]

    def _signed(self, text: str, by: int) -> str:
        name = Member.objects.values_list("name", flat=True).get(id=by)
        return f"Hello Ana,\n\n{text}\n\n{name}"

    def _draft(self, recovery: Recovery, kind: str, text: str, **facts: Any) -> int:
        world = self.world
        draft = Outgoing(
            thread_id=recovery.thread_id, customer_id=recovery.customer_id, kind=kind, step="respond", subject="News",
            body=text, send="person", key=f"machine:{world.number()}", at=world.now, **facts,
        )  # fmt: skip
        return message_draft(organization_id=world.org.id, draft=draft, now=world.now)

    @rule(
        pick=picks, kind=st.sampled_from(["update", "outcome"]), words=st.sampled_from([*WORDS]), override=st.booleans()
    )
    def somebody_writes(self, pick: int, kind: str, words: str, override: bool) -> None:
        world = self.world

        def wrote() -> None:
            by = world.member(pick)
            draft = self._draft(world.recovery(pick, "open"), kind, self._signed(WORDS[words], by))
            message_send(
                organization_id=world.org.id, message_id=draft, by=by, now=world.now, case=Case(fault="ours"),
                override_reason="It is what they asked." if override else "",
            )  # fmt: skip

        world.do(f"write {kind}", wrote)

    @rule(pick=picks, send=st.booleans(), kind=st.sampled_from(sorted(BEGUN)))
    def words_are_begun_from_the_facts(self, pick: int, send: bool, kind: str) -> None:
        world = self.world

        def begun() -> None:
            who = world.on(pick)
            draft = words_begin(**who, kind=kind)
            if send:
                message_send(
                    organization_id=world.org.id, message_id=draft, by=who["by"], now=world.now,
                    override_reason="It is right as it is.",
                )  # fmt: skip

        world.do("begin words", begun)

    @rule(pick=picks, override=st.booleans())
    def a_draft_is_sent(self, pick: int, override: bool) -> None:
        """The click that the plan waits for: the apology, the offer, the check-in."""
        world = self.world

        def sent() -> None:
            drafts = Message.objects.filter(organization_id=world.org.id, state="draft").exclude(body="")
            row = world.one(list(drafts.order_by("-id")), pick)
            by = world.member(pick)
            message_send(
                organization_id=world.org.id, message_id=row.id, by=by, now=world.now, case=Case(fault="ours"),
                body=f"{row.body.rstrip()}\n\n{self._signed('', by).rpartition(chr(10))[2]}, for them",
                override_reason="It is right as it is." if override else "",
            )  # fmt: skip

        world.do("send draft", sent)

    @rule(pick=picks)
    def a_time_in_a_draft_is_written_anew(self, pick: int) -> None:
        """The button beside a time that is over, or nearly so, in words that wait."""
        world = self.world

        def renewed() -> None:
            drafts = Message.objects.filter(organization_id=world.org.id, state="draft", next_by_at__isnull=False)
            row = world.one(list(drafts.order_by("-id")), pick)
            recovery = world.one(list(Recovery.objects.filter(thread_id=row.thread_id, state="open")), 0)
            promise_renew(
                organization_id=world.org.id, recovery_id=recovery.id, message_id=row.id, subject=row.subject,
                body=row.body, by=world.member(pick), now=world.now,
            )  # fmt: skip

        world.do("write the time anew", renewed)

    @rule(pick=picks)
    def sorry_is_said_once_more(self, pick: int) -> None:
        """A second apology for the same, typed by a person who did not look."""
        world = self.world

        def sorry() -> None:
            by = world.member(pick)
            row = world.recovery(pick, "open")
            (planned,) = planned_of(organization_id=world.org.id, at={row.id: world.now})
            key = planned.first.apology_key
            draft = self._draft(row, "apology", self._signed(SORRY, by), apology_key=key)
            message_send(
                organization_id=world.org.id, message_id=draft, by=by, now=world.now, case=Case(fault="ours"),
                override_reason="They want to hear it.",
            )  # fmt: skip

        world.do("sorry again", sorry)

    @rule(pick=picks)
    def a_message_is_stopped(self, pick: int) -> None:
        world = self.world

        def stopped() -> None:
            rows = Message.objects.filter(organization_id=world.org.id, state__in=["draft", "queued"]).order_by("-id")
            row = world.one(list(rows), pick)
            message_stop(organization_id=world.org.id, message_id=row.id, by=world.member(pick), now=world.now)

        world.do("stop message", stopped)

    @rule(pick=picks)
    def a_mail_comes_back(self, pick: int) -> None:
        world = self.world

        def bounced() -> None:
            rows = Message.objects.filter(organization_id=world.org.id, direction="out", channel="mail", state="sent")
            row = world.one(list(rows.order_by("-id").select_related("thread")), pick)
            self._received(row.thread, "Undeliverable", mail="bounce", references=[row.message_id])

        world.do("bounce", bounced)

    @rule(pick=picks)
    def a_message_is_tried_again(self, pick: int) -> None:
        world = self.world

        def again() -> None:
            rows = Message.objects.filter(organization_id=world.org.id, state__in=["failed", "unknown"]).order_by("id")
            message_retry(
                organization_id=world.org.id, message_id=world.one(list(rows), pick).id, by=world.member(pick),
                now=world.now,
            )  # fmt: skip

        world.do("retry", again)

    def _received(self, thread: Thread, text: str, **facts: Any) -> None:
        world = self.world
        message_received(
            organization_id=world.org.id, key=f"machine:{world.number()}", at=world.now, body=text, token=thread.token,
            address="ana@example.org", **facts,
        )  # fmt: skip

    def _thread(self, pick: int, *states: str) -> Thread:
        return Thread.objects.get(id=self.world.recovery(pick, *states).thread_id)

    @rule(pick=picks, text=st.sampled_from(THANKS), closed=st.booleans())
    def they_say_thanks(self, pick: int, text: str, closed: bool) -> None:
        """Invariant 9: nothing of the recovery is different afterwards, and nothing that was planned is gone."""
        world = self.world
        if closed:
            self.some_are_closed(pick)
        before = self._plans()
        states = ("closed",) if closed else ("open",)
        world.do("thanks", lambda: self._received(self._thread(pick, *states), text))
        assert self._plans() == before

    def _plans(self) -> list[tuple[object, ...]]:
        return asked(self.world.org.id, PLANS)

    @rule(pick=picks, text=st.sampled_from(TROUBLE), closed=st.booleans())
    def they_write_of_trouble(self, pick: int, text: str, closed: bool) -> None:
        if closed:
            self.some_are_closed(pick)
        states = ("closed",) if closed else ("open",)
        self.world.do("trouble", lambda: self._received(self._thread(pick, *states), text))

    @rule(pick=picks, mail=st.sampled_from(["auto-reply", "list"]))
    def a_machine_answers(self, pick: int, mail: str) -> None:
        before = self._plans()
        self.world.do("auto-reply", lambda: self._received(self._thread(pick), "I am away.", mail=mail))
        assert self._plans() == before

    @rule(pick=picks, known=st.booleans())
    def a_mail_answers_nothing_of_ours(self, pick: int, known: bool) -> None:
        world = self.world
        number = world.number()
        world.do(
            "lone mail",
            lambda: message_received(
                organization_id=world.org.id, key=f"machine:{number}", at=world.now, body="Where is my lamp?",
                address=f"ana{number}@example.net", customer_id=world.customer(pick) if known else None,
            ),
        )  # fmt: skip

    @rule(pick=picks)
    def somebody_notes(self, pick: int) -> None:
        world = self.world
        world.do(
            "note",
            lambda: note_add(
                organization_id=world.org.id, thread_id=self._thread(pick).id, by=world.member(pick), body="They rang.",
                now=world.now,
            ),
        )  # fmt: skip

    @rule(pick=picks)
    def they_are_called(self, pick: int) -> None:
        self.world.do("call", lambda: called(**self.world.on(pick), note="We spoke."))

    @rule(pick=picks)
    def a_score_is_asked_for(self, pick: int) -> None:
        world = self.world
        world.do(
            "ask score",
            lambda: rating_ask(organization_id=world.org.id, recovery_id=world.recovery(pick).id, now=world.now),
        )

    @rule(pick=picks, score=st.integers(0, 7), closed=st.booleans())
    def they_answer_with_a_score(self, pick: int, score: int, closed: bool) -> None:
        world = self.world
        self.a_score_is_asked_for(pick)
        if closed:
            self.some_are_closed(pick)
        states = ("closed",) if closed else ("open",)
        world.do(
            "answer score",
            lambda: rating_answer(
                organization_id=world.org.id, recovery_id=world.recovery(pick, *states).id, score=score, now=world.now,
                cares={"empathy": max(score, 1)},
            ),
        )  # fmt: skip

    @rule(pick=picks, score=st.integers(1, 7))
    def they_rate_on_their_page(self, pick: int, score: int) -> None:
        world = self.world

        def rated() -> None:
            who = {"organization_id": world.org.id, "recovery_id": world.recovery(pick, "open", "closed").id}
            if rating_may(**who):
                rating_give(**who, score=score, now=world.now)
            rating_tap(**who, name=CARES[pick % 5], value=score, now=world.now)

        world.do("rate", rated)

    @rule(
        pick=picks,
        minutes=st.sampled_from([20, 180]),
        what=st.sampled_from(["I call you", "I refund the fare", "I bring you the keys"]),
    )
    def staff_give_their_word(self, pick: int, minutes: int, what: str) -> None:
        world = self.world
        due_at = world.now + timedelta(minutes=minutes)
        world.do("word given", lambda: word_give(**world.on(pick), what=what, due_at=due_at))

    @rule(pick=picks, what=st.sampled_from(["promise", "promise", "dismiss", "acknowledge"]))
    def a_word_is_dealt_with(self, pick: int, what: str) -> None:
        world = self.world

        def dealt() -> None:
            state = "proposed" if what == "dismiss" else "promised"
            found = StaffWord.objects.filter(organization_id=world.org.id).order_by("state", "id")
            row = world.one(list(found.filter(state=state)) or list(found), pick)
            call = {"promise": word_promise, "dismiss": word_dismiss, "acknowledge": word_acknowledge}[what]
            call(
                organization_id=world.org.id, recovery_id=row.recovery_id, word_id=row.id, by=world.member(pick),
                now=world.now,
            )  # fmt: skip

        world.do(f"word {what}", dealt)

    @rule(pick=picks)
    def a_word_is_promised_while_it_is_typed(self, pick: int) -> None:
        world = self.world

        def typed() -> None:
            who = world.on(pick)
            recovery = Recovery.objects.get(id=who["recovery_id"])
            text = self._signed(WORDS["promise"], who["by"])
            draft = self._draft(recovery, "update", text)
            (found,) = words_in(organization_id=world.org.id, recovery_id=recovery.id, text=text, now=world.now)
            word_promise_typed(**who, message_id=draft, text=text, start=found.start)

        world.do("word typed", typed)

    @rule(pick=picks)
    def somebody_promises_and_all_forget(self, pick: int) -> None:
        """A word on the ledger, and three hours in which nothing is done."""
        self.world.do(
            "word forgotten",
            lambda: word_give(**self.world.on(pick), what="I call you", due_at=self.world.now + HOUR),
        )
        self.world.wait(3 * HOUR)
