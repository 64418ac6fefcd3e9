"""Several recoveries at once, on their pages: chosen in the list, begun, watched, stopped, undone; and by whom."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.support.recoveries import customer, opened

from makegood.config.working import work_dry
from makegood.recoveries.many_models import Bulk
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations.bulk import bulk_begin
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def several(org: Org, count: int) -> list[Recovery]:
    """So many open recoveries of one place, each of its own customer."""
    found = []
    for _ in range(count):
        with tenant(organization_id=org.id):
            whose = customer(org)
        found.append(opened(org, customer_id=whose, place_id=org.place))
    return found


def test_some_are_chosen_begun_watched_and_undone(org: Org) -> None:
    first, second, third = several(org, 3)
    client = signed_in(org, org.manager)
    page = client.get("/recoveries").content.decode()
    assert f'name="pick" value="R-{first.number}" form="several"' in page
    assert "All 3 that match" in page
    chosen = {"pick": [f"R-{first.number}", f"R-{second.number}"]}
    page = client.get("/recoveries/several", chosen).content.decode()
    assert "Do something for 2 recoveries" in page
    answer = client.post("/recoveries/several/begin", chosen | {"do": "severity", "severity": "4", "seen": "2"})
    url = answer.headers["Location"]
    shown = client.get(url).content.decode()
    assert "0 of 2: 2 waits." in shown
    assert 'hx-trigger="every 2s"' in shown
    work_dry(only=[org.id])
    shown = client.get(url).content.decode()
    assert "2 done." in shown
    assert "every 2s" not in shown
    assert f"R-{third.number}" not in shown
    assert client.post(f"{url}/undo").status_code == 302
    work_dry(only=[org.id])
    assert "2 undone." in client.get(url).content.decode()
    assert "Set the severity: 2" in client.get("/recoveries/several").content.decode()
    assert client.post(f"{url}/undo").status_code == 422


def test_all_that_match_are_no_more_than_were_shown(org: Org) -> None:
    """One that opens in between is not taken along unseen."""
    several(org, 2)
    client = signed_in(org, org.manager)
    page = client.get("/recoveries/several", {"all": "1", "which": "open"}).content.decode()
    assert "Do something for 2 recoveries" in page
    several(org, 1)
    begin = {"all": "1", "which": "open", "do": "close", "why_close": "Settled with all of them"}
    refused = client.post("/recoveries/several/begin", begin | {"seen": "2"})
    assert refused.status_code == 422
    assert "There are 3 by now" in refused.content.decode()
    assert client.post("/recoveries/several/begin", begin | {"seen": "3"}).status_code == 302
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert not Recovery.objects.filter(state="open").exists()


def test_what_is_missing_is_said_and_what_was_typed_stays(org: Org) -> None:
    rows = several(org, 2)
    client = signed_in(org, org.manager)
    pick = {"pick": [f"R-{row.number}" for row in rows], "seen": "2"}
    refused = client.post(
        "/recoveries/several/begin", pick | {"do": "pause", "reason": "", "why_pause": "The road is closed"}
    )
    assert refused.status_code == 422
    text = html.unescape(refused.content.decode())
    assert "Say what they wait for." in text
    assert "The road is closed" in text


def test_refused_rows_can_be_looked_at_alone(org: Org) -> None:
    first, second = several(org, 2)
    client = signed_in(org, org.manager)
    chosen = {"pick": [f"R-{first.number}", f"R-{second.number}"], "seen": "2"}
    client.post(
        "/recoveries/several/begin", {"pick": f"R-{first.number}", "seen": "1", "do": "hand_over", "to": str(org.admin)}
    )
    url = client.post("/recoveries/several/begin", chosen | {"do": "hand_over", "to": str(org.admin)}).headers[
        "Location"
    ]
    work_dry(only=[org.id])
    shown = client.get(f"{url}?show=refused").content.decode()
    assert re.findall(r"R-\d+", re.search(r"<tbody>(.*?)</tbody>", shown, re.DOTALL)[1])[0] == f"R-{first.number}"  # type: ignore[index]
    assert "It is theirs already." in shown
    assert f"R-{second.number}" not in shown


def test_employees_choose_nothing_and_see_nothing(org: Org, make_org: Callable[..., Org]) -> None:
    """Only who decides may; another organization's action is not there."""
    (row,) = several(org, 1)
    with tenant(organization_id=org.id):
        bulk_id = bulk_begin(
            organization_id=org.id, action="severity", chosen={"severity": 4}, words="", recovery_ids=[row.id],
            by=org.manager, now=START,
        )  # fmt: skip
    employee = signed_in(org, org.employee)
    assert 'name="pick"' not in employee.get("/recoveries").content.decode()
    assert employee.get("/recoveries/several").status_code == 403
    assert employee.post("/recoveries/several/begin", {"pick": f"R-{row.number}", "do": "resume"}).status_code == 403
    assert employee.get(f"/recoveries/several/{bulk_id}").status_code == 403
    other = make_org()
    assert signed_in(other, other.admin).get(f"/recoveries/several/{bulk_id}").status_code == 404
    assert signed_in(other, other.admin).post(f"/recoveries/several/{bulk_id}/undo").status_code == 404
    with tenant(organization_id=other.id):
        assert not Bulk.objects.exists()


def test_a_manager_of_one_place_reaches_only_theirs(org: Org) -> None:
    """A number of another place that is typed into the address is not taken along."""
    from makegood.organizations.models import MemberPlace
    from makegood.organizations.operations import place_create

    (row,) = several(org, 1)
    with tenant(organization_id=org.id):
        far = place_create(organization_id=org.id, code="far", name="Far away")
        MemberPlace.objects.create(organization_id=org.id, member_id=org.manager, place_id=far)
        Recovery.objects.filter(id=row.id).update(owner_id=org.admin)
    client = signed_in(org, org.manager)
    page = client.get("/recoveries/several", {"pick": f"R-{row.number}"}).content.decode()
    assert "Choose recoveries in the list first." in page
    begin = {"pick": f"R-{row.number}", "do": "severity", "severity": "4", "seen": "1"}
    assert client.post("/recoveries/several/begin", begin).status_code == 422
