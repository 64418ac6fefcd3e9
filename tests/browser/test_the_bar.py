"""The bar above every page of the staff, at every width: nothing in it is cut, broken in two or pushed off the screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser
from tests.browser.test_quiet_pages import walk_in
from tests.conftest import START, Org

from makegood.organizations.operations import member_create, place_create
from makegood.store.tenancy import tenant

pytestmark = pytest.mark.browser
WIDTHS = (360, 400, 480, 560, 576, 640, 768, 1024, 1152, 1279, 1280, 1359, 1360, 1366, 1440, 1520, 1599, 1600)
LAID = """() => {
  const shown = (one) => one.getClientRects().length && getComputedStyle(one).clipPath === "none";
  const box = (one) => one.getBoundingClientRect();
  const bar = document.querySelector(".bar"), wrong = [];
  const parts = [...bar.children].filter((one) => shown(one) && box(one).width && !one.matches(".sp"));
  parts.sort((a, b) => box(a).left - box(b).left).forEach((one, at) => {
    const next = parts[at + 1], name = one.className || one.id;
    if (next && box(one).right > box(next).left + 0.5) wrong.push(`${name} runs into ${next.className || next.id}`);
    if (box(one).right > innerWidth || box(one).left < 0) wrong.push(`${name} leaves the screen`);
    if (one.scrollWidth > one.clientWidth + 1) wrong.push(`${name} is cut`);
    if (box(one).height > 46) wrong.push(`${name} is broken in two`);
  });
  const menu = document.querySelector("#menu");
  if (shown(menu)) for (const link of menu.querySelectorAll("a"))
    if (box(link).right > box(menu).right + 0.5 || box(link).height > 46) wrong.push(`${link.textContent} is cut`);
  if (document.documentElement.scrollWidth > innerWidth) wrong.push("the page is wider than the screen");
  return wrong;
}"""


@pytest.mark.parametrize("role", ["employee at a place", "admin"])
def test_nothing_in_the_bar_is_cut_at_any_width(browser: Browser, served: str, org: Org, role: str) -> None:
    member_id = org.admin
    if role != "admin":
        with tenant(organization_id=org.id):
            place_id = place_create(organization_id=org.id, code="casa", name="Casa Azul Guesthouse")
            member_id = member_create(
                organization_id=org.id, name="Ben Osei", role="employee", now=START, place_ids=[place_id]
            )
    context = browser.new_context(base_url=served)
    page = context.new_page()
    walk_in(page, served, org, member_id)
    page.goto("/promises")
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 600})
        wrong = page.evaluate(LAID)
        if wrong:
            found[width] = wrong
    context.close()
    assert found == {}
