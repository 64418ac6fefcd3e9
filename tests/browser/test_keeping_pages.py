"""What is kept about a person, in a real browser: the file, what erasing would do, the proof, and periods."""

from __future__ import annotations

import zipfile

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import at_a_desk
from tests.browser.test_quiet_pages import Look, walk_in
from tests.conftest import Org
from tests.integration.test_erasure import live

pytestmark = [pytest.mark.browser, at_a_desk]


def test_a_person_is_given_their_data_and_erased(page: Page, served: str, org: Org, look: Look) -> None:
    customer_id = live(org)
    walk_in(page, served, org, org.admin)
    page.goto(f"/customers/{customer_id}")
    page.get_by_role("link", name="Their data as a file").click()
    look(page, "person-file")
    page.get_by_label("I know that it is this person").check()
    with page.expect_download() as given:
        page.get_by_role("button", name="Make the file").click()
    whole = zipfile.ZipFile(given.value.path())
    page.goto(f"/customers/{customer_id}")
    page.get_by_role("link", name="Erase this person").click()
    look(page, "person-erase")
    page.get_by_label("Type “Wilhelmina Quatermass”").fill("Wilhelmina Quatermass")
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_text("nothing of them was found")).to_be_visible()
    look(page, "person-proof")
    page.goto("/settings/kept")
    page.get_by_label("What customers told us: days").fill("100")
    page.get_by_role("button", name="Show what would go").click()
    expect(page.get_by_text("100 days since it expired")).to_be_visible()
    look(page, "kept")
    page.get_by_role("button", name="Let go by these periods").click()
    expect(page.get_by_text("goes from tonight on")).to_be_visible()
    look(page, "kept-set")
    page.goto("about:blank")
    page.set_content(whole.read("index.html").decode())
    look(page, "person-page")
