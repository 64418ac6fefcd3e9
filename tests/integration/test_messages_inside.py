"""What never leaves the house, such as a word on the status page, is settled with its claim, and nothing is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.conftest import START, Org
from tests.support.given import email, outgoing, thread
from tests.support.outside import mail_server

from makegood.config.working import work_once
from makegood.journal import carrying
from makegood.journal.models import Effect
from makegood.journal.outbox import Wanted, effects_add
from makegood.messages.models import Message
from makegood.messages.operations import messages_queue
from makegood.store.tenancy import tenant


def test_words_on_the_page_and_notices_are_settled_without_being_carried(
    make_org: Callable[..., Org], monkeypatch: pytest.MonkeyPatch
) -> None:
    org = make_org(delivery="live")
    with tenant(organization_id=org.id):
        messages_queue(organization_id=org.id, queued=[outgoing(thread(org), org)], now=START)
        effects_add(
            organization_id=org.id,
            wanted=[
                Wanted(
                    kind="staff",
                    idempotency_key="staff:1",
                    subject="member",
                    subject_id=org.employee,
                    run_at=START,
                    payload={"member": org.employee, "notes": []},
                )
            ],
        )

    def never(*_: Any) -> carrying.Outcome:
        raise AssertionError("nothing here leaves the house")

    monkeypatch.setattr(carrying, "_carried", never)
    assert work_once(only=[org.id]) == 2
    with tenant(organization_id=org.id):
        assert set(Effect.objects.values_list("state", flat=True)) == {"done"}
        assert Message.objects.get().state == "sent"


def test_a_mail_beside_them_leaves_all_the_same(make_org: Callable[..., Org]) -> None:
    org = make_org(delivery="live")
    with tenant(organization_id=org.id):
        on_page = outgoing(thread(org), org, kind="update")
        messages_queue(organization_id=org.id, queued=[on_page], now=START)
        email(org)
        messages_queue(organization_id=org.id, queued=[outgoing(thread(org), org, kind="update")], now=START)
    with mail_server() as server:
        assert work_once(only=[org.id]) == 2
        assert len(server.taken) == 1
    with tenant(organization_id=org.id):
        assert set(Message.objects.values_list("channel", "state")) == {("status", "sent"), ("mail", "sent")}
