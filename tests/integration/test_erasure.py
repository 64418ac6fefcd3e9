"""Invariant 13: after a person is erased, their strings are in no table; counts and the folded journal stay true."""

from __future__ import annotations

from datetime import timedelta

from django.db import connections
from tests.conftest import START, Org

from makegood.customers.operations import Seen, customer_erase, customer_merge, customers_resolve, fact_add
from makegood.journal.models import Entry
from makegood.listen.operations import events_accept
from makegood.messages.models import Message
from makegood.messages.operations import message_received
from makegood.promises.models import Promise
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import close, owner_change, step_done
from makegood.recoveries.operations.helping import NewFile, help_form_fill
from makegood.store.clocks import clock_step
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

SECRETS = ("Wilhelmina", "Quatermass", "wilhelmina.q@example.org", "unmistakable", "zebra-77")
HOUR = timedelta(hours=1)


def body(event_id: str, kind: str, after: timedelta, **data: object) -> dict[str, object]:
    return {"specversion": "1.0", "id": event_id, "type": kind, "time": (START + after).isoformat(), "data": data}


def live(org: Org) -> int:
    """A person buys, is failed, writes, and is written about; return the customer."""
    who = {"email": "wilhelmina.q@example.org", "name": "Wilhelmina Quatermass", "language": "en"}
    with tenant(organization_id=org.id):
        events_accept(
            organization_id=org.id,
            source_id=org.source,
            bodies=[
                body(
                    "order wilhelmina.q@example.org",
                    "purchase.made",
                    timedelta(),
                    reference="zebra-77",
                    customer=who,
                    placed_at=START.isoformat(),
                    total={"minor": 5000, "currency": "EUR"},
                    what="unmistakable lamp",
                ),
                body(
                    "promise zebra-77",
                    "promise.made",
                    timedelta(),
                    reference="zebra-77",
                    purchase="zebra-77",
                    customer=who,
                    due_at=(START + HOUR).isoformat(),
                    what="unmistakable lamp for Wilhelmina",
                ),
            ],
            now=START,
        )
        (customer_id,) = customers_resolve(
            organization_id=org.id, seen=[Seen(identities=(("email", who["email"]),))], now=START
        )
        fact_add(
            organization_id=org.id,
            customer_id=customer_id,
            text="Wilhelmina collects unmistakable zebras",
            source="letter",
            consented=True,
            now=START,
        )
        clock_step(organization_id=org.id, moment_at=START + 2 * HOUR)
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        recovery = Recovery.objects.get(customer_id=customer_id)
        owner_change(
            organization_id=org.id,
            recovery_id=recovery.id,
            to=org.manager,
            by=org.admin,
            reason="Wilhelmina asked for you",
            now=START + 2 * HOUR,
        )
        message_received(
            organization_id=org.id,
            address="Wilhelmina.Q@example.org",
            subject="unmistakable",
            body="I never got an answer. Wilhelmina Quatermass",
            key="mail that answers nothing",
            at=START + 2 * HOUR,
        )
        recovery.refresh_from_db()
        message_received(
            organization_id=org.id,
            token=recovery.thread.token,
            address="wilhelmina.q@example.org",
            subject="unmistakable",
            body="It is still broken. Wilhelmina Quatermass",
            channel="mail",
            key="mail from wilhelmina.q@example.org",
            at=START + 2 * HOUR,
        )
        help_form_fill(
            organization_id=org.id,
            recovery_id=recovery.id,
            form="what-happened",
            typed={"words": "Wilhelmina's unmistakable lamp fell"},
            files={"photo": NewFile(name="zebra-77 of Wilhelmina.pdf", content=b"%PDF-1.7 unmistakable zebra-77")},
            by=recovery.owner_id,
            now=START + 2 * HOUR,
        )
        step_done(
            organization_id=org.id,
            recovery_id=recovery.id,
            step="fix",
            by=recovery.owner_id,
            now=START + 2 * HOUR,
            note="Wilhelmina has her lamp",
        )
        close(
            organization_id=org.id,
            recovery_id=recovery.id,
            by=org.manager,
            reason="Wilhelmina moved away",
            now=START + 2 * HOUR,
        )
    return customer_id


def found(org: Org) -> list[str]:
    """Every table that holds one of the strings anywhere in this organization's rows, as the owner sees them."""
    tables = []
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'organization_id'"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE organization_id = %s AND lower(t::text) LIKE ANY(%s)',
                [org.id, [f"%{one.lower()}%" for one in SECRETS]],
            )
            if cursor.fetchone()[0]:
                tables.append(table)
    return sorted(tables)


def test_invariant_13_an_erased_persons_strings_are_in_no_table(org: Org) -> None:
    customer_id = live(org)
    assert {"customers_customer", "customers_identity", "listen_raw", "conversations_message"} <= set(found(org))
    with tenant(organization_id=org.id):
        counts = (Promise.objects.count(), Recovery.objects.count())
        customer_erase(organization_id=org.id, customer_id=customer_id, now=START + 3 * HOUR, by=org.admin)
    assert found(org) == []
    with tenant(organization_id=org.id):
        assert (Promise.objects.count(), Recovery.objects.count()) == counts
        assert Entry.objects.filter(event="customers:customer:erased", subject_id=customer_id).count() == 1


def test_invariant_13_the_journal_and_the_outbox_never_held_them(org: Org) -> None:
    live(org)
    assert not {"journal_entry", "journal_effect", "makegoods_ledgerentry"} & set(found(org))


def test_a_redelivery_about_an_erased_person_is_still_known(org: Org) -> None:
    customer_id = live(org)
    again = body(
        "promise zebra-77",
        "promise.made",
        timedelta(),
        reference="zebra-77",
        customer={"email": "wilhelmina.q@example.org"},
        due_at=(START + HOUR).isoformat(),
    )
    with tenant(organization_id=org.id):
        customer_erase(organization_id=org.id, customer_id=customer_id, now=START + 3 * HOUR, by=org.admin)
        accepted = events_accept(organization_id=org.id, source_id=org.source, bodies=[again], now=START + 3 * HOUR)
    assert (accepted.new, accepted.known) == (0, 1)
    assert found(org) == []


def test_invariant_13_what_was_handed_over_stays_known_without_the_typed_reason(org: Org) -> None:
    customer_id = live(org)
    with tenant(organization_id=org.id):
        customer_erase(organization_id=org.id, customer_id=customer_id, now=START + 3 * HOUR, by=org.admin)
        (reason,) = Recovery.objects.get(customer_id=customer_id).owner_reasons
    assert (reason["rule"], reason["text"]) == ("owner.handed", "Handed over by a colleague.")


def test_invariant_13_an_unmatched_mail_of_somebody_else_stays(org: Org) -> None:
    customer_id = live(org)
    with tenant(organization_id=org.id):
        message_received(organization_id=org.id, address="bo@example.org", body="I am Bo", key="bo", at=START)
        customer_erase(organization_id=org.id, customer_id=customer_id, now=START + 3 * HOUR, by=org.admin)
        assert Message.objects.filter(body="I am Bo", address="bo@example.org").count() == 1


def test_invariant_13_who_was_merged_is_erased_whole_by_whichever_number(org: Org) -> None:
    """Erased under the number that they had before, they are erased under all that they have."""
    with tenant(organization_id=org.id):
        old, known, third = customers_resolve(
            organization_id=org.id,
            seen=[
                Seen(identities=(("phone", "+4930111222"),), name="Wilhelmina"),
                Seen(identities=(("email", "wilhelmina.q@example.org"),), name="Wilhelmina Quatermass"),
                Seen(identities=(("order", "zebra-77"),), name="W. Quatermass"),
            ],
            now=START,
        )
        for one in (old, third):
            customer_merge(organization_id=org.id, customer_id=one, into_id=known, now=START, by=None)
        customer_erase(organization_id=org.id, customer_id=old, now=START + HOUR, by=org.admin)
        told = Entry.objects.filter(event="customers:customer:erased").values_list("subject_id", flat=True)
        assert set(told) == {old, known, third}
    assert found(org) == []
