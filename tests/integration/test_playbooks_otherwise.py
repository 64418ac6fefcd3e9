"""Publishing a playbook: what it would have done otherwise for open recoveries, while those keep what they froze."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import START, Org
from tests.support.recoveries import (
    DAY,
    HOUR,
    again,
    clock,
    customer,
    failure,
    open_for,
    opened,
    playbook_with,
    step_to,
)

from makegood.core.money import Money
from makegood.core.steps import Step
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.models import FollowUp, RecoveryClock
from makegood.recoveries.models import Step as StepRow
from makegood.recoveries.operations.closing import close_decision
from makegood.recoveries.queries.otherwise import recoveries_otherwise
from makegood.rules.playbooks import Playbook, parse, text_of
from makegood.rules.playbooks.treating import Case, treatment
from makegood.store.tenancy import tenant


def _changed(*pairs: tuple[str, str]) -> Playbook:
    text = text_of("default")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return parse(text)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"price_minor": 50_000, "currency": "EUR"},
        {"kind": "wrong_charge", "loss": "money"},
        {"loss": "trust", "severity": 1},
    ],
)
def test_a_recovery_opens_as_the_treatment_says(org: Org, facts: dict[str, object]) -> None:
    recovery = opened(org, **facts)
    with tenant(organization_id=org.id):
        playbook = playbook_frozen(organization_id=org.id, version_id=recovery.playbook_id)
        price = Money(minor=recovery.price_minor, currency=recovery.currency) if recovery.price_minor else None
        said = treatment(
            playbook=playbook,
            case=Case(
                kind=recovery.kind,
                loss=recovery.loss,
                noticed=int(facts.get("severity", 2)),  # type: ignore[call-overload]
                price=price,
                group=recovery.group,
            ),
        )
        assert (said.severity, said.tier) == (recovery.severity, recovery.owner_tier)
        clocks = RecoveryClock.objects.filter(organization_id=org.id, recovery_id=recovery.id)
        promised = dict(said.targets)
        assert {one.target: one.minutes for one in clocks}.items() <= promised.items()
        rows = {one.step: one for one in StepRow.objects.filter(organization_id=org.id, recovery_id=recovery.id)}
        for step, minutes, send in said.steps:
            assert rows[step].send == send
            assert rows[step].due_at == recovery.clock_from + timedelta(minutes=minutes)
        assert rows[Step.FIX].note == said.fix


def test_the_recoveries_that_would_be_treated_otherwise_are_listed_with_how(org: Org) -> None:
    plain = opened(org, price_minor=3_000, currency="EUR", kind="rework")
    costly = opened(org, price_minor=15_000, currency="EUR", customer_id=_other(org))
    new = _changed(("minor: 20000, currency: EUR", "minor: 10000, currency: EUR"))
    with tenant(organization_id=org.id):
        found = recoveries_otherwise(organization_id=org.id, playbook=new)
    assert (found.open, found.looked_at, found.differ) == (2, 2, 1)
    (one,) = found.shown
    assert one.number == costly.number != plain.number
    assert [(change.what, change.was, change.becomes) for change in one.changes] == [
        ("How grave", "2", "3"),
        ("Owner", "an employee", "a manager"),
    ]
    assert dict(found.by_what) == {"How grave": 1, "Owner": 1}


def _other(org: Org) -> int:
    with tenant(organization_id=org.id):
        return customer(org)


def test_the_same_playbook_treats_nobody_otherwise(org: Org) -> None:
    opened(org)
    with tenant(organization_id=org.id):
        found = recoveries_otherwise(organization_id=org.id, playbook=parse(text_of("default")))
        airline = recoveries_otherwise(organization_id=org.id, playbook=parse(text_of("airline")))
    assert (found.open, found.differ, found.shown) == (1, 0, ())
    assert (airline.open, airline.looked_at) == (0, 0)


def test_a_shorter_watch_no_longer_sees_the_failure_before(org: Org) -> None:
    opened(org)
    step_to(org, START + 30 * DAY)
    second = opened(org, at=START + 30 * DAY)
    assert second.severity == 3
    with tenant(organization_id=org.id):
        found = recoveries_otherwise(organization_id=org.id, playbook=_changed(("watch_days: 90", "watch_days: 20")))
    assert [one.number for one in found.shown] == [second.number]
    assert {change.what for change in found.shown[0].changes} == {"How grave", "Owner"}


def test_what_is_open_keeps_what_it_froze_when_a_version_is_published(org: Org) -> None:
    recovery = opened(org)
    with tenant(organization_id=org.id):
        before = list(
            RecoveryClock.objects.filter(organization_id=org.id, recovery_id=recovery.id).order_by("id").values()
        )
        later = list(FollowUp.objects.filter(organization_id=org.id, recovery_id=recovery.id).order_by("id").values())
        changed = ("fix: { minutes: 1440, warn_minutes: 240 }", "fix: { minutes: 60 }")
        playbook_with(org, changed)
        found = recoveries_otherwise(organization_id=org.id, playbook=_changed(changed))
        assert {change.what for change in found.shown[0].changes} == {"Clock: put right"}
        same = again(org, recovery)
        assert (same.playbook_id, same.severity, same.due_at, same.version) == (
            recovery.playbook_id,
            recovery.severity,
            recovery.due_at,
            recovery.version,
        )
        clocks = RecoveryClock.objects.filter(organization_id=org.id, recovery_id=recovery.id).order_by("id")
        assert list(clocks.values()) == before
        ups = FollowUp.objects.filter(organization_id=org.id, recovery_id=recovery.id).order_by("id")
        assert list(ups.values()) == later
        fresh = open_for(org, failure(org, customer_id=customer(org)))[-1]
        assert fresh.playbook_id != recovery.playbook_id
        assert clock(org, fresh, "fix").due_at == START + HOUR


@pytest.mark.parametrize(("severity", "lacks_cause"), [(2, False), (3, True)])
def test_what_is_grave_is_not_closed_with_a_cause_that_is_not_known(org: Org, severity: int, lacks_cause: bool) -> None:
    with tenant(organization_id=org.id):
        playbook_with(org, ("expected_loss:", "close: { cause_known_from: 3 }\nexpected_loss:"))
    recovery = opened(org, severity=severity)
    with tenant(organization_id=org.id):
        StepRow.objects.filter(organization_id=org.id, recovery_id=recovery.id, step="improve").update(
            state="skipped", note="nobody could say"
        )
        assert ("cause" in close_decision(organization_id=org.id, recovery_id=recovery.id).missing) is lacks_cause
