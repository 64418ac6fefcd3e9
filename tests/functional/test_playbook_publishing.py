"""Playbooks in the settings: checked while typed, compared before they count, published, drawn to be printed."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from tests.conftest import Org
from tests.functional.test_views import signed_in
from tests.support.recoveries import opened

from makegood.organizations.models import PlaybookVersion
from makegood.organizations.queries import playbooks_latest_facts
from makegood.recoveries.models import Recovery
from makegood.rules.playbooks import names, text_of
from makegood.store.tenancy import tenant

CHANGED = text_of("default").replace("minor: 20000, currency: EUR", "minor: 10000, currency: EUR", 1)
WRONG = text_of("default").replace("window_minutes: 15", "window_minutes: often", 1)
WRONG_LINE = next(number for number, one in enumerate(WRONG.splitlines(), start=1) if "often" in one)


def _versions(org: Org, code: str = "default") -> int:
    with tenant(organization_id=org.id):
        return PlaybookVersion.objects.filter(organization_id=org.id, code=code).count()


def _compare(client: Client, text: str, code: str = "default") -> str:
    answer = client.post(f"/settings/playbook/{code}/compare", {"playbook": text.replace("\n", "\r\n")})
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def _hidden(page: str) -> dict[str, str]:
    form = page.split('action="/settings/playbook/publish"', 1)[1].split("</form>", 1)[0]
    found = dict(re.findall(r'<input type="hidden" name="(playbook|version)" value="([^"]*)"', form))
    return {**found, "playbook": CHANGED}


def test_publishing_shows_the_difference_and_whom_it_would_treat_otherwise_first(org: Org) -> None:
    recovery = opened(org, price_minor=15_000, currency="EUR")
    client = signed_in(org, org.admin)
    page = _compare(client, CHANGED)
    assert "severity, rules, 3, price from" in page
    assert "200.00 EUR" in page
    assert "100.00 EUR" in page
    assert "Of 1 open, 1 would have been treated otherwise: how grave (1), owner (1)." in page
    assert f"R-{recovery.number}, Ana Ferreira" in page
    assert "How grave: 3 instead of 2; Owner: a manager instead of an employee" in page
    assert _versions(org) == 1

    answer = client.post("/settings/playbook/publish", _hidden(page), follow=True)
    assert "Version 2 counts from now on." in answer.content.decode()
    with tenant(organization_id=org.id):
        (latest,) = (one for one in playbooks_latest_facts(organization_id=org.id) if one.code == "default")
        same = Recovery.objects.get(organization_id=org.id, id=recovery.id)
    assert latest.version == 2
    assert latest.text == CHANGED
    assert (same.playbook_id, same.severity, same.owner_id) == (
        recovery.playbook_id,
        recovery.severity,
        recovery.owner_id,
    )


def test_what_cannot_be_used_is_said_with_its_line_and_stays_typed(org: Org) -> None:
    client = signed_in(org, org.admin)
    answer = client.post("/settings/playbook/default/compare", {"playbook": WRONG})
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert f"playbook, line {WRONG_LINE}: burst.window_minutes must be a number from 1 to 60." in page
    assert "window_minutes: often" in page
    assert client.post("/settings/playbook/publish", {"playbook": WRONG}).status_code == 422
    assert _versions(org) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CHANGED, "Fit to be published. A promise counts as broken once it is 1 hour late."),
        (WRONG, f"playbook, line {WRONG_LINE}: burst.window_minutes must be a number from 1 to 60."),
        ("", "Paste the playbook."),
        ("x" * 70_000, "This is too long for a playbook: at most 64 KiB."),
    ],
)
def test_it_is_checked_while_typed_and_nothing_is_kept(org: Org, text: str, said: str) -> None:
    answer = signed_in(org, org.admin).post("/settings/playbook/check", {"playbook": text})
    assert answer.status_code == 200
    page = unescape(answer.content.decode())
    assert said in page
    assert page.lstrip().startswith('<div id="playbook-check" role="status"')
    assert _versions(org) == 1


def test_nobody_publishes_over_a_version_that_they_did_not_see(org: Org) -> None:
    client = signed_in(org, org.admin)
    seen = _hidden(_compare(client, CHANGED))
    client.post("/settings/playbook/publish", {"playbook": CHANGED, "version": "1"})
    answer = client.post("/settings/playbook/publish", seen)
    assert answer.status_code == 422
    assert "Somebody published this playbook meanwhile" in answer.content.decode()
    assert _versions(org) == 2


def test_what_changes_nothing_cannot_be_published(org: Org) -> None:
    page = _compare(signed_in(org, org.admin), text_of("default"))
    assert "Nothing changes" in page
    assert 'action="/settings/playbook/publish"' not in page


def test_a_playbook_of_ones_own_begins_with_its_first_version(org: Org) -> None:
    client = signed_in(org, org.admin)
    mine = text_of("retail").replace("code: retail", "code: my-shops", 1)
    page = _compare(client, mine, code="new")
    assert "Publish my-shops, version 1" in page
    assert "Nothing is open under this playbook." in page
    client.post("/settings/playbook/publish", {"playbook": mine, "version": "0"})
    assert _versions(org, "my-shops") == 1
    assert client.get("/settings/playbook/my-shops/write").status_code == 200
    assert client.get("/settings/playbook/no-such/write").status_code == 404


@pytest.mark.parametrize("code", names())
def test_everybody_may_see_and_print_each_on_one_page(org: Org, code: str) -> None:
    answer = signed_in(org, org.employee).get(f"/playbooks/{code}.svg")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert f"{code}, version 1" in answer.content.decode()
    assert signed_in(org, org.employee).get("/playbooks/no-such.svg").status_code == 404


def test_the_settings_lead_to_the_page_and_the_text_of_each(org: Org) -> None:
    page = signed_in(org, org.admin).get("/settings/playbook").content.decode()
    for code in names():
        assert f'href="/playbooks/{code}.svg"' in page
        assert f'href="/settings/playbook/{code}/write"' in page
    written = signed_in(org, org.admin).get("/settings/playbook/retail/write").content.decode()
    assert 'hx-post="/settings/playbook/check"' in written
    assert "code: retail" in written
    manager = signed_in(org, org.manager).get("/settings/playbook").content.decode()
    assert 'href="/playbooks/retail.svg"' in manager
    assert "/write" not in manager
