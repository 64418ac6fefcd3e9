"""What only stands on a page counts from when its customer has the link: not a minute before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import recovery_of, signed_in
from tests.support.given import email
from tests.support.recoveries import HOUR, Recovery, clock, journal, step_to, steps

from makegood.config.working import work_dry
from makegood.messages.handing import UnableToHandOver, link_hand_over, waiting_kinds
from makegood.messages.links import status_path
from makegood.messages.models import Message, Thread
from makegood.messages.operations import message_send
from makegood.store.tenancy import tenant

MINUTE = timedelta(minutes=1)


def apologised(org: Org) -> Recovery:
    """A recovery whose drafted apology was sent and has left, one minute after START."""
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        draft = Message.objects.get(organization_id=org.id, thread_id=recovery.thread_id, kind="apology")
        message_send(organization_id=org.id, message_id=draft.id, by=org.manager, now=START, override_reason="as it is")
    step_to(org, START + MINUTE)
    work_dry(only=[org.id])
    return recovery


def path_of(org: Org, recovery: Recovery) -> str:
    """The address of their page."""
    with tenant(organization_id=org.id):
        return status_path(organization_id=org.id, token=Thread.objects.get(id=recovery.thread_id).token)


def stands(org: Org, recovery: Recovery) -> tuple[bool, str]:
    """Whether the clock to acknowledge was met, and where the step to apologise stands."""
    with tenant(organization_id=org.id):
        return clock(org, recovery, "acknowledge").met_at is not None, steps(org, recovery)["apologise"]


def test_nothing_counts_before_they_have_the_link(org: Org) -> None:
    recovery = apologised(org)
    assert stands(org, recovery) == (False, "todo")
    with tenant(organization_id=org.id):
        said = waiting_kinds(organization_id=org.id, thread_ids=[recovery.thread_id])
    assert said == {recovery.thread_id: {"acknowledgement", "apology"}}


def test_a_mail_counts_at_once_and_brings_the_link(org: Org) -> None:
    with tenant(organization_id=org.id):
        email(org)
    recovery = apologised(org)
    assert stands(org, recovery) == (True, "done")
    with tenant(organization_id=org.id):
        thread = Thread.objects.get(id=recovery.thread_id)
    assert thread.link_how == "mail"
    assert thread.link_at is not None


def test_it_counts_from_when_they_open_it(org: Org) -> None:
    recovery = apologised(org)
    step_to(org, START + HOUR)
    answer = Client().get(path_of(org, recovery))
    assert answer.status_code == 200
    assert stands(org, recovery) == (True, "done")
    with tenant(organization_id=org.id):
        met = clock(org, recovery, "acknowledge")
        (entry,) = journal(org, recovery, "linked")
    assert met.met_at == START + HOUR
    assert entry.data == {"how": "opened", "said": ["acknowledgement", "apology"]}


def test_a_member_who_looks_at_it_is_not_the_customer(org: Org) -> None:
    recovery = apologised(org)
    assert signed_in(org, org.manager).get(path_of(org, recovery)).status_code == 200
    assert Client().get(path_of(org, recovery), headers={"Sec-Purpose": "prefetch;prerender"}).status_code == 200
    assert Client().head(path_of(org, recovery)).status_code == 200
    assert stands(org, recovery) == (False, "todo")


def test_staff_see_that_it_is_to_be_given_and_record_it(org: Org) -> None:
    recovery = apologised(org)
    client = signed_in(org, org.manager)
    assert "Give them the link" in client.get("/").content.decode()
    page = client.get(f"/recoveries/R-{recovery.number}").content.decode()
    assert "the link of their page" in page
    assert path_of(org, recovery) in page
    refused = client.post(f"/recoveries/R-{recovery.number}/link", {})
    assert refused.status_code == 422
    assert stands(org, recovery) == (False, "todo")
    client.post(f"/recoveries/R-{recovery.number}/link", {"how": "shown"})
    assert stands(org, recovery) == (True, "done")
    page = client.get(f"/recoveries/R-{recovery.number}").content.decode()
    assert "They were shown the link of their page." in page
    assert "does not have their link" not in client.get("/").content.decode()


def test_once_they_have_it_every_later_word_counts_at_once(org: Org) -> None:
    recovery = recovery_of(org)
    Client().get(path_of(org, recovery))
    with tenant(organization_id=org.id):
        draft = Message.objects.get(organization_id=org.id, thread_id=recovery.thread_id, kind="apology")
        message_send(organization_id=org.id, message_id=draft.id, by=org.manager, now=START, override_reason="as it is")
    step_to(org, START + MINUTE)
    work_dry(only=[org.id])
    assert stands(org, recovery) == (True, "done")


def test_a_second_handing_over_changes_nothing(org: Org) -> None:
    recovery = apologised(org)
    given = {"organization_id": org.id, "thread_id": recovery.thread_id, "by": org.employee}
    with tenant(organization_id=org.id):
        assert link_hand_over(**given, how="shown", now=START + HOUR)
        assert not link_hand_over(**given, how="told", now=START + 2 * HOUR)
        assert Thread.objects.get(id=recovery.thread_id).link_at == START + HOUR
        with pytest.raises(UnableToHandOver):
            link_hand_over(**given, how="mail", now=START)
