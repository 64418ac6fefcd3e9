"""Who was erased and writes anew is somebody new: nothing joins what they were, and a person sees what they wrote."""

from __future__ import annotations

import pytest
from tests.conftest import START, Org
from tests.integration.test_erasure import live

from makegood.customers.models import Customer, Identity
from makegood.customers.operations import Seen, customer_erase, customers_resolve
from makegood.failures.models import Signal
from makegood.listen.forms import FormReport, form_accept
from makegood.messages.models import Message
from makegood.messages.operations import message_received
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant

ADDRESS = "wilhelmina.q@example.org"


def erased(org: Org) -> tuple[int, str]:
    """Somebody who was erased, and the token of their conversation."""
    customer_id = live(org)
    with tenant(organization_id=org.id):
        token = Recovery.objects.get(customer_id=customer_id).thread.token
        customer_erase(organization_id=org.id, customer_id=customer_id, now=START, by=org.admin)
    return customer_id, token


@pytest.mark.parametrize("on_the_old_thread", [True, False])
def test_their_mail_is_somebody_news_and_waits_for_a_person(org: Org, on_the_old_thread: bool) -> None:
    customer_id, token = erased(org)
    with tenant(organization_id=org.id):
        before = Message.objects.filter(customer_id=customer_id).count()
        received = message_received(
            organization_id=org.id, key="anew", at=START, body="It is Wilhelmina, again.", address=ADDRESS,
            token=token if on_the_old_thread else "",
        )  # fmt: skip
        assert received.thread_id is None
        assert received.customer_id not in (None, customer_id)
        assert Message.objects.filter(customer_id=customer_id).count() == before
        assert Signal.objects.get(customer_id=received.customer_id).state == "open"
        assert Identity.objects.get(customer_id=received.customer_id).value == ADDRESS
        assert not Recovery.objects.filter(customer_id=customer_id, state="open").exists()
        (again,) = customers_resolve(
            organization_id=org.id, seen=[Seen(identities=(("email", ADDRESS),), name="W. Q.")], now=START
        )
        assert again == received.customer_id
        assert Customer.objects.get(id=customer_id).name == ""


@pytest.mark.parametrize("mail", ["auto-reply", "bounce", "delay", "list"])
@pytest.mark.parametrize("on_the_old_thread", [True, False])
def test_what_no_person_wrote_is_kept_without_its_words(org: Org, mail: str, on_the_old_thread: bool) -> None:
    customer_id, token = erased(org)
    with tenant(organization_id=org.id):
        received = message_received(
            organization_id=org.id, key="by itself", at=START, body="Wilhelmina is out", subject="Out: Wilhelmina",
            address=ADDRESS, token=token if on_the_old_thread else "", mail=mail, reason=f"{ADDRESS} is full",
        )  # fmt: skip
        row = Message.objects.get(id=received.message_id)
        assert (row.subject, row.body, row.address, row.thread_id) == ("", "", "", None)
        assert not Identity.objects.filter(value=ADDRESS).exists()
        assert not Customer.objects.exclude(id__in=[customer_id, org.customer]).exists()


def test_a_source_that_sends_them_again_writes_nothing_down(org: Org) -> None:
    customer_id, _ = erased(org)
    with tenant(organization_id=org.id):
        seen = Seen(identities=(("email", ADDRESS),), name="Wilhelmina")
        assert customers_resolve(organization_id=org.id, seen=[seen], now=START) == [customer_id]
        assert Customer.objects.get(id=customer_id).name == ""


def test_the_report_form_takes_them_as_a_stranger(org: Org) -> None:
    customer_id, _ = erased(org)
    report = FormReport(key="k", what="The lamp is broken", loss="goods", contact=ADDRESS)
    with tenant(organization_id=org.id):
        taken = form_accept(organization_id=org.id, report=report, now=START)
        assert (taken.known, bool(taken.token)) == (False, True)
        assert Recovery.objects.exclude(customer_id=customer_id).get().state == "open"
