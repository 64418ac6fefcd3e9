"""Settings, Mail in: a mailbox is tried before it is kept, its password never leaves, and what waits is seen to."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.support.mail_server import PASSWORD, MailHouse, mail_house
from tests.support.mailboxes import _no_demo, asides, mail, mailbox, reader, row, subjects

from makegood.console.views import mailbox as views
from makegood.listen.mailbox import connecting, operations
from makegood.listen.mailbox.account import Account, Folder
from makegood.listen.mailbox.connecting import tried
from makegood.listen.models import MailAside, Mailbox
from makegood.messages.models import Message
from makegood.organizations.models import MemberPlace, Organization
from makegood.store.tenancy import tenant

__all__ = ["_no_demo", "_no_throttle", "_quick_passwords"]


@pytest.fixture(scope="module")
def house() -> Iterator[MailHouse]:
    with mail_house() as running:
        yield running


def given(house: MailHouse, **changes: str) -> dict[str, str]:
    return {
        "mail_host": "127.0.0.1", "mail_port": str(house.port), "mail_security": "none", "mail_user": "care",
        "mail_password": PASSWORD, "mail_folder": "INBOX", "mail_from": "now", **changes,
    }  # fmt: skip


def shown(client: Client, url: str = "/settings/mail") -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return str(answer.content.decode())


def keep(client: Client, values: dict[str, str], how: str = "set") -> str:
    return str(client.post(f"/settings/mail/act/{how}", values, follow=True).content.decode())


def kept(org: Org) -> int:
    with tenant(organization_id=org.id):
        return Mailbox.objects.filter(organization_id=org.id).count()


def test_a_mailbox_is_tried_kept_read_stopped_and_forgotten(org: Org, house: MailHouse) -> None:
    client = signed_in(org, org.admin)
    assert "No mailbox is read" in shown(client)
    house.put(mail(1), user="care")
    page = keep(client, given(house))
    assert "It works: INBOX is open, with 1 mail in it. What comes from now on is taken in." in page
    assert "care at 127.0.0.1" in page
    assert PASSWORD not in page
    house.put(mail(2), user="care")
    reader(org).read()
    assert "Number 2" in subjects(org)
    assert "It works: INBOX is open, with 2 mails in it." in keep(client, {}, "try")
    assert "not read: you stopped it" in keep(client, {}, "stop")
    assert not row(org).active
    assert reader(org).read() == 0
    assert "Stop reading it" in keep(client, {}, "go-on")
    assert "Forgotten, with its password" in keep(client, {}, "forget")
    assert kept(org) == 0


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"mail_password": "wrong"}, "does not take this user and password"),
        ({"mail_folder": "Complaints"}, "There is no folder called Complaints. There are: INBOX."),
        ({"mail_security": "tls"}, "does not speak TLS"),
        ({"mail_port": "99999"}, "a number such as 993"),
        ({"mail_security": "x"}, "Choose how the line is secured"),
        ({"mail_host": ""}, "Write the name of the mail server"),
        ({"mail_password": ""}, "Write the password"),
    ],
)
def test_what_is_wrong_is_said_on_the_form_and_nothing_is_kept(
    org: Org, house: MailHouse, changes: dict[str, str], says: str
) -> None:
    page = keep(signed_in(org, org.admin), given(house, **changes))
    assert re.search(says, page)
    assert 'value="care"' in page
    assert PASSWORD not in page
    assert kept(org) == 0


def test_a_kept_password_goes_to_no_other_server_or_user(org: Org, house: MailHouse) -> None:
    client = signed_in(org, org.admin)
    keep(client, given(house))
    assert "It works" in keep(client, given(house, mail_password="", mail_folder="INBOX"))
    for other in ({"mail_host": "localhost"}, {"mail_user": "somebody"}, {"mail_security": "tls"}):
        assert "Write the password" in keep(client, given(house, mail_password="", **other))


def test_only_an_admin_says_where_a_manager_sees_and_an_employee_does_not(org: Org, house: MailHouse) -> None:
    manager, employee = signed_in(org, org.manager), signed_in(org, org.employee)
    assert "mail_password" not in shown(manager)
    assert "Only an admin says where mail is read" in keep(manager, given(house))
    assert employee.get("/settings/mail").status_code == 403
    assert employee.post("/settings/mail/act/set", given(house)).status_code == 403
    assert kept(org) == 0


def test_what_waits_is_shown_with_why_and_seen_to(org: Org, house: MailHouse) -> None:
    mailbox(org, house)
    client = signed_in(org, org.manager)
    with tenant(organization_id=org.id):
        box = Mailbox.objects.get(organization_id=org.id)
        for uid, raw in ((1, mail(7)), (2, mail(8))):
            MailAside.objects.create(
                organization_id=org.id, mailbox=box, validity=1, uid=uid, size=len(raw), said="It is odd.", raw=raw,
                sender="<b>@example.com", subject="<script>alert(1)</script>", kept_at=START,
            )  # fmt: skip
    page = shown(client)
    assert "It is odd." in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    first, second = asides(org)
    assert "It is taken in." in keep(client, {"aside": str(first.id)}, "again")
    assert subjects(org) == ["Number 7"]
    assert "does not wait any more" in keep(client, {"aside": str(first.id)}, "again")
    assert "It lies on in your mailbox" in keep(client, {"aside": str(second.id)}, "seen")
    assert "Mails that need a look" not in shown(client)


def test_what_waits_is_not_there_for_who_serves_one_place(
    org: Org, house: MailHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose place it is about is not known yet."""
    user = mailbox(org, house)
    with tenant(organization_id=org.id):
        MemberPlace.objects.create(organization_id=org.id, member_id=org.manager, place_id=org.place)
    house.put(mail(7), user=user)

    def strange(**_: object) -> None:
        raise LookupError("nobody foresaw this")

    with monkeypatch.context() as patched:
        patched.setattr(operations, "mail_take", strange)
        reader(org).read()
    (aside,) = asides(org)
    manager, admin = signed_in(org, org.manager), signed_in(org, org.admin)
    assert "ana7@example.com" not in shown(manager)
    assert "Number 7" not in shown(manager)
    assert "Number 7" in shown(admin, "/settings/mail")
    for how in ("again", "seen"):
        assert "does not wait any more" in keep(manager, {"aside": str(aside.id)}, how)
    assert [one.state for one in asides(org)] == ["kept"]
    with tenant(organization_id=org.id):
        told = Message.objects.filter(kind="staff", subject="A mail could not be taken in")
        assert list(told.values_list("member_id", flat=True)) == [org.admin]
        MemberPlace.objects.create(organization_id=org.id, member_id=org.admin, place_id=org.place)
    assert "It is taken in." in keep(admin, {"aside": str(aside.id)}, "again")


def test_the_address_that_customers_are_written_from_is_set_here(org: Org) -> None:
    client = signed_in(org, org.admin)
    for wrong in ("care", "care@", "Ana <care@shop.example>", "käre@shop.example", "a@b.example\r\nBcc: c@d.example"):
        assert "such as care@example.com" in keep(client, {"reply_address": wrong}, "address")
    page = keep(client, {"reply_address": "care@shop.example"}, "address")
    assert "care+…@shop.example" in page
    with tenant(organization_id=org.id):
        assert Organization.objects.get(id=org.id).reply_address == "care@shop.example"
    assert "Only an admin" in keep(signed_in(org, org.manager), {"reply_address": "x@y.example"}, "address")


def test_a_refused_token_is_said_on_its_own_form(org: Org, house: MailHouse) -> None:
    client = signed_in(org, org.admin)
    assert 'name="token_refresh"' not in shown(client)
    assert 'name="token_refresh"' in shown(client, "/settings/mail?by=token")
    values = {name.replace("mail_", "token_"): value for name, value in given(house).items()}
    asked = {
        **values,
        "token_url": "http://sign.example/token",
        "token_client": "makegood",
        "token_refresh": "secret-1",
    }
    page = keep(client, asked, "set-token")
    assert "Use https: over http anybody on the way could read it." in page
    assert 'value="makegood"' in page
    assert "secret-1" not in page
    assert kept(org) == 0


def test_no_transaction_is_open_while_a_mail_server_is_called(
    org: Org, house: MailHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, seen = signed_in(org, org.admin), []

    def looked(account: Account, **more: Any) -> Folder:
        seen.append((account.port, transaction.get_connection().in_atomic_block))
        return tried(account, **more)

    monkeypatch.setattr(connecting, "tried", looked)
    assert "It works" in keep(client, given(house))
    assert "It works" in keep(client, {}, "try")
    assert "does not take this user" in keep(client, given(house, mail_password="wrong"))
    assert seen == [(house.port, False)] * 3


def test_a_token_that_the_provider_changes_as_it_is_tried_is_kept(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    client, given_next = signed_in(org, org.admin), iter(("second", "third"))

    def looked(account: Account, *, renewed: Callable[[str], object]) -> Folder:
        renewed(next(given_next))
        return Folder(validity=1, mails=0, next_uid=1)

    def secret() -> str:
        with tenant(organization_id=org.id):
            account = operations.account_kept(organization_id=org.id)
        assert account is not None
        return account.secret

    monkeypatch.setattr(connecting, "tried", looked)
    asked = {"host": "mail.example", "port": "993", "security": "tls", "user": "care", "folder": "INBOX", "from": "now"}
    more = {"token_url": "https://sign.example/token", "token_client": "makegood", "token_refresh": "first"}
    assert "It works" in keep(client, {f"token_{name}": value for name, value in asked.items()} | more, "set-token")
    assert secret() == "second"
    assert "It works" in keep(client, {}, "try")
    assert secret() == "third"


def test_only_so_many_mailboxes_are_tried_at_once(org: Org, house: MailHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(org, org.admin)
    monkeypatch.setattr(views, "_free", threading.BoundedSemaphore(1))
    for _ in range(3):
        assert "does not take this user" in keep(client, given(house, mail_password="wrong"))
    with views._free:
        assert "Other mailboxes are being tried right now" in keep(client, given(house))
    assert kept(org) == 0
    assert "It works" in keep(client, given(house))


def test_the_demo_reads_none(org: Org, house: MailHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DEMO", True)
    client = signed_in(org, org.admin)
    assert "nothing leaves this machine" in shown(client)
    assert "mail_password" not in shown(client)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        port = str(listening.getsockname()[1])
        assert "In the demo nothing leaves" in keep(client, given(house, mail_port=port))
        asked = {name.replace("mail_", "token_"): value for name, value in given(house, mail_port=port).items()}
        tokens = {"token_url": f"http://127.0.0.1:{port}/", "token_client": "makegood", "token_refresh": "secret-1"}
        assert "In the demo nothing leaves" in keep(client, {**asked, **tokens}, "set-token")
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert kept(org) == 0
