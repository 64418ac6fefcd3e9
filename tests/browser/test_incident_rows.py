"""The customers of an incident at a desk: a row is a line or two, not a column of single words."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser
from tests.browser.test_quiet_pages import walk_in
from tests.conftest import START, Org
from tests.support.recoveries import customer, failure, open_for

from makegood.failures.incidents import failures_attach, incident_confirm, incident_propose
from makegood.store.tenancy import tenant

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "most"), [(1024, 130), (1440, 100)])
def test_a_row_of_an_incident_takes_little_room(browser: Browser, served: str, org: Org, width: int, most: int) -> None:
    with tenant(organization_id=org.id):
        incident_id = incident_propose(
            organization_id=org.id, reason="burst", title="The till: many customers let down within minutes", at=START,
            active_from=START, active_to=START, reasons=[], place_id=org.place,
        )  # fmt: skip
        what = "flight EV5716 from JFK to IAD, and the connection to Charlottesville"
        found = [failure(org, place_id=org.place, what=what, customer_id=customer(org)) for _ in range(3)]
        failures_attach(organization_id=org.id, incident_id=incident_id, failure_ids=found, at=START)
        incident_confirm(organization_id=org.id, incident_id=incident_id, by=org.manager, now=START)
        open_for(org, *found)
    context = browser.new_context(base_url=served, viewport={"width": width, "height": 1000})
    page = context.new_page()
    walk_in(page, served, org, org.manager)
    page.goto("/incidents/I-1")
    rows = page.locator(".recoveries tbody tr")
    assert rows.count() == 3
    heights = [row.bounding_box() for row in rows.all()]
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    context.close()
    assert over <= 0
    assert [box["height"] for box in heights if box and box["height"] > most] == []
