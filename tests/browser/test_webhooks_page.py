"""An admin connects a shop in a real browser, says what an order promises, and sees to what needs a look."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import at_a_desk
from tests.browser.test_quiet_pages import walk_in
from tests.conftest import Org
from tests.integration.test_hooks import ordered
from tests.support.hooks import SECRET, Outside

from makegood.listen.models import Hook
from makegood.store.tenancy import tenant

pytestmark = [pytest.mark.browser, at_a_desk]
Look = Callable[[Page, str], None]


def test_a_shop_is_connected_and_what_needs_a_look_is_seen_to(page: Page, served: str, org: Org, look: Look) -> None:
    walk_in(page, served, org, org.admin)
    page.goto("/settings/webhooks")
    look(page, "webhooks-none")
    page.get_by_label("Its name here").fill("Web shop")
    page.get_by_label("Secret").fill("short")
    page.get_by_role("button", name="Connect it").click()
    expect(page.get_by_text("16 to 500 characters").first).to_be_visible()
    page.get_by_label("Secret").fill(SECRET)
    page.get_by_role("button", name="Connect it").click()
    expect(page.get_by_role("heading", name="Web shop")).to_be_visible()
    page.get_by_label("Days, for any way of shipping").fill("2")
    page.get_by_role("button", name="Promise this").click()
    expect(page.get_by_text("to be delivered by 2 days after the order")).to_be_visible()
    with tenant(organization_id=org.id):
        hook = Hook.objects.get(organization_id=org.id)
    shop = Outside(org=org, hook_id=hook.id, kind="shopify", address=f"/hooks/{hook.address}")
    shop.post(ordered())
    shop.post(ordered(2) | {"total_price": "lots"})
    shop.post({}, secret="some other secret")
    shop.work()
    page.goto("/settings/webhooks")
    expect(page.get_by_text("Its total_price is no amount of a currency.")).to_be_visible()
    look(page, "webhooks")
    page.get_by_label("What posts to you").select_option("zammad")
    page.get_by_role("button", name="Connect it").click()
    expect(page.get_by_text("Copy this now; it is not shown again.")).to_be_visible()
    look(page, "webhooks-helpdesk")
    page.get_by_role("button", name="I have seen to it").click()
    expect(page.get_by_text("Deliveries that need a look")).to_have_count(0)
