"""What is printed: the sign of a place leads to the form with the place in it, the slip to the customer's own page."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in

from makegood.console.qr import qr_of
from makegood.failures.models import Failure
from makegood.listen.models import Raw
from makegood.messages.models import Thread
from makegood.organizations.models import Organization
from makegood.organizations.operations import member_create, place_create
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def on_sheet(page: str) -> tuple[str, str]:
    """The address in letters, and the picture, of a sheet."""
    page = html.unescape(page)
    (url,) = re.findall(r'<p class="address">([^<]+)</p>', page)
    (picture,) = re.findall(r'<img src="(data:image/svg[^"]+)"', page)
    return url, picture


def visitor() -> Client:
    return Client(headers={"host": "127.0.0.1"})


def sign(org: Org, place: int) -> str:
    url, picture = on_sheet(signed_in(org, org.admin).get(f"/places/{place}/sign").content.decode())
    assert picture == qr_of(url)
    return url.removeprefix(settings.PUBLIC_URL)


def reported(path: str, **more: str) -> Client:
    """A customer fills in the form that a sign led to, and sends what it carries along."""
    client = visitor()
    page = html.unescape(client.get(path).content.decode())
    carried = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    carried.pop("csrfmiddlewaretoken", None)
    given = {"what": "The till was down", "cost": "time", "contact": "bea@example.com", **carried, **more}
    (action,) = re.findall(r'<form class="card" method="post" action="([^"]+)"', page)
    assert client.post(action, given).status_code == 302
    return client


@pytest.mark.parametrize("code", ["shop-7", "shop & café/2 #1?", "<b>", "Ünïcode"])
def test_the_sign_of_a_place_fills_the_place_in(org: Org, code: str) -> None:
    """Whatever its code is made of: the failure and its recovery are the place's."""
    with tenant(organization_id=org.id):
        place = place_create(organization_id=org.id, code=code, name="The seventh shop")
        place_create(organization_id=org.id, code="other", name="Another")
    path = sign(org, place)
    assert "The seventh shop" in visitor().get(path).content.decode()
    reported(path)
    with tenant(organization_id=org.id):
        failure = Failure.objects.get(organization_id=org.id)
        assert failure.place_id == place
        assert Recovery.objects.get(organization_id=org.id).place_id == place


def test_a_sign_of_a_place_that_is_no_more_still_reports(org: Org) -> None:
    reported(f"/r/{org.code}?place=gone")
    reported(f"/r/{org.code}", place="made-up", contact="cy@example.com")
    with tenant(organization_id=org.id):
        assert list(Failure.objects.filter(organization_id=org.id).values_list("place_id", flat=True)) == [None, None]


def test_another_organizations_place_is_none_here(org: Org, make_org: Callable[..., Org]) -> None:
    other = make_org()
    with tenant(organization_id=other.id):
        place_create(organization_id=other.id, code="theirs", name="Not to be seen")
    page = visitor().get(f"/r/{org.code}?place=theirs").content.decode()
    assert "Not to be seen" not in page
    reported(f"/r/{org.code}?place=theirs")
    with tenant(organization_id=org.id):
        assert Failure.objects.get(organization_id=org.id).place_id is None


def test_a_form_that_was_refused_keeps_the_place(org: Org) -> None:
    client = visitor()
    answer = client.post(f"/r/{org.code}", {"what": "", "cost": "time", "contact": "x", "place": "shop"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert '<input type="hidden" name="place" value="shop">' in page
    assert "The shop" in page


def test_an_erased_reporters_place_names_nobody(org: Org) -> None:
    """What is kept of the form is the place's code; sent twice, it is taken once."""
    client = reported(sign(org, org.place))
    with tenant(organization_id=org.id):
        raw = Raw.objects.get(organization_id=org.id)
        assert raw.body["place"] == "shop"
        again = {"what": "x", "cost": "time", "contact": "bea@example.com", "key": raw.body["key"]}
    assert client.post(f"/r/{org.code}", again).status_code == 302
    with tenant(organization_id=org.id):
        assert Failure.objects.filter(organization_id=org.id).count() == 1


def test_a_sign_is_for_who_serves_the_place(org: Org) -> None:
    with tenant(organization_id=org.id):
        there = place_create(organization_id=org.id, code="hotel", name="The hotel")
        elin = member_create(organization_id=org.id, now=START, name="Elin", role="employee", place_ids=[there])
    client = signed_in(org, elin)
    assert client.get(f"/places/{there}/sign").status_code == 200
    assert client.get(f"/places/{org.place}/sign").status_code == 404


@pytest.mark.parametrize(("language", "says"), [("en", "Did something go wrong?"), ("de", "Ist etwas schiefgegangen?")])
def test_a_sign_speaks_the_houses_language(org: Org, language: str, says: str) -> None:
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(language=language)
    page = signed_in(org, org.admin).get(f"/places/{org.place}/sign").content.decode()
    assert f'<h2 id="sheet">{says}</h2>' in page
    assert f'lang="{language}" aria-labelledby="sheet"' in page


def test_the_slip_opens_the_customers_page_and_counts_once_handed_over(org: Org) -> None:
    """Printing alone says nothing; "They have it" does, and their page opens for whoever reads the code."""
    recovery = recovery_of(org)
    client, url = signed_in(org, org.manager), f"/recoveries/R-{recovery.number}"
    assert f'href="{url}/slip"' in client.get(url).content.decode()
    page = client.get(f"{url}/slip").content.decode()
    address, picture = on_sheet(page)
    assert picture == qr_of(address)
    with tenant(organization_id=org.id):
        assert Thread.objects.get(id=recovery.thread_id).link_at is None
    assert client.post(f"{url}/link", {"how": "shown"}).status_code == 302
    with tenant(organization_id=org.id):
        assert Thread.objects.get(id=recovery.thread_id).link_how == "shown"
    assert visitor().get(address.removeprefix(settings.PUBLIC_URL)).status_code == 200
    assert "They have it" not in client.get(f"{url}/slip").content.decode()


def test_a_sheet_is_kept_by_nobody_on_the_way(org: Org) -> None:
    recovery = recovery_of(org)
    answer = signed_in(org, org.manager).get(f"/recoveries/R-{recovery.number}/slip")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("address", "warned"),
    [("http://127.0.0.1:8766", True), ("http://localhost:8000", True), ("https://help.example.com", False)],
)
def test_an_address_that_only_this_machine_can_open_is_warned_of(
    org: Org, monkeypatch: pytest.MonkeyPatch, address: str, warned: bool
) -> None:
    monkeypatch.setattr(settings, "PUBLIC_URL", address)
    monkeypatch.setattr(settings, "DEMO", False)
    client = signed_in(org, org.admin)
    for page in (f"/places/{org.place}/sign", "/settings/webhooks"):
        text = client.get(page).content.decode()
        assert ("sets MAKEGOOD_URL to the address" in text) is warned, page


def test_places_show_their_codes_and_one_name_stands_once_inside_one_place(org: Org) -> None:
    client = signed_in(org, org.admin)
    assert client.get("/settings").headers["Location"] == "/settings/members"
    assert signed_in(org, org.employee).get("/settings").status_code == 403
    for name, parent, said in (
        ("Laden Köln", "", "is a place now"),
        ("laden köln", "", "There is a place of this name"),
        ("Laden Köln", str(org.place), "is a place now"),
    ):
        form = {"place": name, "place_kind": "store", "place_parent": parent}
        assert said in client.post("/settings/places/add", form, follow=True).content.decode()
    page = client.get("/settings/places").content.decode()
    assert "laden-koln" in page
    assert "laden-koln-2" in page
