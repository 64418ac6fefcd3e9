"""Settings, Webhooks: an admin connects a shop, says what an order promises, and what needs a look is seen to."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from tests.conftest import Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.integration.test_hooks import ordered
from tests.support.hooks import SECRET, Outside, outside
from tests.unit.test_hook_tickets import zammad

from makegood.console.building.webhooks import TRIGGER
from makegood.failures.models import Signal
from makegood.listen.hooks.tickets import Said, read
from makegood.listen.models import Hook
from makegood.promises.models import Promise
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def shown(client: Client) -> str:
    answer = client.get("/settings/webhooks")
    assert answer.status_code == 200
    return str(answer.content.decode())


def done(client: Client, how: str, **values: Any) -> str:
    return str(client.post(f"/settings/webhooks/act/{how}", values, follow=True).content.decode())


def test_a_shop_is_connected_ruled_heard_changed_stopped_and_forgotten(org: Org) -> None:
    client = signed_in(org, org.admin)
    assert "Nothing posts to you yet" in shown(client)
    page = done(client, "connect", hook_kind="shopify", hook_name="Web shop", hook_secret=SECRET)
    assert "Web shop" in page
    assert "nothing came yet" in page
    assert SECRET not in page
    with tenant(organization_id=org.id):
        hook = Hook.objects.get()
    said = re.search(rf"{re.escape(settings.PUBLIC_URL)}(/hooks/[\w-]+)", page)
    assert said is not None
    rule = {f"days_{hook.id}": "2", f"methods_{hook.id}": "Express: 1", f"keeps_{hook.id}": "delivered"}
    page = done(client, "rule", hook=hook.id, **rule, **{f"weekdays_{hook.id}": "on"})
    assert "to be delivered by 1 weekday for express, else 2 weekdays after the order" in page
    shop = Outside(org=org, hook_id=hook.id, kind="shopify", address=said[1])
    assert shop.post(ordered(created_at="2026-03-02T09:00:00Z")).status_code == 200
    assert "1 to be worked on" in shown(client)
    shop.work()
    assert "1 within a day" in shown(client)
    with tenant(organization_id=org.id):
        assert Promise.objects.get().source_id == hook.source_id
    shop.post({}, secret="not the secret at all")
    assert "their signature does not fit" in shown(client)
    page = done(client, "secret", hook=hook.id, **{f"secret_{hook.id}": "a newer secret than that"})
    assert "two count until" in page
    assert "does not fit" not in page
    assert "two count until" not in done(client, "before-end", hook=hook.id)
    assert "refused: you stopped it" in done(client, "stop", hook=hook.id)
    assert shop.post({}, secret="a newer secret than that").status_code == 401
    assert "taken in" in done(client, "go-on", hook=hook.id)
    assert "Nothing posts to you yet" in done(client, "forget", hook=hook.id)
    assert "no such webhook" in done(client, "stop", hook=hook.id)


@pytest.mark.parametrize(
    ("how", "changes", "says"),
    [
        ("connect", {"hook_secret": ""}, "Copy the secret"),
        ("connect", {"hook_secret": "short"}, "16 to 500 characters"),
        ("connect", {"hook_kind": "x"}, "Choose what posts to us"),
        ("connect", {"hook_kind": ""}, "Choose what posts to you"),
        ("rule", {"days_": "soon"}, "a whole number of days"),
        ("rule", {"methods_": "Express"}, "on a line of its own"),
        ("rule", {"keeps_": "hoped"}, "Choose what keeps it"),
    ],
)
def test_what_is_wrong_is_said_on_the_form(org: Org, how: str, changes: dict[str, str], says: str) -> None:
    shop = outside(org)
    values = {"hook_kind": "shopify", "hook_secret": SECRET, "hook": shop.hook_id, f"keeps_{shop.hook_id}": "shipped"}
    values |= {name + (str(shop.hook_id) if name.endswith("_") else ""): value for name, value in changes.items()}
    page = done(signed_in(org, org.admin), how, **values)
    assert says in page
    assert SECRET not in page
    with tenant(organization_id=org.id):
        assert Hook.objects.count() == 1
        assert Hook.objects.get().rule == {}


def test_managers_see_to_what_needs_a_look_and_only_admins_change(org: Org) -> None:
    shop = outside(org)
    shop.post(ordered() | {"total_price": "<b>lots</b>"})
    shop.post(b"{")
    shop.work()
    manager, employee = signed_in(org, org.manager), signed_in(org, org.employee)
    page = shown(manager)
    assert "Its total_price is no amount of a currency." in page
    assert "It is not JSON" in page
    assert "hook_secret" not in page
    first, second = shop.deliveries()
    assert "it comes back here" in done(manager, "again", delivery=first.id)
    assert "Seen to." in done(manager, "seen", delivery=second.id)
    shop.work()
    assert [row.state for row in shop.deliveries()] == ["aside", "seen"]
    for how in ("connect", "secret", "rule", "reply", "stop", "go-on", "before-end", "forget"):
        assert "Only an admin says what may post here" in done(manager, how, hook=shop.hook_id)
    assert employee.get("/settings/webhooks").status_code == 403
    assert employee.post("/settings/webhooks/act/seen", {"delivery": first.id}).status_code == 403
    assert shop.row().active


def test_a_helpdesk_is_connected_with_a_secret_shown_once_and_answered_through(org: Org) -> None:
    client = signed_in(org, org.admin)
    assert "Copy the secret" in done(client, "connect", hook_kind="chatwoot")
    assert "{{ticket.latest_public_comment}}" not in shown(client)
    page = done(client, "connect", hook_kind="zammad", hook_name="Help")
    said = re.search(r'<code class="secret">([\w-]{32,})<', page)
    assert said is not None
    assert said[1] not in shown(client)
    with tenant(organization_id=org.id):
        hook = Hook.objects.get()
    desk = Outside(org=org, hook_id=hook.id, kind="zammad", address=f"/hooks/{hook.address}")
    assert desk.post(zammad(), secret=said[1]).status_code == 200
    desk.work()
    answer = {"hook": hook.id, f"url_{hook.id}": "https://help.example.com/", f"key_{hook.id}": "a key of ours"}
    page = done(client, "reply", **answer)
    assert "through help.example.com" in page
    assert "a key of ours" not in page
    assert "Use https" in done(client, "reply", **answer | {f"url_{hook.id}": "http://help.example.com"})
    assert "It came broken." in client.get("/").content.decode()
    with tenant(organization_id=org.id):
        signal = Signal.objects.get()
    client.post(f"/signals/{signal.id}/open")
    with tenant(organization_id=org.id):
        code = f"R-{Recovery.objects.get().number}"
    page = client.get(f"/recoveries/{code}").content.decode()
    assert '<a href="https://help.example.com/#ticket/zoom/35" rel="noopener noreferrer">Zammad ticket 35</a>' in page
    assert "are mailed from now on" in done(client, "reply", hook=hook.id)
    page = client.get(f"/recoveries/{code}").content.decode()
    assert "<span>Zammad ticket 35</span>" in page


def test_what_a_trigger_is_to_post_is_said_where_it_is_needed_and_read_as_the_guide_gives_it(org: Org) -> None:
    page = done(signed_in(org, org.admin), "connect", hook_kind="zendesk", hook_secret=SECRET)
    assert "{{ticket.latest_public_comment}}" in page
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "webhooks.md").read_text()
    told = re.search(r'\{"ticket_id".*?\}"\}', guide, re.DOTALL)
    assert told is not None
    assert json.loads(told[0]) == json.loads(TRIGGER)
    filled = {name: "7" if name == "ticket_id" else "words" for name in json.loads(TRIGGER)}
    assert isinstance(read(kind="zendesk", body=filled), Said)
