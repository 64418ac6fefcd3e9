"""The API by its contract: what each address does, and one clear error for each thing that is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import START, Org
from tests.contract.conftest import Caller

from makegood.api.gate import LARGEST
from makegood.customers.models import Customer
from makegood.failures.models import Failure
from makegood.journal.models import Entry
from makegood.listen.models import Raw
from makegood.organizations.models import ApiKey
from makegood.organizations.operations import api_key_revoke
from makegood.promises.models import Promise
from makegood.promises.operations import source_create
from makegood.store.clocks import clock_step
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
DUE = (START + timedelta(hours=2)).isoformat()


def promise(**changes: Any) -> dict[str, Any]:
    body = {
        "source": "orders",
        "reference": "A-1",
        "customer": {"email": "ana@example.com", "name": "Ana Ferreira"},
        "due_at": DUE,
        "value": {"minor": 4200, "currency": "EUR"},
    }
    return body | changes


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    body = {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "orders",
        "type": "promise.made",
        "time": START.isoformat(),
        "data": {"reference": f"E-{number}", "due_at": DUE, "customer": {"email": f"c{number}@example.com"}},
    }
    return body | changes


def report(**changes: Any) -> dict[str, Any]:
    body = {
        "customer": {"phone": "+351 912 345 678"},
        "kind": "rework",
        "loss": "time",
        "what": "The room was not ready",
        "happened_at": START.isoformat(),
    }
    return body | changes


def rows(org: Org) -> dict[str, int]:
    with tenant(organization_id=org.id):
        return {model.__name__: model.objects.count() for model in (Raw, Promise, Customer, Failure, Entry)}


def test_a_promise_is_made_once_and_kept(api: Caller) -> None:
    status, made = api.post("/promises", promise())
    assert (status, made["state"], made["due_at"]) == (201, "open", "2026-03-02T11:00:00Z")
    assert api.post("/promises", promise())[0] == 200, "the same reference names the same promise"
    status, kept = api.post(f"/promises/{made['id']}/keep", {})
    assert (status, kept["state"], kept["id"]) == (200, "kept", made["id"])
    _, one = api.get(f"/promises/{made['id']}")
    assert (one["source"], one["value"], one["state"]) == ("orders", {"minor": 4200, "currency": "EUR"}, "kept")


@pytest.mark.parametrize(
    ("word", "body", "told"),
    [
        ("release", {}, {"state": "released"}),
        ("change", {"due_at": "2026-03-02T15:00:00Z"}, {"due_at": "2026-03-02T15:00:00Z", "first_due_at": "2026-03-02T11:00:00Z"}),
        ("expect", {"expected_at": "2026-03-02T12:00:00+01:00"}, {"expected_at": "2026-03-02T11:00:00Z"}),
    ],
)  # fmt: skip
def test_words_of_a_promise(api: Caller, word: str, body: dict[str, Any], told: dict[str, str]) -> None:
    _, made = api.post("/promises", promise())
    status, state = api.post(f"/promises/{made['id']}/{word}", body)
    assert status == 200
    assert {name: state[name] for name in told} == told


def test_a_report_opens_a_recovery_that_can_be_worked(org: Org, api: Caller) -> None:
    status, told = api.post("/failures", report(loss="money", price={"minor": 9900, "currency": "EUR"}))
    assert status == 201, told
    assert told["gate"] in ("contact", "review")
    with tenant(organization_id=org.id):
        assert Failure.objects.get(id=told["id"]).what == "The room was not ready"
    status, one = api.get(f"/failures/{told['id']}")
    assert (status, one["price"]) == (200, {"minor": 9900, "currency": "EUR"})
    assert one["gate_reasons"][0]["rule"]


def test_events_one_and_many(api: Caller) -> None:
    assert api.post("/events", event(1), SINGLE) == (202, {"new": 1, "known": 0})
    assert api.post("/events", [event(1), event(2)], BATCH) == (202, {"new": 1, "known": 1})
    binary = {"ce_specversion": "1.0", "ce_id": "e3", "ce_source": "orders", "ce_type": "source.heard", "ce_time": DUE}
    assert api.post("/events", {"until": DUE}, **binary) == (202, {"new": 1, "known": 0})


def test_a_batch_holds_a_thousand_events_and_no_more(org: Org, api: Caller) -> None:
    beat = {"type": "source.heard", "data": {"until": DUE}}
    assert api.post("/events", [event(i, **beat) for i in range(1000)], BATCH) == (202, {"new": 1000, "known": 0})
    before = rows(org)
    status, told = api.post("/events", [event(i, **beat) for i in range(2000, 3001)], BATCH)
    assert status == 422
    assert "at most 1000 events" in told["detail"]
    assert rows(org) == before


BAD_EVENTS = [
    pytest.param({"id": None}, "event 1: id must be text", id="no id"),
    pytest.param({"type": "promise.maid"}, "event 1: type must be one of", id="unknown type"),
    pytest.param({"time": "2026-02-30T09:00:00Z"}, "event 1: time must be an ISO 8601 time", id="impossible date"),
    pytest.param({"time": "2026-03-02T09:00:00"}, "event 1: time needs an offset", id="no offset"),
    pytest.param({"time": "0001-01-01T00:00:00Z"}, "event 1: time must lie between", id="long ago"),
    pytest.param({"data": []}, "event 1: data must be an object", id="no data"),
    pytest.param({"data": {"reference": "E", "due_at": DUE, "customer": {}}}, "event 1: customer needs", id="nobody"),
    pytest.param(
        {"data": {"reference": "E", "due_at": DUE, "customer": {"email": "x", "zone": "Mars/Base"}}},
        "event 1: zone 'Mars/Base' is not a time zone",
        id="unknown zone",
    ),
    pytest.param(
        {"data": {"reference": "E", "due_at": DUE, "customer": {"email": "x"}, "place": "nowhere"}},
        "there is no place 'nowhere'",
        id="unknown place",
    ),
    pytest.param({"source": "warehouse"}, "There is no source 'warehouse' here", id="unknown source"),
    pytest.param({"source": ["orders"]}, "There is no source '' here", id="source is no text"),
    pytest.param({"more": "a\x00b"}, "holds a character", id="NUL in what nobody reads"),
    pytest.param({"more": "\ud800"}, "holds a character", id="half a character"),
]


def test_what_is_wrong_of_one_source_is_said_after_another_was_taken_and_nothing_is(org: Org, api: Caller) -> None:
    with tenant(organization_id=org.id):
        source_create(organization_id=org.id, code="till", name="Till", now=START)
    before = rows(org)
    lost = event(2)["data"] | {"place": "nowhere"}
    status, told = api.post("/events", json.dumps([event(1), event(2, source="till", data=lost)]), BATCH)
    assert (status, rows(org)) == (422, before)
    assert "there is no place 'nowhere'" in told["detail"]


@pytest.mark.parametrize(("wrong", "said"), BAD_EVENTS)
def test_one_bad_event_stops_its_batch(org: Org, api: Caller, wrong: dict[str, Any], said: str) -> None:
    before = rows(org)
    status, told = api.post("/events", json.dumps([event(1), event(2, **wrong)]), BATCH)
    assert status == 422
    assert said in told["detail"]
    assert rows(org) == before, "nothing is half done"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", SINGLE, 400),
        (b"\xff\xfe", SINGLE, 400),
        (b"[" * 100_000, BATCH, 400),
        (b'{"id": NaN}', SINGLE, 400),
        (b'{"x": 1e999}', SINGLE, 422),
        (b"[]", BATCH, 422),
        (b"{}", BATCH, 422),
        (b"[1]", BATCH, 422),
        (b"null", SINGLE, 422),
        (b"<event/>", "text/xml", 415),
        (b" ", SINGLE, 400),
    ],
)  # fmt: skip
def test_bodies_that_are_no_events(org: Org, api: Caller, body: bytes, content_type: str, status: int) -> None:
    before = rows(org)
    answer = api.raw_post("/events", body, content_type)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"].endswith(".")
    assert rows(org) == before


ONE = f"The body must be one event, a JSON object; send a list of events as {BATCH}."


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (b"null", SINGLE, ONE),
        (b"5", SINGLE, ONE),
        (b'"x"', SINGLE, ONE),
        (b"[]", SINGLE, ONE),
        (b"null", BATCH, "A batch is a JSON list of at least one event."),
        (b"[{}, null]", BATCH, "event 1: must be an event, a JSON object; nothing was kept."),
        (b"[5]", BATCH, "event 0: must be an event, a JSON object; nothing was kept."),
    ],
)
def test_what_is_no_event_is_told_what_an_event_is(api: Caller, body: bytes, content_type: str, said: str) -> None:
    status, told = api.post("/events", body, content_type)
    assert (status, told["detail"]) == (422, said)


def test_a_huge_body_is_refused_unread_and_the_largest_is_read(api: Caller) -> None:
    status, told = api.post("/events", b"x" * (LARGEST + 1), BATCH)
    assert (status, told["title"]) == (413, "Request Entity Too Large")
    assert api.post("/events", b"[" + b" " * (LARGEST - 2) + b"]", BATCH) == api.post("/events", b"[]", BATCH)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer mg_wrong", "Basic bWc6bWc=", "Bearer mg_\u00e9"])
def test_without_a_right_key_nothing_is_said(api: Caller, header: str) -> None:
    answer = api.client.get("/api/v1/promises", headers={"authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_key_opens_nothing(org: Org, api: Caller) -> None:
    with tenant(organization_id=org.id):
        api_key_revoke(organization_id=org.id, key_id=ApiKey.objects.get().id, now=START)
    assert api.get("/promises")[0] == 401


@pytest.mark.parametrize(
    ("scope", "method", "path", "body"),
    [
        ("read", "post", "/promises", promise()),
        ("read", "post", "/events", event()),
        ("write", "get", "/customers", None),
        ("write", "post", "/events", event()),
        ("events", "get", "/recoveries", None),
    ],
)
def test_a_key_does_what_its_scopes_allow(
    org: Org, call: Callable[..., Caller], scope: str, method: str, path: str, body: Any
) -> None:
    caller = call(org, scope)
    status, told = caller.get(path) if method == "get" else caller.post(path, body)
    assert status == 403
    assert "needs the scope" in told["detail"]


BAD_BODIES = [
    pytest.param("/promises", promise(due_at="2026-02-30T10:00:00Z"), "due_at: must be an ISO 8601", id="impossible date"),
    pytest.param("/promises", promise(due_at=1772445600), "due_at: must be an ISO 8601", id="a number for a time"),
    pytest.param("/promises", promise(due_at="9999-12-31T23:59:59-23:59"), "due_at: must", id="beyond time"),
    pytest.param("/promises", promise(made_at="2026-03-03T10:00:00Z"), "due_at must not be earlier", id="due before made"),
    pytest.param("/promises", promise(customer={}), "customer needs at least one", id="nobody"),
    pytest.param("/promises", promise(customer={"email": "a@b.c", "zone": "Mars"}), "is not a time zone", id="unknown zone"),
    pytest.param("/promises", promise(source="elsewhere"), "There is no source 'elsewhere'", id="unknown source"),
    pytest.param("/promises", promise(refrence="x"), "Extra inputs are not permitted", id="misspelt"),
    pytest.param("/promises", promise(reference="\x00"), "holds a character", id="NUL"),
    pytest.param("/promises", promise(value={"minor": -1, "currency": "EUR"}), "minor", id="negative"),
    pytest.param("/promises", promise(value={"minor": 1.5, "currency": "EUR"}), "minor", id="half a cent"),
    pytest.param("/promises", promise(place="nowhere"), "there is no place 'nowhere'", id="unknown place"),
    pytest.param("/failures", report(kind="sadness"), "kind", id="unknown kind"),
    pytest.param("/failures", report(happened_at="2030-01-01T00:00:00Z"), "lies in the future", id="future"),
    pytest.param("/failures", report(what="   "), "what", id="nothing said"),
    pytest.param("/places", {"code": "till-1", "name": "Till", "parent": "attic"}, "There is no place 'attic'", id="parent"),
    pytest.param("/places", {"code": "shop", "name": "Shop", "parent": "shop"}, "within itself", id="circle"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "said"), BAD_BODIES)
def test_one_clear_error_and_nothing_done(org: Org, api: Caller, path: str, body: dict[str, Any], said: str) -> None:
    before = rows(org)
    status, told = api.post(path, body)
    assert status == 422
    assert said in told["detail"]
    assert rows(org) == before


def test_the_same_idempotency_key_is_done_once(org: Org, api: Caller) -> None:
    first = api.raw_post("/failures", report(), idempotency_key="k1")
    again = api.raw_post("/failures", report(), idempotency_key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    with tenant(organization_id=org.id):
        assert Failure.objects.count() == 1
    assert api.post("/failures", report(what="Another"), idempotency_key="k1")[0] == 422
    assert api.post("/failures", report(), idempotency_key="k2")[0] == 201


def test_a_failed_request_leaves_its_idempotency_key_free(api: Caller) -> None:
    assert api.post("/promises", promise(source="elsewhere"), idempotency_key="k")[0] == 422
    assert api.post("/promises", promise(), idempotency_key="k")[0] == 201


def test_pages_follow_each_other_whatever_is_added(api: Caller) -> None:
    for number in range(5):
        api.post("/places", {"code": f"p{number}", "name": f"Place {number}"})
    _, first = api.get("/places?limit=2")
    api.post("/places", {"code": "late", "name": "Late"})
    _, second = api.get(f"/places?limit=2&cursor={first['next']}")
    _, third = api.get(f"/places?limit=2&cursor={second['next']}")
    codes = [place["code"] for page in (first, second, third) for place in page["items"]]
    assert codes == ["p4", "p3", "p2", "p1", "p0", "shop"]
    assert third["next"] is None


@pytest.mark.parametrize(
    "query", ["cursor=x", "cursor=YWZ0ZXI6LTE=", "limit=0", "limit=101", "customer_id=9223372036854775808"]
)
def test_queries_that_are_none(api: Caller, query: str) -> None:
    assert api.get(f"/promises?{query}")[0] == 422


LISTS = "/promises", "/failures", "/recoveries", "/customers", "/places"


@pytest.mark.parametrize("path", LISTS)
def test_a_parameter_that_a_list_does_not_know_is_refused_by_its_name(api: Caller, path: str) -> None:
    """Left aside it would list what nobody asked for: those that wait among those to contact."""
    status, told = api.get(f"{path}?colour=blue&limit=1")
    assert (status, told["problems"][0]["at"]) == (422, "query.colour")
    assert told["detail"].startswith("There is no parameter 'colour' here: this call takes cursor, ")
    assert api.get(f"{path}?limit=1")[0] == 200


def test_what_reads_one_thing_takes_no_parameter(api: Caller) -> None:
    status, told = api.get("/failures?gate=contact")
    assert (status, told["detail"]) == (
        422, "There is no parameter 'gate' here: this call takes cursor, customer_id, limit."
    )  # fmt: skip
    status, told = api.get(f"/customers/1?customer_id=1&{'x' * 80}=1")
    assert (status, told["detail"]) == (422, "There is no parameter 'customer_id' here: this call takes none.")
    assert [one["at"] for one in told["problems"]] == ["query.customer_id", f"query.{'x' * 60}"]


def test_mail_is_taken_once(api: Caller) -> None:
    mail = (
        b"From: ana@example.com\r\nTo: help@example.org\r\nMessage-ID: <a@b>\r\nSubject: Hello\r\n\r\nStill broken.\r\n"
    )
    status, told = api.post("/messages", mail, "message/rfc822")
    assert (status, told["kind"], told["new"], told["recovery_id"]) == (200, "person", True, None)
    assert api.post("/messages", mail, "message/rfc822")[1] == told | {"new": False}


def test_a_key_that_asks_too_often_is_told_when_to_come_back(api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("makegood.api.keys.REQUESTS", 2)
    assert [api.get("/places")[0] for _ in range(2)] == [200, 200]
    answer = api.client.get("/api/v1/places", headers=api.headers({}))
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_a_broken_promise_is_read_as_a_failure(org: Org, api: Caller) -> None:
    _, made = api.post("/promises", promise())
    with tenant(organization_id=org.id):
        clock_step(organization_id=org.id, moment_at=START + timedelta(hours=5))
    tick_dry(only=[org.id])
    _, page = api.get("/failures")
    assert [failure["promise_id"] for failure in page["items"]] == [made["id"]]
    _, page = api.get("/promises?state=broken")
    assert [one["id"] for one in page["items"]] == [made["id"]]


def test_unknown_addresses_and_methods_are_told_the_same_way(api: Caller) -> None:
    status, told = api.get("/nothing")
    assert (status, told["status"]) == (404, 404)
    answer = api.client.delete("/api/v1/places", headers=api.headers({}))
    assert (answer.status_code, answer.headers["Content-Type"]) == (405, "application/problem+json")
