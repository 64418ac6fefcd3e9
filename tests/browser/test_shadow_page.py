"""An admin lets a source only watch, reads what it would have sent, and goes live, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import at_a_desk
from tests.browser.test_quiet_pages import walk_in
from tests.conftest import START, Org
from tests.support.given import email, offer
from tests.support.recoveries import HOUR, customer, failure, open_for

from makegood.config.working import work_dry
from makegood.makegoods.operations import makegood_accept, makegood_offer
from makegood.store.tenancy import tenant

pytestmark = [pytest.mark.browser, at_a_desk]


def watched_week(org: Org) -> None:
    """Two customers let down while it only watches, one of them with money to come; call outside a unit of work."""
    with tenant(organization_id=org.id):
        email(org)
        one = failure(org, place_id=org.place)
        open_for(org, one, failure(org, customer_id=customer(org), place_id=org.place, at=START + HOUR))
        for form, minor in (("money", 1_500), ("gift", 900)):
            gift = offer(org, one, cost=minor, form=form, title=f"Something for {form}", remedy=form)
            makegood_id = makegood_offer(organization_id=org.id, offer=gift, now=START)
            if form == "money":
                makegood_accept(organization_id=org.id, makegood_id=makegood_id, now=START)
    work_dry(only=[org.id])


def test_a_source_only_watches_is_read_and_goes_live(
    page: Page, served: str, org: Org, look: Callable[[Page, str], None]
) -> None:
    walk_in(page, served, org, org.admin)
    page.goto("/settings/sources")
    page.get_by_role("button", name="Only watch").click()
    expect(page.get_by_text("Open its name to see what it would have sent")).to_be_visible()
    page.get_by_role("link", name="Orders").click()
    look(page, "shadow-empty")
    watched_week(org)
    page.reload()
    expect(page.get_by_role("heading", name="What Orders would have sent")).to_be_visible()
    expect(page.get_by_text("Something for money (extra)")).to_be_visible()
    look(page, "shadow")
    page.goto("/recoveries")
    expect(page.get_by_text("shadow", exact=True).first).to_be_visible()
    look(page, "shadow-list")
    page.goto("/recoveries/R-1")
    expect(page.get_by_text("shadow: nothing of it leaves")).to_be_visible()
    look(page, "shadow-recovery")
    page.goto("/settings/sources")
    page.get_by_role("link", name="Orders").click()
    page.get_by_role("button", name="Go live").click()
    expect(page.get_by_text("It is live. What it only watched is over, and nothing of that is sent.")).to_be_visible()
    look(page, "shadow-over")
