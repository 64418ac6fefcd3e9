"""Invariant 8 where the customer or the failure changes between two apologies: still one is said."""

from __future__ import annotations

from datetime import timedelta

from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.support.given import at_once, outgoing, thread
from tests.support.recoveries import customer, failure, open_for

from makegood.customers.operations import customer_merge
from makegood.failures.incidents import failures_attach, failures_hold, incident_confirm, incident_propose
from makegood.messages.models import Apology, Message
from makegood.messages.operations import messages_queue
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]

HOUR = timedelta(hours=1)


def say(org: Org, who: int, *, after: timedelta = timedelta()) -> str:
    """Apologise to this customer for the one thing; return what became of it."""
    with tenant(organization_id=org.id):
        said = outgoing(thread(org, who), org, customer_id=who, apology_key="late:shop", at=START + after)
        return messages_queue(organization_id=org.id, queued=[said], now=START + after)[0].state


def merged(org: Org, old: int, into: int) -> None:
    with tenant(organization_id=org.id):
        customer_merge(organization_id=org.id, customer_id=old, into_id=into, now=START, by=None)


def test_invariant_8_what_was_said_before_a_merge_counts_after_it(org: Org) -> None:
    with tenant(organization_id=org.id):
        other = customer(org)
    assert say(org, org.customer) == "queued"
    merged(org, org.customer, other)
    assert say(org, other, after=HOUR) == "blocked"
    assert say(org, other, after=timedelta(days=91)) == "queued"


def test_invariant_8_holds_between_two_who_were_merged_into_one(org: Org) -> None:
    with tenant(organization_id=org.id):
        one, two, known = customer(org), customer(org), customer(org)
    assert say(org, one) == "queued"
    merged(org, one, known)
    merged(org, two, known)
    assert say(org, two, after=HOUR) == "blocked"


def test_invariant_8_holds_while_they_are_being_merged(org: Org) -> None:
    """Whichever of the three is first, nobody who is one person afterwards is told sorry after the merge."""
    for _ in range(6):
        with tenant(organization_id=org.id):
            old, known = customer(org), customer(org)

        def merge_then_say(old: int = old, known: int = known) -> str:
            merged(org, old, known)
            return say(org, known, after=HOUR)

        def say_old(old: int = old) -> str:
            return say(org, old)

        found = at_once([say_old, merge_then_say])
        assert sorted(map(str, found)) == ["blocked", "queued"]
        with tenant(organization_id=org.id):
            assert Apology.objects.filter(customer_id__in=[old, known]).count() == 1


def test_invariant_8_a_draft_is_sent_for_what_it_is_about_now(org: Org) -> None:
    """Two failures of one customer, one drafted for before an incident took it in: one apology, the incident's."""
    with tenant(organization_id=org.id):
        first = failure(org, place_id=org.place)
        open_for(org, first)
        incident_id = incident_propose(
            organization_id=org.id,
            reason="burst",
            title="Late at the shop",
            at=START,
            active_from=START,
            active_to=START,
            reasons=[],
            place_id=org.place,
        )
        failures_hold(organization_id=org.id, incident_id=incident_id, failure_ids=[first], at=START)
        second = failure(org, place_id=org.place, routed_at=None)
        failures_attach(organization_id=org.id, incident_id=incident_id, failure_ids=[second], at=START)
        incident_confirm(organization_id=org.id, incident_id=incident_id, by=org.manager, now=START)
        drafts = list(Message.objects.filter(kind="apology", state="draft").order_by("id"))
        cases = {one.thread_id: one for one in Recovery.objects.all()}
    assert len(drafts) == 2
    assert len({one.customer_id for one in drafts}) == 1
    answers = [
        signed_in(org, cases[one.thread_id].owner_id)
        .post(
            f"/recoveries/R-{cases[one.thread_id].number}/say",
            {"draft": one.id, "text": one.body, "keep": "as drafted"},
        )
        .status_code
        for one in drafts
    ]
    assert answers == [302, 422]
    with tenant(organization_id=org.id):
        assert list(Apology.objects.values_list("key", flat=True)) == [f"incident:{incident_id}"]
