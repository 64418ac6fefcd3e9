"""The pages of clocks: each taken apart until it re-adds, known by a person, and pauses told to the customer."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_notices import told_until_breach
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.recoveries import HOUR, clock, reply, say, step_to

from makegood.config.working import work_dry
from makegood.console.building.clocks import NAMES, length_said
from makegood.core.clock_account import Piece
from makegood.journal.models import Entry
from makegood.messages.links import status_path
from makegood.recoveries.models import TARGETS, Recovery, RecoveryClock
from makegood.recoveries.operations import pause_end, pause_start, step_done
from makegood.recoveries.queries import clock_why
from makegood.recoveries.tasks import clocks_due
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def counted(pieces: tuple[Piece, ...]) -> timedelta:
    """What the pieces that count sum to, added up here once more."""
    return sum((piece.to_at - piece.from_at for piece in pieces if piece.kind == "counts"), timedelta())


def lived_through(org: Org) -> Recovery:
    """A recovery that was paused twice, answered, fixed, written to and left alone: clocks in every state but one."""
    recovery = recovery_of(org)
    who = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.employee}
    with tenant(organization_id=org.id):
        pause_start(**who, reason="customer", note="Ana looks for the receipt", now=START + HOUR)
        pause_end(**who, now=START + 3 * HOUR)
        say(org, recovery, "update", at=START + 4 * HOUR, by=org.employee)
        step_done(**who, step="fix", now=START + 5 * HOUR)
        pause_start(**who, reason="third_party", now=START + 6 * HOUR)
        pause_end(**who, now=START + 16 * HOUR)
        reply(org, recovery, "And when does it come?", at=START + 17 * HOUR)
    step_to(org, START + 60 * HOUR)
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        while clocks_due(organization_id=org.id, limit=100):
            pass
    return recovery


def test_why_on_every_clock_readds_to_its_deadline(org: Org) -> None:
    """Whatever became of a clock, the pieces on its page end at the deadline that its row holds."""
    recovery = lived_through(org)
    client = signed_in(org, org.manager)
    page = client.get(f"/recoveries/R-{recovery.number}").content.decode()
    with tenant(organization_id=org.id):
        rows = list(RecoveryClock.objects.filter(organization_id=org.id, recovery_id=recovery.id))
        found = {
            row.target: clock_why(organization_id=org.id, recovery_id=recovery.id, target=row.target) for row in rows
        }
    assert {row.target for row in rows} == set(TARGETS)
    assert {row.state for row in rows} == {"met", "missed"}
    for row in rows:
        why = found[row.target]
        assert why is not None
        end = row.started_at + sum((piece.length for piece in why.account.pieces), timedelta())
        assert end == why.account.end_at == why.due_at == row.due_at, row.target
        assert counted(why.account.pieces) == timedelta(minutes=row.minutes), row.target
        assert f"/recoveries/R-{recovery.number}/why/clock-{row.target}" in page
        text = client.get(f"/recoveries/R-{recovery.number}/why/clock-{row.target}").content.decode()
        assert f"adds up to {length_said(timedelta(minutes=row.minutes))}, which is all that it allows" in text
        assert text.count("<tr>") == 1 + len(why.account.pieces)


def test_why_shows_events_pauses_with_their_authors_and_the_pieces(org: Org) -> None:
    recovery = lived_through(org)
    client = signed_in(org, org.manager)
    text = client.get(f"/recoveries/R-{recovery.number}/why/clock").content.decode()
    for said in ("It is to be made good by", "We waited for the customer", "Ana looks for the receipt", "paused"):
        assert said in text
    assert "The clocks were paused." in text
    assert "The clocks ran again." in text
    updates = client.get(f"/recoveries/R-{recovery.number}/why/clock-update").content.decode()
    assert "It did not stop this clock: the customer is still told." in updates
    assert client.get(f"/recoveries/R-{recovery.number}/why/clock-nonsense").status_code == 404


def test_a_clock_that_was_met_keeps_its_account_whatever_came_later(org: Org) -> None:
    """A pause after it was met moves the other clocks, and not the account of this one."""
    recovery = recovery_of(org)
    who = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.employee}
    with tenant(organization_id=org.id):
        step_done(**who, step="fix", now=START + HOUR)
        due_at = clock(org, recovery, "fix").due_at
        pause_start(**who, reason="other", now=START + 2 * HOUR)
        pause_end(**who, now=START + 9 * HOUR)
        why = clock_why(organization_id=org.id, recovery_id=recovery.id, target="fix")
    assert why is not None
    assert why.due_at == due_at == why.account.end_at


def test_a_late_clock_is_known_with_one_button_and_told_no_more(org: Org) -> None:
    code = told_until_breach(org)
    client = signed_in(org, org.manager)
    url = f"/recoveries/{code}"
    page = client.get(url).content.decode()
    assert f'action="{url}/clocks/fix/known"' in page
    assert "nobody has said that they know" in page
    told = client.post(f"{url}/clocks/fix/known", follow=True).content.decode()
    assert "Noted: you know. Nobody is told of it again." in told
    assert f'action="{url}/clocks/fix/known"' not in told
    assert "knows" in told
    again = client.post(f"{url}/clocks/fix/known")
    assert again.status_code == 422
    assert "There is nothing to acknowledge here" in again.content.decode()
    with tenant(organization_id=org.id):
        (entry,) = Entry.objects.filter(event="recoveries:recovery:acknowledged", subject="recovery")
        assert (entry.actor_id, entry.data) == (org.manager, {"target": "fix"})
    assert client.post(f"{url}/clocks/nonsense/known").status_code == 404


def test_a_notice_says_that_one_knows(org: Org) -> None:
    """The button stands on what is late and unknown; pressed, it is gone, and the clocks tell nobody any more."""
    code = told_until_breach(org)
    client = signed_in(org, org.manager)
    page = client.get("/notices").content.decode()
    known = re.findall(r'action="(/notices/(\d+)/known)"', page)
    assert known
    told = client.post(known[0][0], follow=True).content.decode()
    assert "Noted: you know." in told
    assert "/known" not in told
    with tenant(organization_id=org.id):
        recovery = Recovery.objects.get(organization_id=org.id, number=int(code.removeprefix("R-")))
        late = RecoveryClock.objects.filter(organization_id=org.id, recovery_id=recovery.id, state="missed")
        assert late.count() > 1
        assert {row.acknowledged_by_id for row in late} == {org.manager}
        assert {row.next_at for row in late} == {None}
    somebody = signed_in(org, org.admin)
    assert somebody.post(known[0][0]).status_code == 404


def test_the_customer_reads_why_it_stands_still_and_when_they_hear_again(org: Org) -> None:
    recovery = recovery_of(org)
    work_dry(only=[org.id])
    who = {"organization_id": org.id, "recovery_id": recovery.id, "by": org.employee}
    client = Client()
    with tenant(organization_id=org.id):
        path = status_path(organization_id=org.id, token=recovery.thread.token)
        pause_start(**who, reason="third_party", note="The carrier looks for it.", now=START + HOUR)
    client.get(path)
    step_to(org, START + 2 * HOUR)
    page = client.get(path).content.decode()
    assert "we wait for somebody who works with us. The carrier looks for it." in page
    assert "You hear from us again by" in page
    with tenant(organization_id=org.id):
        pause_end(**who, now=START + 3 * HOUR)
        pause_start(**who, reason="customer", now=START + 4 * HOUR)
    step_to(org, START + 5 * HOUR)
    page = client.get(path).content.decode()
    assert "we wait for your answer." in page
    assert "It stands still for now, and goes on as soon as that is over." in page
    over = re.search(r"We waited for somebody who works with us, (.*?) to (.*?)\. That time does not count", page)
    assert over
    assert ["11:00" in over.group(1), "13:00" in over.group(2)] == [True, True]


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(), "0\u00a0min"),
        (timedelta(days=1, hours=2, minutes=30), "26\u00a0h 30\u00a0min"),
        (timedelta(seconds=4.5), "4.5\u00a0s"),
        (timedelta(hours=1, seconds=1), "1\u00a0h 1\u00a0s"),
        (timedelta(seconds=35, microseconds=600_160), "35.60016\u00a0s"),
        (timedelta(microseconds=5), "0.000005\u00a0s"),
    ],
)
def test_a_length_is_written_exactly(length: timedelta, said: str) -> None:
    assert length_said(length) == said


def test_every_target_has_a_name_for_people() -> None:
    assert set(NAMES) == set(TARGETS)
