"""A mailbox that is read on whatever somebody asks of it: what is fetched once more holds nothing else up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from imapclient import IMAPClient
from tests.conftest import Org
from tests.support.mail_server import MailHouse, mail_house
from tests.support.mailboxes import _no_demo, asides, mail, mailbox, numbers, read_all, reader, row, subjects

from makegood.listen.mailbox import reading
from makegood.listen.mailbox.account import Account, Folder, UnableToReadMail
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


def test_a_reader_of_the_mailbox_before_neither_begins_nor_tells_of_the_one_that_is_set_now(
    org: Org, house: MailHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where both are numbered alike, as one server numbers all that it makes in a second."""
    old = mailbox(org, house)
    house.put(*map(mail, range(3)), user=old)
    one = reader(org)
    opening = reading.opened

    def opened(client: IMAPClient, account: Account) -> Folder:
        found = opening(client, account)
        if account.username == old:
            mailbox(org, house, user="care-now")
        return found

    monkeypatch.setattr(reading, "opened", opened)
    with pytest.raises(UnableToReadMail, match="changed meanwhile"):
        one.read()
    assert (row(org).validity, row(org).judged_to, row(org).looked_at) == (None, 0, None)
    one.told("The mailbox before cannot be read.")
    assert row(org).trouble == ""
    house.put(mail(5), user="care-now")
    assert one.read() == 1
    assert row(org).looked_at is not None
    assert subjects(org) == numbers(5)


def test_trouble_with_the_mailbox_before_is_not_told_of_the_one_that_is_set_now(
    org: Org, house: MailHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox(org, house, secret="wrong")
    connecting = reading.connected

    def connected(account: Account) -> IMAPClient:
        mailbox(org, house, user="care-then")
        return connecting(account)

    monkeypatch.setattr(reading, "connected", connected)
    with pytest.raises(UnableToReadMail, match="does not take this user and password"):
        reader(org).read()
    assert row(org).trouble == ""
