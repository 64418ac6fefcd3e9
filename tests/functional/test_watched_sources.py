"""A source that only watches: everything is worked out, nothing of it leaves, and both its pages say so."""

from __future__ import annotations

from tests.conftest import START, Org
from tests.functional.test_views import signed_in
from tests.support.given import offer
from tests.support.recoveries import HOUR, customer, failure, open_for

from makegood.config.working import work_dry
from makegood.failures.incidents import failures_hold, incident_propose
from makegood.journal.models import Effect, Entry
from makegood.makegoods.models import MakeGood
from makegood.makegoods.operations import makegood_accept, makegood_offer
from makegood.makegoods.queries import payouts_by_hand
from makegood.messages.models import Message
from makegood.messages.operations import message_send
from makegood.organizations.models import Organization
from makegood.promises.models import Source
from makegood.promises.operations import source_create, source_watch
from makegood.store.tenancy import tenant


def watch(org: Org) -> None:
    """Let the organization's source only watch; call inside a unit of work."""
    source_watch(organization_id=org.id, source_id=org.source, watched=True, by=org.admin, now=START)


def left(org: Org) -> dict[str, str]:
    """What was to be said to customers without a click, and what became of it."""
    with tenant(organization_id=org.id):
        rows = Message.objects.filter(direction="out").exclude(kind="staff").exclude(state="draft")
        return dict(rows.values_list("kind", "state"))


def test_nothing_of_what_a_watched_source_tells_of_leaves(org: Org) -> None:
    with tenant(organization_id=org.id):
        Organization.objects.update(delivery="live")
        watch(org)
        one = failure(org)
        open_for(org, one)
        gift = offer(org, one, form="money")
        makegood_id = makegood_offer(organization_id=org.id, offer=gift, now=START)
        makegood_accept(organization_id=org.id, makegood_id=makegood_id, now=START)
    work_dry(only=[org.id])
    assert left(org) == {"acknowledgement": "stopped"}
    with tenant(organization_id=org.id):
        payout = Effect.objects.get(kind="payout")
        assert (payout.state, payout.outcome) == ("stopped", "not sent: its source only watches")
        assert MakeGood.objects.get().state == "accepted"
        assert payouts_by_hand(organization_id=org.id) == []


def test_the_demos_inbox_shows_nothing_of_it_either(org: Org) -> None:
    with tenant(organization_id=org.id):
        watch(org)
        open_for(org, failure(org))
    work_dry(only=[org.id])
    assert left(org) == {"acknowledgement": "stopped"}


def test_what_another_source_tells_of_leaves(org: Org) -> None:
    with tenant(organization_id=org.id):
        watch(org)
        other = source_create(organization_id=org.id, code="till", now=START)
        open_for(org, failure(org, source_id=other, happening_key="h"), failure(org, happening_key="h"))
        open_for(org, failure(org, source_id=None, customer_id=customer(org)))
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        states = Message.objects.filter(kind="acknowledgement").values_list("state", flat=True)
        assert list(states) == ["sent", "sent"]


def test_an_admin_lets_a_source_only_watch_and_go_live_again(org: Org) -> None:
    client = signed_in(org, org.admin)
    assert "Only watch" in client.get("/settings/sources").content.decode()
    assert client.post("/settings/sources/watch", {"source_id": org.source}).status_code == 302
    with tenant(organization_id=org.id):
        assert Source.objects.get(id=org.source).mode == "shadow"
        (recovery,) = open_for(org, failure(org))
    page = client.get("/settings/sources").content.decode()
    assert "only watches" in page
    assert "no message and no payment leaves" in page
    assert "its source only watches: nothing leaves" in client.get(f"/recoveries/R-{recovery.number}").content.decode()
    for _ in range(2):
        assert client.post("/settings/sources/live", {"source_id": org.source}).status_code == 302
    with tenant(organization_id=org.id):
        source = Source.objects.get(id=org.source)
        assert source.mode == "live"
        assert source.live_from > START - HOUR
        modes = Entry.objects.filter(event="promises:source:changed").order_by("id").values_list("data", "actor_id")
        assert [(data["mode"], by) for data, by in modes] == [("shadow", org.admin), ("live", org.admin)]
    assert "only watches" not in client.get("/settings/sources").content.decode().replace("Only watch", "")
    assert client.post("/settings/sources/watch", {"source_id": 10**12}).status_code == 422
    assert signed_in(org, org.employee).post("/settings/sources/watch", {"source_id": org.source}).status_code == 403


def test_what_a_burst_holds_says_so_on_its_page(org: Org) -> None:
    with tenant(organization_id=org.id):
        one = failure(org)
        (recovery,) = open_for(org, one)
        incident = incident_propose(
            organization_id=org.id, reason="burst", title="x", at=START, active_from=START, active_to=START, reasons=[]
        )
        failures_hold(organization_id=org.id, incident_id=incident, failure_ids=[one], at=START)
        draft = Message.objects.get(kind="apology", state="draft")
        message_send(
            organization_id=org.id, message_id=draft.id, by=recovery.owner_id, now=START, override_reason="so it is"
        )
    page = signed_in(org, org.admin).get(f"/recoveries/R-{recovery.number}").content.decode()
    assert "Held: many were let down at once" in page
    assert "Being sent" not in page
