"""An admin has a mailbox read, in a real browser: what is wrong is said on the form, and what waits is seen to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect
from tests.browser.conftest import at_a_desk
from tests.browser.test_quiet_pages import walk_in
from tests.conftest import START, Org
from tests.support.mail_server import PASSWORD, mail_house
from tests.support.mailboxes import mail

from makegood.listen.models import MailAside, Mailbox
from makegood.store.tenancy import tenant

pytestmark = [pytest.mark.browser, at_a_desk]
Look = Callable[[Page, str], None]


def test_a_mailbox_is_set_and_what_waits_is_seen_to(
    page: Page, served: str, org: Org, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk_in(page, served, org, org.admin)
    page.goto("/settings/mail")
    look(page, "mail-in-demo")
    monkeypatch.setattr(settings, "DEMO", False)
    monkeypatch.setattr(settings, "PRIVATE_HOSTS", ("127.0.0.1",))
    with mail_house() as house:
        house.put(mail(1), user="care")
        page.goto("/settings/mail")
        look(page, "mail-in-empty")
        page.get_by_label("E-mail address").fill("care@shop.example")
        page.get_by_role("button", name="Write from this address").click()
        expect(page.get_by_text("care+…@shop.example")).to_be_visible()
        page.get_by_role("link", name="Sign in with a token (OAuth2) instead").click()
        expect(page.get_by_label("Refresh token")).to_be_visible()
        look(page, "mail-in-token")
        page.get_by_role("link", name="Sign in with a password instead").click()
        form = page.locator("#mail-password-form")
        form.get_by_label("Mail server (IMAP)").fill("127.0.0.1")
        form.get_by_label("Port").fill(str(house.port))
        form.get_by_label("How the line is secured").select_option("none")
        form.get_by_label("User").fill("care")
        form.get_by_label("Password").fill("wrong")
        form.get_by_role("button", name="Try it and keep it").click()
        expect(page.get_by_text("does not take this user and password").first).to_be_visible()
        look(page, "mail-in-refused")
        expect(form.get_by_label("User")).to_have_value("care")
        form.get_by_label("Password").fill(PASSWORD)
        form.get_by_role("button", name="Try it and keep it").click()
        expect(page.get_by_text("It works: INBOX is open, with 1 mail in it.")).to_be_visible()
        with tenant(organization_id=org.id):
            box = Mailbox.objects.get(organization_id=org.id)
            MailAside.objects.create(
                organization_id=org.id, mailbox=box, validity=1, uid=9, size=31_000_000, state="cut",
                said="It is larger than we read: only its beginning was taken in, without the files in it.",
                sender="ana@example.com", subject="Photos of the lamp", kept_at=START,
            )  # fmt: skip
        page.goto("/settings/mail")
        look(page, "mail-in-read")
        page.get_by_role("button", name="I have seen to it").click()
        expect(page.get_by_text("Mails that need a look")).to_have_count(0)
        with tenant(organization_id=org.id):
            said = "127.0.0.1 does not take this user and password."
            Mailbox.objects.filter(id=box.id).update(trouble=said, trouble_at=START)
        page.goto("/settings/mail")
        expect(page.get_by_role("heading", name="The mailbox cannot be read")).to_be_visible()
        look(page, "mail-in-trouble")
