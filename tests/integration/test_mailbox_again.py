"""A mailbox that is read on whatever somebody asks of it: what is fetched once more holds nothing else up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from imapclient import IMAPClient
from tests.conftest import Org
from tests.support.mail_server import MailHouse, mail_house
from tests.support.mailboxes import _no_demo, asides, mail, mailbox, numbers, read_all, reader, subjects

from makegood.listen.mailbox.account import UnableToReadMail
from makegood.listen.mailbox.operations import aside_try
from makegood.store.tenancy import tenant

__all__ = ["_no_demo"]


@pytest.fixture(scope="module")
def house() -> Iterator[MailHouse]:
    with mail_house() as running:
        yield running


def test_a_mail_that_breaks_every_line_is_fetched_again_once_and_holds_nothing_up(
    org: Org, house: MailHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = mailbox(org, house)
    house.put(*map(mail, range(3)), user=user)
    fetch = IMAPClient.fetch

    def breaking(self: IMAPClient, messages: Any, data: Any, modifiers: Any = None) -> Any:
        if 2 in messages and any("BODY" in str(one) for one in data):
            raise IMAPClient.AbortError("the line is gone")
        return fetch(self, messages, data, modifiers)

    monkeypatch.setattr(IMAPClient, "fetch", breaking)
    read_all(reader(org), 2, org)
    (aside,) = asides(org)
    with tenant(organization_id=org.id):
        aside_try(organization_id=org.id, aside_id=aside.id)
    house.put(mail(3), user=user)
    one = reader(org)
    with pytest.raises(UnableToReadMail):
        one.read()
    assert subjects(org) == numbers(0, 2, 3)
    assert [one.state for one in asides(org)] == ["kept"]
    house.put(mail(4), user=user)
    assert one.read() == 1
    monkeypatch.setattr(IMAPClient, "fetch", fetch)
    with tenant(organization_id=org.id):
        assert not aside_try(organization_id=org.id, aside_id=aside.id)
    reader(org).read()
    assert subjects(org) == numbers(0, 2, 3, 4, 1)
    assert [one.state for one in asides(org)] == ["done"]
