"""A mailbox that is read on whatever somebody asks of it: what is fetched once more holds nothing else up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from imapclient import IMAPClient
from tests.conftest import Org
from tests.support.mail_server import MailHouse, mail_house
from tests.support.mailboxes import _no_demo, asides, mail, mailbox, numbers, read_all, reader, row, subjects

from makegood.listen.mailbox import reading, working
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

    def connected(account: Account, **more: Any) -> IMAPClient:
        mailbox(org, house, user="care-then")
        return connecting(account, **more)

    monkeypatch.setattr(reading, "connected", connected)
    with pytest.raises(UnableToReadMail, match="does not take this user and password"):
        reader(org).read()
    assert row(org).trouble == ""


def test_no_connection_to_the_database_is_held_while_the_mail_server_is_waited_for(
    org: Org, house: MailHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, held = mailbox(org, house), []
    house.put(*map(mail, range(3)), user=user)
    one = reader(org)

    def watched(name: str, doing: Callable[..., Any]) -> Callable[..., Any]:
        def looked(*given: Any, **more: Any) -> Any:
            held.append((name, connection.connection is not None))
            return doing(*given, **more)

        return looked

    monkeypatch.setattr(reading, "connected", watched("connect", reading.connected))
    for name in ("select_folder", "search", "fetch"):
        monkeypatch.setattr(IMAPClient, name, watched(name, getattr(IMAPClient, name)))
    assert one.read() == 3
    mailbox(org, house, secret="wrong")
    monkeypatch.setattr(one.stop, "wait", watched("pause", lambda _: one.stop.set()))
    working._keep_reading(one, None)
    assert {name for name, _ in held} == {"connect", "select_folder", "search", "fetch", "pause"}
    assert [name for name, open_there in held if open_there] == []


def test_only_so_many_readers_use_the_database_at_once(
    org: Org, house: MailHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, inside, most = mailbox(org, house), 0, 0
    house.put(*map(mail, range(30)), user=user)
    monkeypatch.setattr(reading, "_free", threading.BoundedSemaphore(2))
    monkeypatch.setattr(reading, "MOST_AT_ONCE", 3)
    lock, arrived = threading.Lock(), reading.mail_arrived

    def counted(**given: Any) -> bool:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        try:
            return arrived(**given)
        finally:
            with lock:
                inside -= 1

    monkeypatch.setattr(reading, "mail_arrived", counted)
    readers = [threading.Thread(target=reader(org).read) for _ in range(5)]
    for one in readers:
        one.start()
    for one in readers:
        one.join(300)
    assert sorted(subjects(org)) == sorted(numbers(*range(30)))
    assert most == 2
