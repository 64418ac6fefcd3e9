"""The API as programs meet it: a client that bears a key, without a server in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from django.test import Client
from tests.conftest import START, Org

from makegood.organizations.operations import api_key_create
from makegood.store.tenancy import tenant


@attrs.frozen(kw_only=True)
class Caller:
    """A program of one organization; each method returns the answer's status and its JSON."""

    client: Client
    key: str

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        return self.told(self.client.get(f"/api/v1{path}", headers=self.headers(headers)))

    def post(self, path: str, body: Any, content_type: str = "application/json", **headers: str) -> tuple[int, Any]:
        return self.told(self.raw_post(path, body, content_type, **headers))

    def raw_post(self, path: str, body: Any, content_type: str = "application/json", **headers: str) -> Any:
        return self.client.post(f"/api/v1{path}", data=body, content_type=content_type, headers=self.headers(headers))

    def headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"} | {name.replace("_", "-"): value for name, value in more.items()}

    @staticmethod
    def told(answer: Any) -> tuple[int, Any]:
        return answer.status_code, answer.json()


def key_of(org: Org, *scopes: str, place_id: int | None = None) -> str:
    with tenant(organization_id=org.id):
        made = api_key_create(organization_id=org.id, name="test", scopes=scopes, now=START, place_id=place_id)
        return made.key


@pytest.fixture
def call(database: str) -> Callable[..., Caller]:
    """A function that returns a caller of an organization with these scopes, all by default."""

    def made(org: Org, *scopes: str) -> Caller:
        key = key_of(org, *(scopes or ("events", "read", "write")))
        return Caller(client=Client(raise_request_exception=False), key=key)

    return made


@pytest.fixture
def api(org: Org, call: Callable[..., Caller]) -> Caller:
    """A caller of the test's organization that may do everything."""
    return call(org)
