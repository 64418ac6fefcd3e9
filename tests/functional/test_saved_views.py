"""Saved views of the lists: a narrowing and an order under a name, one's own or shared, with how many it holds."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from tests.conftest import Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.support.recoveries import customer, opened

from makegood.console.models import SavedView
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def graded(org: Org, *severities: int) -> list[Recovery]:
    """Open recoveries of these severities, each of its own customer."""
    found = []
    for one in severities:
        with tenant(organization_id=org.id):
            whose = customer(org)
        row = opened(org, customer_id=whose, place_id=org.place)
        with tenant(organization_id=org.id):
            Recovery.objects.filter(id=row.id).update(severity=one)
        found.append(row)
    return found


def numbers(page: str) -> list[int]:
    """The recoveries that a list shows, in its order."""
    return [int(one) for one in re.findall(r'id="r-R-(\d+)"', page)]


def views(page: str) -> list[tuple[str, str, int]]:
    """The saved views above a list: name, address, count."""
    (nav,) = re.findall(r"<nav[^>]*data-views[^>]*>(.*?)</nav>", page, re.DOTALL) or [""]
    found = re.findall(r'<a href="([^"]*)"[^>]*>(.*?) <span class="num">(\d+)</span>', nav)
    return [(html.unescape(name), html.unescape(url), int(count)) for url, name, count in found]


def test_a_list_is_narrowed_and_sorted(org: Org) -> None:
    two, four, three = graded(org, 2, 4, 3)
    client = signed_in(org, org.manager)
    assert numbers(client.get("/recoveries?sort=grave").content.decode()) == [four.number, three.number, two.number]
    assert numbers(client.get("/recoveries?sort=oldest").content.decode())[0] == two.number
    assert numbers(client.get("/recoveries?severity=3").content.decode()) == [three.number]
    assert numbers(client.get(f"/recoveries?owner={org.admin}").content.decode()) == []
    assert len(numbers(client.get("/recoveries?severity=x&owner=y&sort=z").content.decode())) == 3


def test_a_view_is_saved_opened_renamed_and_deleted(org: Org) -> None:
    graded(org, 2, 4, 4)
    client = signed_in(org, org.employee)
    saved = client.post(
        "/views/recoveries/save", {"severity": "4", "sort": "due", "view_name": " The  grave "}, follow=True
    )
    page = saved.content.decode()
    ((name, url, count),) = views(page)
    assert (name, count) == ("The grave", 2)
    assert len(numbers(client.get(url).content.decode())) == 2
    act = re.search(r"/views/recoveries/\d+/", page)[0]  # type: ignore[index]
    page = client.post(f"{act}rename", {"view_name": "Gravest"}, follow=True).content.decode()
    assert [one[0] for one in views(page)] == ["Gravest"]
    page = client.post(f"{act}delete", follow=True).content.decode()
    assert views(page) == []
    assert client.post(f"{act}delete").status_code == 404


def test_a_shared_view_is_seen_by_all_and_changed_by_who_decides(org: Org, make_org: Callable[..., Org]) -> None:
    graded(org, 4)
    employee, manager = signed_in(org, org.employee), signed_in(org, org.manager)
    employee.post("/views/recoveries/save", {"severity": "4", "view_name": "Mine alone"})
    employee.post("/views/recoveries/save", {"severity": "4", "view_name": "Ours", "view_shared": "on"})
    ((name, url, count),) = views(manager.get("/recoveries").content.decode())
    assert (name, count) == ("Ours, shared", 1)
    assert "Change this view" in manager.get(url).content.decode()
    view_id = re.search(r"view=(\d+)", url)[1]  # type: ignore[index]
    manager.post("/views/recoveries/save", {"view_name": "The manager's", "view_shared": "on"})
    theirs = next(one for one in views(employee.get("/recoveries").content.decode()) if "manager" in one[0])
    assert "Change this view" not in employee.get(theirs[1]).content.decode()
    their_id = re.search(r"view=(\d+)", theirs[1])[1]  # type: ignore[index]
    assert employee.post(f"/views/recoveries/{their_id}/delete").status_code == 404
    assert manager.post(f"/views/recoveries/{view_id}/delete").status_code == 302
    other = make_org()
    assert views(signed_in(other, other.admin).get("/recoveries").content.decode()) == []


def test_what_is_missing_or_twice_is_said(org: Org) -> None:
    client = signed_in(org, org.manager)
    refused = client.post("/views/recoveries/save", {"severity": "4", "view_name": " "})
    assert refused.status_code == 422
    assert "Give the view a name." in refused.content.decode()
    assert 'name="severity" value="4"' in refused.content.decode()
    client.post("/views/recoveries/save", {"view_name": "Twice"})
    again = client.post("/views/recoveries/save", {"view_name": "Twice"})
    assert again.status_code == 422
    assert "There is a view of this name already" in again.content.decode()
    assert client.post("/views/tea/save", {"view_name": "Tea"}).status_code == 404


def test_words_that_were_searched_are_not_kept(org: Org) -> None:
    """They may be a customer's name, which must go when that customer is erased."""
    client = signed_in(org, org.manager)
    client.post("/views/recoveries/save", {"q": "Ana Ferreira", "which": "mine", "view_name": "Mine"})
    with tenant(organization_id=org.id):
        assert SavedView.objects.get().query == {"which": "mine"}


@pytest.mark.parametrize(("listed", "query"), [("promises", {"which": "broken"}), ("incidents", {"state": "open"})])
def test_the_other_lists_have_views_too(org: Org, listed: str, query: dict[str, str]) -> None:
    client = signed_in(org, org.manager)
    page = client.post(f"/views/{listed}/save", query | {"view_name": "Bad"}, follow=True).content.decode()
    ((name, url, count),) = views(page)
    assert (name, count) == ("Bad", 0)
    assert client.get(url).status_code == 200


def test_several_take_the_view_along(org: Org) -> None:
    """All that match are those of the narrowed list."""
    graded(org, 2, 4, 4)
    page = signed_in(org, org.manager).get("/recoveries/several", {"all": "1", "which": "open", "severity": "4"})
    assert "Do something for 2 recoveries" in page.content.decode()
