"""Today goes on updating while it shows the words that a yes lets leave, or while somebody folded them away."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import at_a_desk
from tests.browser.test_quiet_pages import walk_in
from tests.conftest import Org
from tests.functional.test_incident_pages import _grow, _proposed
from tests.support.recoveries import playbook_with

from makegood.store.tenancy import tenant

pytestmark = pytest.mark.browser


@at_a_desk
def test_today_updates_while_words_are_shown_and_leaves_folded_what_was_folded(
    page: Page, served: str, org: Org, width: int
) -> None:
    with tenant(organization_id=org.id):
        playbook_with(org, ("apologise: { minutes: 240, send: person }", "apologise: { minutes: 240, send: at_once }"))
    incident_id = _proposed(org, 2)
    page.clock.install()
    walk_in(page, served, org, org.manager)
    page.goto("/")
    expect(page.get_by_text("2 customers, let down together.")).to_be_visible()
    expect(page.locator(".proposal .letter").first).to_be_visible()
    _grow(org, incident_id, 1)
    with page.expect_response(lambda answer: answer.url.endswith("/") and answer.request.method == "GET"):
        page.clock.fast_forward(16_000)
    expect(page.get_by_text("3 customers, let down together.")).to_be_visible()
    page.locator(".proposal summary").first.click()
    expect(page.locator(".proposal .letter").first).to_be_hidden()
    _grow(org, incident_id, 1)
    page.clock.fast_forward(16_000)
    expect(page.get_by_text("4 customers, let down together.")).to_be_visible()
    expect(page.locator(".proposal .letter").first).to_be_hidden()
