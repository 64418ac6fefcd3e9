"""Pages off the main way, filled, in a real browser: notices, money to pay by hand, one's password, playbooks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.conftest import START, Org
from tests.support.given import failed

from makegood.config.working import work_dry
from makegood.core.money import Money
from makegood.customers.operations import Seen, customers_resolve
from makegood.makegoods.operations import FloorOwed, floors_owe
from makegood.messages.staff import notices_write
from makegood.organizations.founding import member_invite
from makegood.organizations.models import Organization
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

pytestmark = pytest.mark.browser
Look = Callable[[Page, str], None]


def walk_in(page: Page, served: str, org: Org, member_id: int) -> None:
    """Go on as this member, as if they had signed in."""
    from django.conf import settings
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session.update({"user": 0, "organization": org.id, "member": member_id, "began": wall_now().timestamp()})
    session.create()
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": served}])


def test_what_staff_were_told(page: Page, served: str, org: Org, look: Look) -> None:
    note = {"recovery": 1, "number": 1, "what": "warning.fix", "due_at": None}
    many = [note, note | {"number": 2, "what": "breach.fix"}, note | {"number": 3, "what": "reply"}]
    with tenant(organization_id=org.id):
        notices_write(
            organization_id=org.id,
            told=[
                ("one", {"member": org.manager, "notes": [note]}, START),
                ("many", {"member": org.manager, "notes": many}, START),
            ],
        )
    walk_in(page, served, org, org.manager)
    page.goto("/notices")
    look(page, "notices")
    page.get_by_role("button", name="Mark all as read").click()
    look(page, "notices-read")


def test_money_to_pay_by_hand(page: Page, served: str, org: Org, look: Look) -> None:
    with tenant(organization_id=org.id):
        Organization.objects.update(delivery="live")
    failure_id = failed(org)
    with tenant(organization_id=org.id):
        floors_owe(
            organization_id=org.id,
            owed=[
                FloorOwed(
                    failure_id=failure_id, customer_id=org.customer, rule="contract@2026", title="Owed by contract",
                    form="cash_or_bank", amount=Money(minor=25_000, currency="EUR"), due_at=START, reasons=(), at=START,
                )
            ],
            now=START,
        )  # fmt: skip
    work_dry(only=[org.id])
    walk_in(page, served, org, org.admin)
    page.goto("/payments")
    look(page, "payments")
    page.get_by_role("link", name="Ana Ferreira").click()
    look(page, "payment")
    page.get_by_role("button", name="I paid it").click()
    look(page, "payment-refused")
    page.get_by_label("Reference of the payment").fill("SEPA 4711")
    page.get_by_role("button", name="I paid it").click()
    look(page, "payment-paid")


def test_a_lost_password_is_renewed_and_changed(page: Page, served: str, org: Org, look: Look) -> None:
    email = f"joris.{org.code}@example.org"
    with tenant(organization_id=org.id):
        made = member_invite(
            organization_id=org.id, name="Joris", role="employee", now=START, by=org.admin, email=email
        )
    walk_in(page, served, org, org.admin)
    page.goto("/settings/members")
    page.get_by_role("link", name="Joris").click()
    look(page, "person")
    page.get_by_label("Name").fill("Joris Vos")
    page.get_by_label("All places").uncheck()
    page.get_by_label("The shop").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved for Joris: the name, the places.")).to_be_visible()
    page.get_by_role("button", name="Make a new password").click()
    password = page.locator("code.secret").inner_text()
    assert password != made.password
    look(page, "person-password")
    page.context.clear_cookies()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose your own password")
    look(page, "password")
    page.get_by_label("The password that you were given").fill(password)
    page.get_by_label("New password", exact=True).fill("only Joris knows this")
    page.get_by_label("New password, once more").fill("only Joris knows that")
    page.get_by_role("button", name="Change it").click()
    look(page, "password-refused")
    page.get_by_label("The password that you were given").fill(password)
    page.get_by_label("New password", exact=True).fill("only Joris knows this")
    page.get_by_label("New password, once more").fill("only Joris knows this")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()


def test_a_customer_is_corrected(page: Page, served: str, org: Org, look: Look) -> None:
    walk_in(page, served, org, org.manager)
    with tenant(organization_id=org.id):
        seen = [Seen(identities=(("email", f"{name}@example.org"),), name=name.title()) for name in ("klaus", "anna")]
        klaus, _ = customers_resolve(organization_id=org.id, seen=seen, now=START)
    page.goto(f"/customers/{klaus}")
    page.get_by_text("Correct this").click()
    look(page, "customer-correct")
    page.get_by_label("E-mail addresses").fill("klaus at example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("E-mail addresses")).to_have_value("klaus at example")
    look(page, "customer-refused")
    page.get_by_label("E-mail addresses").fill("anna@example.org")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Are Klaus and Anna one person?")
    look(page, "customer-merge")
    page.get_by_role("link", name="No: keep them apart").click()
    page.get_by_text("Correct this").click()
    page.get_by_label("E-mail addresses").fill("klaus.weber@example.org")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Corrected: the e-mail addresses.")).to_be_visible()


def test_a_playbook_is_chosen_by_words(page: Page, served: str, org: Org, look: Look) -> None:
    with tenant(organization_id=org.id):
        Organization.objects.update(delivery="live")
    walk_in(page, served, org, org.admin)
    page.goto("/set-up/sources")
    look(page, "set-up-playbooks")
    page.get_by_text("See the file behind “For anyone”").click()
    look(page, "set-up-playbook-file")
    page.goto("/settings/playbook")
    look(page, "settings-playbooks")
    page.goto("/settings/delivery")
    look(page, "settings-no-mail")
