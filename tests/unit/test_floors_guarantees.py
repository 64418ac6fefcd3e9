"""Published guarantees, every edge from both sides; the amounts are a business's own and come with the facts.

Each row names the term of the guarantee that it tests.
"""

from datetime import datetime

import pytest

from makegood.core.floors import UnusableFacts, owed
from makegood.rules.packs import load

EVENT = "2026-05-08T19:30:00+02:00"


def money(minor, currency="EUR"):
    return {"minor": minor, "currency": currency}


def meal(minutes, **more):
    return {"event_at": EVENT, "arrival_delay_minutes": minutes, "order_price": money(2350), **more}


MEALS = [
    # punctual delivery: free once it is later than promised
    ("early", meal(-10), 0),
    ("in time", meal(0), 0),
    ("a second late", meal(1 / 60), 2350),
    ("a minute late", meal(1), 2350),
    ("a day late", meal(1440), 2350),
    # punctual delivery: minutes that the guarantee still allows
    ("4 of 5 minutes allowed", meal(4, grace_minutes=5), 0),
    ("5 of 5 minutes allowed", meal(5, grace_minutes=5), 0),
    ("6 minutes, 5 allowed", meal(6, grace_minutes=5), 2350),
    ("thirty minutes or free, 30 after the order", meal(30, grace_minutes=30), 0),
    ("thirty minutes or free, 31 after the order", meal(31, grace_minutes=30), 2350),
    # how much: a share, and at most so much
    ("half of the order", meal(1, free_percent=50), 1175),
    ("a third, rounded half up", meal(1, free_percent=33), 776),
    ("at most 30 euros, cheaper", meal(1, most=money(3000)), 2350),
    ("at most the price", meal(1, most=money(2350)), 2350),
    ("at most a cent less", meal(1, most=money(2349)), 2349),
    ("at most 10 euros, half of the order", meal(1, free_percent=50, most=money(1000)), 1000),
    ("nothing was paid", meal(1, order_price=money(0)), 0),
    # its exceptions
    ("suspended, told before", meal(9, suspended=True), 0),
    ("not suspended", meal(9, suspended=False), 2350),
    ("nobody opened", meal(9, customer_caused=True), 0),
    ("somebody opened", meal(9, customer_caused=False), 2350),
]


@pytest.mark.parametrize(("facts", "cents"), [one[1:] for one in MEALS], ids=[one[0] for one in MEALS])
def test_late_is_free(facts, cents):
    decision = owed(pack=load("late-is-free"), facts=facts)
    assert [one.amount.minor for one in decision.owed] == ([cents] if cents else [])
    assert {one.grade for one in decision.reasons} <= {"C", None}
    for one in decision.owed:
        assert (one.form, one.due_by) == ("original_payment", datetime.fromisoformat(EVENT))


def test_a_guarantee_of_credit_is_paid_in_credit():
    (one,) = owed(pack=load("late-is-free"), facts=meal(1, credit_promised=True)).owed
    assert one.form == "store_credit"


def guest(**more):
    return {"event_at": EVENT, "walked": True, "promised": money(20000, "USD"), **more}


GUESTS = [
    # who was walked: a guest with a booking that the guarantee covers
    ("walked", guest(), {"promised": 20000}),
    ("not walked", guest(walked=False), {}),
    ("the booking is not covered", guest(guaranteed=False), {}),
    ("the booking is covered", guest(guaranteed=True), {"promised": 20000}),
    # the amount for the guest, by hotel: one company gives 100 or 200 dollars
    ("a limited-service hotel", guest(promised=money(10000, "USD")), {"promised": 10000}),
    ("points only", guest(promised=money(0, "USD")), {}),
    # the room elsewhere and the way there, where the guest paid them
    ("the room", guest(other_room_cost=money(18900, "USD")), {"promised": 20000, "other-room": 18900}),
    ("the way", guest(transport_cost=money(2750, "USD")), {"promised": 20000, "transport": 2750}),
    (
        "both",
        guest(other_room_cost=money(18900, "USD"), transport_cost=money(2750, "USD")),
        {"promised": 20000, "other-room": 18900, "transport": 2750},
    ),
    ("both, not walked", guest(walked=False, other_room_cost=money(1, "USD"), transport_cost=money(1, "USD")), {}),
    ("both, not covered", guest(guaranteed=False, other_room_cost=money(1, "USD")), {}),
    # its exceptions
    ("the guest had cancelled", guest(guest_declined=True, other_room_cost=money(18900, "USD")), {}),
    ("the guest came", guest(guest_declined=False), {"promised": 20000}),
]


@pytest.mark.parametrize(("facts", "due"), [one[1:] for one in GUESTS], ids=[one[0] for one in GUESTS])
def test_hotel_walk(facts, due):
    decision = owed(pack=load("hotel-walk"), facts=facts)
    given = {one.rule.split(".")[1].split("@")[0]: one.amount.minor for one in decision.owed}
    assert given == due
    assert {one.grade for one in decision.reasons} <= {"C", "M", None}
    assert all(one.due_by == datetime.fromisoformat(EVENT) for one in decision.owed)


@pytest.mark.parametrize(
    ("pack", "facts", "says"),
    [
        ("late-is-free", meal(1) | {"order_price": None}, "order_price is missing: what the order cost"),
        ("late-is-free", meal(None), "arrival_delay_minutes is missing"),
        ("late-is-free", meal(1, free_percent=0), "free_percent must lie between 1 and 100"),
        ("late-is-free", meal(1, free_percent=12.5), "free_percent must be a whole number"),
        ("late-is-free", meal(1, most=money(1, "USD")), "the amounts cannot be compared"),
        ("hotel-walk", guest() | {"promised": None}, "promised is missing: the money that your guarantee promises"),
        ("hotel-walk", guest() | {"walked": None}, "walked is missing"),
    ],
)
def test_unusable_facts_are_named(pack, facts, says):
    with pytest.raises(UnusableFacts) as error:
        owed(pack=load(pack), facts=facts)
    assert says in str(error.value)


def test_an_amount_is_asked_for_only_where_something_is_owed():
    assert not owed(pack=load("late-is-free"), facts=meal(0) | {"order_price": None}).owed
    assert not owed(pack=load("hotel-walk"), facts=guest(walked=False) | {"promised": None}).owed
