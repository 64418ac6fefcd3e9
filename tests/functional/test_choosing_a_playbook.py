"""A newcomer chooses a playbook by a few plain words; the file is there for who wants it; its money is theirs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction
from tests.conftest import START, Org
from tests.functional.test_views import signed_in

from makegood.console.building.playbooks import playbook_said, playbook_title
from makegood.organizations.founding import organization_found
from makegood.organizations.queries import playbooks_latest_facts
from makegood.promises.models import Source
from makegood.rules.playbooks import from_data, names
from makegood.store.tenancy import tenant

SAID = {
    "default": "A promise counts as broken once it is 1 hour late. They hear of it within 1 hour, an answer comes"
    " within 4 hours, and it is put right within 24 hours. A first word with their page goes by itself; an apology"
    " waits for your click. Extras: credit for the next purchase, part of the price back, express delivery of the next"
    " order, a call from the person responsible.",
    "airline": "A promise counts as broken once it is 15 minutes late.",
}


@pytest.mark.parametrize("code", sorted(SAID))
def test_a_playbook_is_said_in_plain_words(org: Org, code: str) -> None:
    with tenant(organization_id=org.id):
        facts = next(one for one in playbooks_latest_facts(organization_id=org.id) if one.code == code)
    assert playbook_said(facts).startswith(SAID[code])
    assert playbook_title(facts) == {"default": "For anyone", "airline": "For passengers of a flight"}[code]


def test_set_up_offers_them_by_words_with_the_file_behind(org: Org) -> None:
    client = signed_in(org, org.admin)
    text = client.get("/set-up/sources").content.decode()
    assert "For anyone <small>A promise counts as broken once it is 1 hour late." in text
    assert "See the file behind “For anyone”" in text
    assert "code: default" in text.split("<details", 1)[1]
    assert "code: default" not in text.split("<details", 1)[0]
    chosen = client.post("/set-up/sources", {"source": "Flights", "source_playbook": "airline"})
    assert chosen.status_code == 302
    with tenant(organization_id=org.id):
        assert Source.objects.get(organization_id=org.id, name="Flights").playbook == "airline"
    assert client.post("/set-up/sources", {"source": "Tills", "source_playbook": "no such"}).status_code == 422


def test_settings_say_them_before_they_show_the_file(org: Org) -> None:
    text = signed_in(org, org.manager).get("/settings/playbook").content.decode()
    assert text.index("For anyone") < text.index("See the file")
    assert "They hear of it within 1 hour" in text


@pytest.mark.parametrize("currency", ["GBP", "jpy"])
def test_a_new_organization_gives_in_its_own_currency(
    make_org: Callable[..., Org], currency: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction.atomic():
        founded = organization_found(
            name=f"Shop {currency}", zone="Europe/London", currency=currency, person="May",
            email=f"may.{currency}.{make_org().code}@example.org", password="a long enough password", now=START,
        )  # fmt: skip
        published = playbooks_latest_facts(organization_id=founded.organization_id)
    read = [from_data(one.data, where=one.code) for one in published]
    assert {one.code for one in read} == set(names())
    assert {remedy.cost.currency for one in read for remedy in one.remedies} == {currency.upper()}
    assert "EUR" not in "".join(one.text for one in published)
    assert "USD" not in "".join(one.text for one in published)
