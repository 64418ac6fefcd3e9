"""Stories: only with consent, never with who it was, found by words, and gone everywhere when consent is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connections
from tests.conftest import START, Org
from tests.support.recoveries import customer, journal, opened

from makegood.customers.operations import customer_erase
from makegood.messages.models import Message
from makegood.recoveries.models import Recovery, Story
from makegood.recoveries.operations import close
from makegood.recoveries.operations.stories import (
    UnableToTellStory,
    stories_tell_staff,
    story_allow,
    story_tell,
    story_withdraw,
)
from makegood.recoveries.queries.stories import stories_found, story_of
from makegood.store.tenancy import tenant

DAY = timedelta(days=1)
WORD = "Zanzibar"
"""A word that stands in nothing but the story."""


def closed(org: Org) -> Recovery:
    with tenant(organization_id=org.id):
        person = customer(org)
    recovery = opened(org, customer_id=person)
    with tenant(organization_id=org.id):
        close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, now=START + DAY, reason="All is well.")
    return recovery


def told(org: Org) -> Recovery:
    """A story that is told, and of which the staff were told."""
    recovery = closed(org)
    with tenant(organization_id=org.id):
        story_allow(organization_id=org.id, recovery_id=recovery.id, how="phone", by=org.employee, now=START + 2 * DAY)
        story_tell(
            organization_id=org.id, recovery_id=recovery.id, title=f"The lamp from {WORD}",
            body="Ana Ferreira of Baker Street 221b paid 12.50. Employee drove over with a new lamp.",
            by=org.employee, now=START + 3 * DAY,
        )  # fmt: skip
    return recovery


def found(org: Org, words: str = "") -> list[str]:
    return [one.title for one in stories_found(organization_id=org.id, words=words, limit=10)]


def test_without_consent_nothing_is_told(org: Org) -> None:
    recovery = closed(org)
    with tenant(organization_id=org.id), pytest.raises(UnableToTellStory, match="ask them first"):
        story_tell(organization_id=org.id, recovery_id=recovery.id, title="A", body="B", by=org.employee, now=START)


def test_consent_is_kept_with_its_moment_and_how_it_was_given(org: Org) -> None:
    recovery = closed(org)
    at = START + 2 * DAY
    with tenant(organization_id=org.id):
        story_allow(organization_id=org.id, recovery_id=recovery.id, how="page", now=at)
        story_allow(organization_id=org.id, recovery_id=recovery.id, how="phone", by=org.employee, now=at + DAY)
        row = Story.objects.get(recovery_id=recovery.id)
        assert (row.consented_at, row.consent_how, row.consent_by_id) == (at, "page", None)


@pytest.mark.parametrize(("how", "by_hand"), [("page", True), ("phone", False), ("rumour", True)])
def test_consent_that_nobody_could_have_given_so_is_refused(org: Org, how: str, by_hand: bool) -> None:
    recovery = closed(org)
    by = org.employee if by_hand else None
    with tenant(organization_id=org.id), pytest.raises(UnableToTellStory):
        story_allow(organization_id=org.id, recovery_id=recovery.id, how=how, by=by, now=START)


def test_a_recovery_that_is_open_is_no_story(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id), pytest.raises(UnableToTellStory, match="close it first"):
        story_allow(organization_id=org.id, recovery_id=recovery.id, how="page", now=START)


def test_names_addresses_and_numbers_are_taken_out_as_it_is_kept(org: Org) -> None:
    recovery = told(org)
    with tenant(organization_id=org.id):
        story = story_of(organization_id=org.id, recovery_id=recovery.id)
        assert story is not None
        assert story.body == "[name] of [address] paid [number]. [name] drove over with a new lamp."


def test_stories_are_found_by_their_words(org: Org) -> None:
    told(org)
    with tenant(organization_id=org.id):
        for words in ("", "lamp", WORD.lower(), '"new lamp"', "lamp -parcel"):
            assert found(org, words) == [f"The lamp from {WORD}"], words
        for words in ("parcel", "lamp parcel", '"lamp new"'):
            assert found(org, words) == [], words


def test_another_organization_finds_nothing(org: Org, make_org: object) -> None:
    told(org)
    other = make_org()  # type: ignore[operator]
    with tenant(organization_id=other.id):
        assert Story.objects.count() == 0
        assert stories_found(organization_id=org.id, limit=10) == []


def test_withdrawn_consent_removes_it_everywhere_at_once(org: Org, database: str) -> None:
    """From the collection, the recovery, the search and whatever the staff were sent: the word stands nowhere."""
    recovery = told(org)
    with tenant(organization_id=org.id):
        assert stories_tell_staff(organization_id=org.id, by=org.employee, since=START, now=START + 4 * DAY) == 1
        assert everywhere()
        assert story_withdraw(organization_id=org.id, recovery_id=recovery.id, now=START + 5 * DAY)
        assert found(org) == []
        assert story_of(organization_id=org.id, recovery_id=recovery.id) is None
        assert everywhere() == []
        events = [row.event for row in journal(org, recovery) if row.event.startswith("recoveries:story")]
        assert events == ["recoveries:story:allowed", "recoveries:story:told", "recoveries:story:consent_withdrawn"]
        assert not story_withdraw(organization_id=org.id, recovery_id=recovery.id, now=START + 5 * DAY)


def everywhere() -> list[str]:
    """The tables of this organization in which the story's word stands."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.columns WHERE column_name = 'organization_id'")
        tables = sorted({name for (name,) in cursor.fetchall()})
        held = []
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}" one WHERE one::text ILIKE %s', [f"%{WORD}%"])
            if cursor.fetchone()[0]:
                held.append(table)
    return held


def test_an_erased_persons_story_goes(org: Org) -> None:
    recovery = told(org)
    with tenant(organization_id=org.id):
        customer_erase(organization_id=org.id, customer_id=recovery.customer_id, now=START + 5 * DAY, by=org.admin)
        assert everywhere() == []
        with pytest.raises(UnableToTellStory, match="erased"):
            story_allow(organization_id=org.id, recovery_id=recovery.id, how="page", now=START + 6 * DAY)


def test_staff_are_told_how_many_and_where_once(org: Org) -> None:
    told(org)
    with tenant(organization_id=org.id):
        for _ in range(2):
            stories_tell_staff(organization_id=org.id, by=org.employee, since=START, now=START + 4 * DAY)
        rows = Message.objects.filter(kind="staff", subject="There is a new story of a recovery.")
        assert {row.member_id for row in rows} == {org.admin, org.manager}
        assert rows.count() == 2
        assert all("/stories" in row.body and WORD not in row.body for row in rows)
        assert stories_tell_staff(organization_id=org.id, by=org.employee, since=START + 9 * DAY, now=START) == 0
