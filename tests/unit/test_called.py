"""How a customer is called, at the head of a line and inside a sentence."""

from __future__ import annotations

import datetime as dt

import pytest

from makegood.console.building import words
from makegood.customers.queries import CustomerFacts

AT = dt.datetime(2026, 5, 6, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("facts", "called", "inside"),
    [
        ({}, "A customer we cannot name yet", "a customer we cannot name yet"),
        ({"erased_at": AT}, "An erased customer", "an erased customer"),
        ({"identities": (("token", "t"),)}, "A customer we cannot name yet", "a customer we cannot name yet"),
        ({"identities": (("email", "zoe@example.org"),)}, "zoe@example.org", "zoe@example.org"),
        ({"name": "Zoe ADAMS"}, "Zoe ADAMS", "Zoe ADAMS"),
    ],
)
def test_a_customer_is_called_alike_at_a_head_and_inside_a_sentence(facts, called, inside):
    plain = {"id": 1, "name": "", "language": "", "zone": "", "token": False, "first_purchase_at": None}
    plain |= {"created_at": AT, "erased_at": None, "channel": "", "identities": (), "purchases": 0}
    one = CustomerFacts(**plain | facts)
    assert (one.called, one.called_inside) == (called, inside)


def test_a_promise_is_to_a_customer_in_small_letters():
    assert (words.who(""), words.whom("")) == ("A customer we cannot name yet", "a customer we cannot name yet")
    assert words.whom("Zoe") == words.who("Zoe") == "Zoe"
