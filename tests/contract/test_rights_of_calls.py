"""Rights tried on every call of the API, walked from its own description: no key, another scope, another's key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from tests.conftest import Org
from tests.contract.conftest import key_of
from tests.contract.test_invariant_11 import BODIES
from tests.support.rights import MARK, NAME, World, undone, world_of
from tests.support.who_may import API, OF_THE_HOUSE

from makegood.api.application import api as application
from makegood.failures.models import Failure
from makegood.organizations.models import ApiKey, Place
from makegood.organizations.operations import UnableToMakeKey, api_key_revoke
from makegood.promises.models import Promise, Source
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant

BASE = "/api/v1"
SCOPES = ("events", "read", "write")
CALLS = {
    f"{method.upper()} {path.removeprefix(BASE)}": (method, path.removeprefix(BASE))
    for path, methods in application.get_openapi_schema(path_prefix=f"{BASE}/")["paths"].items()
    for method in methods
}
UNSAID = {"", "openapi.json"}
"""Addresses of the API that are no call: its root, and its own description, which everybody may read."""


def test_every_call_is_listed_with_who_may() -> None:
    for call in sorted(set(CALLS) - set(API)):
        pytest.fail(
            f"The call “{call}” is new: add it to API in tests/support/who_may.py with the scope that it needs."
        )
    assert set(CALLS) == set(API), "tests/support/who_may.py lists a call that is gone: take it out there"


def test_no_address_of_the_api_is_left_out_of_its_description() -> None:
    """One that is not described would not be walked."""
    (resolver,) = [one for one in get_resolver().url_patterns if getattr(one, "namespace", "") == "api"]
    assert isinstance(resolver, URLResolver)
    routes = {str(one.pattern) for one in resolver.url_patterns if isinstance(one, URLPattern)}
    described = {path.lstrip("/").replace("{", "<").replace("}", ">") for _, path in CALLS.values()}
    assert {route.replace("<int:", "<").replace("<str:", "<") for route in routes} - UNSAID <= described


@pytest.fixture(scope="module")
def worlds() -> list[tuple[World, dict[str, str]]]:
    """Made once for all tests here, by `world`."""
    return []


@pytest.fixture
def world(worlds: list[tuple[World, dict[str, str]]], make_org: Callable[..., Org]) -> tuple[World, dict[str, str]]:
    """The world, and keys of one scope each, of everything, of everything elsewhere, and one that was revoked."""
    if not worlds:
        ours, theirs = make_org(), make_org()
        made = world_of(ours, theirs)
        keys = {scope: key_of(ours, scope) for scope in SCOPES}
        with tenant(organization_id=ours.id):
            hotel = Place.objects.get(organization_id=ours.id, code="hotel").id
        keys |= {
            name: key_of(ours, "read", "write", place_id=at) for name, at in (("shop", ours.place), ("hotel", hotel))
        }
        keys |= {"revoked": key_of(ours, *SCOPES), "outsider": key_of(theirs, *SCOPES)}
        with tenant(organization_id=ours.id):
            revoked = ApiKey.objects.filter(organization_id=ours.id).latest("id")
            api_key_revoke(organization_id=ours.id, key_id=revoked.id, now=revoked.created_at)
            recovery = Recovery.objects.get(organization_id=ours.id)
            made.names.update(recovery_id=recovery.id, step="fix", by=ours.employee)
        worlds.append((made, keys))
    return worlds[0]


def asked(client: Client, world: World, call: str, key: str | None) -> Any:
    method, path = CALLS[call]
    target = BASE + path.format_map(world.names)
    headers = {"authorization": f"Bearer {key}"} if key else {}
    if method == "get":
        return client.get(target, {"q": MARK} if path == "/customers" else {}, headers=headers)
    return client.generic(
        method.upper(), target, json.dumps(BODIES.get(path, {})), content_type="application/json", headers=headers
    )


@pytest.mark.parametrize("call", sorted(CALLS))
def test_a_call_takes_its_own_scope_and_no_other(world: tuple[World, dict[str, str]], call: str) -> None:
    """Without a key, with one that was revoked and with a member's session alone, nobody is known; nothing is done."""
    made, keys = world
    member = made.people["admin"]
    for client, key, status in (
        (Client(), None, 401),
        (Client(), "mg_made_up", 401),
        (Client(), keys["revoked"], 401),
        (member, None, 401),
        *((Client(), keys[scope], 403) for scope in SCOPES if scope != API[call]),
    ):
        with undone() as written:
            answer = asked(client, made, call, key)
            assert answer.status_code == status, call
            assert not written() - {"api_answer"}
        assert MARK not in answer.content.decode()
    with undone():
        answer = asked(Client(), made, call, keys[API[call]])
        assert answer.status_code not in (401, 403, 404), (call, answer.content)
        assert answer.status_code < 500


@pytest.mark.parametrize("call", sorted(CALLS))
def test_a_key_of_another_organization_finds_nothing_of_ours(world: tuple[World, dict[str, str]], call: str) -> None:
    made, keys = world
    with undone() as written:
        answer = asked(Client(), made, call, keys["outsider"])
        if "{" in call:
            assert answer.status_code == 404, (call, answer.content)
            assert not written()
    assert MARK not in answer.content.decode()
    assert NAME not in answer.content.decode()


@pytest.mark.parametrize("call", sorted(CALLS))
def test_a_key_for_one_place_finds_nothing_of_another(world: tuple[World, dict[str, str]], call: str) -> None:
    made, keys = world
    with undone() as written:
        answer = asked(Client(), made, call, keys["hotel"])
        if call in OF_THE_HOUSE or "{" in call:
            assert answer.status_code == (403 if call in OF_THE_HOUSE else 404), (call, answer.content)
            assert not written()
    assert MARK not in answer.content.decode()
    assert NAME not in answer.content.decode()


def test_a_key_for_one_place_does_there_what_its_scopes_let_it_do(world: tuple[World, dict[str, str]]) -> None:
    made, keys = world
    for call in sorted(set(CALLS) - OF_THE_HOUSE):
        with undone():
            answer = asked(Client(), made, call, keys["shop"])
            assert answer.status_code not in (401, 403, 404), (call, answer.content)
            assert answer.status_code < 500
    for listed, here, away in (("recoveries", 1, 0), ("failures", 1, 0), ("promises", 1, 0), ("places", 1, 1)):
        found = [len(told(keys[key], f"/{listed}")[1]["items"]) for key in ("shop", "hotel")]
        assert [min(one, 1) for one in found] == [here, away], listed


def told(key: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    headers = {"authorization": f"Bearer {key}"}
    if body is None:
        answer = Client().get(BASE + path, headers=headers)
    else:
        answer = Client().post(BASE + path, json.dumps(body), content_type="application/json", headers=headers)
    return answer.status_code, answer.json()


def test_what_a_key_for_one_place_writes_is_of_that_place(world: tuple[World, dict[str, str]]) -> None:
    made, keys = world
    moment = "2026-03-02T09:00:00Z"
    report = {"customer": {"order": "K-1"}, "kind": "complaint", "loss": "goods", "what": "Torn", "happened_at": moment}
    promise = {"source": "web", "reference": "K-1", "customer": {"order": "K-1"}, "due_at": "2026-03-09T09:00:00Z"}
    with tenant(organization_id=made.org.id):
        promise["source"] = str(Source.objects.values_list("code", flat=True).get(id=made.org.source))
        shop, hotel = (Place.objects.get(code=code) for code in (Place.objects.get(id=made.org.place).code, "hotel"))
    with undone():
        status, said = told(keys["hotel"], "/failures", report)
        assert (status, Failure.objects.get(id=said["id"]).place_id) == (201, hotel.id)
        status, said = told(keys["hotel"], "/failures", report | {"place": shop.code})
        assert (status, "speaks for no place" in said["detail"]) == (422, True)
        status, said = told(keys["hotel"], "/promises", promise)
        assert (status, Promise.objects.get(id=said["id"]).place_id) == (201, hotel.id)
        assert told(keys["shop"], "/promises", promise)[0] == 409, "it is the hotel's"
        assert told(keys["hotel"], f"/promises/{said['id']}/keep", {})[0] == 200
        assert told(keys["shop"], f"/promises/{said['id']}/keep", {})[0] == 404


def test_a_key_for_one_place_adds_no_address_to_somebody_who_is_known(world: tuple[World, dict[str, str]]) -> None:
    """Else whoever holds it would be written to, and hold the links, of all that others failed them in."""
    _, keys = world
    known, more = {"loyalty": "L-77"}, {"loyalty": "L-77", "email": "x@evil.example"}
    report = {"kind": "complaint", "loss": "goods", "what": "Torn", "happened_at": "2026-03-02T09:00:00Z"}
    with undone():
        made = told(keys["hotel"], "/customers", known)[1]["id"]
        assert told(keys["hotel"], "/customers", known) == (200, {"id": made})
        for path, body in (("/customers", more), ("/failures", report | {"customer": more})):
            status, said = told(keys["hotel"], path, body)
            assert (status, "leave out what is new (email)" in said["detail"]) == (403, True)
        assert told(keys["hotel"], "/customers", {"order": "K-9", "email": "new@b.example"})[0] == 200


def test_a_key_for_one_place_speaks_for_what_lies_inside_of_it(world: tuple[World, dict[str, str]]) -> None:
    made, keys = world
    with undone():
        with tenant(organization_id=made.org.id):
            Place.objects.filter(id=made.org.place).update(parent_id=Place.objects.get(code="hotel").id)
        assert told(keys["hotel"], f"/recoveries/{made.names['recovery_id']}")[0] == 200


def test_no_key_for_one_place_is_made_that_sends_events(world: tuple[World, dict[str, str]]) -> None:
    made, _ = world
    with pytest.raises(UnableToMakeKey, match="sends no events"):
        key_of(made.org, "events", "read", place_id=made.org.place)
