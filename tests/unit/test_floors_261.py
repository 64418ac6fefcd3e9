"""EU261 and UK261, every edge from both sides; each row names its article.

One table serves both laws. Amounts are written in the Regulation's euros; UK261 pays by the second table.
"""

from datetime import datetime, timedelta

import pytest

from makegood.core.floors import UnusableFacts, owed
from makegood.core.money import Money
from makegood.rules.packs import load

POUNDS = {250: 220, 400: 350, 600: 520, 125: 110, 200: 175, 300: 260}  # UK261 Art. 7 as amended by SI 2019/278
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


CASES = [
    # the threshold of three hours: case C-402/07 (Sturgeon), confirmed in C-581/10 (Nelson)
    ("delay 179 short", delay(179), 0),
    ("delay 179.9 short", delay(179.9), 0),
    ("delay 180 short", delay(180), 250),
    ("delay 181 short", delay(181), 250),
    ("delay 179 medium", delay(179, **MEDIUM), 0),
    ("delay 180 medium", delay(180, **MEDIUM), 400),
    ("delay 181 medium", delay(181, **MEDIUM), 400),
    ("delay 179 long", delay(179, **LONG), 0),
    ("delay 0", delay(0), 0),
    ("early", delay(-30), 0),
    ("delay of a day", delay(1440), 250),
    # half below four hours, third band only: Art. 7(2)(c) and C-402/07 paragraph 63
    ("delay 180 long", delay(180, **LONG), 300),
    ("delay 181 long", delay(181, **LONG), 300),
    ("delay 239 long", delay(239, **LONG), 300),
    ("delay 240 long", delay(240, **LONG), 600),
    ("delay 241 long", delay(241, **LONG), 600),
    ("delay 239 medium is not halved", delay(239, **MEDIUM), 400),
    ("delay 240 medium", delay(240, **MEDIUM), 400),
    ("delay 239 short is not halved", delay(239), 250),
    # distance bands: Art. 7(1)(a), (b), (c)
    ("1,499 km", delay(300, distance_km=1499), 250),
    ("1,500 km", delay(300, distance_km=1500), 250),
    ("1,500.5 km", delay(300, distance_km=1500.5), 400),
    ("1,501 km inside the EU", delay(300, distance_km=1501), 400),
    ("1,500 km, not inside the EU", delay(300, distance_km=1500, intra_eu=False), 250),
    ("1,501 km, not inside the EU", delay(300, distance_km=1501, intra_eu=False), 400),
    ("3,499 km", delay(300, distance_km=3499, intra_eu=False), 400),
    ("3,500 km", delay(300, distance_km=3500, intra_eu=False), 400),
    ("3,501 km", delay(300, distance_km=3501, intra_eu=False), 600),
    ("3,500 km inside the EU", delay(300, distance_km=3500, intra_eu=True), 400),
    # extraordinary circumstances: Art. 5(3), by C-402/07 for delays too
    ("delay, extraordinary", delay(300, extraordinary=True), 0),
    ("long delay, extraordinary", delay(600, extraordinary=True, **LONG), 0),
    ("delay, not extraordinary", delay(300, extraordinary=False), 250),
    ("cancelled, extraordinary", cancelled(0, extraordinary=True), 0),
    ("denied boarding, extraordinary: C-22/11", denied(extraordinary=True), 250),
    # notice: Art. 5(1)(c)(i), without any re-routing
    ("told 15 days before", cancelled(15), 0),
    ("told 14 days before", cancelled(14), 0),
    ("told 13 days before", cancelled(13), 250),
    ("told 13.99 days before", cancelled(13.99), 250),
    ("told 7 days before", cancelled(7), 250),
    ("told 6 days before", cancelled(6), 250),
    ("told on the day", cancelled(0), 250),
    ("told when is not proven, Art. 5(4)", cancelled(None), 250),
    ("told on the day, medium", cancelled(0, **MEDIUM), 400),
    ("told on the day, long", cancelled(0, **LONG), 600),
    ("told 14 days before, bad re-routing", cancelled(14, 300, 900), 0),
    # re-routing with 7 to 13 days' notice: at most two hours early, under four late, Art. 5(1)(c)(ii)
    ("7 days, 120 early, 239 late", cancelled(7, 120, 239), 0),
    ("7 days, 121 early, 239 late", cancelled(7, 121, 239), 250),
    ("7 days, 120 early, 240 late", cancelled(7, 120, 240), 250),
    ("13 days, 120 early, 239 late", cancelled(13, 120, 239), 0),
    ("13 days, 121 early, 0 late: Art. 7(2)(a)", cancelled(13, 121, 0), 125),
    ("13 days, 119 early, 240 late", cancelled(13, 119, 240), 250),
    ("13 days, 120 early, 240 late, long: Art. 7(2)(c)", cancelled(13, 120, 240, **LONG), 300),
    ("13 days, 120 early, 241 late, long", cancelled(13, 120, 241, **LONG), 600),
    ("7 days, departs later, arrives earlier", cancelled(7, -60, -10), 0),
    # re-routing with under 7 days' notice: at most one hour early, under two late, Art. 5(1)(c)(iii)
    ("6 days, 60 early, 119 late", cancelled(6, 60, 119), 0),
    ("6 days, 61 early, 119 late: Art. 7(2)(a)", cancelled(6, 61, 119), 125),
    ("6 days, 60 early, 120 late: Art. 7(2)(a)", cancelled(6, 60, 120), 125),
    ("6 days, 60 early, 121 late", cancelled(6, 60, 121), 250),
    ("6.9 days, 120 early, 239 late is judged by the stricter limit", cancelled(6.9, 120, 239), 250),
    ("0 days, 60 early, 119 late", cancelled(0, 60, 119), 0),
    ("0 days, departs later, arrives early", cancelled(0, -30, -5), 0),
    ("0 days, departure of the re-routing unknown", cancelled(0, None, 60), 125),
    ("0 days, arrival of the re-routing unknown", cancelled(0, 0, None), 250),
    # halved re-routing by band: Art. 7(2)(a) two hours, (b) three, (c) four, each inclusive
    ("re-routed 120 late, short", cancelled(0, 90, 120), 125),
    ("re-routed 121 late, short", cancelled(0, 90, 121), 250),
    ("re-routed 179 late, medium", cancelled(0, 0, 179, **MEDIUM), 200),
    ("re-routed 180 late, medium", cancelled(0, 0, 180, **MEDIUM), 200),
    ("re-routed 181 late, medium", cancelled(0, 0, 181, **MEDIUM), 400),
    ("re-routed 239 late, long", cancelled(0, 0, 239, **LONG), 300),
    ("re-routed 240 late, long", cancelled(0, 0, 240, **LONG), 300),
    ("re-routed 241 late, long", cancelled(0, 0, 241, **LONG), 600),
    # denied boarding: Art. 4(3); halved by Art. 7(2), but no re-routing excuses it
    ("denied boarding short", denied(), 250),
    ("denied boarding medium", denied(**MEDIUM), 400),
    ("denied boarding long", denied(**LONG), 600),
    ("denied boarding, 119 late", denied(119, rerouted_departure_earlier_minutes=0), 125),
    ("denied boarding, 120 late", denied(120), 125),
    ("denied boarding, 121 late", denied(121), 250),
    ("denied boarding medium, 180 late", denied(180, **MEDIUM), 200),
    ("denied boarding medium, 181 late", denied(181, **MEDIUM), 400),
    ("denied boarding long, 240 late", denied(240, **LONG), 300),
    ("denied boarding long, 241 late", denied(241, **LONG), 600),
    ("denied boarding with notice given", denied(notice_days=20), 250),
    # one event, one compensation: Art. 7
    ("cancelled and denied", {**denied(119), **cancelled(0, 0, 119), "denied_boarding": True}, 125),
    ("cancelled in time, and late", cancelled(20, arrival_delay_minutes=300), 0),
    ("cancelled, and late", cancelled(0, arrival_delay_minutes=300), 250),
    ("denied and late", denied(arrival_delay_minutes=300), 250),
]


@pytest.mark.parametrize(("facts", "euros"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
@pytest.mark.parametrize("pack", ["eu261", "uk261"])
def test_compensation(pack, facts, euros):
    decision = owed(pack=load(pack), facts={"event_at": EVENT, **facts})
    amounts = [one.amount for one in decision.owed]
    if pack == "eu261":
        assert amounts == ([Money(minor=euros * 100, currency="EUR")] if euros else [])
    else:
        assert amounts == ([Money(minor=POUNDS[euros] * 100, currency="GBP")] if euros else [])
    assert decision.reasons


def only(decision):
    (one,) = decision.owed
    return one


@pytest.mark.parametrize(
    ("pack", "distance", "intra_eu", "late", "minor"),
    [
        ("eu261", 3501, True, 180, 40000),  # Art. 7(1)(b): all intra-Community flights of more than 1,500 km
        ("eu261", 3501, True, 239, 40000),  # and so outside Art. 7(2)(c)
        ("eu261", 3501, True, 240, 40000),
        ("eu261", 9000, True, 300, 40000),
        ("eu261", 3501, False, 240, 60000),  # Art. 7(1)(c)
        ("uk261", 3501, True, 240, 52000),  # UK Art. 7(1)(b): flights between 1,500 and 3,500 km only
        ("uk261", 3501, True, 239, 26000),  # UK Art. 7(2)(c)
        ("uk261", 3500, True, 239, 35000),
    ],
)
def test_inside_the_eu(pack, distance, intra_eu, late, minor):
    facts = {"event_at": EVENT, "distance_km": distance, "intra_eu": intra_eu, "arrival_delay_minutes": late}
    assert only(owed(pack=load(pack), facts=facts)).amount.minor == minor


def test_a_long_flight_inside_the_eu_is_halved_by_the_second_band():
    facts = {"event_at": EVENT, **cancelled(0, 0, 180, distance_km=4000, intra_eu=True)}
    assert only(owed(pack=load("eu261"), facts=facts)).amount.minor == 20000
    facts["rerouted_arrival_delay_minutes"] = 181
    assert only(owed(pack=load("eu261"), facts=facts)).amount.minor == 40000


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
