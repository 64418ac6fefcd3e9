"""A customer's page claims what is true: what was done, in words for them, in order of time; no answer to nothing."""

from __future__ import annotations

import html
import re
from datetime import timedelta

from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.recoveries import clock, journal, makegood, reply, say, step_to

from makegood.messages.links import status_path
from makegood.messages.models import Message
from makegood.recoveries.models import Recovery, RecoveryFailure, Step
from makegood.recoveries.operations import step_done
from makegood.recoveries.operations.reckoning import expected_losses_reckon
from makegood.recoveries.queries import recovery_case, today
from makegood.recoveries.queries.faces import open_counts
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]
HOUR = timedelta(hours=1)


def their_page(org: Org, recovery: Recovery) -> str:
    with tenant(organization_id=org.id):
        path = status_path(organization_id=org.id, token=Recovery.objects.get(id=recovery.id).thread.token)
    return html.unescape(signed_in(org, org.manager).get(path).content.decode())


def ticked(page: str) -> list[str]:
    return [" ".join(one.split()) for one in re.findall(r"Done: </span>(.*?)(?:<small>|</span>)", page)]


def test_it_tells_what_was_done_in_words_for_them_and_in_order_of_time(org: Org) -> None:
    """The fix came first: it stands first, with what was written for them; what colleagues note stays with them."""
    recovery = recovery_of(org)
    client, url = signed_in(org, org.employee), f"/recoveries/R-{recovery.number}"
    client.post(
        f"{url}/steps/fix/done", {"fixed": "Reset the Z-80, she was cross", "fixed_told": "The till works since noon."}
    )
    with tenant(organization_id=org.id):
        assert Step.objects.get(recovery_id=recovery.id, step="fix").told == "The till works since noon."
        step_done(organization_id=org.id, recovery_id=recovery.id, step="apologise", by=org.employee, now=START + HOUR)
        say(org, recovery, "outcome", at=START + 2 * HOUR)
        failure_id = RecoveryFailure.objects.get(recovery_id=recovery.id).failure_id
        makegood(org, recovery, failure_id, at=START)
    step_to(org, START + 3 * HOUR)
    page = their_page(org, recovery)
    assert ticked(page) == [
        "What kept you waiting has been put right. The till works since noon.",
        "We said sorry",
        "We told you how it ended",
    ], "who asked nothing was answered nothing"
    assert "cross" not in page
    assert "We gave you: express, worth €9" in page
    with tenant(organization_id=org.id):
        reply(org, recovery, "Does the other one work, too?", at=START + 3 * HOUR)
        say(org, recovery, "update", at=START + 4 * HOUR)
    step_to(org, START + 5 * HOUR)
    assert "We answered you" in ticked(their_page(org, recovery))


def test_what_is_written_for_them_goes_by_the_wording_rules(org: Org) -> None:
    """What would not leave as a letter does not stand on their page either."""
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        step_done(organization_id=org.id, recovery_id=recovery.id, step="apologise", by=org.employee, now=START)
        Message.objects.filter(thread_id=recovery.thread_id, state="draft").update(state="stopped")
    client, path = signed_in(org, org.employee), f"/recoveries/R-{recovery.number}/steps/fix/done"
    words = "Sorry if you were inconvenienced, see our new offers."
    refused = client.post(path, {"fixed": "Reset the till", "fixed_told": words, "next": "1"})
    assert refused.status_code == 422
    page = html.unescape(refused.content.decode())
    assert words in page
    assert "it doubts that the customer was failed at all" in page
    assert "or leave this empty" in page
    with tenant(organization_id=org.id):
        assert Step.objects.get(recovery_id=recovery.id, step="fix").state == "todo"
    assert client.post(path, {"fixed": "Reset it", "fixed_told": "It works again.", "next": "1"}).status_code == 302
    with tenant(organization_id=org.id):
        assert Step.objects.get(recovery_id=recovery.id, step="fix").told == "It works again."


def test_an_apology_that_was_spoken_is_word_to_them(org: Org) -> None:
    """Recorded as said on the phone, it lets them know that we know, and starts the clock of the next word over."""
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        assert clock(org, recovery, "acknowledge").met_at is None
        step_done(
            organization_id=org.id, recovery_id=recovery.id, step="apologise", by=org.employee, note="By phone",
            now=START + HOUR / 2,
        )  # fmt: skip
        assert clock(org, recovery, "acknowledge").state == "met"
        assert clock(org, recovery, "update").started_at == START + HOUR / 2
        assert len(journal(org, recovery, "stepped")) == 1


def test_who_asked_nothing_is_late_only_by_the_longest_silence(org: Org) -> None:
    """An offer left after twenty hours: word is due a day after that, and not a day after the case began."""
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        for step in ("apologise", "fix", "make_good"):
            step_done(organization_id=org.id, recovery_id=recovery.id, step=step, by=org.employee, now=START)
        Message.objects.filter(thread_id=recovery.thread_id, state="draft").update(state="stopped")
        say(org, recovery, "offer", at=START + 20 * HOUR)
        Recovery.objects.filter(id=recovery.id).update(price_minor=10_000, currency="EUR")
    assert overdue(org, recovery, START + 25 * HOUR) == (False, False, 0)
    assert at_risk(org, recovery) == 1000, "what is not late is not counted as lost"
    page = signed_in(org, org.manager).get(f"/recoveries/R-{recovery.number}").content.decode()
    assert "They asked nothing." in page
    assert "until it is made good" not in page
    assert overdue(org, recovery, START + 45 * HOUR) == (True, True, 1)
    assert at_risk(org, recovery) == 10_000
    page = signed_in(org, org.manager).get(f"/recoveries/R-{recovery.number}").content.decode()
    assert "the next was due" in page
    assert "We are late" in their_page(org, recovery)


def at_risk(org: Org, recovery: Recovery) -> int:
    """What is expected to be lost of it, reckoned now."""
    with tenant(organization_id=org.id):
        Recovery.objects.filter(id=recovery.id).update(expected_loss_at=START)
        expected_losses_reckon(organization_id=org.id, limit=10)
        return Recovery.objects.get(id=recovery.id).expected_loss_minor


def overdue(org: Org, recovery: Recovery, now: object) -> tuple[bool, bool, int]:
    """Whether the step to respond is late by its page and by Today, and how many are past a deadline."""
    step_to(org, now)  # type: ignore[arg-type]
    with tenant(organization_id=org.id):
        case = recovery_case(organization_id=org.id, recovery_id=recovery.id, now=now)  # type: ignore[arg-type]
        (row,) = today(organization_id=org.id)
        counts = open_counts(organization_id=org.id, member_id=org.manager, places=None, now=now)  # type: ignore[arg-type]
    assert case is not None
    page = next(one.overdue for one in case.steps if one.step == "respond")
    return page, next(one.state for one in row.steps if one.step == "respond") == "overdue", counts.overdue
