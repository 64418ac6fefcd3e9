"""An extra given in two clicks, more asked for in one, answered from a phone, and the ledger taken away as a file."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import at_a_desk
from tests.browser.test_quiet_pages import walk_in
from tests.conftest import Org
from tests.functional.test_views import recovery_of

from makegood.messages.links import approval_link
from makegood.organizations.models import Member
from makegood.recoveries.approval_models import Approval
from makegood.store.tenancy import tenant

pytestmark = [pytest.mark.browser, at_a_desk]


def test_given_asked_for_approved_and_exported(
    page: Page, browser: Browser, served: str, org: Org, look: Callable[[Page, str], None]
) -> None:
    with tenant(organization_id=org.id):
        Member.objects.filter(id=org.employee).update(limit_minor=800)
    walk_in(page, served, org, org.admin)
    page.goto("/settings/limits")
    page.get_by_label("Budget, in EUR").fill("100")
    page.get_by_role("button", name="Set it").last.click()
    expect(page.get_by_text("The budget is set.")).to_be_visible()
    look(page, "limits")

    number = recovery_of(org).number
    page.context.clear_cookies()
    walk_in(page, served, org, org.employee)
    page.goto(f"/recoveries/R-{number}")
    give = page.locator("#give")
    look(page, "giving")
    give.get_by_role("button", name="Offer it").first.click()
    expect(page.get_by_text("Offered: Express delivery of the next order.")).to_be_visible()
    give.get_by_role("button", name="Ask for it").first.click()
    expect(page.get_by_text("Manager is asked.")).to_be_visible()
    expect(give.get_by_text("Asked by Employee")).to_be_visible()
    look(page, "giving-asked")

    with tenant(organization_id=org.id):
        asked = Approval.objects.get(organization_id=org.id).id
    link = approval_link(organization_id=org.id, approval_id=asked, member_id=org.manager)
    phone = browser.new_context(viewport={"width": 360, "height": 740}, base_url=served).new_page()
    phone.goto("/approve/" + link.rpartition("/")[2])
    look(phone, "approve")
    phone.get_by_role("button", name="Yes, give it").click()
    expect(phone.get_by_role("heading", name="You said yes.")).to_be_visible()
    look(phone, "approved")
    phone.context.close()
    page.reload()
    expect(give.get_by_text("Credit for the next purchase, €10")).to_be_visible()

    page.context.clear_cookies()
    walk_in(page, served, org, org.admin)
    page.goto("/ledger")
    expect(page.get_by_text("Promised, not given yet")).to_be_visible()
    look(page, "ledger")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download its entries (CSV)").click()
    assert taken.value.path().read_text("utf-8-sig").count("\n") == 5, "two extras, two lines each, and the head"
