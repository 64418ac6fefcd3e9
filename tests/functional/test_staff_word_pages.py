"""What a member types as a promise is shown beside the draft, put on the ledger by a click, and known once broken."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.given import email
from tests.support.recoveries import step_to

from makegood.config.working import work_dry
from makegood.messages.models import Message
from makegood.promises.models import Promise, StaffWord
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations.staff_words import word_give
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

__all__ = ["_no_throttle", "_quick_passwords"]
TEXT = "Dear Ana,\n\nI am looking into it. I'll call you within two hours.\n\nManager\n"


@pytest.fixture
def recovery(org: Org) -> Recovery:
    with tenant(organization_id=org.id):
        email(org)
    return recovery_of(org)


def drafted(org: Org, recovery: Recovery) -> int:
    with tenant(organization_id=org.id):
        return (
            Message.objects.filter(organization_id=org.id, thread_id=recovery.thread_id, state="draft").latest("id").id
        )


def test_a_promise_is_shown_while_it_is_typed_and_put_on_the_ledger_by_one_click(org: Org, recovery: Recovery) -> None:
    client, url = signed_in(org, org.manager), f"/recoveries/R-{recovery.number}"
    form = {"draft": str(drafted(org, recovery)), "text": TEXT, "subject": "News"}
    fragment = client.post(f"{url}/lint", form).content.decode()
    assert "You promise: <b>I&#x27;ll call you</b>" in fragment
    (key,) = re.findall(r'name="word" value="(\d+)"', fragment)
    with tenant(organization_id=org.id):
        assert not Promise.objects.filter(organization_id=org.id, kind="staff_word").exists()
    page = client.post(f"{url}/words", form | {"word": key}).content.decode()
    assert "on the ledger" in page
    assert "I&#x27;ll call you within two hours." in page, "what was typed is still there"
    with tenant(organization_id=org.id):
        assert Promise.objects.get(organization_id=org.id, kind="staff_word").member_id == org.manager


def test_one_that_was_sent_waits_on_the_page_for_a_yes_or_a_no(org: Org, recovery: Recovery) -> None:
    client, url = signed_in(org, org.manager), f"/recoveries/R-{recovery.number}"
    form = {"draft": str(drafted(org, recovery)), "text": TEXT, "subject": "News", "keep": "a test"}
    page = client.post(f"{url}/say", form, follow=True).content.decode()
    assert "You promised something in it" in page
    assert "Said, and waiting for you" in page
    (promise,) = re.findall(r'action="([^"]+/words/\d+/promise)"', page)
    page = client.post(promise, follow=True).content.decode()
    assert "It is on the ledger." in page
    assert "Said, and waiting for you" not in page
    with tenant(organization_id=org.id):
        assert StaffWord.objects.get(organization_id=org.id).state == "promised"


def test_a_broken_one_asks_until_somebody_says_that_they_know(org: Org, recovery: Recovery) -> None:
    client, url = signed_in(org, org.manager), f"/recoveries/R-{recovery.number}"
    with tenant(organization_id=org.id):
        word_give(
            organization_id=org.id,
            recovery_id=recovery.id,
            what="I call you",
            due_at=START + timedelta(hours=1),
            by=org.employee,
            now=START,
        )
    step_to(org, START + timedelta(hours=2))
    while tick_dry(only={org.id}) + work_dry(only={org.id}):
        pass
    page = client.get(url).content.decode()
    assert "not kept" in page
    (known,) = re.findall(r'action="([^"]+/words/\d+/known)"', page)
    page = client.post(known, follow=True).content.decode()
    assert "Nobody is told of it any more." in page
    assert "/known" not in page
