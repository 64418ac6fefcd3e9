"""A newcomer's first hour, in a real browser: their own organization, one failure, and a customer put right."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import at_both
from tests.support.daytime import zone_by_day

pytestmark = pytest.mark.browser
_numbers = count(1)
CORPORATE = (
    "Dear Ana,\n\nI am sorry if you felt any inconvenience. We will make sure this never happens again.\n\nMaria López"
)


def leave() -> None:
    """Let what waits in the outbox leave, as the worker would."""
    from makegood.config.working import work_dry

    work_dry()


def press(page: Page, name: str) -> None:
    """Press a button; on a phone the one that is docked at the thumb counts as well."""
    page.locator("button[type=submit]:visible", has_text=name).last.click()


def set_up(page: Page, look: Callable[[Page, str], None]) -> None:
    """Found an organization with a team, a place, a person and a source."""
    page.goto("/set-up")
    look(page, "set-up")
    page.get_by_label("Your name").fill("Maria López")
    page.get_by_label("Your e-mail").fill(f"maria{next(_numbers)}.{page.viewport_size['width']}@example.org")
    page.get_by_label("Password").fill("a long enough password")
    page.get_by_label("Organization").fill("Lumen & Co")
    page.get_by_label("Time zone").select_option(zone_by_day())
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Where do you serve customers?")
    page.get_by_role("textbox", name="Name").fill("Till 3, Utrecht")
    page.get_by_role("button", name="Add this place").click()
    look(page, "set-up-places")
    page.get_by_role("link", name="Go on to opening hours").click()
    page.get_by_role("textbox", name="Name").fill("shop")
    page.get_by_label("Whose public holidays you keep").select_option("Germany")
    look(page, "set-up-hours")
    page.get_by_role("button", name="Add these hours").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Public holidays on which shop is closed")
    page.get_by_label("Region").select_option("Bayern")
    page.get_by_role("button", name="Show its public holidays").click()
    expect(page.get_by_role("checkbox", name="Epiphany").first).to_be_checked()
    page.get_by_role("checkbox", name="Epiphany").first.uncheck()
    look(page, "hours-closed")
    page.get_by_role("button", name="Close on the days that are ticked").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What changes with the hours of shop")
    look(page, "hours-use")
    page.get_by_role("link", name="Leave it as it is").click()
    page.goto("/set-up/teams")
    page.get_by_role("textbox", name="Name").fill("Till team")
    page.get_by_role("button", name="Add this team").click()
    page.get_by_role("link", name="Go on to people").click()
    page.get_by_role("textbox", name="Name").fill("Joris Vos")
    page.get_by_label("E-mail").fill(f"joris{next(_numbers)}.{page.viewport_size['width']}@example.org")
    page.get_by_label("Role").select_option("manager")
    page.get_by_role("button", name="Add this person").click()
    expect(page.get_by_text("Shown once", exact=True)).to_be_visible()
    look(page, "set-up-people")
    page.get_by_role("link", name="Go on to sources").click()
    page.get_by_role("textbox", name="Name").fill("Web shop")
    page.get_by_role("button", name="Add this source").click()
    for step in ("playbook", "limits", "mail"):
        page.get_by_role("link", name=f"Go on to {step}").click()
        look(page, f"set-up-{step}")
    page.get_by_role("link", name="Go on to test failure").click()
    page.get_by_role("link", name="Open Today").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nobody needs us right now")
    look(page, "today-empty")


def report(page: Page, look: Callable[[Page, str], None]) -> None:
    """Report a failure in three answers."""
    page.get_by_role("link", name="Report a failure").first.click()
    press(page, "Open the recovery")
    expect(page.get_by_text("Say who it happened to.").first).to_be_visible()
    look(page, "report-refused")
    page.get_by_label("Who?").fill("Ana Ferreira ana@example.org")
    page.get_by_label("What went wrong?").fill("The till charged you twice")
    page.get_by_role("radio", name="Money").check()
    press(page, "Open the recovery")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ana Ferreira: The till charged you twice")
    look(page, "recovery")


def apologise(page: Page, look: Callable[[Page, str], None]) -> None:
    """Write like a corporation, be told so, take what the linter suggests, and send."""
    words = page.get_by_label("Message", exact=True)
    words.fill(CORPORATE)
    expect(page.locator("#findings .must").first).to_be_visible()
    press(page, "Send")
    expect(page.get_by_text("Change the wording that is marked").first).to_be_visible()
    expect(words).to_have_value(CORPORATE)
    look(page, "recovery-findings")
    for _ in range(12):
        take = page.locator("#findings .must button[name=take]")
        if not take.count():
            break
        take.first.click()
        page.wait_for_load_state()
    expect(page.locator("#findings .must")).to_have_count(0)
    expect(words).not_to_have_value(CORPORATE)
    press(page, "Send")
    expect(page.get_by_text("On its way.").first).to_be_visible()
    leave()


def put_right(page: Page, look: Callable[[Page, str], None]) -> str:
    """Record the fix and give something; return the path of the customer's page."""
    page.reload()
    page.get_by_label("What was done", exact=True).first.fill("Gave the second charge back")
    page.get_by_role("button", name="It is put right").click()
    expect(page.get_by_text("Fix: done.").first).to_be_visible()
    page.locator("#give").get_by_role("button", name="Offer it").first.click()
    expect(page.get_by_text("Offered:").first).to_be_visible()
    look(page, "recovery-offered")
    return urlsplit(
        page.get_by_role("link", name="What the customer sees").get_attribute("href") or ""
    ).path.removesuffix("/preview")


def customer_rates(page: Page, path: str, look: Callable[[Page, str], None]) -> None:
    """Be the customer: say yes, write back, and rate."""
    page.goto(path)
    look(page, "status-offer")
    page.get_by_role("button", name="Yes, please").click()
    expect(page.get_by_text("Thank you. It is yours.").first).to_be_visible()
    leave()
    page.goto(path)
    page.get_by_label("Your message").fill("Thank you, that was quick.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you, that was quick.").first).to_be_visible()
    page.get_by_role("button", name="6", exact=True).click()
    expect(page.get_by_text("You gave us")).to_be_visible()
    page.locator("#cares-empathy").get_by_role("button", name="7").click()
    expect(page.locator("#cares-empathy")).to_contain_text("7 of 7")
    look(page, "status-rated")


@at_both
def test_a_newcomer_puts_a_customer_right(page: Page, look: Callable[[Page, str], None]) -> None:
    """From an empty installation to a customer's score, with axe content on every filled page (Done when 7)."""
    set_up(page, look)
    report(page, look)
    recovery = page.url
    apologise(page, look)
    path = put_right(page, look)
    customer_rates(page, path, look)
    page.goto(recovery)
    expect(page.get_by_text("6 of 7").first).to_be_visible()
    look(page, "recovery-rated")
    for name, address in PAGES.items():
        page.goto(address)
        look(page, name)
    page.goto("/causes")
    page.get_by_role("textbox", name="Name").fill("Double tap at the till")
    page.get_by_role("button", name="Add it").click()
    look(page, "causes-filled")


PAGES = {
    "today": "/",
    "recoveries": "/recoveries",
    "promises": "/promises",
    "promise-new": "/promises/new",
    "incidents": "/incidents",
    "incident-new": "/incidents/new",
    "customers": "/customers?q=ana",
    "causes": "/causes",
    "insights": "/insights",
    "settings-members": "/settings/members",
    "settings-places": "/settings/places",
    "settings-sources": "/settings/sources",
    "settings-hours": "/settings/hours",
    "settings-playbook": "/settings/playbook",
    "settings-keys": "/settings/keys",
    "settings-limits": "/settings/limits",
    "settings-delivery": "/settings/delivery",
    "inbox": "/demo/inbox",
}
