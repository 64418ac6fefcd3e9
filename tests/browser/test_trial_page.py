"""An admin sends a test failure, walks it, and removes it, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.browser.test_newcomer import press
from tests.browser.test_quiet_pages import walk_in
from tests.conftest import Org

from makegood.config.working import work_dry

pytestmark = pytest.mark.browser


def test_a_test_failure_is_sent_walked_and_removed(
    page: Page, served: str, org: Org, look: Callable[[Page, str], None]
) -> None:
    walk_in(page, served, org, org.admin)
    page.goto("/set-up/test")
    page.get_by_role("button", name="Send a test failure").click()
    work_dry(only=[org.id])
    expect(page.get_by_text("test: nothing of it leaves, and it counts nowhere")).to_be_visible()
    press(page, "Send")
    expect(page.get_by_text("On its way.").first).to_be_visible()
    work_dry(only=[org.id])
    page.reload()
    look(page, "test-walked")
    page.goto("/set-up/test")
    expect(page.get_by_role("link", name="Open the test, R-1")).to_be_visible()
    look(page, "test-under-way")
    page.get_by_role("button", name="Remove this test").click()
    expect(page.get_by_text("The test is removed.")).to_be_visible()
