"""Single sign-on in a real browser, at a real provider: set up by an admin, used, refused, left, and passwords off."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Page, expect
from tests.browser.conftest import at_a_desk
from tests.browser.test_sign_in_pages import enter
from tests.conftest import START, Org
from tests.support.provider import PASSWORD, Provider, provider

from makegood.organizations.founding import member_invite
from makegood.organizations.models import User
from makegood.store.tenancy import tenant

pytestmark = [pytest.mark.browser, at_a_desk]
Look = Callable[[Page, str], None]
OWN = "only Ada knows this"


@pytest.fixture(scope="module")
def there() -> Iterator[Provider]:
    with provider() as running:
        yield running


def shown(page: Page, name: str) -> str:
    """What the settings say beside this name."""
    return page.locator("dt", has_text=re.compile(f"^{name}$")).locator("xpath=following-sibling::dd").inner_text()


def vouched(page: Page, name: str) -> None:
    """Say at the provider who one is."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Who are you?")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="That is me").click()


def test_single_sign_on_from_the_settings_to_signing_out(
    page: Page, served: str, org: Org, there: Provider, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PRIVATE_HOSTS", ("127.0.0.1",))
    domain = f"{org.code}.example.org"
    for name, role in (("ada", "admin"), ("ben", "employee")):
        with tenant(organization_id=org.id):
            member_invite(
                organization_id=org.id, name=name.title(), role=role, now=START, by=org.admin, email=f"{name}@{domain}"
            )
            own = {"password": make_password(OWN), "password_once": False}
            User.objects.filter(email=f"{name}@{domain}").update(**own)
    there.make(people=[{"name": f"{one}.{org.code}", "email": f"{one}@{domain}"} for one in ("ada", "ben", "cleo")])
    page.goto("/sign-in")
    enter(page, f"ada@{domain}", OWN)
    page.goto("/settings/sign-on")
    look(page, "sign-on-none")
    door, back = shown(page, "Where your people sign in"), shown(page, "Redirect address")
    there.make(applications=[{"client_id": org.code, "secret": "a secret", "back": back}])
    page.get_by_label("Issuer").fill("http://10.0.0.1")
    page.get_by_label("Client id").fill(org.code)
    page.get_by_label("Client secret").fill("a secret")
    page.get_by_label("Domains").fill(domain)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Use https").first).to_be_visible()
    look(page, "sign-on-refused")
    page.get_by_label("Issuer").fill(there.issuer)
    page.get_by_label("Client secret").fill("a secret")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_text("Your people can sign in by your provider now.")).to_be_visible()
    page.get_by_role("button", name="Switch passwords off").click()
    expect(page.get_by_text("Sign in by your provider once yourself first").first).to_be_visible()

    page.context.clear_cookies()
    page.goto("/promises")
    page.get_by_role("link", name="Single sign-on").click()
    look(page, "sign-on-find")
    page.get_by_label("Short name of your organization").fill(org.code)
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(door)
    look(page, "sign-on-door")
    page.get_by_role("link", name="Go on at 127.0.0.1").click()
    vouched(page, f"ada.{org.code}")
    expect(page).to_have_url(f"{served}/")
    page.goto("/settings/sign-on")
    page.get_by_role("button", name="Switch passwords off").click()
    expect(page.get_by_text("Passwords are off. Yours still lets you in")).to_be_visible()
    look(page, "sign-on-only")

    page.context.clear_cookies()
    page.goto("/sign-in")
    enter(page, f"ben@{domain}", OWN)
    expect(page.get_by_text("lets nobody in by password or passkey").first).to_be_visible()
    look(page, "sign-on-instead")
    page.goto(f"{door}?next=/promises")
    page.get_by_role("link", name="Go on at 127.0.0.1").click()
    vouched(page, f"ben.{org.code}")
    expect(page).to_have_url(f"{served}/promises")
    page.locator("button[popovertarget=me]").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("at your provider you are still signed in")).to_be_visible()
    look(page, "sign-on-left")
    page.goto("/promises")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")

    page.context.clear_cookies()
    page.goto(door)
    page.get_by_role("link", name="Go on at 127.0.0.1").click()
    vouched(page, f"cleo.{org.code}")
    expect(page.get_by_text(f"Nobody invited cleo@{domain} here")).to_be_visible()
    look(page, "sign-on-uninvited")
