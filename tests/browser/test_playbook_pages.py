"""A playbook in a real browser: checked while typed, compared before it is published, drawn within its page."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.browser.conftest import at_a_desk
from tests.browser.test_quiet_pages import walk_in
from tests.conftest import Org
from tests.support.recoveries import opened

from makegood.organizations.queries import playbooks_latest_facts
from makegood.rules.playbooks import names
from makegood.store.tenancy import tenant

pytestmark = at_a_desk
Look = Callable[[Page, str], None]

OUTSIDE_OR_OVER = """() => {
  const page = document.querySelector("svg").getBoundingClientRect();
  const texts = [...document.querySelectorAll("text")].map((one) => [one.textContent, one.getBoundingClientRect()]);
  const found = [];
  for (const [said, box] of texts) {
    if (box.left < page.left || box.top < page.top || box.right > page.right || box.bottom > page.bottom)
      found.push(["outside", said]);
  }
  const slack = page.height / 595;
  for (let i = 0; i < texts.length; i++) for (let j = i + 1; j < texts.length; j++) {
    const [a, b] = [texts[i][1], texts[j][1]];
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > slack && high > slack) found.push(["over", texts[i][0], texts[j][0]]);
  }
  return found;
}"""


def test_it_is_checked_while_typed_and_compared_before_it_counts(page: Page, served: str, org: Org, look: Look) -> None:
    recovery = opened(org, price_minor=15_000, currency="EUR")
    walk_in(page, served, org, org.admin)
    page.goto("/settings/playbook/default/write")
    look(page, "playbook-write")
    box = page.get_by_label("The playbook, as YAML")
    text = box.input_value()
    box.fill(text.replace("watch_days: 90", "watch_days: often"))
    line = text[: text.index("watch_days")].count("\n") + 1
    expect(page.get_by_role("status")).to_contain_text(f"line {line}: severity.watch_days must be a number")
    look(page, "playbook-write-wrong")
    box.fill(text.replace("minor: 20000, currency: EUR", "minor: 10000, currency: EUR"))
    expect(page.get_by_role("status")).to_contain_text("Fit to be published.")
    page.get_by_role("button", name="See what changes").click()
    expect(page.get_by_role("heading", name="Publish default, version 2")).to_be_visible()
    expect(page.get_by_role("link", name=f"R-{recovery.number}, Ana Ferreira")).to_be_visible()
    page.get_by_text("See the lines of the file").click()
    look(page, "playbook-compare")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Version 2 counts from now on.")).to_be_visible()
    with tenant(organization_id=org.id):
        (latest,) = (one for one in playbooks_latest_facts(organization_id=org.id) if one.code == "default")
    assert latest.version == 2


def test_every_drawing_stays_within_its_page_as_the_browser_sets_it(page: Page, served: str, org: Org) -> None:
    walk_in(page, served, org, org.employee)
    for code in names():
        page.set_content(page.request.get(f"/playbooks/{code}.svg").text())
        assert page.locator("text").count() > 40
        assert page.evaluate(OUTSIDE_OR_OVER) == [], code
