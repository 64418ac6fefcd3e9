"""Opened again: never beside another of the same happening, and looked after again until the customer is back."""

from __future__ import annotations

from tests.conftest import START, Org
from tests.support.recoveries import DAY, HOUR, again, customer, failure, makegood, open_for, reply, step_to, tell

from makegood.failures.models import Failure
from makegood.journal.operations import Happened
from makegood.recoveries.models import FollowUp, Recovery, RecoveryFailure
from makegood.recoveries.operations import close, rating_answer, rating_ask, returned_say, step_done, step_skip
from makegood.recoveries.operations.staff_words import word_give
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry


def closed_with_a_word_open(org: Org) -> Recovery:
    """A recovery in which a colleague promised a call by five hours later, closed before that."""
    (recovery,) = open_for(org, failure(org, happening_key="purchase:77"))
    word_give(
        organization_id=org.id, recovery_id=recovery.id, what="call you", due_at=START + 5 * HOUR, by=org.employee,
        now=START,
    )  # fmt: skip
    close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, reason="they asked us to", now=START)
    return recovery


def broken_in(org: Org) -> int | None:
    """The recovery that has the failure of the broken word; call inside a unit of work."""
    broken = Failure.objects.get(organization_id=org.id, happening_key__startswith="recovery:")
    return RecoveryFailure.objects.values_list("recovery_id", flat=True).filter(failure_id=broken.id).first()


def test_a_word_broken_in_a_closed_recovery_joins_the_one_that_is_open_by_now(org: Org) -> None:
    """It stops nobody else's way either."""
    with tenant(organization_id=org.id):
        first = closed_with_a_word_open(org)
        _, second = open_for(org, failure(org, happening_key="purchase:77", at=START + HOUR), at=START + HOUR)
        other = failure(org, customer_id=customer(org), at=START + 6 * HOUR, routed_at=None)
    step_to(org, START + 7 * HOUR)
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert again(org, first).state == "closed"
        assert broken_in(org) == second.id
        assert again(org, second).severity == second.severity + 1
        assert RecoveryFailure.objects.filter(failure_id=other).exists()


def test_a_word_broken_in_a_closed_recovery_opens_it_before_anything_else_of_its_happening(org: Org) -> None:
    """Both fall due at once: there is one recovery of it then, not a second one beside it."""
    with tenant(organization_id=org.id):
        first = closed_with_a_word_open(org)
        same = failure(org, happening_key="purchase:77", at=START + 6 * HOUR, routed_at=None)
    step_to(org, START + 7 * HOUR)
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert again(org, first).state == "open"
        assert broken_in(org) == first.id
        assert RecoveryFailure.objects.get(failure_id=same).recovery_id == first.id


def finished(org: Org, failure_id: int, recovery: Recovery) -> None:
    """All that closing asks for, but the return; call inside a unit of work."""
    given = makegood(org, recovery, failure_id, at=START + HOUR)
    tell(
        org,
        Happened(
            at=START + HOUR, event="makegoods:makegood:delivered", subject="makegood", subject_id=given.id,
            data={"failure": failure_id, "part": "extra", "minor": 900, "currency": "EUR"},
        ),
    )  # fmt: skip
    step_done(organization_id=org.id, recovery_id=recovery.id, step="fix", by=recovery.owner_id, now=START + HOUR)
    step_skip(
        organization_id=org.id, recovery_id=recovery.id, step="improve", by=recovery.owner_id, reason="not known",
        now=START + HOUR,
    )  # fmt: skip


def looks(org: Org, recovery: Recovery) -> list[int]:
    """In how many days after START each planned look for the return comes; call inside a unit of work."""
    planned = FollowUp.objects.filter(recovery_id=recovery.id, action="see_return", state="planned")
    return [(one.due_at - START).days for one in planned.order_by("due_at")]


def test_one_that_is_opened_again_is_looked_after_again(org: Org) -> None:
    """The customer was back, and it broke again: whether they come back now is looked for anew, once."""
    with tenant(organization_id=org.id):
        failure_id = failure(org)
        (recovery,) = open_for(org, failure_id)
        finished(org, failure_id, recovery)
        returned_say(organization_id=org.id, recovery_id=recovery.id, outcome="back", now=START + 4 * HOUR)
        assert (again(org, recovery).state, looks(org, recovery)) == ("closed", [])
        reply(org, recovery, "It broke again, it is still not working", at=START + 5 * DAY)
        assert (again(org, recovery).state, again(org, recovery).returned) == ("open", "")
        assert looks(org, recovery) == [35]
        reply(org, recovery, "Do you hear me?", at=START + 6 * DAY)
        assert looks(org, recovery) == [35]


def test_a_middling_score_holds_a_recovery_open_only_until_they_are_back(org: Org) -> None:
    with tenant(organization_id=org.id):
        failure_id = failure(org)
        (recovery,) = open_for(org, failure_id)
        finished(org, failure_id, recovery)
        rating_ask(organization_id=org.id, recovery_id=recovery.id, now=START + 2 * HOUR)
        rating_answer(organization_id=org.id, recovery_id=recovery.id, score=5, now=START + 3 * HOUR)
        returned_say(organization_id=org.id, recovery_id=recovery.id, outcome="back", now=START + 4 * HOUR)
        assert again(org, recovery).state == "closed"


def test_a_middling_score_that_comes_after_they_were_back_is_looked_into(org: Org) -> None:
    """Their last word counts: it stays open, and whether they are back is looked for anew."""
    with tenant(organization_id=org.id):
        failure_id = failure(org)
        (recovery,) = open_for(org, failure_id)
        rating_ask(organization_id=org.id, recovery_id=recovery.id, now=START + HOUR)
        returned_say(organization_id=org.id, recovery_id=recovery.id, outcome="back", now=START + 2 * HOUR)
        rating_answer(organization_id=org.id, recovery_id=recovery.id, score=5, now=START + DAY)
        assert looks(org, recovery) == [31]
        finished(org, failure_id, recovery)
        assert again(org, recovery).state == "open"
