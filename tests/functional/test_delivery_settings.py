"""The settings say what really leaves: live without a mail server is not live for mail, and what to do is said."""

from __future__ import annotations

import pytest
from django.conf import settings
from tests.conftest import Org
from tests.functional.test_views import signed_in

from makegood.organizations.models import Integration, Organization
from makegood.store.tenancy import tenant

MISSING = "No mail leaves: no mail server is set"


@pytest.mark.parametrize(
    ("delivery", "url", "missing"),
    [
        ("live", "", True),
        ("live", "smtp://me:secret@mail.example.org:587", False),
        ("shadow", "", False),
        ("inbox", "", False),
    ],
)
def test_a_missing_mail_server_is_said_with_what_to_do(
    org: Org, monkeypatch: pytest.MonkeyPatch, delivery: str, url: str, missing: bool
) -> None:
    monkeypatch.setattr(settings, "EMAIL_URL", url)
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(delivery=delivery)
    text = signed_in(org, org.admin).get("/settings/delivery").content.decode()
    assert (MISSING in text) is missing
    assert ("EMAIL_URL" in text) is missing
    assert ("Through mail.example.org" in text) is bool(url)
    assert "secret" not in text


def test_without_a_payment_system_money_is_paid_by_hand(org: Org) -> None:
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(delivery="live")
    client = signed_in(org, org.admin)
    assert "By hand: no payment system is connected" in client.get("/settings/delivery").content.decode()
    with tenant(organization_id=org.id):
        Integration.objects.create(organization_id=org.id, kind="payout", url="https://pay.example.org", active=True)
    assert "By hand" not in client.get("/settings/delivery").content.decode()
