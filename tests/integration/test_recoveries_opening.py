"""Opening: one recovery per customer and happening, with an owner, seven steps, four clocks and a plan."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from tests.conftest import START, Org
from tests.support.recoveries import (
    DAY,
    HOUR,
    again,
    clock,
    customer,
    failure,
    journal,
    open_for,
    opened,
    playbook_with,
    steps,
    taken,
)

from makegood.failures.models import Failure, Incident
from makegood.journal.models import Effect
from makegood.messages.models import Message, Thread
from makegood.organizations.operations import calendar_publish, place_create
from makegood.promises.models import Promise
from makegood.promises.operations import NewPromise, promises_make
from makegood.recoveries.models import STEPS, FollowUp, Recovery, RecoveryClock, RecoveryFailure, Step
from makegood.recoveries.operations import (
    UnableToChangeRecovery,
    close,
    recoveries_open_for,
    review_decide,
    step_done,
)
from makegood.recoveries.planned import planned_of
from makegood.recoveries.words import Told, Voice, apology
from makegood.store.secrets import keyed_hash
from makegood.store.tenancy import tenant


def test_a_taken_failure_opens_a_recovery_with_all_that_it_needs(org: Org) -> None:
    recovery = opened(org, price_minor=5000, currency="EUR")
    with tenant(organization_id=org.id):
        assert (recovery.number, recovery.state, recovery.severity, recovery.owner_tier) == (1, "open", 2, 1)
        assert recovery.owner_id == org.employee
        assert next(reason["rule"] for reason in recovery.owner_reasons) == "owner.tier"
        assert set(steps(org, recovery)) == set(STEPS)
        assert {clock(org, recovery, target).state for target in ("acknowledge", "fix", "make_good")} == {"running"}
        assert clock(org, recovery, "own").state == "met"
        assert clock(org, recovery, "fix").due_at == START + DAY == recovery.due_at
        assert clock(org, recovery, "fix").next_at == START + timedelta(hours=20)
        assert recovery.next_step == "apologise"
        assert recovery.next_due_at == START + 4 * HOUR
        assert len(Thread.objects.get(organization_id=org.id, id=recovery.thread_id).token) >= 22
        follow_ups = FollowUp.objects.filter(organization_id=org.id, recovery_id=recovery.id)
        assert sorted(follow_ups.values_list("action", flat=True)) == ["check_in", "see_return"]
        assert recovery.expected_loss_minor == 500
        (entry,) = journal(org, recovery, "opened")
        assert entry.data["clocks"]["make_good"] == recovery.due_at.isoformat()
        assert entry.data["owner"] == org.employee


def test_the_acknowledgement_goes_at_once_and_the_apology_waits_for_a_click(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        said = {row.kind: row for row in Message.objects.filter(organization_id=org.id, thread_id=recovery.thread_id)}
        assert said["acknowledgement"].state == "queued"
        assert said["apology"].state == "draft"
        token = Thread.objects.get(organization_id=org.id, id=recovery.thread_id).token
        assert token in said["acknowledgement"].body
        assert "we did not keep a promise to you" in said["apology"].body
        leaving = Effect.objects.filter(organization_id=org.id, subject="message").values_list("subject_id", flat=True)
        assert list(leaving) == [said["acknowledgement"].id]


def test_failures_of_one_happening_share_one_recovery_and_the_gravest_counts(org: Org) -> None:
    with tenant(organization_id=org.id):
        first = failure(org, happening_key="order-1")
        second = failure(org, happening_key="order-1", severity=4)
        other_customer = failure(org, happening_key="order-1", customer_id=customer(org))
        rows = open_for(org, first, second, other_customer)
        assert [row.severity for row in rows] == [4, 2]
        third = failure(org, happening_key="order-1", severity=1, at=START + HOUR)
        assert len(open_for(org, third, at=START + HOUR)) == 2
        links = RecoveryFailure.objects.filter(organization_id=org.id, recovery_id=rows[0].id)
        assert set(links.values_list("failure_id", flat=True)) == {first, second, third}
        (joined,) = journal(org, rows[0], "joined")
        assert joined.data == {"failure": third, "severity": 4, "doubled": False}


def test_a_failure_taken_twice_or_withdrawn_before_opens_nothing_more(org: Org) -> None:
    with tenant(organization_id=org.id):
        one = failure(org)
        gone = failure(org, withdrawn_at=START)
        assert len(open_for(org, one, gone)) == 1
        assert len(open_for(org, one)) == 1
        assert RecoveryFailure.objects.filter(organization_id=org.id).count() == 1


def test_the_outcome_does_not_depend_on_how_batches_are_cut(org: Org) -> None:
    """Owners, severities and numbers are the same from one batch of forty as from forty batches of one."""
    with tenant(organization_id=org.id):
        customers = [customer(org) for _ in range(30)]
        failures = [
            failure(org, at=START + timedelta(seconds=7 * n), customer_id=customers[n % 30], severity=1 + n % 4)
            for n in range(40)
        ]
    entries = [taken(one, at=START + timedelta(seconds=7 * n)) for n, one in enumerate(failures)]

    def run(size: int) -> list[tuple[object, ...]]:
        with tenant(organization_id=org.id):
            for start in range(0, len(entries), size):
                recoveries_open_for(organization_id=org.id, entries=entries[start : start + size])
            columns = ("number", "happening_key", "owner_id", "owner_tier", "severity", "due_at", "opened_at")
            rows = list(Recovery.objects.filter(organization_id=org.id).order_by("number").values_list(*columns))
            transaction.set_rollback(True)
        return rows

    whole = run(40)
    assert len(whole) == 40
    assert run(1) == whole
    assert run(7) == whole
    assert len({row[2] for row in whole}) > 1


def test_load_spreads_owners_over_equals(make_org: Callable[..., Org]) -> None:
    from makegood.organizations.operations import member_create

    org = make_org()
    with tenant(organization_id=org.id):
        for number in range(4):
            member_create(organization_id=org.id, name=f"E{number}", role="employee", now=START)
        customers = [customer(org) for _ in range(200)]
        ids = [failure(org, at=START + timedelta(seconds=n), customer_id=one) for n, one in enumerate(customers)]
        recoveries_open_for(
            organization_id=org.id,
            entries=[taken(one, at=START + timedelta(seconds=n)) for n, one in enumerate(ids)],
        )
        owners = list(Recovery.objects.filter(organization_id=org.id).values_list("owner_id", flat=True))
    shares = sorted(owners.count(owner) for owner in set(owners))
    assert len(shares) == 5
    assert shares[0] > 25
    assert shares[-1] < 60


@pytest.mark.parametrize(
    ("first_purchase_days", "group", "hours"),
    [(None, "unknown", 24), (-100, "regular", 24), (0, "new", 12)],
)
def test_a_new_customer_has_the_shorter_clocks(
    org: Org, first_purchase_days: int | None, group: str, hours: int
) -> None:
    """EVIDENCE 8 rule 10: a first-time customer has no zone of tolerance."""
    with tenant(organization_id=org.id):
        first_at = None if first_purchase_days is None else START + first_purchase_days * DAY
        who = customer(org, first_purchase_at=first_at)
        (recovery,) = open_for(org, failure(org, customer_id=who))
        assert recovery.group == group
        assert recovery.due_at == START + hours * HOUR


def test_a_second_failure_within_the_watch_is_graver_and_goes_a_tier_up(org: Org) -> None:
    """EVIDENCE 8 rule 14, on day 30."""
    with tenant(organization_id=org.id):
        open_for(org, failure(org))
        _, second = open_for(org, failure(org, at=START + 30 * DAY), at=START + 30 * DAY)
        assert (second.severity, second.owner_tier, second.owner_id) == (3, 3, org.admin)
        *_, third = open_for(org, failure(org, at=START + 200 * DAY), at=START + 200 * DAY)
        assert (third.severity, third.owner_tier) == (2, 1)


@pytest.mark.parametrize(
    ("days", "closed", "escalates"),
    [(89, True, True), (89, False, True), (90, True, True), (91, True, False), (91, False, False)],
)
def test_a_second_failure_on_day_89_escalates_and_on_day_91_does_not(
    org: Org, days: int, closed: bool, escalates: bool
) -> None:
    """EVIDENCE 8 rule 14: the watch lasts 90 days from the failure, whether the first recovery is closed or not."""
    with tenant(organization_id=org.id):
        (first,) = open_for(org, failure(org))
        if closed:
            close(organization_id=org.id, recovery_id=first.id, by=org.manager, now=START + DAY, reason="A test.")
        again_at = START + days * DAY
        *_, second = open_for(org, failure(org, at=again_at), at=again_at)
        assert second.id != first.id
        rules = {reason["rule"] for reason in second.owner_reasons}
        assert (second.severity, second.owner_tier) == ((3, 3) if escalates else (2, 1))
        assert ("owner.watched" in rules) == escalates


def test_working_hours_of_the_playbooks_calendar_count(org: Org) -> None:
    with tenant(organization_id=org.id):
        calendar_publish(
            organization_id=org.id, code="shop",
            data={"zone": "UTC", "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}},
            active_from=START - 30 * DAY, now=START,
        )  # fmt: skip
        playbook_with(org, ('calendar: ""', "calendar: shop"), ("fix: { minutes: 1440", "fix: { minutes: 540"))
        (recovery,) = open_for(org, failure(org))
        assert clock(org, recovery, "fix").due_at == START + 25 * HOUR  # 8 h on Monday, 1 h on Tuesday from 9:00
        assert clock(org, recovery, "fix").calendar == "shop"


def test_a_playbook_is_frozen_when_the_recovery_opens(org: Org) -> None:
    before = opened(org)
    with tenant(organization_id=org.id):
        playbook_with(org, ("make_good: { minutes: 1440", "make_good: { minutes: 60"))
        after = open_for(org, failure(org, customer_id=customer(org)))[-1]
        assert again(org, before).playbook_id != after.playbook_id
        assert again(org, before).due_at == START + DAY
        assert after.due_at == START + HOUR


def test_a_promise_broken_inside_a_recovery_joins_it_and_raises_it(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        promises_make(
            organization_id=org.id,
            promises=[
                NewPromise(
                    source_id=org.source,
                    customer_id=org.customer,
                    key_hash=keyed_hash("call"),
                    kind="call_back",
                    made_at=START,
                    due_at=START + HOUR,
                    recovery_id=recovery.id,
                )
            ],
        )
        promise = Promise.objects.get(organization_id=org.id, key_hash=keyed_hash("call"))
        nested = failure(org, at=START + HOUR, promise_id=promise.id, happening_key="another")
        rows = open_for(org, nested, at=START + HOUR)
        assert [row.id for row in rows] == [recovery.id]
        assert (rows[0].severity, rows[0].owner_tier, rows[0].owner_id) == (3, 2, org.manager)


def test_under_review_nothing_is_said_until_a_person_decides(org: Org) -> None:
    recovery = opened(org, gate="review", kind="interaction", loss="attention")
    with tenant(organization_id=org.id):
        assert (recovery.review, recovery.next_step) == (True, "decide")
        assert not Message.objects.filter(organization_id=org.id).exists()
        with pytest.raises(UnableToChangeRecovery):
            step_done(organization_id=org.id, recovery_id=recovery.id, step="fix", by=org.employee, now=START)
        review_decide(
            organization_id=org.id, recovery_id=recovery.id, decision="contact", by=org.employee, now=START + HOUR
        )
        now = again(org, recovery)
        assert (now.review, now.next_step) == (False, "apologise")
        kinds = set(Message.objects.filter(organization_id=org.id).values_list("kind", flat=True))
        assert kinds == {"acknowledgement", "apology"}


def test_a_review_that_stays_quiet_says_nothing_and_is_over(org: Org) -> None:
    recovery = opened(org, gate="review")
    with tenant(organization_id=org.id):
        review_decide(organization_id=org.id, recovery_id=recovery.id, decision="quiet", by=org.employee, now=START)
        now = again(org, recovery)
        assert (now.state, now.close_reason, now.closed_by_id) == ("withdrawn", "quiet", org.employee)
        assert not Message.objects.filter(organization_id=org.id).exists()
        assert not RecoveryClock.objects.filter(organization_id=org.id, next_at__isnull=False).exists()


def test_who_serves_the_place_owns_it(org: Org) -> None:
    from makegood.organizations.operations import member_create

    with tenant(organization_id=org.id):
        region = place_create(organization_id=org.id, code="north", name="North")
        till = place_create(organization_id=org.id, code="till", name="Till", parent_id=region)
        elsewhere = place_create(organization_id=org.id, code="south", name="South")
        there = member_create(organization_id=org.id, name="There", role="employee", now=START, place_ids=[region])
        for number in range(3):
            member_create(
                organization_id=org.id, name=f"Not{number}", role="employee", now=START, place_ids=[elsewhere]
            )
        from makegood.organizations.models import MemberPlace

        MemberPlace.objects.create(organization_id=org.id, member_id=org.employee, place_id=elsewhere)
        (recovery,) = open_for(org, failure(org, place_id=till))
        assert recovery.owner_id == there


def test_invariant_12_customers_of_one_incident_get_the_same_plan(org: Org) -> None:
    """Same owner, fix, base amount and apology, also for those who join after the playbook changed."""
    with tenant(organization_id=org.id):
        changes = (("make_good: { clock: make_good, send: person }", "make_good: { clock: make_good, send: at_once }"),)
        playbook_with(org, *changes)
        incident = Incident.objects.create(
            organization_id=org.id, number=1, state="open", reason="hand", title="The till is down",
            owner_id=org.manager, active_from=START, proposed_at=START,
        )  # fmt: skip
        prices = (5000, 20000, 90000, 7000)
        ids = [
            failure(
                org,
                customer_id=customer(org),
                incident_id=incident.id,
                happening_key=f"incident-{incident.id}",
                price_minor=price,
                currency="EUR",
                kind=kind,
                loss="time",
                what=what,
            )
            for price, kind, what in zip(
                prices,
                ("outage", "rework", "outage", "complaint"),
                ("the till", "the card", "a queue", ""),
                strict=True,
            )
        ]
        open_for(org, *ids[:2])
        playbook_with(
            org, *changes, ("Put right what went wrong", "Something else entirely"), ("minor: 900", "minor: 1")
        )
        rows = open_for(org, *ids[2:], at=START + HOUR)

        from makegood.makegoods.models import MakeGood

        assert {row.owner_id for row in rows} == {org.manager}
        assert len({row.playbook_id for row in rows}) == 1
        fixes = Step.objects.filter(organization_id=org.id, step="fix").values_list("note", flat=True)
        assert len(fixes) == 4
        assert len(set(fixes)) == 1
        extras = MakeGood.objects.filter(organization_id=org.id, part="extra")
        assert len(extras) == 4
        assert len({(row.remedy, row.value_minor, row.currency) for row in extras}) == 1
        bodies = list(Message.objects.filter(organization_id=org.id, kind="apology").values_list("body", flat=True))
        assert len(bodies) == 4
        said = {re.sub(r"https?://\S+|Tuesday 3 March, 1[01]:00", "", body) for body in bodies}
        assert len(said) == 1
        everybody = Recovery.objects.filter(organization_id=org.id, incident_id=incident.id).values_list(
            "id", flat=True
        )
        later = planned_of(organization_id=org.id, at=dict.fromkeys(everybody, START + DAY))
        assert [one.kind for one in later] == ["outage"] * 4, "what is said later goes by another kind"
        assert Failure.objects.filter(organization_id=org.id, incident_id=incident.id).count() == 4


def test_an_incident_letter_names_the_promise_that_was_the_customers_own_and_nothing_else_differs() -> None:
    """Invariant 12 holds up to the customer's own facts: their promise is theirs, a colleague's report is not told."""

    def said(what: str, *, promised: bool) -> str:
        return apology(
            Told(
                voice=Voice(organization="Northbound", zone="UTC"),
                customer="Ida",
                owner="Mia",
                title="manager",
                what=what,
                promised=promised,
                kind="broken_promise",
                loss="time",
                fault="ours",
                incident=True,
                happened_at=START,
                fix="We have put on a second plane",
                next_at=START + DAY,
                status_url="https://example.org/s/1",
            )
        )[1]

    one, other = said("flight EV4603 to Denver", promised=True), said("flight EV88 to Boise", promised=True)
    assert "we did not keep our promise to you (flight EV4603 to Denver)" in one
    assert one.replace("EV4603 to Denver", "EV88 to Boise") == other
    assert said("The pilot overslept", promised=False) == said("", promised=False)
