"""Sorry said to all of an incident with one yes: the words first, once for each, and why the others get none."""

from __future__ import annotations

import html

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.support.given import email
from tests.support.recoveries import customer, failure, step_to, steps

from makegood.config.working import work_dry
from makegood.customers.models import Customer
from makegood.failures.incidents import failures_attach, incident_confirm, incident_propose
from makegood.messages.models import Apology, Message
from makegood.messages.operations import message_save
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import close, review_decide
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords", "review_decide"]
NAMES = ("Ana", "Bea", "Cem", "Dora", "Emil", "Fina")


@pytest.fixture
def hit(org: Org) -> list[Recovery]:
    """An incident that hit six: all but the last have an e-mail address, and the second reads German."""
    with tenant(organization_id=org.id):
        incident_id = incident_propose(
            organization_id=org.id, reason="burst", title="The till was down", at=START,
            active_from=START, active_to=START, reasons=[], place_id=org.place,
        )  # fmt: skip
        found = []
        for number, name in enumerate(NAMES):
            one = customer(org)
            Customer.objects.filter(id=one).update(name=f"{name} Rossi", language="de" if number == 1 else "")
            if number < 5:
                email(org, f"{name}@example.com", one)
            found.append(failure(org, place_id=org.place, customer_id=one))
        failures_attach(organization_id=org.id, incident_id=incident_id, failure_ids=found, at=START)
        incident_confirm(organization_id=org.id, incident_id=incident_id, by=org.manager, now=START)
    from makegood.store.ticking import tick_dry

    tick_dry(only={org.id})
    with tenant(organization_id=org.id):
        return list(Recovery.objects.filter(organization_id=org.id).order_by("number"))


def test_whose_apology_is_on_its_way_needs_no_other(org: Org, hit: list[Recovery]) -> None:
    """Right after a yes that lets them leave by themselves, nobody is asked to say sorry once more."""
    client = signed_in(org, org.manager)
    assert "Say sorry to all 6" in client.get("/incidents/I-1").content.decode()
    with tenant(organization_id=org.id):
        Message.objects.filter(kind="apology", thread_id=hit[0].thread_id).update(state="queued")
    assert "Say sorry to all 5" in client.get("/incidents/I-1").content.decode()


def test_the_words_are_shown_first_and_one_yes_says_them(org: Org, hit: list[Recovery]) -> None:
    ana, bea, cem, dora, emil, fina = hit
    with tenant(organization_id=org.id):
        close(organization_id=org.id, recovery_id=cem.id, by=org.manager, now=START, reason="They moved away")
        draft = Message.objects.get(thread_id=dora.thread_id, kind="apology", state="draft")
        message_save(
            organization_id=org.id,
            message_id=draft.id,
            by=org.employee,
            now=START,
            subject="Sorry",
            body="My own words",
        )
    client = signed_in(org, org.manager)
    assert "Say sorry to all 5" in client.get("/incidents/I-1").content.decode()
    page = html.unescape(client.get("/incidents/I-1/sorry").content.decode())
    assert "Say sorry to all 3" in page
    assert "In English" in page
    assert "In German" in page
    assert "The wording rules find nothing that holds it back." in page
    assert f"1 (R-{cem.number}): It is closed." in page
    assert f"1 (R-{dora.number}): A colleague has written in their apology" in page
    assert f"1 (R-{fina.number}): We know no e-mail of theirs" in page
    with tenant(organization_id=org.id):
        assert not Apology.objects.filter(organization_id=org.id).exists(), "nothing is said before the yes"
    answer = client.post("/incidents/I-1/sorry", {"seen": "3"})
    assert answer.status_code == 302
    work_dry(only={org.id})
    with tenant(organization_id=org.id):
        told = set(Apology.objects.filter(organization_id=org.id).values_list("customer_id", flat=True))
        assert told == {ana.customer_id, bea.customer_id, emil.customer_id}
        assert [steps(org, one)["apologise"] for one in hit] == ["done", "done", "todo", "todo", "done", "todo"]
        said = Message.objects.get(thread_id=ana.thread_id, kind="apology", state="sent")
        assert (said.author_id, "Manager" in said.body) == (org.manager, True)
    page = html.unescape(client.get(answer.headers["Location"]).content.decode())
    assert "3 done" in page.lower()


def test_nobody_is_told_twice_whoever_says_yes(org: Org, hit: list[Recovery]) -> None:
    client = signed_in(org, org.manager)
    first = client.post("/incidents/I-1/sorry", {"seen": "5"})
    second = client.post("/incidents/I-1/sorry", {"seen": "5"})
    assert (first.status_code, second.status_code) == (302, 302)
    work_dry(only={org.id})
    with tenant(organization_id=org.id):
        assert Apology.objects.filter(organization_id=org.id).count() == 5
        assert Message.objects.filter(kind="apology", state="sent").count() == 5
    page = html.unescape(client.get(second.headers["Location"]).content.decode())
    assert "They were told sorry" in page
    assert "There is nobody to say sorry to" in client.get("/incidents/I-1/sorry").content.decode()


def test_a_yes_signs_for_no_more_than_was_shown(org: Org, hit: list[Recovery]) -> None:
    refused = signed_in(org, org.manager).post("/incidents/I-1/sorry", {"seen": "4"})
    assert refused.status_code == 422
    assert "There are 5 by now" in refused.content.decode()


def test_an_employee_may_not(org: Org, hit: list[Recovery]) -> None:
    assert signed_in(org, org.employee).post("/incidents/I-1/sorry", {"seen": "5"}).status_code == 403


def test_what_has_not_left_is_stopped_by_undo(org: Org, hit: list[Recovery]) -> None:
    from makegood.recoveries.operations.bulk import bulks_work

    step_to(org, START.replace(hour=23))
    client = signed_in(org, org.manager)
    begun = client.post("/incidents/I-1/sorry", {"seen": "5"}).headers["Location"]
    with tenant(organization_id=org.id):
        while bulks_work(organization_id=org.id):
            pass
        assert Message.objects.filter(kind="apology", state="queued").count() == 5
    client.post(f"{begun}/undo")
    with tenant(organization_id=org.id):
        while bulks_work(organization_id=org.id):
            pass
        assert not Apology.objects.filter(organization_id=org.id).exists()
        assert not Message.objects.filter(kind="apology", state="queued").exists()
