"""Settings, what is kept: proposed, tried, and set; nothing goes before that."""

from __future__ import annotations

from tests.conftest import Org
from tests.functional.test_who_it_is import _no_throttle, _quick_passwords, signed_in

from makegood.core.retention import KINDS
from makegood.keeping.retention import periods
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def test_periods_are_tried_and_then_set_by_an_admin(org: Org) -> None:
    client, url = signed_in(org, org.admin), "/settings/kept"
    assert "nothing goes before you set them" in client.get(url).content.decode()
    typed = {f"days_{kind}": "45" for kind in KINDS} | {"days_facts": ""}
    tried = client.get(url, typed).content.decode()
    assert "45 days since it came" in tried
    assert "it stays for good" in tried
    wrong = client.get(url, typed | {"days_papers": "3"}).content.decode()
    assert "Let go by these periods" not in wrong
    with tenant(organization_id=org.id):
        assert not any(one.said for one in periods(organization_id=org.id))
    assert client.post(f"{url}/set", {"days_facts": "45"}).status_code == 422
    assert client.post(f"{url}/set", typed | {"days_papers": "3"}).status_code == 422
    done = client.post(f"{url}/set", typed, follow=True).content.decode()
    assert "nothing goes before you set them" not in done
    with tenant(organization_id=org.id):
        found = {one.kind: one.days for one in periods(organization_id=org.id) if one.said}
    assert found == dict.fromkeys(KINDS, 45) | {"facts": None}
    assert signed_in(org, org.manager).get(url).status_code == 403
