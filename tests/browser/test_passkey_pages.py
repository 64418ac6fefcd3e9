"""Passkeys in a real browser, with the device that it brings for tests: added, used to sign in, refused, removed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from playwright.sync_api import CDPSession, Page, expect
from tests.browser.test_sign_in_pages import enter
from tests.conftest import START, Org

from makegood.organizations.founding import member_invite
from makegood.organizations.models import User
from makegood.organizations.passkeys import passkeys_of
from makegood.store.tenancy import tenant

pytestmark = pytest.mark.browser
Look = Callable[[Page, str], None]


def device_of(page: Page) -> tuple[CDPSession, str]:
    """A device in this browser that keeps passkeys and asks who holds it, as a phone with a fingerprint does."""
    talk = page.context.new_cdp_session(page)
    talk.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    made = talk.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": kind | {"isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    return talk, str(made["authenticatorId"])


def add(page: Page, name: str, password: str) -> None:
    page.get_by_label("What you call it").fill(name)
    page.get_by_label("Your password").fill(password)
    page.get_by_role("button", name="Add a passkey").click()


def test_a_passkey_from_the_first_to_the_last(
    page: Page, served: str, org: Org, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = served.replace("127.0.0.1", "localhost")
    monkeypatch.setattr(settings, "PUBLIC_URL", named)
    email = f"joris.{org.code}@example.org"
    with tenant(organization_id=org.id):
        made = member_invite(
            organization_id=org.id, name="Joris", role="employee", now=START, by=org.admin, email=email
        )
        User.objects.filter(email=email).update(password_once=False)
        user_id = User.objects.get(email=email).id
    talk, device = device_of(page)
    page.goto(f"{named}/sign-in")
    look(page, "door-with-passkey")
    enter(page, email, made.password)
    page.goto(f"{named}/account")
    page.get_by_role("link", name="Look after them").click()
    look(page, "passkeys-none")
    add(page, "my phone", "guess")
    expect(page.get_by_text("This is not your password").first).to_be_visible()
    look(page, "passkeys-refused")
    talk.send("WebAuthn.clearCredentials", {"authenticatorId": device})
    add(page, "my phone", made.password)
    expect(page.get_by_text("“my phone” is yours.")).to_be_visible()
    add(page, "once more", made.password)
    expect(page.get_by_text("This device has a passkey of yours already.")).to_be_visible()
    look(page, "passkeys")
    page.goto(f"{named}/account")
    page.get_by_role("button", name="Sign out everywhere").click()
    page.goto(f"{named}/promises")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{named}/promises")
    assert passkeys_of(user_id=user_id)[0].used_at is not None

    page.goto(f"{named}/account/passkeys")
    page.get_by_role("button", name="Remove my phone").click()
    expect(page.get_by_text("“my phone” lets nobody in any more.")).to_be_visible()
    page.context.clear_cookies()
    page.goto(f"{named}/sign-in")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("This passkey was not accepted").first).to_be_visible()
    look(page, "passkey-refused")
    talk.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("The device gave no passkey")).to_be_visible()
    look(page, "passkey-not-given")


def test_without_a_passkey_in_the_browser_nothing_offers_one(page: Page, served: str) -> None:
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto("/sign-in")
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
