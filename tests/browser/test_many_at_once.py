"""Many at once, in a real browser: two people on one recovery, and one thing done for several and undone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import at_a_desk
from tests.browser.test_quiet_pages import walk_in
from tests.conftest import Org
from tests.support.recoveries import customer, opened

from makegood.config.working import work_dry
from makegood.recoveries.models import Recovery, Step
from makegood.store.tenancy import tenant

pytestmark = [pytest.mark.browser, at_a_desk]
Look = Callable[[Page, str], None]


def several(org: Org, count: int) -> list[Recovery]:
    """So many open recoveries, each of its own customer."""
    found = []
    for _ in range(count):
        with tenant(organization_id=org.id):
            whose = customer(org)
        found.append(opened(org, customer_id=whose, place_id=org.place))
    return found


def test_two_people_edit_one_recovery_and_lose_nothing(
    page: Page, browser: Browser, served: str, org: Org, look: Look, width: int
) -> None:
    (row,) = several(org, 1)
    context = browser.new_context(viewport={"width": width, "height": 800}, base_url=served)
    other = context.new_page()
    walk_in(page, served, org, org.manager)
    walk_in(other, served, org, org.employee)
    for one, words in ((page, "A new till"), (other, "A new drawer, by hand")):
        one.goto(f"/recoveries/R-{row.number}")
        one.locator("details:has(#done-fix) > summary").first.click()
        one.locator("#done-fix").get_by_label("What was done").fill(words)
    other.locator("#done-fix").get_by_role("button").click()
    expect(other.locator(".notices")).to_contain_text("done.")
    page.locator("#done-fix").get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Employee was here first")
    expect(page.get_by_text("Done: A new drawer, by hand")).to_be_visible()
    expect(page.get_by_text("Done: A new till")).to_be_visible()
    look(page, "merge")
    page.get_by_role("button", name="Keep this").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Employee was here first")
    with tenant(organization_id=org.id):
        assert Step.objects.get(recovery_id=row.id, step="fix").note == "A new drawer, by hand; A new till"
    context.close()


def test_several_are_handed_over_and_given_back(page: Page, served: str, org: Org, look: Look) -> None:
    rows = several(org, 3)
    walk_in(page, served, org, org.manager)
    page.goto("/recoveries")
    look(page, "recoveries-to-choose")
    page.locator(f"a#r-R-{rows[0].number}").focus()
    page.keyboard.press("x")
    page.locator(f'input[name=pick][value="R-{rows[1].number}"]').check()
    page.get_by_role("button", name="Do something for them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Do something for 2 recoveries")
    page.get_by_text("Hand over", exact=True).click()
    look(page, "several")
    page.locator("#do-hand-over select[name=to]").select_option(label="Admin")
    page.get_by_role("button", name="Hand over: 2 recoveries").click()
    expect(page.get_by_text("0 of 2: 2 waits.")).to_be_visible()
    look(page, "bulk-going")
    work_dry(only=[org.id])
    expect(page.get_by_text("2 done.")).to_be_visible()
    look(page, "bulk-done")
    page.get_by_role("button", name="Undo all of it").click()
    expect(page.get_by_text("It is being undone.")).to_be_visible()
    work_dry(only=[org.id])
    expect(page.get_by_text("2 undone.")).to_be_visible()
    with tenant(organization_id=org.id):
        assert set(Recovery.objects.values_list("owner_id", flat=True)) == {org.employee}


def test_a_view_is_saved_and_reached_by_keys(page: Page, served: str, org: Org, look: Look) -> None:
    several(org, 2)
    walk_in(page, served, org, org.manager)
    page.goto("/recoveries")
    page.get_by_text("Narrow and sort").click()
    page.locator("#narrow select[name=sort]").select_option(label="The gravest first")
    page.get_by_role("button", name="Show").click()
    page.get_by_text("Save this view").click()
    page.locator("#save-view").get_by_label("Name of the view").fill("Gravest first")
    look(page, "view-to-save")
    page.get_by_role("button", name="Save it").click()
    expect(page.get_by_role("link", name="Gravest first 2")).to_have_attribute("aria-current", "page")
    page.goto("/recoveries")
    page.keyboard.press("v")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Gravest first 2")).to_have_attribute("aria-current", "page")
    look(page, "view-saved")


def test_the_open_page_says_who_is_there_and_what_changed(
    page: Page, browser: Browser, served: str, org: Org, look: Look, width: int
) -> None:
    """Shown at once, and what is being typed stays; nothing is typed over by what is shown."""
    (row,) = several(org, 1)
    context = browser.new_context(viewport={"width": width, "height": 800}, base_url=served)
    other = context.new_page()
    walk_in(page, served, org, org.manager)
    walk_in(other, served, org, org.employee)
    page.goto(f"/recoveries/R-{row.number}")
    other.goto(f"/recoveries/R-{row.number}")
    page.locator("#say textarea").press_sequentially("Dear ")
    expect(other.get_by_text("Manager is writing an apology.")).to_be_visible()
    other.locator("#pause summary").click()
    other.locator("#pause-form select").select_option(label="We wait for the customer")
    other.locator("#pause-form").get_by_role("button").click()
    expect(page.get_by_text("This recovery has changed since you opened it.")).to_be_visible()
    expect(page.get_by_text("Employee: The clock is paused for the customer.")).to_be_visible()
    look(page, "changed-meanwhile")
    page.get_by_role("link", name="Show it").click()
    expect(page.get_by_role("heading", name="The clock is paused")).to_be_visible()
    expect(page.locator("#say textarea")).to_have_value(re.compile("Dear "))
    expect(page.get_by_text("What you are typing stands as you left it")).to_be_visible()
    look(page, "shown-meanwhile")
    context.close()
