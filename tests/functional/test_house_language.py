"""Which language an organization speaks: asked as it is set up, changed in the settings, and heard by what waits."""

from __future__ import annotations

from html import unescape

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from tests.conftest import START, Org
from tests.functional.test_customer_corrected import RIGHT, posted
from tests.functional.test_who_it_is import _no_throttle, _quick_passwords, signed_in
from tests.support.given import email
from tests.support.recoveries import opened

from makegood.config.working import work_dry
from makegood.customers.models import Customer
from makegood.journal.models import Entry
from makegood.messages.models import Message
from makegood.messages.operations import message_save, message_stop
from makegood.organizations.models import Organization
from makegood.recoveries.models import Recovery
from makegood.recoveries.saying import check_in
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

__all__ = ["_no_throttle", "_quick_passwords"]
GERMAN = "Guten Tag"


def waiting(org: Org) -> Recovery:
    """A recovery whose apology waits for a click; what it says is in English."""
    with tenant(organization_id=org.id):
        email(org)
    return opened(org)


def drafts(org: Org) -> list[Message]:
    """The apologies that wait."""
    with tenant(organization_id=org.id):
        return list(Message.objects.filter(kind="apology", state="draft").order_by("id"))


def test_the_set_up_asks_for_it_and_offers_what_the_browser_speaks(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DEMO", True)
    client = Client(headers={"host": "127.0.0.1", "accept-language": "de-AT,en;q=0.5"})
    assert '<option value="de" selected>German' in client.get("/set-up").content.decode()
    answers = {
        "person": "Anna", "email": f"anna@{org.code}.example.org", "password": "long enough, surely", "name": "Weber Läden",
        "zone": "Europe/Berlin", "currency": "EUR",
    }  # fmt: skip
    assert "Choose a language." in client.post("/set-up", answers).content.decode()
    assert client.post("/set-up", answers | {"language": "de"}).status_code == 302
    with tenant(organization_id=client.session["organization"]):
        assert Organization.objects.get(id=client.session["organization"]).language == "de"


def test_the_settings_change_it_for_the_signs_and_for_what_waits(org: Org) -> None:
    waiting(org)
    with tenant(organization_id=org.id):
        Customer.objects.update(language="")
    client = signed_in(org, org.admin)
    assert "Choose one of the languages" in posted(client, "/settings/delivery/language", language="xx")
    page = posted(client, "/settings/delivery/language", language="de")
    assert "Customers are written to in German from now on" in page
    assert '<option value="de" selected>' in page
    work_dry(only=[org.id])
    tick_dry(only=[org.id])
    (draft,) = drafts(org)
    assert GERMAN in draft.body
    staff = client.get("/recoveries/R-1").content.decode()
    assert '<html lang="en"' in staff
    assert "heute" not in staff.replace(draft.body, "")
    assert "today" in staff
    with tenant(organization_id=org.id):
        (told,) = Entry.objects.filter(event="organizations:organization:spoken")
        assert (told.actor_id, told.data) == (org.admin, {"language": "de"})
    assert (
        "Sagen Sie uns"
        in Client(headers={"host": "127.0.0.1"}).get(reverse("public-report", args=[org.code])).content.decode()
    )


def test_another_language_of_a_customer_has_the_draft_that_waits_written_in_it(org: Org) -> None:
    recovery = waiting(org)
    (before,) = drafts(org)
    page = posted(signed_in(org, org.employee), f"/customers/{recovery.customer_id}/correct", **RIGHT)
    assert "The draft that waits is written anew in it." in page
    (after,) = drafts(org)
    assert (after.id, after.apology_key, GERMAN in before.body) == (before.id, before.apology_key, False)
    assert GERMAN in after.body


def test_a_draft_that_somebody_wrote_in_stays_and_the_page_says_so(org: Org) -> None:
    recovery = waiting(org)
    (before,) = drafts(org)
    with tenant(organization_id=org.id):
        message_save(
            organization_id=org.id, message_id=before.id, by=org.employee, now=START, subject="Sorry", body="My words."
        )
    page = posted(signed_in(org, org.employee), f"/customers/{recovery.customer_id}/correct", **RIGHT)
    assert "stays in the language that it is in: read it" in page
    assert "What else was drafted" not in page
    assert [one.body for one in drafts(org)] == ["My words."]


def test_a_look_after_them_that_was_drafted_is_said_to_wait_in_the_old_language(org: Org) -> None:
    """The plan drafted it and nobody began it: it is not written anew, and nobody is said to have written in it."""
    recovery = waiting(org)
    with tenant(organization_id=org.id):
        message_stop(organization_id=org.id, message_id=drafts(org)[0].id, by=org.employee, now=START)
        check_in(organization_id=org.id, due=[(recovery.id, 1, START)])
        assert Message.objects.get(state="draft").kind == "follow_up"
    page = posted(signed_in(org, org.employee), f"/customers/{recovery.customer_id}/correct", **RIGHT)
    assert "What else was drafted waits in the old language: stop it, and begin it anew." in page
    assert "What somebody began or wrote in" not in page
    assert "written anew in it" not in page


def test_a_report_says_the_language_of_whom_it_happened_to(org: Org) -> None:
    client = signed_in(org, org.employee)
    answers = {"who": "Frau Schneider schneider@example.org", "what": "Charged twice", "cost": "money", "when": "now"}
    assert "Choose one from the list." in posted(client, "/report", **answers, language="xx")
    assert "open, with an owner" in posted(client, "/report", **answers, language="de")
    (draft,) = drafts(org)
    assert GERMAN in draft.body
    assert "open, with an owner" in posted(client, "/report", **answers | {"what": "No answer"}, language="fr")
    with tenant(organization_id=org.id):
        assert [one.language for one in Customer.objects.filter(name="Frau Schneider")] == ["fr"]
        assert unescape(drafts(org)[0].body).startswith("Bonjour")
