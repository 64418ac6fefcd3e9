"""Erasing somebody from the console: what goes and stays beforehand, the name typed, and the proof to take along."""

from __future__ import annotations

import json
from functools import partial

import pytest
from tests.conftest import Org
from tests.functional.test_who_it_is import _no_throttle, _quick_passwords, signed_in
from tests.integration.test_erasure import SECRETS, live

from makegood.keeping import erasing, searching

__all__ = ["_no_throttle", "_quick_passwords"]


def test_a_person_is_erased_by_their_typed_name_and_the_proof_is_given(org: Org) -> None:
    customer_id = live(org)
    client, url = signed_in(org, org.admin), f"/customers/{customer_id}"
    asked = client.get(f"{url}/erase").content.decode()
    assert "What they told us" in asked
    assert "A keyed hash, by which a source" in asked
    assert "There is no proof" in client.get(f"{url}/proof", follow=True).content.decode()
    refused = client.post(f"{url}/erase", {"typed": "Wilhelmina"})
    assert (refused.status_code, "Type the name exactly" in refused.content.decode()) == (422, True)
    done = client.post(f"{url}/erase", {"typed": "Wilhelmina Quatermass"}, follow=True)
    page = done.content.decode()
    assert done.redirect_chain[-1][0] == f"{url}/proof"
    assert "nothing of them was found" in page
    assert not [one for one in SECRETS if one in page]
    link = page.split("?entry=")[1].split('"')[0]
    answer = client.get(f"{url}/proof?entry={link}")
    assert answer["Content-Disposition"].startswith("attachment")
    proof = json.loads(answer.content)
    assert (proof["customer"], proof["looked_through"]["found"]) == (customer_id, {})
    assert {"called": "What they told us", "table": "customers.Fact", "deleted": 1, "emptied": 0, "stays": 0} in proof[
        "tables"
    ]
    shown = client.get(url).content.decode()
    assert f"{url}/proof" in shown
    assert "Erase once more" in shown
    again = client.post(f"{url}/erase", {"typed": "An erased customer"}, follow=True)
    page = again.content.decode()
    assert page.count("?entry=") == 2
    assert "nothing of them was found" in page, "what looked for something is shown first"


def test_no_time_to_look_is_said_and_erasing_once_more_does_not_make_it_good(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer_id = live(org)
    client, url = signed_in(org, org.admin), f"/customers/{customer_id}"
    with monkeypatch.context() as hurried:
        hurried.setattr(erasing, "values_find", partial(searching.values_find, seconds=0.0))
        page = client.post(f"{url}/erase", {"typed": "Wilhelmina Quatermass"}, follow=True).content.decode()
    again = client.post(f"{url}/erase", {"typed": "An erased customer"}, follow=True).content.decode()
    for one in (page, again):
        assert "There was no time for" in one
        assert "is-bad" in one
        assert "once more" not in one.lower()
        assert "nothing of them was found" not in one
    later = max(again.split("?entry=")[1:]).split('"')[0]
    told = json.loads(client.get(f"{url}/proof?entry={later}").content)["looked_through"]
    assert (told["tables"], told["columns"], told["values"]) == (0, 0, 0)
