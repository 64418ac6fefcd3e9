"""EU261 and UK261 beside their tables of cases: versions, reasons, deadlines, and facts that cannot be decided on."""

from datetime import datetime, timedelta

import pytest

from makegood.core.floors import UnusableFacts, owed
from makegood.rules.packs import load

EVENT = "2025-03-01T10:00:00+01:00"
SHORT = {"distance_km": 1500, "intra_eu": True}
MEDIUM = {"distance_km": 3500, "intra_eu": False}
LONG = {"distance_km": 3501, "intra_eu": False}


def delay(minutes, **more):
    return {"arrival_delay_minutes": minutes, **SHORT, **more}


def cancelled(days, early=None, late=None, **more):
    return {
        "cancelled": True,
        "notice_days": days,
        "rerouted_departure_earlier_minutes": early,
        "rerouted_arrival_delay_minutes": late,
        **SHORT,
        **more,
    }


def denied(late=None, **more):
    return {"denied_boarding": True, "rerouted_arrival_delay_minutes": late, **SHORT, **more}


def only(decision):
    (one,) = decision.owed
    return one


@pytest.mark.parametrize(
    ("pack", "event_at", "rule"),
    [
        ("eu261", "2005-02-16T23:59:00+01:00", None),  # Art. 19: in force on 17 February 2005
        ("eu261", "2005-02-17T00:00:00+01:00", "eu261.delay@2005-02-17"),
        ("eu261", "2025-12-31T23:00:00+01:00", "eu261.delay@2005-02-17"),
        ("uk261", "2020-12-31T22:00:00+00:00", None),  # before, Regulation 261/2004 itself held in the UK
        ("uk261", "2021-01-01T00:00:00+00:00", "uk261.delay@2021-01-01"),
        ("uk261", "2020-12-31T23:30:00-01:00", None),  # the date is that of the event's own offset
        ("uk261", "2021-01-01T00:30:00+14:00", "uk261.delay@2021-01-01"),
    ],
)
def test_version_by_the_date_of_the_event(pack, event_at, rule):
    facts = {"event_at": event_at, **delay(300)}
    if rule is None:
        with pytest.raises(UnusableFacts, match="its first version begins on"):
            owed(pack=load(pack), facts=facts)
    else:
        assert only(owed(pack=load(pack), facts=facts)).rule == rule


@pytest.mark.parametrize("pack", ["eu261", "uk261"])
@pytest.mark.parametrize(
    ("consent", "form"),
    [(True, "cash_bank_or_voucher"), (False, "cash_or_bank"), (None, "cash_or_bank")],  # Art. 7(3)
)
def test_a_voucher_only_with_consent(pack, consent, form):
    for facts in (delay(300), cancelled(0), denied()):
        decision = owed(pack=load(pack), facts={"event_at": EVENT, "voucher_consent": consent, **facts})
        assert only(decision).form == form


def test_due_in_seven_days_at_the_offset_of_the_event():
    one = only(owed(pack=load("eu261"), facts={"event_at": EVENT, **delay(300)}))
    assert one.due_by == datetime.fromisoformat(EVENT) + timedelta(days=7)
    assert one.due_by.isoformat() == "2025-03-08T10:00:00+01:00"
    assert not one.claim_required
    assert one.evidence_needed


def texts(facts, pack="eu261"):
    return {reason.rule: reason.text for reason in owed(pack=load(pack), facts={"event_at": EVENT, **facts}).reasons}


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (cancelled(14), "eu261.cancelled.notice-14"),  # Art. 5(1)(c)(i)
        (cancelled(7, 120, 239), "eu261.cancelled.rerouted-7"),  # Art. 5(1)(c)(ii)
        (cancelled(6, 60, 119), "eu261.cancelled.rerouted-0"),  # Art. 5(1)(c)(iii)
        (cancelled(0, extraordinary=True), "eu261.cancelled.extraordinary"),  # Art. 5(3)
        (delay(300, extraordinary=True), "eu261.delay.extraordinary"),
        (delay(200, **LONG), "eu261.delay.halved-long"),  # Art. 7(2)(c)
        (cancelled(0), "eu261.note.refund-or-rerouting"),  # Art. 8
        (denied(), "eu261.note.refund-or-rerouting"),
        (delay(120), "eu261.note.care-short"),  # Art. 6(1)(a): two hours
        (delay(180, **MEDIUM), "eu261.note.care-medium"),  # Art. 6(1)(b): three
        (delay(180, distance_km=4000), "eu261.note.care-medium"),
        (delay(240, **LONG), "eu261.note.care-long"),  # Art. 6(1)(c): four
        (delay(300), "eu261.note.refund-after-5-hours"),  # Art. 6(1)(iii)
        (delay(300), "eu261.assumed"),
    ],
)
def test_reasons_say_why_and_what_else_is_due(facts, rule):
    assert texts(facts)[rule]


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (delay(119), "eu261.note.care-short"),
        (delay(179, **MEDIUM), "eu261.note.care-medium"),
        (delay(239, **LONG), "eu261.note.care-long"),
        (delay(299), "eu261.note.refund-after-5-hours"),
        (delay(300), "eu261.note.refund-or-rerouting"),
        (delay(180), "eu261.note.care-medium"),
        (delay(240, **MEDIUM), "eu261.note.care-long"),
    ],
)
def test_reasons_do_not_promise_more(facts, rule):
    assert rule not in texts(facts)


def test_every_reason_is_graded_by_the_register():
    decision = owed(pack=load("eu261"), facts={"event_at": EVENT, **cancelled(0)})
    assert {(reason.evidence, reason.grade) for reason in decision.reasons} >= {("2.3", "L"), ("2.3", "M")}


USABLE = {"event_at": EVENT, "distance_km": 4000, "intra_eu": False, "arrival_delay_minutes": 200}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"event_at": None}, "event_at is missing"),
        ({"event_at": "2025-03-01"}, "event_at must be an ISO 8601 time with its offset"),
        ({"event_at": "2025-03-01T10:00:00"}, "event_at must be an ISO 8601 time with its offset"),
        ({"event_at": "2025-02-30T10:00:00+01:00"}, "event_at must be an ISO 8601 time with its offset"),
        ({"event_at": "9999-12-31T10:00:00+01:00"}, "event_at must lie between the years"),
        ({"event_at": 7}, "event_at must be an ISO 8601 time with its offset"),
        ({"distance_km": None}, "distance_km is missing"),
        ({"distance_km": "1500"}, "distance_km must be a number"),
        ({"distance_km": True}, "distance_km must be a number"),
        ({"distance_km": 0}, "distance_km must lie between 1 and 20,040"),
        ({"distance_km": -1500}, "distance_km must lie between"),
        ({"distance_km": 20041}, "distance_km must lie between"),
        ({"distance_km": float("nan")}, "distance_km must lie between"),
        ({"distance_km": float("inf")}, "distance_km must lie between"),
        ({"intra_eu": None}, "intra_eu is missing: whether the whole flight is inside the EU"),
        ({"intra_eu": "yes"}, "intra_eu must be true or false"),
        ({"cancelled": 1}, "cancelled must be true or false"),
        ({"arrival_delay_minutes": None}, "nothing says what happened"),
        ({"arrival_delay_minutes": "3 h"}, "arrival_delay_minutes must be a number"),
        ({"arrival_delay_minutes": 1e7}, "arrival_delay_minutes must lie between"),
        ({"arrival_delay_minutes": None, "cancelled": False}, "arrival_delay_minutes is missing"),
        ({"notice_days": -1}, "notice_days must lie between"),
        ({"delay": 200}, "unknown fact: delay; accepted are event_at, distance_km, intra_eu"),
    ],
)
def test_unusable_facts_are_named(change, says):
    with pytest.raises(UnusableFacts) as error:
        owed(pack=load("eu261"), facts={**USABLE, **change})
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_fact_is_asked_for_only_where_it_decides():
    facts = {**USABLE, "intra_eu": None}
    for unneeded in ({"distance_km": 3500}, {"extraordinary": True}, {"arrival_delay_minutes": 100}):
        owed(pack=load("eu261"), facts={**facts, **unneeded})


def test_times_and_money_may_be_given_as_objects():
    facts = {**USABLE, "event_at": datetime.fromisoformat(EVENT)}
    assert owed(pack=load("eu261"), facts=facts) == owed(pack=load("eu261"), facts=USABLE)
