"""Invariant 11: no row of one organization is ever visible to another, in the database or through the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import attrs
import psycopg
import pytest
from django.db import ProgrammingError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import START, Org
from tests.contract.conftest import Caller

from makegood.api.application import api as application
from makegood.promises.operations import source_create
from makegood.store.clocks import clock_step
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

EXEMPT = {"store_throttle", "store_heartbeat", "django_session", "django_migrations"}
"""Tables that belong to no organization: counters and beats under hashes and process names, sessions, migrations."""
OWN_POLICY = {"organizations_user": "own", "organizations_passkey": "own"}
"""An account, with its passkeys, may be a member of several organizations, so it is seen by itself and by those."""
MARK = "zanzibar"
"""What everything of the other organization holds in its words."""

TABLES = """
SELECT c.relname, c.relkind::text, c.relrowsecurity, c.reloptions, coalesce(array_agg(p.polname ORDER BY p.polname)
    FILTER (WHERE r.rolname = 'makegood_app'), '{}'),
    coalesce(string_agg(pg_get_expr(p.polqual, c.oid), ' ') FILTER (WHERE r.rolname = 'makegood_app'), '')
FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid LEFT JOIN pg_roles r ON r.oid = ANY (p.polroles)
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relnamespace = 'public'::regnamespace
GROUP BY c.oid ORDER BY c.relname
"""
FINDERS = """
SELECT f.proname, r.rolname, f.prosecdef, coalesce(array_to_string(f.proconfig, ','), '')
FROM pg_proc f JOIN pg_roles r ON r.oid = f.proowner WHERE f.pronamespace = 'finder'::regnamespace
"""


@attrs.frozen(kw_only=True)
class Life:
    """An organization that has lived: its caller, and the ids of what it has, by the kind in a path."""

    org: Org
    caller: Caller
    ids: dict[str, list[int]]


def live(org: Org, caller: Caller, mark: str) -> Life:
    """Fill as many tables as the API can: promises kept and broken, failures, recoveries, mail, purchases, places."""
    with tenant(organization_id=org.id):
        source_create(organization_id=org.id, code=mark, name=mark, now=START)
    customer = {"email": f"{mark}@example.com", "name": mark, "order": f"{mark}-7"}
    due = (START + timedelta(hours=1)).isoformat()
    said = [
        ("/places", {"code": mark, "name": mark}),
        ("/customers", customer),
        ("/purchases", {"source": mark, "reference": mark, "customer": customer, "placed_at": START.isoformat(),
                        "total": {"minor": 900, "currency": "EUR"}, "what": mark, "place": mark}),
        ("/promises", {"source": mark, "reference": mark, "customer": customer, "due_at": due, "what": mark,
                       "purchase": mark, "place": mark}),
        ("/failures", {"customer": customer, "kind": "rework", "loss": "time", "what": mark, "place": mark,
                       "happened_at": START.isoformat()}),
    ]  # fmt: skip
    for path, body in said:
        status, told = caller.post(path, body, idempotency_key=f"{mark}{path}")
        assert status in (200, 201), told
    mail = f"From: {mark}@example.com\r\nMessage-ID: <{mark}@x>\r\nSubject: {mark}\r\n\r\n{mark}\r\n".encode()
    assert caller.post("/messages", mail, "message/rfc822")[0] == 200
    with tenant(organization_id=org.id):
        clock_step(organization_id=org.id, moment_at=START + timedelta(hours=6))
    tick_dry(only=[org.id])
    ids = {
        kind: [one["id"] for one in caller.get(f"/{path}")[1]["items"]]
        for kind, path in (
            ("promise_id", "promises"),
            ("failure_id", "failures"),
            ("recovery_id", "recoveries"),
            ("customer_id", "customers"),
            ("place_id", "places"),
        )
    }
    assert all(ids.values()), ids
    return Life(org=org, caller=caller, ids=ids)


@pytest.fixture(scope="module")
def lives() -> dict[str, Life]:
    """Made once for all tests here, by `two`."""
    return {}


@pytest.fixture
def two(lives: dict[str, Life], make_org: Callable[..., Org], call: Callable[..., Caller]) -> tuple[Life, Life]:
    """Two organizations that have lived: ours, and the other, whose every word is MARK."""
    if not lives:
        for name, mark in (("ours", "lisbon"), ("other", MARK)):
            org = make_org()
            lives[name] = live(org, call(org), mark)
    return lives["ours"], lives["other"]


@cache
def shown() -> str:
    """The query that asks each table for what it shows."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        return " UNION ALL ".join(
            f"SELECT '{table}', coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '') FROM \"{table}\" t"
            for table, *_ in cursor.fetchall()
            if table not in EXEMPT
        )


def everything(org: Org) -> dict[str, str]:
    """What each table shows of an organization, as text."""
    with tenant(organization_id=org.id), connection.cursor() as cursor:
        cursor.execute(shown())
        return dict(cursor.fetchall())


def test_invariant_11_every_table_is_secured_or_named(database: str) -> None:
    with psycopg.connect(database) as owner:
        tables = owner.execute(TABLES).fetchall()
        finders = owner.execute(FINDERS).fetchall()
    assert len(tables) > 40
    for table, kind, secured, options, policies, condition in tables:
        if table in EXEMPT:
            continue
        if kind == "v":
            assert "security_invoker=true" in options, f"{table}: a view sees with its owner's eyes unless told not to"
            continue
        assert secured, f"{table}: enable row security, or name it exempt here and say why"
        assert policies == [OWN_POLICY.get(table, "tenant")], table
        assert "makegood.organization" in condition or table in OWN_POLICY, table
    for name, owner_name, definer, config in finders:
        assert (owner_name, definer, "search_path" in config) == ("makegood_finder", True, True), name


def test_invariant_11_no_table_shows_a_row_of_another(two: tuple[Life, Life]) -> None:
    ours, other = two
    theirs = everything(other.org)
    assert sum(MARK in text for text in theirs.values()) >= 8, "the other organization has words in many tables"
    assert sum(bool(text) for text in theirs.values()) >= 20, "and rows in more"
    for table, text in everything(ours.org).items():
        assert MARK not in text, table
    with tenant(organization_id=ours.org.id), connection.cursor() as cursor:
        for table in theirs:
            if table in OWN_POLICY:
                continue
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE organization_id <> %s', [ours.org.id])
            assert cursor.fetchone() == (0,), table


def test_invariant_11_outside_of_an_organization_nothing_is_seen(two: tuple[Life, Life]) -> None:
    with connection.cursor() as cursor:
        for table in everything(two[1].org):
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            assert cursor.fetchone() == (0,), table


def test_invariant_11_nothing_can_be_written_for_another(two: tuple[Life, Life]) -> None:
    ours, other = two
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        tenant(organization_id=ours.org.id),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO customers_customer (organization_id, name, language, zone, channel, token, created_at)"
            " VALUES (%s, 'x', '', '', 'mail', false, now())",
            [other.org.id],
        )


TAKES = {
    path.removeprefix("/api/v1"): {one["name"] for one in methods["get"]["parameters"] if one["in"] == "query"}
    for path, methods in application.get_openapi_schema(path_prefix="/api/v1/")["paths"].items()
    if "get" in methods
}
"""What each call that reads may be asked: by anything else it is refused before it looks."""
OPERATIONS = [
    (path.removeprefix("/api/v1"), method)
    for path, methods in application.get_openapi_schema(path_prefix="/api/v1/")["paths"].items()
    for method in methods
]
BODIES: dict[str, Any] = {
    "/promises/{promise_id}/change": {"due_at": "2026-03-09T09:00:00Z"},
    "/promises/{promise_id}/expect": {"expected_at": "2026-03-09T09:00:00Z"},
    "/recoveries/{recovery_id}/notes": {"by": 1, "text": "hello"},
    "/recoveries/{recovery_id}/steps/{step}": {"by": 1},
    "/recoveries/{recovery_id}/help/ticks": {"by": 1, "checklist": "put-right", "item": "seen"},
    "/recoveries/{recovery_id}/help/forms/{form}": {"by": 1, "answers": {"words": "hello"}},
    "/recoveries/{recovery_id}/help/talks/{dialogue}": {"by": 1, "answers": [1, 1]},
}

NAMING_THEIRS: list[dict[str, Any]] = [
    {},
    {"source": MARK, "reference": MARK, "customer": {"order": "1"}, "due_at": "2026-03-09T09:00:00Z"},
    {"code": "new", "name": "New", "parent": MARK},
    {
        "specversion": "1.0",
        "id": MARK,
        "source": MARK,
        "type": "source.heard",
        "time": "2026-03-02T09:00:00Z",
        "data": {"until": "2026-03-02T09:00:00Z"},
    },
]
"""Bodies that name the other's source, place and reference."""


@settings(max_examples=150, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_invariant_11_no_operation_shows_or_changes_what_is_another_s(
    two: tuple[Life, Life], data: st.DataObject
) -> None:
    ours, other = two
    path, method = data.draw(st.sampled_from(OPERATIONS))
    theirs = [number for numbers in other.ids.values() for number in numbers]
    named = "{" in path
    kind = path.partition("{")[2].partition("}")[0]
    target = path.replace("{step}", data.draw(st.sampled_from(["fix", "respond", "improve"])))
    for part, put in (("{form}", "what-happened"), ("{dialogue}", "first-words"), ("{file_id}", "1")):
        target = target.replace(part, put)
    if named:
        target = target.replace(f"{{{kind}}}", str(data.draw(st.sampled_from(other.ids[kind]))))
    before = everything(other.org)
    if method == "get":
        query = data.draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "customer_id": st.sampled_from(theirs),
                    "limit": st.integers(1, 100),
                    "q": st.sampled_from([MARK, f"{MARK}@example.com", f"{MARK}-7", "z"]),
                    "state": st.sampled_from(["open", "broken", "closed"]),
                },
            )
        )
        listed = "&".join(f"{name}={value}" for name, value in query.items() if name in TAKES[path])
        status, told = ours.caller.get(f"{target}?{listed}")
    else:
        body = BODIES.get(path, {}) if named else data.draw(st.sampled_from(NAMING_THEIRS))
        content_type = "application/cloudevents+json" if path == "/events" else "application/json"
        status, told = ours.caller.post(target, body, content_type)
    assert everything(other.org) == before
    if named:
        assert status == 404, (method, target, told)
    if status < 400:
        assert MARK not in json.dumps(told), (method, target)
