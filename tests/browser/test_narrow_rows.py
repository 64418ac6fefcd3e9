"""The rows of Today, at every width: what comes next is not squeezed by a clock whose words are long."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser
from tests.browser.test_quiet_pages import walk_in
from tests.conftest import Org
from tests.support.recoveries import opened

pytestmark = pytest.mark.browser
LONG = "! 1,234 hours and 56 min late, waits for an answer"
WIDEST = """(long) => {
  const tag = document.querySelector(".recoveries .left .tag"), next = document.querySelector(".recoveries .next");
  tag.textContent = long;
  const row = tag.closest("tr").getBoundingClientRect();
  const wrong = [];
  if (next.getBoundingClientRect().width < 90) wrong.push("what comes next is squeezed");
  if (tag.getBoundingClientRect().right > row.right) wrong.push("the clock leaves its row");
  if (document.documentElement.scrollWidth > innerWidth) wrong.push("the page is wider than the screen");
  return wrong;
}"""


def test_a_long_clock_leaves_room_for_what_comes_next(browser: Browser, served: str, org: Org) -> None:
    opened(org)
    context = browser.new_context(base_url=served)
    page = context.new_page()
    walk_in(page, served, org, org.admin)
    found = {}
    for width in (360, 768, 895, 1440):
        page.set_viewport_size({"width": width, "height": 600})
        page.goto("/")
        wrong = page.evaluate(WIDEST, LONG)
        if wrong:
            found[width] = wrong
    context.close()
    assert found == {}
