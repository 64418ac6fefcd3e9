"""A mailbox of an organization on a real server, and what became of the mails in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from tests.conftest import START, Org
from tests.support.mail_server import MailHouse

from makegood.listen.mailbox.account import UnableToReadMail
from makegood.listen.mailbox.operations import mailbox_set
from makegood.listen.mailbox.reading import Reader
from makegood.listen.models import MailAside, Mailbox
from makegood.messages.models import Message
from makegood.store.tenancy import tenant

HOUSE = ("127.0.0.1", "127.0.0.2", "localhost")
"""Hosts of the house that tests may call, as MAKEGOOD_PRIVATE_HOSTS names them."""


@pytest.fixture(autouse=True)
def _no_demo() -> Iterator[None]:
    """The demo reads no mailbox, and browser tests serve as the demo; the servers of tests are in the house."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(settings, "DEMO", False)
        patched.setattr(settings, "PRIVATE_HOSTS", HOUSE)
        yield


def mail(number: int | str, text: str = "", *, head: str = "") -> bytes:
    """A customer's mail, told apart by its number."""
    return (
        f"From: Ana <ana{number}@example.com>\r\nTo: care@shop.example\r\nSubject: Number {number}\r\n"
        f"Message-ID: <{number}@example.com>\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\n{head}\r\n"
        f"{text or f'My lamp {number} is broken.'}\r\n"
    ).encode()


def mailbox(org: Org, house: MailHouse, *, user: str = "", all_there: bool = False, **changes: Any) -> str:
    """Have an organization's mail read from a user's inbox of their own; return who that is."""
    user = user or f"shop-{org.code}-{org.id}"
    with tenant(organization_id=org.id):
        account = house.account(user, **changes)
        mailbox_set(organization_id=org.id, account=account, by=org.admin, now=START, all_there=all_there)
    return user


def row(org: Org) -> Mailbox:
    with tenant(organization_id=org.id):
        return Mailbox.objects.get(organization_id=org.id)


def reader(org: Org, **facts: Any) -> Reader:
    return Reader(organization_id=org.id, mailbox_id=row(org).id, **facts)


def read_all(one: Reader, wanted: int, org: Org, most: int = 400) -> int:
    """Read over as many lines as it takes until so many mails are in; return how many lines broke."""
    broken = 0
    for _ in range(most):
        try:
            one.read()
        except UnableToReadMail:
            broken += 1
        if len(subjects(org)) >= wanted:
            break
    return broken


def subjects(org: Org) -> list[str]:
    """The subjects of all mails that came in, in the order in which they did."""
    with tenant(organization_id=org.id):
        found = Message.objects.filter(organization_id=org.id, direction="in").order_by("id")
        return list(found.values_list("subject", flat=True))


def numbers(*wanted: int) -> list[str]:
    return [f"Number {one}" for one in wanted]


def each_once(org: Org, count: int) -> None:
    """Check that this many mails came in, each once."""
    assert Counter(subjects(org)) == Counter(numbers(*range(count)))


def asides(org: Org) -> list[MailAside]:
    with tenant(organization_id=org.id):
        return list(MailAside.objects.filter(organization_id=org.id).order_by("id"))
