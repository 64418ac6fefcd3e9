"""What waited longer than it promises: written anew by itself where nobody wrote in it, and never on and on."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.conftest import START, Org
from tests.support.given import email
from tests.support.recoveries import HOUR, Recovery, opened, step_to

from makegood.config.working import work_dry
from makegood.journal.models import Entry
from makegood.messages.models import Message
from makegood.messages.operations import message_save
from makegood.recoveries.operations import step_done
from makegood.recoveries.operations.renewing import promise_renew
from makegood.recoveries.saying import words_begin
from makegood.rules.phrases import by_moment
from makegood.store.tenancy import tenant
from makegood.store.ticking import find_due, tick_dry, tick_once

DAY = timedelta(days=1)


def drafted(org: Org, recovery: Recovery) -> Message:
    """The apology that waits."""
    return Message.objects.get(organization_id=org.id, thread_id=recovery.thread_id, kind="apology", state="draft")


def says(message: Message) -> str:
    """The moment that a letter promises, as it stands in its words; "" where it does not stand there."""
    assert message.next_by_at is not None
    said = by_moment(message.next_by_at, zone="Europe/Amsterdam", language="en")
    return said if said in " ".join(message.body.split()) else ""


def lived_until(org: Org, at: datetime) -> None:
    """The clock leaps, and all that is due by then is carried out and handled."""
    step_to(org, at)
    work_dry(only=[org.id])
    tick_dry(only=[org.id])


def recovery_with_draft(org: Org) -> Recovery:
    """One recovery with an apology that waits for a click."""
    with tenant(organization_id=org.id):
        email(org)
    return opened(org)


def wrote_in(org: Org, recovery: Recovery) -> Message:
    """The draft as a person changed it, its promise left as it was; call inside a unit of work."""
    draft = drafted(org, recovery)
    body = draft.body.replace("\n\n", "\n\nMy own words. ", 1)
    message_save(
        organization_id=org.id, message_id=draft.id, by=org.employee, now=START, subject=draft.subject, body=body
    )
    return drafted(org, recovery)


def test_a_draft_that_nobody_wrote_in_is_written_anew_when_its_promise_is_over(org: Org) -> None:
    recovery = recovery_with_draft(org)
    with tenant(organization_id=org.id):
        before = drafted(org, recovery)
    assert before.next_by_at == START + DAY
    lived_until(org, START + DAY - timedelta(minutes=1))
    with tenant(organization_id=org.id):
        assert drafted(org, recovery).body == before.body
    lived_until(org, START + DAY)
    with tenant(organization_id=org.id):
        after = drafted(org, recovery)
        assert (after.id, after.apology_key) == (before.id, before.apology_key)
        assert after.next_by_at == START + 2 * DAY
        assert says(after)
        (told,) = Entry.objects.filter(event="messages:message:renewed", subject_id=after.id)
        assert told.at == START + DAY


def test_however_far_the_clock_leaps_it_is_as_if_it_had_gone_slowly(org: Org) -> None:
    recovery = recovery_with_draft(org)
    lived_until(org, START + 3 * DAY + HOUR)
    with tenant(organization_id=org.id):
        assert drafted(org, recovery).next_by_at == START + 4 * DAY
        assert says(drafted(org, recovery))
        told = Entry.objects.filter(event="messages:message:renewed").order_by("id")
        assert [one.at for one in told] == [START + days * DAY for days in (1, 2, 3)]


def test_what_a_person_wrote_or_began_stays_and_is_not_asked_for_again(org: Org) -> None:
    recovery = recovery_with_draft(org)
    with tenant(organization_id=org.id):
        mine = wrote_in(org, recovery)
        begun_id = words_begin(
            organization_id=org.id, recovery_id=recovery.id, kind="update", by=org.employee, now=START
        )
        begun = Message.objects.get(id=begun_id)
    lived_until(org, START + 2 * DAY)
    assert ("drafts", org.id) not in find_due()
    with tenant(organization_id=org.id):
        assert drafted(org, recovery).body == mine.body
        assert Message.objects.get(id=begun_id).body == begun.body


def test_after_the_fix_it_is_written_anew_as_what_is_done(org: Org) -> None:
    recovery = recovery_with_draft(org)
    with tenant(organization_id=org.id):
        step_done(organization_id=org.id, recovery_id=recovery.id, by=org.employee, step="fix", now=START + HOUR)
    lived_until(org, START + 2 * DAY)
    with tenant(organization_id=org.id):
        after = drafted(org, recovery)
        assert after.next_by_at is not None
        assert after.next_by_at > START + 2 * DAY
        assert says(after)


def test_a_draft_of_a_closed_recovery_is_let_be_once(org: Org) -> None:
    recovery = recovery_with_draft(org)
    with tenant(organization_id=org.id):
        Recovery.objects.filter(id=recovery.id).update(state="closed", closed_at=START)
        before = drafted(org, recovery).body
    lived_until(org, START + DAY / 2)
    step_to(org, START + 2 * DAY)
    assert ("drafts", org.id) in find_due()
    tick_once(only=[org.id])
    assert ("drafts", org.id) not in find_due()
    with tenant(organization_id=org.id):
        assert drafted(org, recovery).body == before


def test_a_click_writes_the_time_anew_and_leaves_a_persons_words(org: Org) -> None:
    """Only the moment changes, wherever the line breaks; it is what the letter promises from then on."""
    recovery = recovery_with_draft(org)
    now = START + 2 * DAY
    with tenant(organization_id=org.id):
        mine = wrote_in(org, recovery)
    step_to(org, now)
    with tenant(organization_id=org.id):
        said = says(mine)
        broken = mine.body.replace(said, said.replace(" ", "\n", 1))
        to = promise_renew(
            organization_id=org.id, recovery_id=recovery.id, message_id=mine.id, subject="Mine", body=broken,
            by=org.employee, now=now,
        )  # fmt: skip
        after = drafted(org, recovery)
        assert to == after.next_by_at
        assert to > now
        assert after.body == mine.body.replace(said, says(after))
        assert after.subject == "Mine"
