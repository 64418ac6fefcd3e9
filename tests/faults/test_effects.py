"""Invariants 7 and 8: what leaves the house leaves once, and an apology is said once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, connections
from tests.conftest import START, Org
from tests.support.outside import mail_server, payment_system

from makegood.config.working import work_once
from makegood.core.money import Money
from makegood.customers.models import Identity
from makegood.customers.operations import identity_hash
from makegood.failures.operations import Report, failure_report
from makegood.journal import carrying
from makegood.journal.carrying import Carrier, Claimed, Outcome
from makegood.journal.models import Effect
from makegood.journal.outbox import Wanted, effects_add, effects_stop
from makegood.makegoods.models import LedgerEntry, MakeGood
from makegood.makegoods.operations import FloorOwed, floors_owe
from makegood.messages.models import Message, Thread
from makegood.messages.operations import Outgoing, messages_queue
from makegood.organizations.operations import integration_set
from makegood.store.clocks import clock_step
from makegood.store.tenancy import tenant

MINUTE = timedelta(minutes=1)


@pytest.fixture
def live(make_org: Callable[..., Org]) -> Org:
    """An organization from which mail and money leave."""
    return make_org(delivery="live")


def say(org: Org, key: str, *, kind: str = "update", apology_key: str = "", customer: int | None = None) -> str:
    """Queue something for the customer at once; return what became of it."""
    customer = customer or org.customer
    with tenant(organization_id=org.id):
        Identity.objects.get_or_create(
            organization_id=org.id,
            customer_id=customer,
            kind="email",
            value=f"c{customer}@example.org",
            value_hash=identity_hash("email", f"c{customer}@example.org"),
        )
        thread, _ = Thread.objects.get_or_create(
            organization_id=org.id,
            customer_id=customer,
            defaults={"token": f"{customer:032x}", "created_at": START},
        )
        body = (
            "I am sorry that we did not bring your parcel on Monday. That was our mistake. I am sending a new one"
            " today, and it will be with you by Wednesday at noon."
            if kind == "apology"
            else "Your parcel left at ten and will be with you by noon."
        )
        (queued,) = messages_queue(
            organization_id=org.id,
            queued=[
                Outgoing(
                    thread_id=thread.id,
                    customer_id=customer,
                    kind=kind,
                    step="respond",
                    subject="Your parcel",
                    body=body,
                    send="at_once",
                    key=key,
                    apology_key=apology_key,
                )
            ],
            now=START,
        )
    return queued.state


def work(org: Org, rounds: int = 1) -> None:
    for _ in range(rounds):
        work_once(only=[org.id])


def later(org: Org, after: timedelta) -> None:
    with tenant(organization_id=org.id):
        clock_step(organization_id=org.id, moment_at=START + after)


def lapse(org: Org) -> None:
    """Let the claims of this organization lapse, as they do when their worker has died."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE journal_effect SET claimed_until = now() - interval '1 second'"
            " WHERE organization_id = %s AND state = 'claimed'",
            [org.id],
        )


def states(org: Org) -> list[str]:
    with tenant(organization_id=org.id):
        return list(Message.objects.order_by("id").values_list("state", flat=True))


def test_invariant_7_a_mail_leaves_once_however_often_and_by_whom_it_is_worked(live: Org) -> None:
    with mail_server() as server:
        for number in range(6):
            assert say(live, f"m{number}") == "queued"
        threads = [threading.Thread(target=lambda: (work(live, 3), connection.close())) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.taken) == 6
    assert states(live) == ["sent"] * 6


def test_invariant_7_a_line_that_drops_after_data_leaves_unknown_and_is_never_sent_again_by_itself(live: Org) -> None:
    with mail_server() as server:
        server.drop = "data"
        say(live, "m")
        work(live)
        server.drop = ""
        later(live, 600 * MINUTE)
        work(live, 3)
        assert len(server.seen) == 1
    assert states(live) == ["unknown"]


def test_invariant_7_a_server_that_asks_to_wait_gets_it_later_once(live: Org) -> None:
    with mail_server() as server:
        server.rcpt = "451 later"
        say(live, "m")
        work(live)
        assert (server.taken, states(live)) == ([], ["queued"])
        server.rcpt = "250 OK"
        later(live, 60 * MINUTE)
        work(live, 3)
        assert len(server.taken) == 1
    assert states(live) == ["sent"]


def test_invariant_7_a_mail_whose_worker_died_is_unknown_not_repeated(live: Org) -> None:
    with mail_server() as server:
        say(live, "m")
        with tenant(organization_id=live.id):
            Effect.objects.update(state="claimed", claimed_until=START, attempts=1)
        lapse(live)
        work(live, 3)
        assert server.taken == []
    assert states(live) == ["unknown"]


def owe(org: Org) -> None:
    with tenant(organization_id=org.id):
        failure_id = failure_report(
            organization_id=org.id,
            report=Report(
                customer_id=org.customer, kind="wrong_charge", loss="money", what="charged twice", happened_at=START
            ),
            now=START,
        )
        floors_owe(
            organization_id=org.id,
            owed=[
                FloorOwed(
                    failure_id=failure_id,
                    customer_id=org.customer,
                    rule="contract@2026",
                    title="Owed",
                    form="cash_or_bank",
                    amount=Money(minor=2500, currency="EUR"),
                    due_at=START + timedelta(days=7),
                    reasons=(),
                    at=START,
                )
            ],
            now=START,
        )


@pytest.mark.parametrize("answers", [[200], [None, 200], [503, None, 200], [500, 500, 200]])
def test_invariant_7_money_is_paid_once_whatever_the_payment_system_answers(
    live: Org, answers: list[int | None]
) -> None:
    with payment_system() as system:
        with tenant(organization_id=live.id):
            integration_set(organization_id=live.id, kind="payout", url=system.url, secret="whsec_dGVzdA==")
        owe(live)
        system.answers = list(answers)
        for attempt in range(1, len(answers) + 3):
            later(live, attempt * 120 * MINUTE)
            work(live)
        assert len(system.paid) == 1
        assert len({asked["key"] for asked in system.asked}) == 1
    with tenant(organization_id=live.id):
        assert MakeGood.objects.get(part="floor").state == "delivered"
        assert LedgerEntry.objects.filter(credit="cash").count() == 1


def test_a_payment_system_inside_the_house_is_not_called_unless_it_is_named(
    live: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    with payment_system() as system:
        with tenant(organization_id=live.id):
            integration_set(organization_id=live.id, kind="payout", url=system.url, secret="whsec_dGVzdA==")
        owe(live)
        with monkeypatch.context() as house:
            house.setattr(settings, "PRIVATE_HOSTS", ())
            work(live)
        assert system.asked == []
        with tenant(organization_id=live.id):
            assert "Use https" in Effect.objects.get(kind="payout", state="failed").outcome


def test_invariant_7_a_payout_whose_worker_died_is_asked_again_with_the_same_key(live: Org) -> None:
    with payment_system() as system:
        with tenant(organization_id=live.id):
            integration_set(organization_id=live.id, kind="payout", url=system.url, secret="whsec_dGVzdA==")
        owe(live)
        work(live)
        with tenant(organization_id=live.id):
            Effect.objects.filter(kind="payout").update(state="claimed", claimed_until=START)
        lapse(live)
        work(live, 3)
        assert len(system.asked) == 2
        assert len(system.paid) == 1


def test_invariant_8_one_apology_per_customer_and_key_in_90_days(org: Org) -> None:
    assert say(org, "first", kind="apology", apology_key="incident:1") == "queued"
    assert say(org, "second", kind="apology", apology_key="incident:1") == "blocked"
    assert say(org, "other", kind="apology", apology_key="incident:2") == "queued"
    assert say(org, "update", kind="update") == "queued"


def test_invariant_8_two_who_apologise_at_once_say_it_once(org: Org) -> None:
    said: list[str] = []

    def apologise(name: str) -> None:
        try:
            said.append(say(org, name, kind="apology", apology_key="late:shop"))
        finally:
            connection.close()

    say(org, "before")
    threads = [threading.Thread(target=apologise, args=(f"a{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["blocked", "blocked", "blocked", "queued"]


def test_what_is_stopped_by_what_follows_from_another_of_its_batch_does_not_leave(
    live: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[str] = []

    def inside(*, organization_id: int, effects: Sequence[Claimed]) -> set[int]:
        effects_stop(organization_id=organization_id, subject="member", subject_ids=[live.admin], now=START)
        return {one.id for one in effects}

    def carry_out(*, organization_id: int, effect: Claimed) -> Outcome:
        left.append(f"{organization_id}:{effect.kind}")
        return Outcome(state="done")

    monkeypatch.setitem(carrying._carriers, "within", Carrier(carry_out=carry_out, repeatable=True, inside=inside))
    monkeypatch.setitem(carrying._carriers, "without", Carrier(carry_out=carry_out, repeatable=True))
    with tenant(organization_id=live.id):
        wanted = [
            Wanted(kind=kind, idempotency_key=kind, subject=subject, subject_id=live.admin, run_at=START)
            for kind, subject in (("within", "team"), ("without", "member"))
        ]
        effects_add(organization_id=live.id, wanted=wanted)
    work(live, rounds=2)
    with tenant(organization_id=live.id):
        became = dict(Effect.objects.filter(organization_id=live.id).values_list("kind", "state"))
    assert (became, left) == ({"within": "done", "without": "stopped"}, [])
