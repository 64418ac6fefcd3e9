"""Mail on a real server, and payments on a real receiver: what they get, and what becomes of each answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from threading import Event
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from tests.conftest import START, Org
from tests.support.given import email, failed, outgoing, step, thread
from tests.support.outside import MailServer, mail_server, payment_system
from tests.support.waiting import until

from makegood.config.working import work_dry, work_once
from makegood.core.money import Money
from makegood.journal.carrying import ATTEMPTS, Outcome
from makegood.journal.models import Effect
from makegood.journal.outbox import Wanted, effects_add
from makegood.makegoods.models import MakeGood
from makegood.makegoods.operations import FloorOwed, floors_owe
from makegood.makegoods.queries import payouts_by_hand
from makegood.messages.models import Message, Thread
from makegood.messages.operations import message_received, message_retry, message_send, messages_queue
from makegood.messages.queries import messages_in_trouble
from makegood.messages.smtp_server import UnusableEmailUrl, server_of
from makegood.organizations.models import Member, Organization
from makegood.organizations.operations import integration_set, sending_stop, user_create
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

HOUR = timedelta(hours=1)


@pytest.fixture
def org(make_org: Callable[..., Org]) -> Org:
    """An organization from which mail and money leave, and whose customer has an address."""
    made = make_org(delivery="live")
    with tenant(organization_id=made.id):
        email(made)
    return made


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


def say(org: Org, **facts: Any) -> int:
    with tenant(organization_id=org.id):
        thread_id = facts.pop("thread_id", None) or thread(org)
        (said,) = messages_queue(organization_id=org.id, queued=[outgoing(thread_id, org, **facts)], now=START)
    return said.message_id or 0


def row(org: Org, message_id: int) -> Message:
    with tenant(organization_id=org.id):
        return Message.objects.get(id=message_id)


def parsed(raw: bytes) -> Any:
    return message_from_bytes(raw, policy=policy.default)


def test_a_mail_carries_what_brings_the_answer_back(org: Org, server: MailServer) -> None:
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(reply_address="care@shop.example")
    message_id = say(org, subject="Your parcel\r\nBcc: everyone@example.com")
    assert work_dry(only=[org.id]) == 1
    mail = parsed(server.taken[0])
    with tenant(organization_id=org.id):
        token = Thread.objects.get().token
    assert mail["From"].addresses[0].addr_spec == "care@shop.example"
    assert mail["To"].addresses[0].addr_spec == "ana@example.com"
    assert mail["Reply-To"].addresses[0].addr_spec == f"care+{token}@shop.example"
    assert mail["Message-ID"] == row(org, message_id).message_id == f"<{token}.{message_id}@127.0.0.1>"
    assert mail["Subject"] == "Your parcel Bcc: everyone@example.com"
    assert mail["Bcc"] is None
    assert mail["Auto-Submitted"] == "auto-generated"
    assert (row(org, message_id).state, row(org, message_id).sent_at) == ("sent", START)


def test_one_address_for_all_is_what_every_mail_leaves_from(org: Org, server: MailServer) -> None:
    """Whatever an organization wrote; its name stands there, and the answer still comes to its own address."""
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(reply_address="care@other.example")
    settings.EMAIL_URL += "?from=mail@house.example"
    say(org)
    assert work_dry(only=[org.id]) == 1
    mail = parsed(server.taken[0])
    with tenant(organization_id=org.id):
        name, token = Organization.objects.values_list("name", flat=True).get(), Thread.objects.get().token
    (sender,) = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "mail@house.example")
    assert mail["Reply-To"].addresses[0].addr_spec == f"care+{token}@other.example"


def test_what_a_person_wrote_is_not_called_automatic_and_answers_what_came_before(org: Org, server: MailServer) -> None:
    with tenant(organization_id=org.id):
        thread_id = thread(org)
        token = Thread.objects.get(id=thread_id).token
        message_received(
            organization_id=org.id, key="in", at=START, body="Where is it?", token=token, message_id="<in@example.com>"
        )
    message_id = say(org, thread_id=thread_id, send="person", kind="update")
    with tenant(organization_id=org.id):
        message_send(organization_id=org.id, message_id=message_id, by=org.employee, now=START, override_reason="ok")
    work_dry(only=[org.id])
    mail = parsed(server.taken[0])
    assert (mail["Auto-Submitted"], mail["In-Reply-To"]) == (None, "<in@example.com>")


@pytest.mark.parametrize("body", ["one\n.\nthree\n", ".\nyes\n", "Grüße, 你好\n", "a\r\nb\rc\n", "x" * 5000 + "\n"])
def test_the_text_arrives_as_it_was_written(org: Org, server: MailServer, body: str) -> None:
    message_id = say(org, body=body, kind="update")
    if row(org, message_id).state == "draft":
        with tenant(organization_id=org.id):
            message_send(organization_id=org.id, message_id=message_id, by=org.employee, now=START, override_reason="x")
    work_dry(only=[org.id])
    got = parsed(server.taken[0]).get_content()
    assert "".join(got.splitlines()) == "".join(body.splitlines())
    assert row(org, message_id).state == "sent"


@pytest.mark.parametrize(
    ("rcpt", "data", "state", "trouble"),
    [
        ("550 no such user", "250 OK", "failed", "refused it (550)"),
        ("250 OK", "554 spam", "failed", "refused it (554)"),
        ("421 busy", "250 OK", "queued", ""),
        ("250 OK", "451 later", "queued", ""),
    ],
)
def test_each_refusal_is_final_or_tried_again_as_it_says(
    org: Org, server: MailServer, rcpt: str, data: str, state: str, trouble: str
) -> None:
    server.rcpt, server.data = rcpt, data
    message_id = say(org)
    work_dry(only=[org.id])
    assert row(org, message_id).state == state
    with tenant(organization_id=org.id):
        found = messages_in_trouble(organization_id=org.id)
        assert [one.trouble for one in found if trouble not in one.trouble] == []
        assert len(found) == (1 if trouble else 0)
    server.rcpt = server.data = "250 OK"
    if state == "failed":
        with tenant(organization_id=org.id):
            message_retry(organization_id=org.id, message_id=message_id, by=org.employee, now=START)
    step(org, HOUR)
    work_dry(only=[org.id])
    assert (row(org, message_id).state, len(server.taken)) == ("sent", 1)


def test_a_server_that_is_never_there_is_given_up_and_shown(org: Org) -> None:
    before = settings.EMAIL_URL
    settings.EMAIL_URL = "smtp://127.0.0.1:1"
    try:
        message_id = say(org)
        for turn in range(ATTEMPTS):
            assert row(org, message_id).state == "queued"
            work_dry(only=[org.id])
            step(org, (turn + 1) * 2 * HOUR)
    finally:
        settings.EMAIL_URL = before
    assert row(org, message_id).state == "failed"
    with tenant(organization_id=org.id):
        assert Effect.objects.get().attempts == ATTEMPTS
        assert "No mail server" in messages_in_trouble(organization_id=org.id)[0].trouble


def test_without_a_mail_server_it_fails_and_says_what_to_set(org: Org) -> None:
    assert not settings.EMAIL_URL
    message_id = say(org)
    work_dry(only=[org.id])
    assert row(org, message_id).state == "failed"
    with tenant(organization_id=org.id):
        assert "EMAIL_URL" in messages_in_trouble(organization_id=org.id)[0].trouble


@pytest.mark.parametrize("address", ["not an address", "a@b@c", "jörg@example.com", "a\nb@example.com"])
def test_an_address_that_is_none_fails_and_says_so(org: Org, server: MailServer, address: str) -> None:
    message_id = say(org)
    with tenant(organization_id=org.id):
        Message.objects.update(address=address)
    work_dry(only=[org.id])
    assert (row(org, message_id).state, server.taken) == ("failed", [])


@pytest.mark.parametrize("url", ["http://x", "smtp://", "smtp://h?tls=perhaps"])
def test_an_unusable_email_url_is_named(url: str) -> None:
    with pytest.raises(UnusableEmailUrl):
        server_of(url)


def test_a_password_is_never_sent_without_tls_unless_it_is_said_so() -> None:
    assert server_of("smtp://u:p%40ss@mail.example").tls == "required"
    named = server_of("smtps://u:p%40ss@mail.example")
    assert (named.password, named.implicit, named.port) == ("p@ss", True, 465)
    assert server_of("smtp://mail.example").tls == "wanted"


def test_staff_with_an_address_are_mailed_once(org: Org, server: MailServer) -> None:
    user_id = user_create(email=f"manager{org.id}@example.com", password=None, now=START)
    with tenant(organization_id=org.id):
        Member.objects.filter(id=org.manager).update(user_id=user_id)
        effects_add(
            organization_id=org.id,
            wanted=[
                Wanted(
                    kind="staff", idempotency_key="staff:1", subject="member", subject_id=org.manager, run_at=START,
                    payload={"member": org.manager, "handed": 3},
                )
            ],
        )  # fmt: skip
    work_dry(only=[org.id])
    tick_dry(only=[org.id])
    server.rcpt = "451 later"
    work_dry(only=[org.id])
    server.rcpt = "250 OK"
    step(org, HOUR)
    work_dry(only=[org.id])
    assert [parsed(one)["To"] for one in server.taken] == [f"manager{org.id}@example.com"]
    assert parsed(server.taken[0])["Subject"] == "3 recoveries were handed to you."


def test_the_stop_button_halts_in_the_middle_of_a_batch(org: Org, server: MailServer) -> None:
    ids = [say(org) for _ in range(3)]

    async def stop_then_take(*_: Any) -> str:
        from asgiref.sync import sync_to_async

        def press() -> None:
            with tenant(organization_id=org.id):
                sending_stop(organization_id=org.id, now=START, by=org.admin, stopped=True)
            connections["default"].close()

        await sync_to_async(press, thread_sensitive=False)()
        return "250 OK"

    server.handle_DATA = stop_then_take  # type: ignore[method-assign]
    assert work_once(only=[org.id]) == 1
    assert [row(org, one).state for one in ids] == ["sent", "queued", "queued"]
    with tenant(organization_id=org.id):
        assert sorted(Effect.objects.values_list("state", "attempts")) == [("done", 1), ("pending", 0), ("pending", 0)]


def owe(org: Org) -> int:
    failure_id = failed(org)
    with tenant(organization_id=org.id):
        (makegood_id,) = floors_owe(
            organization_id=org.id,
            owed=[
                FloorOwed(
                    failure_id=failure_id, customer_id=org.customer, rule="contract@2026", title="Owed",
                    form="cash_or_bank", amount=Money(minor=2500, currency="EUR"), due_at=START, reasons=(),
                )
            ],
            now=START,
        )  # fmt: skip
    return makegood_id


def test_a_payout_is_signed_by_standard_webhooks_and_names_nobody(org: Org) -> None:
    with payment_system() as system:
        with tenant(organization_id=org.id):
            integration_set(organization_id=org.id, kind="payout", url=system.url, secret="whsec_dGVzdA==")
        makegood_id = owe(org)
        work_dry(only=[org.id])
        (asked,) = system.asked
    headers = {name.lower(): value for name, value in asked["headers"].items()}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + asked["body"]
    digest = base64.b64encode(hmac.digest(b"test", signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert b"Ana" not in asked["body"]
    assert b'"minor": 2500' in asked["body"]
    with tenant(organization_id=org.id):
        assert MakeGood.objects.get(id=makegood_id).state == "delivered"


@pytest.mark.parametrize(("answers", "payout"), [([400], "failed"), ([None] * ATTEMPTS, "unknown")])
def test_what_a_payment_system_refuses_or_never_answers_goes_to_finance(
    org: Org, answers: list[int | None], payout: str
) -> None:
    with payment_system() as system:
        with tenant(organization_id=org.id):
            integration_set(organization_id=org.id, kind="payout", url=system.url, secret="s")
        makegood_id = owe(org)
        system.answers = list(answers)
        for turn in range(len(answers)):
            work_dry(only=[org.id])
            step(org, (turn + 1) * 2 * HOUR)
    with tenant(organization_id=org.id):
        (listed,) = payouts_by_hand(organization_id=org.id)
        assert (listed.id, listed.payout) == (makegood_id, payout)


WORKER = """
import django; django.setup()
from makegood.config.working import work_once
work_once(only=[{organization}])
"""


def worker(org: Org, owner_url: str) -> subprocess.Popen[bytes]:
    """A worker in a process of its own."""
    environment = {
        **os.environ, "DATABASE_URL": owner_url, "EMAIL_URL": settings.EMAIL_URL, "MAKEGOOD_PRIVATE_HOSTS": "127.0.0.1",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-c", WORKER.format(organization=org.id)], env=environment)


def killed_while(org: Org, owner_url: str, arrived: Event) -> None:
    """Kill -9 a worker while the world outside has what it sent and has not answered."""
    process = worker(org, owner_url)
    try:
        assert arrived.wait(300)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(300)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE journal_effect SET claimed_until = now() - interval '1 second' WHERE organization_id = %s"
            " AND state = 'claimed'",
            [org.id],
        )
        assert cursor.rowcount == 1


def test_invariant_7_a_worker_killed_between_data_and_commit_leaves_one_mail_and_one_unknown(
    org: Org, server: MailServer, database: str
) -> None:
    server.hold = Event()
    message_id = say(org)
    killed_while(org, database, server.arrived)
    server.hold.set()
    server.hold = None
    step(org, 10 * HOUR)
    for _ in range(3):
        work_once(only=[org.id])
    assert (row(org, message_id).state, len(server.seen)) == ("unknown", 1)
    with tenant(organization_id=org.id):
        assert [one.id for one in messages_in_trouble(organization_id=org.id)] == [message_id]


def test_invariant_7_a_worker_killed_while_paying_pays_once(org: Org, database: str) -> None:
    with payment_system() as system:
        with tenant(organization_id=org.id):
            integration_set(organization_id=org.id, kind="payout", url=system.url, secret="s")
        makegood_id = owe(org)
        system.hold = Event()
        killed_while(org, database, system.arrived)
        system.hold.set()
        system.hold = None
        for _ in range(3):
            work_once(only=[org.id])
        until(lambda: len(system.asked) == 2, "asked again")
        assert len({asked["key"] for asked in system.asked}) == len(system.paid) == 1
    with tenant(organization_id=org.id):
        assert MakeGood.objects.get(id=makegood_id).state == "delivered"


def test_invariant_7_an_outcome_after_the_claim_lapsed_counts_only_if_it_was_carried_out(
    org: Org, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from makegood.journal import carrying

    first, second = say(org), say(org)
    outcomes = iter([Outcome(state="done"), Outcome(state="failed")])

    def slow(**_: Any) -> Outcome:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "UPDATE journal_effect SET claimed_until = now() - interval '1 second'"
                " WHERE organization_id = %s AND state = 'claimed'",
                [org.id],
            )
        with tenant(organization_id=org.id):
            carrying.recover_lapsed(organization_id=org.id)
        return next(outcomes)

    monkeypatch.setitem(carrying._carriers, "message", carrying.Carrier(carry_out=slow, repeatable=False))
    work_once(only=[org.id])
    assert row(org, first).state == "sent", "it is known by now"
    assert row(org, second).state == "unknown"


def test_a_carriers_own_fault_is_an_outcome_and_the_others_still_go(
    org: Org, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from makegood.journal import carrying
    from makegood.messages.sending import message_carry

    first, second = say(org), say(org)

    def faulty(*, organization_id: int, effect: carrying.Claimed) -> Outcome:
        if effect.subject_id == first:
            raise ZeroDivisionError
        return message_carry(organization_id=organization_id, effect=effect)

    monkeypatch.setitem(carrying._carriers, "message", carrying.Carrier(carry_out=faulty, repeatable=False))
    work_dry(only=[org.id])
    assert [row(org, one).state for one in (first, second)] == ["unknown", "sent"]
