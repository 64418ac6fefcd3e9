"""Coming in, in a real browser: invited by mail, locked out, the password forgotten and chosen anew, signed out everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect
from tests.browser.test_quiet_pages import walk_in
from tests.conftest import START, Org
from tests.functional.test_choosing_passwords import letters
from tests.support.outside import mail_server

from makegood.core.sitting import IDLE, LASTS
from makegood.organizations.founding import member_invite
from makegood.organizations.models import Organization, User
from makegood.organizations.operations import member_deactivate
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

pytestmark = pytest.mark.browser
Look = Callable[[Page, str], None]
FIRST, SECOND = "only Joris knows this", "only Joris knows that"


def choose(page: Page, new: str, again: str) -> None:
    page.get_by_label("New password", exact=True).fill(new)
    page.get_by_label("New password, once more").fill(again)
    page.get_by_role("button", name="Choose it and go in").click()


def enter(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_from_the_invitation_to_signing_out_everywhere(page: Page, served: str, org: Org, look: Look) -> None:
    email = f"joris.{org.code}@example.org"
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(delivery="live")
    walk_in(page, served, org, org.admin)
    with mail_server() as mails:
        page.goto("/settings/members")
        form = page.locator("form", has=page.get_by_role("button", name="Add this person"))
        form.get_by_label("Name").fill("Joris Vos")
        form.get_by_label("E-mail").fill(email)
        form.get_by_role("button").click()
        expect(page.get_by_text("Joris Vos is here now, and is written to")).to_be_visible()
        ((_, _, link),) = letters(org, mails)
        page.get_by_role("link", name="Joris Vos").click()
        expect(page.get_by_text("A link to choose a password was mailed to them.")).to_be_visible()
        look(page, "invited")
        page.context.clear_cookies()
        page.goto(link)
        look(page, "choose")
        choose(page, FIRST, SECOND)
        look(page, "choose-refused")
        choose(page, FIRST, FIRST)
        expect(page.get_by_text("Your password is chosen.")).to_be_visible()
        page.goto("/account")
        look(page, "account")
        page.get_by_role("link", name="Choose it").click()
        look(page, "telling")
        page.get_by_role("button", name="Keep it so").click()
        expect(page.get_by_text("You are told so from now on.")).to_be_visible()
        page.goto("/account")
        page.get_by_role("button", name="Sign out everywhere").click()
        expect(page.get_by_text("You are signed out everywhere.")).to_be_visible()
        page.get_by_role("link", name="Forgotten your password?").click()
        look(page, "forgotten")
        page.get_by_label("E-mail").fill(email)
        page.get_by_role("button", name="Mail me a link").click()
        expect(page.get_by_text("Look into your mail.")).to_be_visible()
        look(page, "forgotten-asked")
        ((_, _, again),) = letters(org, mails)
        page.goto(again)
        choose(page, SECOND, SECOND)
        expect(page.get_by_text("Your password is chosen.")).to_be_visible()
        page.goto(again)
        expect(page.get_by_text("This link has ended.")).to_be_visible()
        look(page, "link-ended")


def test_wrong_passwords_lock_the_door_for_a_while(page: Page, served: str, org: Org, look: Look, width: int) -> None:
    page.goto("/sign-in")
    for _ in range(10):
        enter(page, f"who{width}.{org.code}@example.org", "guess")
        expect(page.get_by_text("do not belong together").first).to_be_visible()
    with page.expect_response("**/sign-in") as answered:
        enter(page, f"who{width}.{org.code}@example.org", "guess")
    assert answered.value.status == 429
    expect(page.get_by_text("Too many tries with a wrong password. Wait 15 minutes, then try again.")).to_be_visible()
    look(page, "locked")


def test_a_second_factor_set_up_and_asked_for(page: Page, served: str, org: Org, look: Look) -> None:
    email = f"joris.{org.code}@example.org"
    with tenant(organization_id=org.id):
        made = member_invite(
            organization_id=org.id, name="Joris", role="employee", now=START, by=org.admin, email=email
        )
        User.objects.filter(email=email).update(password_once=False)
    page.goto("/sign-in")
    enter(page, email, made.password)
    page.goto("/account")
    page.get_by_role("link", name="Look after it").click()
    expect(page.get_by_role("img", name="QR code of the key below")).to_be_visible()
    look(page, "factor")
    secret = page.locator("dd", has_text=re.compile(r"^[A-Z2-7 ]{39}$")).inner_text().replace(" ", "")
    page.get_by_label("Code").fill("000000")
    page.get_by_label("Your password").fill(made.password)
    page.get_by_role("button", name="Switch it on").click()
    look(page, "factor-refused")
    page.get_by_label("Code").fill(pyotp.TOTP(secret).now())
    page.get_by_label("Your password").fill(made.password)
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_text("Your second factor is on.")).to_be_visible()
    recovery = page.locator("code.secret").inner_text().split()
    assert len(recovery) == 10
    look(page, "factor-on")
    page.goto("/account")
    page.get_by_role("button", name="Sign out everywhere").click()
    enter(page, email, made.password)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your code")
    look(page, "code")
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Go in").click()
    look(page, "code-refused")
    page.get_by_label("Code").fill(recovery[0])
    page.get_by_role("button", name="Go in").click()
    expect(page.get_by_text("That was a recovery code: 9 are left.")).to_be_visible()
    walk_in(page, served, org, org.admin)
    page.goto(f"/settings/members/{made.member_id}")
    look(page, "person-with-factor")


def test_a_session_ends_by_itself_and_with_the_membership(
    page: Page, served: str, org: Org, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After two hours without a click, after twelve whatever was done, and at once for who is let go."""
    email = f"joris.{org.code}@example.org"
    with tenant(organization_id=org.id):
        made = member_invite(
            organization_id=org.id, name="Joris", role="employee", now=START, by=org.admin, email=email
        )
        User.objects.filter(email=email).update(password_once=False)
    began = wall_now()

    def after(passed: timedelta) -> None:
        for module in ("sessions", "views.frame"):
            monkeypatch.setattr(f"makegood.console.{module}.wall_now", lambda: began + passed)

    after(timedelta())
    page.goto("/promises")
    enter(page, email, "guess")
    expect(page.get_by_text("do not belong together").first).to_be_visible()
    enter(page, email, made.password)
    expect(page).to_have_url(f"{served}/promises")
    after(IDLE - timedelta(seconds=1))
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Promises")
    after(2 * IDLE)
    page.reload()
    expect(page.get_by_text("You were signed out.")).to_be_visible()
    look(page, "session-ended")
    enter(page, email, made.password)
    expect(page).to_have_url(f"{served}/promises")
    for hours in range(5, 16):
        after(timedelta(hours=hours))
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("Promises")
    after(2 * IDLE + LASTS)
    page.reload()
    expect(page.get_by_text("You were signed out.")).to_be_visible()
    enter(page, email, made.password)
    expect(page).to_have_url(f"{served}/promises")
    with tenant(organization_id=org.id):
        member_deactivate(organization_id=org.id, member_id=made.member_id, now=START, by=org.admin)
    page.goto("/recoveries")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    enter(page, email, made.password)
    expect(page.get_by_text("You may enter no organization").first).to_be_visible()
