"""A shop or a helpdesk that posts to us, signed as theirs are, with a secret of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import attrs
from django.http import HttpResponse
from django.test import Client
from tests.conftest import START, Org
from tests.unit.test_hook_signing import headers

from makegood.listen.hooks.delivery_rule import DeliveryRule
from makegood.listen.hooks.operations import hook_make, hook_rule_set
from makegood.listen.hooks.working import hooks_work
from makegood.listen.models import Hook, HookDelivery
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

SECRET = "a secret that the other side knows"


@attrs.define(kw_only=True)
class Outside:
    """One source: `post` sends a body as it would."""

    org: Org
    hook_id: int
    kind: str
    address: str
    sent: int = 0

    def post(
        self, body: Any, *, delivery: str = "", secret: str = SECRET, at: datetime | None = None, **more: Any
    ) -> HttpResponse:
        """Post a body, bytes as they are and all else as JSON, under an id of its own unless one is told."""
        self.sent += 1
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = headers(
            self.kind, at=at or wall_now(), body=raw, secret=secret, delivery=delivery or f"delivery {self.sent}"
        )
        return Client(headers={"host": "127.0.0.1"}).post(
            self.address, raw, content_type="application/json", headers=given | more
        )

    def work(self) -> int:
        """Have a worker work on what waits of this organization."""
        return hooks_work(only=[self.org.id])

    def row(self) -> Hook:
        """The webhook as it is kept."""
        with tenant(organization_id=self.org.id):
            return Hook.objects.get(id=self.hook_id)

    def deliveries(self) -> list[HookDelivery]:
        """All that is kept of what it posted, in order."""
        with tenant(organization_id=self.org.id):
            return list(HookDelivery.objects.filter(hook_id=self.hook_id).order_by("id"))


def outside(org: Org, kind: str = "shopify", *, rule: DeliveryRule | None = None, name: str = "") -> Outside:
    """Let a source post to this organization."""
    with tenant(organization_id=org.id):
        hook_id = hook_make(organization_id=org.id, kind=kind, name=name, secret=SECRET, by=org.admin, now=START)
        if rule is not None:
            hook_rule_set(organization_id=org.id, hook_id=hook_id, rule=rule, by=org.admin, now=START)
        address = Hook.objects.values_list("address", flat=True).get(id=hook_id)
    return Outside(org=org, hook_id=hook_id, kind=kind, address=f"/hooks/{address}")


Posts = Callable[..., HttpResponse]
