"""Help in a real browser, by thumb and by keyboard: a talk walked to its end, a list ticked, a form with a file."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import DESK, PHONE, screen
from tests.browser.test_quiet_pages import walk_in
from tests.conftest import Org
from tests.integration.test_help import PNG
from tests.support.recoveries import opened, steps

from makegood.recoveries.models import HelpFile, HelpTalk, Recovery
from makegood.recoveries.operations import step_done
from makegood.store.tenancy import tenant

pytestmark = pytest.mark.browser
Look = Callable[[Page, str], None]


@pytest.fixture
def guest(make_org: Callable[..., Org]) -> Org:
    """A hotel."""
    return make_org(playbook="hospitality")


@pytest.fixture
def recovery(guest: Org) -> Recovery:
    """A guest whose room was not as it was described."""
    return opened(guest, kind="not_as_described", loss="service", place_id=guest.place, what="the room with a view")


def apologised(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        step_done(
            organization_id=org.id, recovery_id=recovery.id, step="apologise", by=org.employee, now=recovery.opened_at
        )


def thumb(page: Page) -> None:
    """What is there to tap is large enough for a thumb, on a phone and at a desk."""
    for width in (DESK, PHONE):
        page.set_viewport_size(screen(width))
        small = page.evaluate(
            """() => [...document.querySelectorAll("main .btn, main .tick, main .talk-answers a")]
                .filter((one) => one.getClientRects().length && one.getBoundingClientRect().height < 43.5)
                .map((one) => one.textContent.trim())"""
        )
        assert small == [], width


def test_a_talk_a_list_and_a_form_with_a_file(
    page: Page, served: str, guest: Org, recovery: Recovery, look: Look
) -> None:
    walk_in(page, served, guest, guest.employee)
    case = f"/recoveries/R-{recovery.number}"
    page.goto(case)
    look(page, "help-due")
    page.get_by_role("link", name="Talk it through: They stand before you").click()
    expect(page.get_by_text("Tell me everything, please.")).to_be_visible()
    look(page, "talk-first")
    thumb(page)
    page.get_by_role("link", name="They say that they told somebody before").click()
    page.get_by_role("link", name="They want the manager").click()
    expect(page.get_by_role("button", name="Hand it over")).to_be_visible()
    page.get_by_role("link", name="Back one").click()
    page.get_by_role("link", name="They want it put right").click()
    expect(page.get_by_text("I am moving you to the room that you booked or a better one")).to_be_visible()
    look(page, "talk-facts")
    page.get_by_role("link", name="Yes, please").click()
    look(page, "talk-end")
    page.get_by_role("button", name="Put the promise on the ledger").click()
    expect(page).to_have_url(f"{served}{case}#promises")
    expect(page.get_by_text("They say that they told somebody before → They want it put right → Yes")).to_be_visible()
    with tenant(organization_id=guest.id):
        assert HelpTalk.objects.get(organization_id=guest.id).answers == [2, 1, 1]

    apologised(guest, recovery)
    page.goto(case)
    due = page.locator("#help")
    due.get_by_role("button", name="You looked at it yourself before they did.").click()
    expect(due.get_by_role("button", name="You looked at it yourself before they did.")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(due.get_by_text("needed")).to_have_count(1)
    due.get_by_text("The other room", exact=True).click()
    due.get_by_label("Which room do they move to?").fill("214")
    due.get_by_role("button", name="Keep it").click()
    due = page.locator("#help")
    expect(due.get_by_role("link", name="Choose yes or no.")).to_be_visible()
    expect(due.get_by_label("Which room do they move to?")).to_have_value("214")
    look(page, "help-refused")
    thumb(page)
    due.get_by_label("Yes").check(force=True)
    due.get_by_role("button", name="Keep it").click()
    expect(page.locator("#filled-room-move")).to_contain_text("214")
    look(page, "help-filled")

    page.locator("#help").get_by_role("button", name="The next shift knows").click()
    card = page.locator("#step-fix")
    card.locator("summary").first.click()
    card.get_by_role("button", name="Record it as done").click()
    expect(page.get_by_text("Fix: done.", exact=True).first).to_be_visible()
    due = page.locator("#help")
    due.get_by_text("A guest was hurt or unwell", exact=True).click()
    due.get_by_label("What they say happened").fill("She slipped on the wet stairs.")
    due.get_by_label("On which day?").fill("2026-03-01")
    due.get_by_label("A photograph or paper").set_input_files(
        {"name": "stairs.png", "mimeType": "image/png", "buffer": PNG}
    )
    due.get_by_role("button", name="Keep it").click()
    link = page.locator("#filled-unwell").get_by_role("link", name="stairs.png")
    expect(link).to_be_visible()
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "stairs.png"
    assert download.value.path().read_bytes() == PNG
    look(page, "help-file")
    with tenant(organization_id=guest.id):
        assert steps(guest, recovery)["fix"] == "done"
        assert HelpFile.objects.get(organization_id=guest.id).kind == "png"


def test_it_works_by_keyboard_and_without_javascript(
    browser: Browser, served: str, guest: Org, recovery: Recovery, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, base_url=served, java_script_enabled=False)
    page = context.new_page()
    walk_in(page, served, guest, guest.employee)
    page.goto(f"/recoveries/R-{recovery.number}/talks/at-the-desk")
    for answer in ("They are shouting", "They come", "Yes, please"):
        link = page.get_by_role("link", name=answer)
        link.focus()
        link.press("Enter")
    button = page.get_by_role("button", name="Put the promise on the ledger")
    button.focus()
    button.press("Enter")
    apologised(guest, recovery)
    page.goto(f"/recoveries/R-{recovery.number}")
    tick = page.locator("#help").get_by_role("button", name="The next shift knows")
    tick.focus()
    tick.press("Space")
    expect(page.locator("#help").get_by_role("button", name="The next shift knows")).to_have_attribute(
        "aria-pressed", "true"
    )
    context.close()


def test_what_was_typed_outlives_a_refusal_and_the_ticks_it_asks_for(
    page: Page, served: str, guest: Org, recovery: Recovery
) -> None:
    walk_in(page, served, guest, guest.employee)
    page.goto(f"/recoveries/R-{recovery.number}")
    page.get_by_role("button", name="Send the apology").first.click()
    expect(page.get_by_text("It stands on their page.").first).to_be_visible()
    apologised(guest, recovery)
    page.goto(f"/recoveries/R-{recovery.number}")
    page.locator("#fix-now").get_by_label("What was done").fill("Moved to 214")
    page.get_by_role("button", name="It is put right").click()
    typed = page.locator("#fix-now").get_by_label("What was done")
    expect(page.locator("#fix-now").get_by_role("alert").or_(page.locator("#fix-now .errors")).first).to_be_visible()
    expect(typed).to_have_value("Moved to 214")
    typed.fill("Moved to 214 with a view")
    for needed in ("You looked at it yourself before they did.", "The next shift knows"):
        page.locator("#help").get_by_role("button", name=needed).click()
        expect(page.locator("#help").get_by_role("button", name=needed)).to_have_attribute("aria-pressed", "true")
        expect(typed).to_have_value("Moved to 214 with a view")
    due = page.locator("#help")
    due.get_by_text("The other room", exact=True).click()
    due.get_by_label("Which room do they move to?").fill("214")
    due.get_by_label("Yes").check(force=True)
    due.get_by_role("button", name="Keep it").click()
    expect(typed).to_have_value("Moved to 214 with a view")
    page.locator("#help").get_by_text("Fill it in again").first.click()
    expect(page.locator("#help").get_by_label("Which room do they move to?")).to_have_value("")
    page.get_by_role("button", name="It is put right").click()
    expect(page.get_by_text("Fix: done.", exact=True).first).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('fix-now'))") == []


def test_what_one_member_typed_is_not_shown_to_the_next_on_the_same_device(
    page: Page, served: str, guest: Org, recovery: Recovery
) -> None:
    walk_in(page, served, guest, guest.employee)
    page.goto("/report")
    page.get_by_label("What went wrong?").first.fill("She told me in confidence")
    page.goto("/report")
    expect(page.get_by_label("What went wrong?").first).to_have_value("She told me in confidence")
    page.context.clear_cookies()
    walk_in(page, served, guest, guest.manager)
    page.goto("/report")
    expect(page.get_by_label("What went wrong?").first).to_have_value("")
