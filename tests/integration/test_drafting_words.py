"""Words typed before a machine drafted: as safe as words that were kept, and none where nothing was typed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import START, Org
from tests.integration.test_drafts_anew import DAY, drafted, lived_until, recovery_with_draft, wrote_in
from tests.support.recoveries import HOUR, Recovery

from makegood.messages.drafting import words_ask, words_fill, words_put_back
from makegood.messages.models import Message
from makegood.recoveries.operations import step_done
from makegood.recoveries.operations.sorry import WRITING, sorry_bars
from makegood.store.tenancy import tenant

WORDS = "I am sorry that the till was down. That was our mistake."


def machine(org: Org, recovery: Recovery, *, typed: str = "", words: str = WORDS) -> Message:
    """The apology as a machine drafted it, asked while `typed` stood there; call inside a unit of work."""
    draft = drafted(org, recovery)
    asked = {"organization_id": org.id, "message_id": draft.id, "by": org.employee, "host": "h", "model": "m"}
    was = words_ask(**asked, now=START)
    words_fill(**asked, body=words, was=was, typed=typed or was, now=START)
    return drafted(org, recovery)


def put_back(org: Org, recovery: Recovery) -> Message:
    words_put_back(
        organization_id=org.id, message_id=drafted(org, recovery).id, by=org.employee, now=START + timedelta(minutes=1)
    )
    return drafted(org, recovery)


def put_right(org: Org, recovery: Recovery) -> Message:
    """What waits once the fix is done."""
    step_done(organization_id=org.id, recovery_id=recovery.id, by=org.employee, step="fix", now=START + HOUR)
    return drafted(org, recovery)


def barred(org: Org, recovery: Recovery) -> str:
    return sorry_bars(organization_id=org.id, recovery_ids=[recovery.id], now=START)[recovery.id]


@pytest.mark.parametrize("back", [True, False])
def test_what_was_typed_stays_when_it_was_put_right_meanwhile(org: Org, back: bool) -> None:
    """Put back or still behind the machine's words: the fix writes no template over it, nor does Sorry for all."""
    recovery = recovery_with_draft(org)
    with tenant(organization_id=org.id):
        before = machine(org, recovery, typed="half an apology")
        if back:
            before = put_back(org, recovery)
        assert barred(org, recovery) == WRITING
        after = put_right(org, recovery)
        assert (after.id, after.body, after.words_before) == (before.id, before.body, before.words_before)
        assert "half an apology" in (after.body, after.words_before)
    lived_until(org, START + 2 * DAY)
    with tenant(organization_id=org.id):
        assert drafted(org, recovery).body == before.body


def test_a_draft_that_was_asked_for_stays(org: Org) -> None:
    """Somebody waits for it, though they typed nothing."""
    recovery = recovery_with_draft(org)
    with tenant(organization_id=org.id):
        machine(org, recovery)
        assert barred(org, recovery) == WRITING
        assert put_right(org, recovery).body == WORDS


def test_where_nothing_was_typed_all_is_as_before(org: Org) -> None:
    """The plan's words stand there again: nobody wrote in them, and they go on being written anew."""
    recovery = recovery_with_draft(org)
    with tenant(organization_id=org.id):
        planned = drafted(org, recovery)
        machine(org, recovery)
        again = put_back(org, recovery)
        assert (again.body, again.anew_at) == (planned.body, planned.anew_at)
        assert again.anew_at == START + DAY
        assert barred(org, recovery) == ""
    lived_until(org, START + DAY)
    with tenant(organization_id=org.id):
        assert drafted(org, recovery).next_by_at == START + 2 * DAY
        step_done(organization_id=org.id, recovery_id=recovery.id, by=org.employee, step="fix", now=START + DAY)
        assert drafted(org, recovery).id != planned.id


def test_words_that_were_kept_before_are_not_written_anew_either(org: Org) -> None:
    recovery = recovery_with_draft(org)
    with tenant(organization_id=org.id):
        mine = wrote_in(org, recovery)
        machine(org, recovery)
        again = put_back(org, recovery)
        assert (again.body, again.anew_at) == (mine.body, None)


def test_drafted_twice_the_words_before_are_still_the_persons(org: Org) -> None:
    """Those of the first draft are a machine's: nobody wants them back."""
    recovery = recovery_with_draft(org)
    with tenant(organization_id=org.id):
        machine(org, recovery, typed="half an apology")
        machine(org, recovery, words="Another letter of the machine's.")
        assert put_back(org, recovery).body == "half an apology"
        machine(org, recovery, typed="half an apology")
        machine(org, recovery, typed="the other half", words="Another letter of the machine's.")
        assert put_back(org, recovery).body == "the other half"
