"""Reading CloudEvents: what cannot be kept is named by its position, whatever it is made of."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.listen.events import AHEAD, IDENTITY_KINDS, TYPES, UnusableEvents, read

ANA = {"email": "ana@example.com", "name": "Ana", "language": "pt", "zone": "Europe/Lisbon"}
AT = "2026-03-02T09:00:00Z"
MONEY = {"minor": 2500, "currency": "EUR"}
GOOD: dict[str, dict[str, Any]] = {
    "customer.seen": {"customer": ANA},
    "purchase.made": {"customer": ANA, "reference": "A1", "placed_at": AT, "total": MONEY},
    "visit.made": {"customer": ANA, "reference": "V1", "from": AT, "to": "2026-03-04T11:00:00+01:00"},
    "source.heard": {"until": AT},
    "promise.made": {"customer": ANA, "reference": "A1", "due_at": AT, "value": MONEY, "facts": {"distance_km": 900}},
    "promise.kept": {"reference": "A1"},
    "promise.released": {"reference": 17},
    "promise.changed": {"reference": "A1", "due_at": AT, "agreed": True},
    "promise.expected": {"reference": "A1", "due_at": AT},
    "charge.made": {"customer": ANA, "reference": "C1", "amount": MONEY, "tender": "card"},
    "charge.refunded": {"customer": ANA, "reference": "C2", "amount": MONEY},
    "charge.chargeback": {"customer": ANA, "reference": "C3", "amount": MONEY, "purchase": "A1"},
    "signal.complaint": {"customer": ANA, "what": "the box was empty"},
    "signal.review": {"customer": ANA, "purchase": "A1", "value": 1},
    "signal.outage": {"customer": ANA, "promise": "A1"},
    "signal.silent": {"customer": ANA},
}


def event(kind: str, data: Any, **change: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": "e1", "source": "shop", "type": kind, "time": AT, "data": data} | change


def problem(body: Any) -> str:
    with pytest.raises(UnusableEvents) as caught:
        read([event("promise.kept", {"reference": "fine"}), body])
    (one,) = caught.value.problems
    assert one[0] == 1
    return one[1]


def problems(body: Any) -> int:
    """Count what is wrong with one event, for which no other error may be raised."""
    try:
        read([body])
    except UnusableEvents as error:
        return len(error.problems)
    return 0


def test_every_type_has_an_example_here() -> None:
    assert set(GOOD) == set(TYPES)


@pytest.mark.parametrize("kind", TYPES)
def test_a_good_event_is_read(kind: str) -> None:
    (one,) = read([event(kind, GOOD[kind])])
    assert (one.id, one.type, one.at) == ("e1", kind, datetime(2026, 3, 2, 9, tzinfo=UTC))


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind, data in GOOD.items() for name in data if name not in {"value", "facts", "agreed"}],
)
@pytest.mark.parametrize("bad", [[], {}, 1.5, "", "x" * 400, "a\x00b", "\ud800"], ids=ascii)
def test_no_bad_value_is_taken_for_a_good_one(kind: str, name: str, bad: Any) -> None:
    """It is refused, or, where the field may be left out, empty text leaves it out."""
    assert problems(event(kind, GOOD[kind] | {name: bad})) == 1 or bad == ""


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("purchase.made", {"total": {"minor": -1, "currency": "EUR"}}, "total.minor"),
        ("purchase.made", {"total": {"minor": 10**15, "currency": "EUR"}}, "total.minor"),
        ("purchase.made", {"total": {"minor": True, "currency": "EUR"}}, "total.minor"),
        ("purchase.made", {"total": {"minor": 1, "currency": "eur"}}, "total.currency"),
        ("purchase.made", {"total": {"minor": 1, "currency": "ÄÖÜ"}}, "total.currency"),
        ("purchase.made", {"total": {"minor": 1, "currency": "ZZZ"}}, "total.currency must be a code of ISO 4217"),
        ("visit.made", {"to": AT}, "to must be later than from"),
        ("promise.made", {"made_at": "2026-03-02T09:00:01Z"}, "due_at must not be earlier than made_at"),
        ("promise.made", {"facts": {"who": ["Ana"]}}, "facts.who must be"),
        ("promise.made", {"facts": dict.fromkeys(map(str, range(31)), 1)}, "at most 30"),
        ("promise.changed", {"agreed": "yes"}, "agreed must be true or false"),
        ("signal.review", {"value": 40_000}, "value must be a whole number"),
        ("signal.review", {"value": 4.5}, "value must be a whole number"),
        ("customer.seen", {"customer": {"email": "a@b.c", "zone": "Mars/Olympus"}}, "is not a time zone"),
        ("customer.seen", {"customer": {"email": "a" * 321}}, "at most 320 characters"),
        ("source.heard", {"until": "2026-02-30T00:00:00Z"}, "until must be an ISO 8601 time"),
        ("source.heard", {"until": "9999-12-31T23:59:59Z"}, "between the years 1990 and 2200"),
    ],
)
def test_what_is_wrong_is_said(kind: str, change: dict[str, Any], said: str) -> None:
    assert said in problem(event(kind, GOOD[kind] | change))


@pytest.mark.parametrize(
    ("hidden", "said"),
    [
        ("a\x00b", "NUL"),
        ("\ud800", "half a character"),
        (float("nan"), "not finite"),
        (float("inf"), "not finite"),
        ({"set": {1, 2}}, "JSON does not have"),
        (2**63, "a whole number of 2^63 or more"),
        (-(2**63) - 1, "a whole number of 2^63 or more"),
        ({"facts": [10**400]}, "a whole number of 2^63 or more"),
    ],
)
def test_what_no_database_can_hold_is_found_where_nobody_reads(hidden: Any, said: str) -> None:
    assert said in problem(event("promise.kept", {"reference": "A1"}, extension={"deep": [hidden]}))


@pytest.mark.parametrize("hidden", [2**63 - 1, -(2**63), "9" * 400])
def test_the_largest_numbers_and_long_digits_are_kept(hidden: Any) -> None:
    read([event("promise.kept", {"reference": "A1"}, extension=hidden)])


def test_what_lies_in_the_future_has_not_happened() -> None:
    """A clock that is a little ahead is taken for ours; the limit is tried at both sides."""
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    body = event("promise.kept", {"reference": "A1"})
    assert [read([body], by=by)[0].at for by in (at, at - AHEAD, at + AHEAD)] == [at, at - AHEAD, at]
    with pytest.raises(UnusableEvents, match="time lies in the future: send what happened once it has"):
        read([body], by=at - AHEAD - timedelta(microseconds=1))


@pytest.mark.parametrize("blank", ["", " ", "\t\r\n", "\u2028", "\u200b", "\u00a0\ufeff"], ids=ascii)
@pytest.mark.parametrize("kind", IDENTITY_KINDS)
def test_an_identity_in_which_nothing_can_be_seen_is_none(kind: str, blank: str) -> None:
    """Else everybody with a blank order number would be one customer."""
    assert "customer needs at least one of" in problem(event("customer.seen", {"customer": {kind: blank}}))
    (one,) = read([event("customer.seen", {"customer": {kind: blank, "name": "Ana"} | {"token": "t1"}})])
    assert [value for _, value in one.data["identities"] if value == blank] == []


def test_what_only_looks_like_a_nul_is_fine() -> None:
    read([event("promise.kept", {"reference": "A1"}, subject="\\u0000 is a NUL")])


@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "type", "time", "data", "customer", "reference"]), inner, max_size=5
            )
        ),
        max_leaves=12,
    ),
    kind=st.sampled_from(TYPES),
)
def test_whatever_comes_is_read_or_named(body: Any, kind: str) -> None:
    for one in (body, event(kind, body)):
        assert problems(one) == 1 or json.dumps(one, allow_nan=False)
