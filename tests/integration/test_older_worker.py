"""An upgrade that rolls: a worker of the last release leaves what it knows no carrier for to the newer one beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.conftest import START, Org

from makegood.config.working import work_once
from makegood.journal import carrying
from makegood.journal.carrying import Carrier, Outcome
from makegood.journal.models import Effect
from makegood.journal.outbox import Wanted, effects_add
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant


def due(org: Org, kind: str) -> None:
    """Let an effect of this kind be due."""
    wanted = Wanted(
        kind=kind, idempotency_key=kind, subject="member", subject_id=org.admin, run_at=START, payload={"kind": "reset"}
    )
    with tenant(organization_id=org.id):
        effects_add(organization_id=org.id, wanted=[wanted])


def states(org: Org) -> dict[str, str]:
    with tenant(organization_id=org.id):
        return dict(Effect.objects.filter(organization_id=org.id).values_list("kind", "state"))


@pytest.mark.parametrize(("delivery", "known"), [("live", "done"), ("shadow", "stopped"), ("inbox", "done")])
def test_an_effect_of_a_kind_to_come_waits_and_the_others_go(
    make_org: Callable[..., Org], monkeypatch: pytest.MonkeyPatch, delivery: str, known: str
) -> None:
    org = make_org(delivery=delivery)
    monkeypatch.setitem(
        carrying._carriers, "staff", Carrier(carry_out=lambda **_: Outcome(state="done"), repeatable=True)
    )
    due(org, "to come")
    due(org, "staff")
    assert work_once(only=[org.id]) == 1
    assert states(org) == {"to come": "pending", "staff": known}
    monkeypatch.setitem(
        carrying._carriers, "to come", Carrier(carry_out=lambda **_: Outcome(state="done"), repeatable=True)
    )
    assert work_once(only=[org.id]) == 1
    assert states(org)["to come"] == known


def test_a_lapsed_claim_of_a_kind_to_come_waits_too(
    make_org: Callable[..., Org], monkeypatch: pytest.MonkeyPatch
) -> None:
    org = make_org(delivery="live")
    for kind in ("to come", "account"):
        due(org, kind)
    with tenant(organization_id=org.id):
        Effect.objects.filter(organization_id=org.id).update(
            state="claimed", claimed_until=wall_now() - timedelta(seconds=1)
        )
        assert carrying.recover_lapsed(organization_id=org.id) == 1
    assert states(org) == {"to come": "claimed", "account": "pending"}
