"""A link to choose a password that comes back with a mail: it is kept nowhere, whoever repeats it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.conftest import START, Org
from tests.support.bounces import report
from tests.support.mail_server import MailHouse, mail_house
from tests.support.mailboxes import _no_demo, asides, mail, mailbox, reader

from makegood.listen.mail_in import mail_take
from makegood.listen.mailbox import operations
from makegood.listen.mailbox.operations import aside_try
from makegood.messages.models import Message
from makegood.store.tenancy import tenant

__all__ = ["_no_demo"]
SECRET = "invited.17.1772442000~Nq0fJx2-kWcXw8d1gZ_4yTt5uVb6nM7aS8dF9gH0jKl"
LINK = f"https://help.shop.example/sign-in/choose/{SECRET}"
PLAIN = (
    f"Your mail came back. This is what it said:\r\n\r\nHello Ana,\r\n\r\nChoose it here:\r\n\r\n{LINK}\r\n\r\nThe link"
)
BROKEN = LINK[:70] + "=\r\n" + LINK[70:]


def plain_report(text: str) -> bytes:
    """A report in words alone, which repeats our mail."""
    return (
        "From: Mail Delivery Subsystem <MAILER-DAEMON@isp.test>\r\nTo: care@us.test\r\nSubject: Undeliverable mail\r\n"
        f"Message-ID: <report-9@isp.test>\r\nDate: Mon, 2 Mar 2026 09:05:00 +0000\r\n\r\n550 no such user\r\n{text}\r\n"
    ).encode()


def secret_kept(org: Org) -> bool:
    """Whether any part of the secret, as long as a word, stands in what was kept."""
    with tenant(organization_id=org.id):
        held = "\n".join(f"{one.subject}\n{one.body}" for one in Message.objects.filter(organization_id=org.id))
    held += "\n".join(bytes(one.raw or b"").decode(errors="replace") for one in asides(org))
    return any(part in held for part in (SECRET[:20], SECRET[21:40], SECRET[-20:]))


@pytest.mark.parametrize(
    "raw",
    [
        report("failed", "5.1.1", said=PLAIN),
        report("delayed", "4.4.1", said=PLAIN),
        plain_report(PLAIN),
        plain_report(PLAIN.replace(LINK, BROKEN)),
        mail(1, f"What is this? {LINK} I know nobody there."),
        mail(2, f"What is this?\r\n{LINK[:70]}\r\n{LINK[70:]}\r\nI know nobody there."),
        mail(
            3, f"What is this? https://safe.example/?url=https%3A%2F%2Fa.example%2Fsign-in%2Fchoose%2F{SECRET}&x=1 Ana"
        ),
    ],
)
def test_no_link_to_choose_a_password_is_kept(org: Org, raw: bytes) -> None:
    with tenant(organization_id=org.id):
        taken = mail_take(organization_id=org.id, raw=raw, at=START)
        row = Message.objects.get(organization_id=org.id, id=taken.received.message_id)
    assert not secret_kept(org)
    if taken.kind == "person":
        assert row.body.startswith("What is this?")
        assert row.body.endswith(("I know nobody there.", "&x=1 Ana"))
    else:
        assert 10 < len(row.body) < 100


@pytest.fixture(scope="module")
def house() -> Iterator[MailHouse]:
    with mail_house() as running:
        yield running


def test_nor_while_a_mail_waits_for_a_person(org: Org, house: MailHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    user = mailbox(org, house)
    house.put(report("failed", "5.1.1", said=PLAIN), mail(1, f"What is this? {LINK}"), mail(2), user=user)

    def strange(**_: Any) -> None:
        raise LookupError("nobody foresaw this")

    with monkeypatch.context() as patched:
        patched.setattr(operations, "mail_take", strange)
        reader(org).read()
        assert [one.raw is None for one in asides(org)] == [True, True, False]
        with tenant(organization_id=org.id):
            assert not aside_try(organization_id=org.id, aside_id=asides(org)[0].id)
        reader(org).read()
        assert not secret_kept(org)
    with tenant(organization_id=org.id):
        for one in asides(org):
            aside_try(organization_id=org.id, aside_id=one.id)
    reader(org).read()
    assert [one.state for one in asides(org)] == ["done"] * 3
    assert not secret_kept(org)
