"""What `makegood doctor` says of the environment, the mail server, the watched folders, mailboxes and webhooks."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from tests.functional.commands import Home, temporary_home
from tests.support.outside import mail_server
from tests.support.ports import free_port

WATCHED = """
from datetime import UTC, datetime
from django.db import transaction
from makegood.listen.intake.folders import Folders, folder_watch
from makegood.organizations import operations as organizations
from makegood.store.tenancy import tenant
now = datetime.now(UTC)
for code in ("corner", "market"):
    with transaction.atomic():
        org = organizations.organization_create(code=code, name=code, now=now, delivery="inbox")
    with tenant(organization_id=org):
        folder_watch(organization_id=org, active=True, by=None, now=now)
Folders().look(moment=0.0)
"""
READ = """
from datetime import UTC, datetime
from django.db import transaction
from makegood.listen.mailbox.account import Account
from makegood.listen.mailbox.operations import mailbox_let, mailbox_set, mailbox_told
from makegood.listen.models import Mailbox
from makegood.organizations import operations as organizations
from makegood.store.tenancy import tenant
now = datetime.now(UTC)
account = Account(host="mail.example", port=993, security="tls", username="care", secret="x", folder="INBOX")
for code, trouble in (("corner", ""), ("market", "mail.example does not take this user and password."), ("old", "")):
    with transaction.atomic():
        org = organizations.organization_create(code=code, name=code, now=now, delivery="inbox")
    with tenant(organization_id=org):
        mailbox_set(organization_id=org, account=account, by=None, now=now)
        box = Mailbox.objects.get(organization_id=org)
        mailbox_told(organization_id=org, mailbox_id=box.id, changed_at=box.changed_at, trouble=trouble)
        if code == "old":
            mailbox_let(organization_id=org, active=False, by=None, now=now)
"""
POSTED = """
from makegood.listen.hooks.operations import delivery_keep, hook_make
from makegood.listen.hooks.signing import Signed
from makegood.listen.hooks.working import hooks_work
for number, body in ((1, b"{}"), (2, b"no JSON")):
    with tenant(organization_id=number):
        hook = hook_make(organization_id=number, kind="shopify", name="", secret="s" * 16, by=None, now=now)
        delivery_keep(organization_id=number, hook_id=hook, signed=Signed(delivery="1", mark="m"), body=body)
hooks_work()
"""
WELL = """
from makegood.listen.models import HookDelivery, Mailbox
from makegood.store.tenancy import tenant
with tenant(organization_id=2):
    Mailbox.objects.update(trouble="")
    HookDelivery.objects.update(state="seen")
"""


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"MAKEGOOD_SECRET": "x" * 31}, "BAD  secret: MAKEGOOD_SECRET has 31 characters: set one of at least 32"),
        ({"MAKEGOOD_SECRET": "123456789" * 4}, "BAD  secret: MAKEGOOD_SECRET is made of 9 different characters"),
        ({"MAKEGOOD_SECRET": "1234567890" * 4}, "ok   secret: named in MAKEGOOD_SECRET"),
        ({"MAKEGOOD_URL": "http://help.example.com"}, "BAD  address: With http://help.example.com passwords"),
        ({"MAKEGOOD_URL": "https://help.example.com/shop"}, "BAD  address: MAKEGOOD_URL must look like"),
        ({"MAKEGOOD_URL": "http://127.0.0.1:8000"}, "ok   address: http://127.0.0.1:8000; this machine only"),
        ({"MAKEGOOD_URL": "https://help.example.com"}, "ok   address: https://help.example.com; cookies go over https"),
        ({"MAKEGOOD_URL": "https://help.example.com"}, "todo proxies: not set; behind a proxy all clients count as"),
        ({"MAKEGOOD_TRUSTED_PROXIES": "9"}, "ok   proxies: 9 of yours in front"),
        ({"MAKEGOOD_TRUSTED_PROXIES": "10"}, "BAD  proxies: MAKEGOOD_TRUSTED_PROXIES must be a whole number"),
    ],
)
def test_doctor_judges_the_environment(tmp_path: Path, environment: dict[str, str], line: str) -> None:
    found = Home(tmp_path / "none").run("doctor", **environment, PORT=str(free_port()))
    assert line in found.stdout
    assert "ok   public address: not asked: " in found.stdout
    assert found.returncode == int("BAD" in line)


def test_doctor_asks_the_mail_server_and_sends_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "none")
    with mail_server() as server:
        assert "port " in (well := home.run("doctor", EMAIL_URL=settings.EMAIL_URL).stdout)
        assert "answers, without TLS" in well
        named = urlsplit(settings.EMAIL_URL).netloc
        for url, said in (
            (f"smtp://ana:word@{named}", "offers no TLS: use smtps://, or ?tls=never"),
            (f"smtp://ana:word@{named}?tls=never", "takes no password as it was reached"),
            (f"smtps://{named}", "does not answer as a mail server (SSLError)"),
        ):
            refused = home.run("doctor", EMAIL_URL=url)
            assert (refused.returncode, said in refused.stdout) == (1, True), refused.stdout
        assert server.seen == []
    gone = home.run("doctor", EMAIL_URL=f"smtp://127.0.0.1:{free_port()}")
    assert "does not answer as a mail server (ConnectionRefusedError)" in gone.stdout


def test_doctor_says_what_keeps_a_watched_folder_from_being_read() -> None:
    with temporary_home(ready=True) as home:
        (home.path / "folders").mkdir(parents=True)
        (home.path / "folders" / "market").write_text("no folder")
        home.python(WATCHED)
        found = home.run("doctor")
        assert found.returncode == 1
        (line,) = (line for line in found.stdout.splitlines() if " folders: " in line)
        assert line.startswith("BAD  folders: market: ")
        assert "corner" not in line


def test_doctor_says_what_keeps_mail_and_webhooks_from_being_taken_in() -> None:
    with temporary_home(ready=True) as home:
        home.python(READ + POSTED)
        found = home.run("doctor")
        assert found.returncode == 1
        (line,) = (line for line in found.stdout.splitlines() if " mailboxes: " in line)
        assert line == "BAD  mailboxes: market: mail.example does not take this user and password."
        said = "market: 1 of what was posted could not be taken in: see Settings, Webhooks."
        assert f"BAD  webhooks: {said}\n" in found.stdout
        home.python(WELL)
        well = home.run("doctor").stdout
        assert "ok   mailboxes: corner, market read\n" in well
        assert "ok   webhooks: corner, market taken in\n" in well
