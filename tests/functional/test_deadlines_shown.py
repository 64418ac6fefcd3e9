"""One deadline everywhere: what is due first decides the lists, and the customer reads the same, honestly when late."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import signed_in
from tests.support.recoveries import HOUR, again, clock, customer, failure, open_for, opened, reply, say, step_to

from makegood.customers.models import Customer
from makegood.messages.links import status_path
from makegood.messages.models import Thread
from makegood.public.building import next_word
from makegood.recoveries.models import Recovery, RecoveryClock
from makegood.recoveries.operations import pause_start, step_done
from makegood.recoveries.queries import Filters, recoveries_list, recovery_case, today
from makegood.recoveries.queries.faces import open_counts
from makegood.rules.phrases import phrase
from makegood.store.tenancy import tenant

LATE = timedelta(minutes=1)


def promised(org: Org, recovery: Recovery, now: datetime) -> tuple[str, datetime | None]:
    """What the customer's page promises at a moment; call inside a unit of work."""
    case = recovery_case(organization_id=org.id, recovery_id=recovery.id, now=now)
    assert case is not None
    return next_word(case, None, now=now)


def page_of(org: Org, recovery: Recovery) -> str:
    """The customer's page as it reads."""
    with tenant(organization_id=org.id):
        token = Thread.objects.get(organization_id=org.id, id=recovery.thread_id).token
        link = status_path(organization_id=org.id, token=token)
    return Client(headers={"host": "127.0.0.1"}).get(link).content.decode()


def test_all_show_the_clock_of_the_answer_once_the_customer_wrote(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        say(org, recovery, "acknowledgement", at=START)
        reply(org, recovery, "Where is it?", at=START + HOUR)
        due_at = clock(org, recovery, "respond").due_at
        (row,) = today(organization_id=org.id)
        assert (row.soonest, row.soonest_at) == ("respond", due_at)
        assert promised(org, recovery, START + HOUR) == ("next.respond", due_at)


def test_the_customer_reads_the_earliest_word_that_they_were_promised(org: Org) -> None:
    """Another word comes before the fix is done: the page says so, not the later deadline of the fix."""
    recovery = opened(org)
    with tenant(organization_id=org.id):
        say(org, recovery, "apology", at=START)
        word_at = again(org, recovery).next_due_at - HOUR
        RecoveryClock.objects.filter(recovery_id=recovery.id, target="update").update(due_at=word_at)
        assert again(org, recovery).next_step == "fix"
        assert promised(org, recovery, START) == ("next.word", word_at)


def test_who_asked_nothing_reads_of_no_answer(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        say(org, recovery, "apology", at=START)
        step_done(organization_id=org.id, recovery_id=recovery.id, step="fix", by=org.employee, now=START)
        assert again(org, recovery).next_step == "respond"
        assert promised(org, recovery, START)[0] == "next.word"
        reply(org, recovery, "Where is it?", at=START + HOUR)
        assert promised(org, recovery, START + HOUR)[0] == "next.respond"


def test_a_clock_that_is_late_is_overdue_and_comes_first(org: Org) -> None:
    with tenant(organization_id=org.id):
        dear = failure(org, price_minor=900_000, currency="EUR", customer_id=customer(org), at=START + HOUR)
        (late,) = open_for(org, failure(org))
        calm = open_for(org, dear, at=START + HOUR)[-1]
        due_at = clock(org, late, "acknowledge").due_at
        assert due_at is not None
        say(org, calm, "acknowledgement", at=START + HOUR)
    now = due_at + LATE
    step_to(org, now)
    with tenant(organization_id=org.id):
        assert now < again(org, late).next_due_at
        assert [row.id for row in today(organization_id=org.id)] == [late.id, calm.id]
        overdue = recoveries_list(organization_id=org.id, filters=Filters(overdue=now)).rows
        assert [row.id for row in overdue] == [late.id]
        counts = open_counts(organization_id=org.id, member_id=org.admin, places=None, now=now)
        assert (counts.open, counts.overdue) == (2, 1)
    shown = signed_in(org, org.admin).get("/").content.decode()
    assert shown.count("is-hot is-hot") == 1


def test_what_is_paused_is_not_past_its_deadline(org: Org) -> None:
    """The customer is away for a week: the fix was due meanwhile, and its clock stands still."""
    recovery = opened(org)
    with tenant(organization_id=org.id):
        for kind in ("acknowledgement", "apology"):
            say(org, recovery, kind, at=START)
        who = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.employee}
        pause_start(**who, reason="customer", now=START + HOUR)
        now = again(org, recovery).next_due_at + LATE
        assert recoveries_list(organization_id=org.id, filters=Filters(overdue=now)).rows == ()
        assert open_counts(organization_id=org.id, member_id=org.admin, places=None, now=now).overdue == 0


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pt"])
def test_a_word_that_is_late_is_called_late_with_the_next_one_or_none(org: Org, language: str) -> None:
    with tenant(organization_id=org.id):
        Customer.objects.filter(id=org.customer).update(language=language)
        (recovery,) = open_for(org, failure(org))
        say(org, recovery, "acknowledgement", at=START)
        next_at = again(org, recovery).next_due_at + LATE
        word_at = next_at + HOUR
        RecoveryClock.objects.filter(recovery_id=recovery.id, target="update").update(due_at=word_at)
    step_to(org, next_at)
    with tenant(organization_id=org.id):
        assert promised(org, recovery, next_at) == ("next.late", word_at)
        assert promised(org, recovery, word_at + LATE) == ("next.late.still", None)
    shown = page_of(org, recovery)
    assert phrase("next.late", language=language) in shown
    assert phrase("next.apologise", language=language) not in shown
