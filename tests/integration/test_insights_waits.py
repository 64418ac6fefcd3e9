"""The wait from the failure to our first word, and the clocks that are over now: no better than it was."""

from __future__ import annotations

from datetime import timedelta

from tests.conftest import START, Org
from tests.support.recoveries import HOUR, customer, failure, open_for

from makegood.console.figures import first_word_figure, held_said, over_said
from makegood.failures.incidents import failures_attach, incident_propose
from makegood.failures.models import Failure, Incident
from makegood.insights.first_word import first_words, held_now, over_now
from makegood.insights.windows import Window
from makegood.recoveries.models import Recovery, RecoveryClock
from makegood.store.tenancy import tenant

ALL_OF_IT = Window(since=START - 30 * HOUR, until=START + 300 * HOUR)


def test_what_was_held_before_the_yes_counts_as_waited(org: Org) -> None:
    """Known at seven, opened ten hours later and told a minute after that: the wait is ten hours, not a minute."""
    with tenant(organization_id=org.id):
        known = START - 10 * HOUR
        open_for(org, *(failure(org, customer_id=customer(org), detected_at=known) for _ in range(11)))
        clocks = RecoveryClock.objects.filter(organization_id=org.id, target="acknowledge")
        clocks.update(state="met", met_at=START + timedelta(minutes=1))
        first = first_words(organization_id=org.id, window=ALL_OF_IT)
        assert (first.decided, first.told, first.median_minutes, first.p90_minutes) == (11, 11, 601, 601)
        assert first_word_figure(first=first, window="All").value == "10\u00a0h 1\u00a0min"
        late = list(clocks.order_by("id").values_list("id", flat=True)[:2])
        clocks.filter(id__in=late).update(state="missed", met_at=None)
        first = first_words(organization_id=org.id, window=ALL_OF_IT)
        assert (first.decided, first.told, first.median_minutes, first.p90_minutes) == (11, 9, 601, None)
        assert first_word_figure(first=first, window="All").note == "half had it by then, 2 had none"


def test_what_is_over_now_is_said_whatever_the_shares_are(org: Org) -> None:
    """Open recoveries with a missed clock that is not met are counted once each; met late or closed ones are not."""
    with tenant(organization_id=org.id):
        assert over_said(over=over_now(organization_id=org.id)).startswith("No clock of an open recovery is over")
        rows = open_for(org, *(failure(org, customer_id=customer(org)) for _ in range(3)))
        clocks = RecoveryClock.objects.filter(organization_id=org.id)
        clocks.filter(recovery_id=rows[0].id, target__in=["fix", "make_good"]).update(state="missed")
        clocks.filter(recovery_id=rows[1].id, target="fix").update(state="missed", met_at=START)
        clocks.filter(recovery_id=rows[2].id, target="fix").update(state="missed")
        over = over_now(organization_id=org.id)
        assert (over.recoveries, dict(over.clocks)) == (2, {"fix": 2, "make_good": 1})
        assert "2 open recoveries are over a clock that is not met yet (fixed 2, made good 1)" in over_said(over=over)
        Recovery.objects.filter(id=rows[2].id).update(state="closed", closed_at=START, close_reason="complete")
        assert over_now(organization_id=org.id).recoveries == 1


def test_who_is_held_by_an_incident_is_said_until_somebody_decides(org: Org) -> None:
    with tenant(organization_id=org.id):
        assert held_said(held=held_now(organization_id=org.id), now=START) == ""
        held = [failure(org, customer_id=customer(org), detected_at=START - HOUR) for _ in range(3)]
        incident_id = incident_propose(
            organization_id=org.id,
            reason="burst",
            title="The van",
            at=START,
            active_from=START,
            active_to=None,
            reasons=[],
        )
        failures_attach(organization_id=org.id, incident_id=incident_id, failure_ids=held, at=START)
        said = held_said(held=held_now(organization_id=org.id), now=START + HOUR)
        assert said.startswith(
            "3 customers are held by what may be an incident, until somebody says yes or no on Today"
        )
        assert "we have known of the first for 2\N{NO-BREAK SPACE}h." in said
        Failure.objects.filter(id=held[0]).update(withdrawn_at=START)
        assert held_now(organization_id=org.id).failures == 2
        Incident.objects.filter(organization_id=org.id).update(state="open")
        assert held_now(organization_id=org.id).failures == 0
