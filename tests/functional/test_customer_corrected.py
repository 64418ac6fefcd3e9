"""Correcting a customer on their page: every field said, another's address told apart, and what failed sent again."""

from __future__ import annotations

from html import unescape

from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_who_it_is import _no_throttle, _quick_passwords, merged, signed_in, two
from tests.support.recoveries import again

from makegood.customers.correcting import reached_by
from makegood.customers.models import Customer
from makegood.customers.operations import Seen, customers_resolve
from makegood.messages.models import Message
from makegood.organizations.models import MemberPlace
from makegood.organizations.operations import place_create
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import owner_change
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]
RIGHT = {
    "name": "Ana Right",
    "emails": "ana@example.org",
    "phones": "+49 30 111222",
    "language": "de",
    "channel": "mail",
}


def posted(client: Client, path: str, **answers: str) -> str:
    return unescape(client.post(path, answers, follow=True).content.decode())


def failed(org: Org, recovery: Recovery, **words: str) -> Message:
    """A mail to its customer that did not arrive; call inside a unit of work."""
    row = again(org, recovery)
    return Message.objects.create(
        organization_id=org.id, thread_id=row.thread_id, customer_id=row.customer_id, direction="out", channel="mail",
        kind="update", state="failed", created_at=START, **words,
    )  # fmt: skip


def test_a_customer_is_corrected_by_who_serves_them(org: Org) -> None:
    ana, _, _ = two(org)
    client, url = signed_in(org, org.employee), f"/customers/{ana}"
    assert "Correct this" in client.get(url).content.decode()
    page = posted(client, f"{url}/correct", **RIGHT)
    assert "Corrected: the name, the language, the e-mail addresses." in page
    assert "German" in page
    with tenant(organization_id=org.id):
        row = Customer.objects.get(id=ana)
        assert (row.name, row.language) == ("Ana Right", "de")
        assert reached_by(organization_id=org.id, customer_id=ana) == {
            "email": ["ana@example.org"],
            "phone": ["+4930111222"],
        }
    assert "Nothing was changed." in posted(client, f"{url}/correct", **RIGHT)


def test_an_address_learned_while_the_page_was_open_stays(org: Org) -> None:
    ana, _, _ = two(org)
    client, url = signed_in(org, org.employee), f"/customers/{ana}"
    page = client.get(url).content.decode()
    assert '<input type="hidden" name="seen.phones" value="+4930111222">' in page
    with tenant(organization_id=org.id):
        known = (("phone", "+4930111222"), ("email", "ana.new@example.org"), ("phone", "+4930333444"))
        customers_resolve(organization_id=org.id, seen=[Seen(identities=known)], now=START)
    seen = {"seen.emails": "", "seen.phones": "+4930111222"}
    refused = posted(client, f"{url}/correct", **RIGHT | seen | {"emails": "ana at example"})
    assert '<input type="hidden" name="seen.emails" value="">' in refused
    posted(client, f"{url}/correct", **RIGHT | seen | {"phones": ""})
    with tenant(organization_id=org.id):
        reached = reached_by(organization_id=org.id, customer_id=ana)
        assert reached == {"email": ["ana@example.org", "ana.new@example.org"], "phone": ["+4930333444"]}


def test_each_field_that_cannot_be_is_said_and_nothing_typed_is_lost(org: Org) -> None:
    ana, _, _ = two(org)
    wrong = RIGHT | {"emails": "ana at example", "phones": "soon", "language": "xx", "channel": "fax"}
    page = posted(signed_in(org, org.employee), f"/customers/{ana}/correct", **wrong)
    for said in ("“ana at example” is no e-mail address", "“soon” is no phone number", "Choose how they are written"):
        assert said in page
    assert "Ana Right" in page
    assert '<details class="quiet" open>' in page


def test_anothers_address_is_said_and_a_manager_is_asked_to_merge(org: Org) -> None:
    ana, bob, _ = two(org)
    url = f"/customers/{ana}"
    taken = RIGHT | {"emails": "bob@example.org"}
    page = posted(signed_in(org, org.employee), f"{url}/correct", **taken)
    assert "bob@example.org is Bob Else's already: take it out, or ask a manager" in page
    assert signed_in(org, org.employee).post(f"{url}/merge", {"into": str(bob), "sure": "on"}).status_code == 403
    client = signed_in(org, org.manager)
    page = posted(client, f"{url}/correct", **taken)
    assert "Are Ana Known and Bob Else one person?" in page
    assert f'name="into" value="{bob}"' in page
    assert "Tick that you have checked." in posted(client, f"{url}/merge", into=str(bob))
    assert merged(org, ana) is None
    with tenant(organization_id=org.id):
        known = (("phone", "+4930111222"), ("email", "wrong@example.org"))
        customers_resolve(organization_id=org.id, seen=[Seen(identities=known)], now=START)
    assert "They have more than one e-mail address now" in posted(client, f"{url}/merge", into=str(bob), sure="on")
    assert merged(org, ana) == bob
    assert "Correct this" in client.get(url).content.decode()
    for into in (str(ana), "9999999", "", "x"):
        assert client.post(f"{url}/merge", {"into": into, "sure": "on"}).status_code in (404, 422)


def test_where_a_manager_is_asked_nothing_was_changed(org: Org) -> None:
    ana, bob, _ = two(org)
    with tenant(organization_id=org.id):
        known = (("email", "bob@example.org"), ("phone", "+4930999888"))
        customers_resolve(organization_id=org.id, seen=[Seen(identities=known)], now=START)
    taken = RIGHT | {"phones": "+49 30 999888"}
    page = posted(signed_in(org, org.manager), f"/customers/{ana}/correct", **taken)
    assert "Are Ana Known and Bob Else one person?" in page
    with tenant(organization_id=org.id):
        assert Customer.objects.get(id=ana).name == "Ana Known"
        reached = reached_by(organization_id=org.id, customer_id=ana)
        assert reached == {"email": [], "phone": ["+4930111222"]}
        assert reached_by(organization_id=org.id, customer_id=bob)["phone"] == ["+4930999888"]


def test_what_did_not_arrive_is_sent_again_from_their_page(org: Org) -> None:
    ana, _, recovery = two(org)
    url = f"/customers/{ana}"
    with tenant(organization_id=org.id):
        row = failed(org, recovery, address="wrong@example.org", subject="How it stands", body="It leaves tomorrow.")
    client = signed_in(org, org.manager)
    page = posted(client, f"{url}/correct", **RIGHT)
    assert "What did not arrive is below: send it again." in page
    assert "Send it again" in page
    answer = client.post(f"/mails/{row.id}/again", {"back": "customer"})
    assert answer.headers["Location"] == url
    with tenant(organization_id=org.id):
        row.refresh_from_db()
        assert (row.state, row.address) == ("queued", "ana@example.org")
    assert "Send it again" not in client.get(url).content.decode()


def test_a_customer_of_another_place_is_corrected_by_nobody_here(org: Org) -> None:
    ana, _, recovery = two(org)
    with tenant(organization_id=org.id):
        owner_change(organization_id=org.id, recovery_id=recovery.id, to=org.manager, by=None, reason="x", now=START)
        far = place_create(organization_id=org.id, code="far", name="Far away")
        MemberPlace.objects.create(organization_id=org.id, member_id=org.employee, place_id=far)
        failed(org, recovery, address="a@example.org", subject="A matter of the shop")
    page = signed_in(org, org.employee).get(f"/customers/{ana}").content.decode()
    assert "A matter of the shop" not in page
    assert "Correct this" not in page
    assert signed_in(org, org.employee).post(f"/customers/{ana}/correct", RIGHT).status_code == 403
    assert "A matter of the shop" in signed_in(org, org.manager).get(f"/customers/{ana}").content.decode()
