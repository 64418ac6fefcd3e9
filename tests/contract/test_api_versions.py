"""No lost update through the API: what was read is named by its ETag or its version, and a stale one is refused."""

from __future__ import annotations

from tests.conftest import START, Org
from tests.contract.conftest import Caller
from tests.support.recoveries import opened, steps

from makegood.recoveries.operations import owner_change
from makegood.store.tenancy import tenant


def test_a_stale_etag_or_version_is_refused_and_changes_nothing(org: Org, api: Caller) -> None:
    recovery = opened(org)
    path = f"/recoveries/{recovery.id}/steps/fix"
    answer = api.client.get(f"/api/v1/recoveries/{recovery.id}", headers=api.headers({}))
    etag, version = answer.headers["ETag"], answer.json()["version"]
    with tenant(organization_id=org.id):
        owner_change(
            organization_id=org.id, recovery_id=recovery.id, to=org.admin, by=org.manager, reason="", now=START
        )
    done = {"by": org.employee, "note": "A new till"}
    for status, body, headers in ((412, done, {"If_Match": etag}), (409, done | {"version": version}, {})):
        refused = api.raw_post(path, body, "application/json", **headers)
        assert (refused.status_code, refused.headers["Content-Type"]) == (status, "application/problem+json")
        assert "changed this recovery meanwhile" in refused.json()["detail"]
    with tenant(organization_id=org.id):
        assert steps(org, recovery)["fix"] == "todo"
    fresh = api.client.get(f"/api/v1/recoveries/{recovery.id}", headers=api.headers({}))
    told = api.raw_post(path, done, "application/json", If_Match=fresh.headers["ETag"])
    assert told.status_code == 200
    assert told.headers["ETag"] != fresh.headers["ETag"]


def test_without_either_a_step_is_done_whatever_else_changed(org: Org, api: Caller) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        owner_change(
            organization_id=org.id, recovery_id=recovery.id, to=org.admin, by=org.manager, reason="", now=START
        )
    status, _ = api.post(f"/recoveries/{recovery.id}/steps/fix", {"by": org.employee})
    assert status == 200
    assert api.post(f"/recoveries/{recovery.id}/steps/fix", {"by": org.employee})[0] == 409
