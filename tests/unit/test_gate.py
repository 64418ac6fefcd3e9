"""The gate: every row of EVIDENCE 6.1 and rule 1 of EVIDENCE 8 on both sides, silence, go-live, and lateness."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.gate import DETECTORS, KINDS, GateFacts, UnusableGateFacts, decide

DUE = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FLAGS = ("source_silent", "word_unread", "before_go_live", "customer_contacted", "money_or_right_owed", "customer_must_act",
         "certain_to_notice", "human_review")  # fmt: skip


def after(minutes: float = 0, seconds: float = 0) -> datetime:
    return DUE + timedelta(minutes=minutes, seconds=seconds)


def asked(*, now: datetime, **facts: Any) -> str:
    decision = decide(facts=GateFacts(**{"happened_at": DUE, **facts}), now=now)
    assert decision.reasons
    return decision.gate


LATE = {"kind": "broken_promise", "notice_minutes": 15}


@pytest.mark.parametrize(
    ("facts", "now", "gate", "rule"),
    [
        # EVIDENCE 8 rule 1, its own test: 10 minutes late with a 15-minute threshold, no message; 20 minutes, one
        ({**LATE, "fulfilled_at": after(10)}, after(10), "quiet", "gate.notice.marginal"),
        ({**LATE, "fulfilled_at": after(20)}, after(20), "contact", "gate.notice.late"),
        # the threshold from both sides (DESIGN "failure": at least is contact, less is quiet)
        ({**LATE, "fulfilled_at": after(14, 59)}, after(14, 59), "quiet", "gate.notice.marginal"),
        ({**LATE, "fulfilled_at": after(15)}, after(15), "contact", "gate.notice.late"),
        ({**LATE, "fulfilled_at": after(15, -1e-6)}, after(30), "quiet", "gate.notice.marginal"),
        # unfulfilled: waiting until the threshold, then contact
        (LATE, after(0), "waiting", "gate.notice.waiting"),
        (LATE, after(14, 59.999999), "waiting", "gate.notice.waiting"),
        (LATE, after(15), "contact", "gate.notice.unfulfilled"),
        (LATE, after(60 * 24 * 400), "contact", "gate.notice.unfulfilled"),
        # fulfilment already known: decided at once, before the threshold has passed and long after
        ({**LATE, "fulfilled_at": after(3)}, after(3), "quiet", "gate.notice.marginal"),
        ({**LATE, "fulfilled_at": after(3)}, after(500), "quiet", "gate.notice.marginal"),
        ({**LATE, "fulfilled_at": after(90)}, after(5), "contact", "gate.notice.late"),
        ({**LATE, "fulfilled_at": after(0)}, after(20), "quiet", "gate.notice.in_time"),
        ({**LATE, "fulfilled_at": after(-5)}, after(20), "quiet", "gate.notice.in_time"),
        # a threshold of nought: every lateness is noticed
        ({"kind": "broken_promise"}, after(0), "contact", "gate.notice.unfulfilled"),
        ({"kind": "broken_promise", "fulfilled_at": after(0, 1)}, after(1), "contact", "gate.notice.late"),
        # still inside the promise (6.1 delivery: silent if still inside promise)
        (LATE, after(-60), "waiting", "gate.notice.waiting"),
        # rule 1's four grounds, each alone, before any threshold ...
        ({**LATE, "money_or_right_owed": True}, after(0), "contact", "gate.owed"),
        ({**LATE, "customer_must_act": True}, after(0), "contact", "gate.must_act"),
        ({**LATE, "certain_to_notice": True}, after(0), "contact", "gate.noticed"),
        ({**LATE, "customer_contacted": True}, after(0), "contact", "gate.contacted"),
        # ... and for what no clock judges, with none of them: quiet
        ({"kind": "other", "money_or_right_owed": True}, after(0), "contact", "gate.owed"),
        ({"kind": "other", "customer_must_act": True}, after(0), "contact", "gate.must_act"),
        ({"kind": "other", "certain_to_notice": True}, after(0), "contact", "gate.noticed"),
        ({"kind": "other", "customer_contacted": True}, after(0), "contact", "gate.contacted"),
        ({"kind": "other"}, after(0), "quiet", "gate.unnoticed"),
        ({"kind": "not_as_described"}, after(0), "quiet", "gate.unnoticed"),
        ({"kind": "not_as_described", "certain_to_notice": True}, after(0), "contact", "gate.noticed"),
        ({"kind": "complaint"}, after(0), "contact", "gate.contacted"),
        # known and marginal, but the customer asked, or it costs them: contact all the same
        ({**LATE, "fulfilled_at": after(2), "customer_contacted": True}, after(2), "contact", "gate.contacted"),
        ({**LATE, "fulfilled_at": after(2), "money_or_right_owed": True}, after(2), "contact", "gate.owed"),
        # DESIGN "Doubt": silence is review, never contact, unless the customer contacted us
        ({**LATE, "source_silent": True}, after(0), "review", "gate.source_silent"),
        ({**LATE, "source_silent": True}, after(60), "review", "gate.source_silent"),
        ({**LATE, "source_silent": True, "fulfilled_at": after(90)}, after(90), "review", "gate.source_silent"),
        ({**LATE, "source_silent": True, "money_or_right_owed": True}, after(60), "review", "gate.source_silent"),
        ({**LATE, "source_silent": True, "certain_to_notice": True}, after(60), "review", "gate.source_silent"),
        ({"kind": "wrong_charge", "source_silent": True}, after(0), "review", "gate.source_silent"),
        ({**LATE, "source_silent": True, "customer_contacted": True}, after(0), "contact", "gate.contacted"),
        ({"kind": "complaint", "source_silent": True}, after(0), "contact", "gate.contacted"),
        # DESIGN "Doubt": due before go-live is quiet, whatever else is known
        ({**LATE, "before_go_live": True}, after(600), "quiet", "gate.go_live"),
        ({**LATE, "before_go_live": True, "money_or_right_owed": True}, after(600), "quiet", "gate.go_live"),
        ({**LATE, "word_unread": True}, after(60), "review", "gate.word_unread"),
        ({**LATE, "word_unread": True, "money_or_right_owed": True}, after(60), "review", "gate.word_unread"),
        ({**LATE, "word_unread": True, "customer_contacted": True}, after(0), "contact", "gate.contacted"),
        ({**LATE, "before_go_live": True, "word_unread": True}, after(600), "quiet", "gate.go_live"),
        ({**LATE, "before_go_live": True, "source_silent": True}, after(600), "quiet", "gate.go_live"),
        ({"kind": "complaint", "before_go_live": True}, after(600), "quiet", "gate.go_live"),
        # 6.1 interaction: human review first, unless money or the customer's own word is in it
        ({"kind": "interaction"}, after(0), "review", "gate.human_review"),
        ({"kind": "interaction", "certain_to_notice": True}, after(0), "review", "gate.human_review"),
        ({"kind": "interaction", "money_or_right_owed": True}, after(0), "contact", "gate.owed"),
        ({"kind": "low_score"}, after(0), "review", "gate.human_review"),
        ({**LATE, "human_review": True}, after(600), "review", "gate.human_review"),
        # 6.1 silent: follow-up, no apology unless failure evidenced
        ({"kind": "silent"}, after(0), "review", "gate.silent_customer"),
        ({"kind": "silent", "money_or_right_owed": True}, after(0), "contact", "gate.owed"),
    ],
)  # fmt: skip
def test_the_gate_decides(facts: dict[str, Any], now: datetime, gate: str, rule: str) -> None:
    decision = decide(facts=GateFacts(**{"happened_at": DUE, **facts}), now=now)
    assert (decision.gate, decision.reasons[0].rule) == (gate, rule)


@pytest.mark.parametrize(
    ("family", "more", "gate"),
    [
        # delivery: contact if the promise date is missed; silent if still inside the promise
        ("delivery", {"notice_minutes": 60}, "waiting"),
        ("delivery", {"notice_minutes": 10}, "contact"),
        ("delivery", {"notice_minutes": 60, "fulfilled_at": after(10)}, "quiet"),
        # billing: always act (money)
        ("billing", {}, "contact"),
        # POS / outage: those identified are told; one that nobody could notice is not
        ("outage", {}, "contact"),
        ("outage", {"certain_to_notice": False}, "quiet"),
        # promise: always contact, however small the lateness
        ("promise", {"notice_minutes": 60}, "contact"),
        ("promise", {"notice_minutes": 60, "fulfilled_at": after(1)}, "contact"),
        # rework: contact and escalate one level
        ("rework", {}, "contact"),
        ("rework", {"certain_to_notice": False}, "contact"),
        # interaction: human review first
        ("interaction", {}, "review"),
        # silent: follow-up, no apology unless failure evidenced
        ("silent", {}, "review"),
    ],
)
def test_each_detector_family_has_its_default_gate(family: str, more: dict[str, Any], gate: str) -> None:
    assert asked(now=after(30), **{**DETECTORS[family], **more}) == gate


def test_every_row_of_the_detector_catalogue_is_there() -> None:
    assert set(DETECTORS) == {"delivery", "billing", "outage", "promise", "rework", "interaction", "silent"}


def test_rework_says_one_level_up() -> None:
    decision = decide(facts=GateFacts(**DETECTORS["rework"], happened_at=DUE), now=DUE)
    assert [reason.rule for reason in decision.reasons] == ["gate.rework"]
    assert "one level up" in decision.reasons[0].text


def test_all_grounds_for_contact_are_named() -> None:
    facts = GateFacts(kind="wrong_charge", happened_at=DUE, customer_contacted=True, money_or_right_owed=True)
    rules = [reason.rule for reason in decide(facts=facts, now=DUE).reasons]
    assert rules == ["gate.contacted", "gate.owed", "gate.billing"]


def test_the_same_moment_in_another_zone_is_the_same_lateness() -> None:
    there = after(15).astimezone(timezone(timedelta(hours=-5)))
    assert asked(now=there, **LATE) == "contact"


@pytest.mark.parametrize(
    ("now", "fulfilled_at", "gate_at"),
    [
        (after(5), None, after(15)),  # the moment to ask again
        (after(60), None, after(15)),  # decided then, however late the ticker came
        (after(5), after(5), after(5)),  # known before: decided at once
        (after(60), after(5), after(15)),
        (after(60), after(50), after(15)),
    ],
)
def test_gate_at(now: datetime, fulfilled_at: datetime | None, gate_at: datetime) -> None:
    facts = GateFacts(**LATE, happened_at=DUE, fulfilled_at=fulfilled_at)
    assert decide(facts=facts, now=now).gate_at == gate_at


@pytest.mark.parametrize("wrong", [{"kind": "late"}, {"kind": "other", "notice_minutes": -1}])
def test_unusable_facts_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UnusableGateFacts):
        GateFacts(happened_at=DUE, **wrong)


seconds = st.integers(min_value=-(10**6), max_value=10**6).map(lambda n: DUE + timedelta(seconds=n))
any_facts = st.builds(
    GateFacts,
    kind=st.sampled_from(sorted(KINDS)),
    happened_at=st.just(DUE),
    fulfilled_at=st.none() | seconds,
    notice_minutes=st.integers(min_value=0, max_value=10_000),
    **dict.fromkeys(FLAGS, st.booleans()),
)


@given(facts=any_facts, now=seconds)
def test_the_gate_holds_its_promises_for_any_facts(facts: GateFacts, now: datetime) -> None:
    decision = decide(facts=facts, now=now)
    assert decision == decide(facts=facts, now=now)
    assert decision.reasons
    told = facts.customer_contacted or facts.kind == "complaint"
    if facts.before_go_live:
        assert decision.gate == "quiet"
    elif (facts.source_silent or facts.word_unread) and not told:
        assert decision.gate == "review"
    elif told or facts.money_or_right_owed or facts.customer_must_act:
        assert decision.gate == "contact"
    if decision.gate == "waiting":
        assert now < decision.gate_at
        assert facts.fulfilled_at is None
        assert decide(facts=facts, now=decision.gate_at).gate == "contact"
    else:
        assert decision.gate_at <= now


@given(late=st.integers(min_value=1, max_value=10**6), notice=st.integers(min_value=0, max_value=10_000), now=seconds)
def test_lateness_alone_never_depends_on_when_it_is_asked_once_it_is_known(
    late: int, notice: int, now: datetime
) -> None:
    facts = GateFacts(
        kind="broken_promise", happened_at=DUE, fulfilled_at=DUE + timedelta(seconds=late), notice_minutes=notice
    )
    assert decide(facts=facts, now=now).gate == ("contact" if late >= notice * 60 else "quiet")


@given(facts=any_facts, now=seconds, later=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30)))
def test_time_alone_changes_nothing_but_waiting(facts: GateFacts, now: datetime, later: timedelta) -> None:
    before, after_ = decide(facts=facts, now=now).gate, decide(facts=facts, now=now + later).gate
    assert before == after_ or (before, after_) == ("waiting", "contact")


@given(facts=any_facts, now=seconds)
def test_a_customer_who_writes_is_never_answered_with_silence(facts: GateFacts, now: datetime) -> None:
    written = attrs.evolve(facts, customer_contacted=True, before_go_live=False)
    assert decide(facts=written, now=now).gate == "contact"
