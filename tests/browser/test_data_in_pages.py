"""A manager brings a file in a real browser: looks at its columns, mends what is wrong, and imports it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import at_a_desk
from tests.browser.test_quiet_pages import walk_in
from tests.conftest import Org

from makegood.promises.models import Promise
from makegood.store.tenancy import tenant

pytestmark = [pytest.mark.browser, at_a_desk]
Look = Callable[[Page, str], None]
HEAD = "Bestellnummer;Kunde;E-Mail;Bestelldatum;Liefertermin;Gesamtbetrag;Sterne\n"
GOOD = 'A1;Jörg;jorg@example.com;01/02/2026 09:30;03/04/2026;"1.250,50";5\n'
BAD = "A2;Ana;ana@example.com;01/02/2026;31/x/2026;19,90;1\n"


def test_a_file_is_brought_mended_and_imported(page: Page, served: str, org: Org, look: Look, tmp_path: Path) -> None:
    walk_in(page, served, org, org.manager)
    file = tmp_path / "orders.csv"
    file.write_bytes((HEAD + GOOD + GOOD.replace("A1", "A3") * 8 + BAD).encode("cp1252"))
    page.goto("/settings/data")
    look(page, "data-in")
    page.get_by_label("The file").set_input_files(file)
    page.get_by_role("button", name="Look at this file").click()
    expect(page.get_by_label("Due", exact=True)).to_have_value("Liefertermin")
    expect(page.get_by_text("Nothing is made of: Sterne.")).to_be_visible()
    look(page, "data-in-columns")
    page.get_by_role("button", name="Try it: nothing is written yet").click()
    expect(page.get_by_text("Say whether the day or the month stands first.").first).to_be_visible()
    look(page, "data-in-columns-refused")
    page.get_by_label("Day first").check()
    page.get_by_label("It comes from").select_option("")
    page.get_by_label("Name of the new source").fill("Web shop")
    page.get_by_role("button", name="Try it: nothing is written yet").click()
    expect(page.get_by_text("1 row is wrong. Mend it and bring it again")).to_be_visible()
    expect(page.get_by_text("write it like 31/12/2026")).to_be_visible()
    look(page, "data-in-wrong")
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Download the report").click()
    assert "Liefertermin" in downloaded.value.path().read_text(encoding="utf-8-sig")
    page.get_by_role("button", name="Import all but 1 row").click()
    expect(page.get_by_role("heading", name="1 row put aside")).to_be_visible()
    look(page, "data-in-aside")
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Download these rows").click()
    assert downloaded.value.path().read_text(encoding="utf-8-sig") == HEAD + BAD
    page.goto("/")
    look(page, "today-rows-aside")
    page.get_by_role("link", name="See to it").click()
    page.get_by_role("button", name="I have seen to it").click()
    expect(page.get_by_text("Nothing of it is kept here any more.")).to_be_visible()
    file.write_bytes((HEAD + GOOD).encode("utf-16"))
    page.goto("/settings/data")
    page.get_by_label("The file").set_input_files(file)
    page.get_by_role("button", name="Look at this file").click()
    page.get_by_role("button", name="Try it as before").click()
    expect(page.get_by_text("3 April 2026")).to_be_visible()
    expect(page.get_by_text("Known already: nothing changes")).to_be_visible()
    look(page, "data-in-tried")
    page.get_by_role("button", name="Import it").click()
    expect(page.get_by_role("heading", name="Imported,")).to_be_visible()
    look(page, "data-in-done")
    with tenant(organization_id=org.id):
        values = Promise.objects.filter(organization_id=org.id).values_list("value_minor", flat=True)
        assert list(values) == [125_050, 125_050]
