"""A customer's group and value, in a real browser: known, and not known."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.browser.test_quiet_pages import Look, walk_in
from tests.conftest import Org
from tests.integration.test_value import crowd, worked_out

pytestmark = pytest.mark.browser


def test_a_customers_group_and_value_are_told_with_why(page: Page, served: str, org: Org, look: Look) -> None:
    often, once = crowd(org)[11:13]
    walk_in(page, served, org, org.employee)
    page.goto(f"/customers/{often}")
    expect(page.get_by_text("We do not know.")).to_be_visible()
    worked_out(org)
    for name, customer in (("worth-often", often), ("worth-once", once)):
        page.goto(f"/customers/{customer}")
        page.locator("section[aria-labelledby=worth] summary").click()
        expect(page.get_by_text("Learnt from 200 customers")).to_be_visible()
        look(page, name)
