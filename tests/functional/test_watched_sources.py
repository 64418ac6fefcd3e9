"""A source that only watches: everything is worked out, nothing of it leaves, and both its pages say so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import signed_in
from tests.support.given import email, offer
from tests.support.outside import MailServer, mail_server
from tests.support.recoveries import DAY, HOUR, again, clock, customer, failure, open_for, step_to, taken

from makegood.config.working import work_dry
from makegood.failures.incidents import failures_hold, incident_propose
from makegood.failures.models import Failure
from makegood.insights.measures import clocks_kept
from makegood.insights.tallies import rebuild
from makegood.insights.windows import Window
from makegood.journal.models import Effect, Entry
from makegood.listen.counter import report_once
from makegood.listen.hooks.operations import hook_make
from makegood.makegoods.allowances import allowance_left
from makegood.makegoods.models import Allowance, LedgerEntry, MakeGood
from makegood.makegoods.operations import UnableToOffer, makegood_accept, makegood_offer
from makegood.makegoods.payouts import Payout, payouts_add
from makegood.makegoods.queries import payouts_by_hand
from makegood.messages.links import status_path
from makegood.messages.models import Message, Thread
from makegood.messages.operations import message_send
from makegood.messages.queries import inbox_page, thread_messages
from makegood.organizations.models import Organization
from makegood.organizations.operations import member_create
from makegood.promises.models import Source
from makegood.promises.operations import source_create, source_watch
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import recoveries_open_for
from makegood.recoveries.operations.sorry import sorry_bars, sorry_say
from makegood.recoveries.told import notes_settled
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry


@pytest.fixture
def mails() -> Iterator[MailServer]:
    """A mail server that would take what leaves."""
    with mail_server() as server:
        yield server


def watch(org: Org) -> None:
    """Let the organization's source only watch; call inside a unit of work."""
    source_watch(organization_id=org.id, source_id=org.source, watched=True, by=org.admin, now=START)


def left(org: Org) -> dict[str, str]:
    """What was to be said to customers without a click, and what became of it."""
    with tenant(organization_id=org.id):
        rows = Message.objects.filter(direction="out").exclude(kind="staff").exclude(state="draft")
        return dict(rows.values_list("kind", "state"))


def test_what_a_watched_source_tells_of_goes_on_as_if_it_left_and_nothing_does(org: Org, mails: MailServer) -> None:
    with tenant(organization_id=org.id):
        Organization.objects.update(delivery="live")
        email(org)
        watch(org)
        one = failure(org)
        (recovery,) = open_for(org, one)
        gift = offer(org, one, form="money")
        makegood_id = makegood_offer(organization_id=org.id, offer=gift, now=START)
        makegood_accept(organization_id=org.id, makegood_id=makegood_id, now=START)
    work_dry(only=[org.id])
    assert left(org) == {"acknowledgement": "shadowed"}
    assert mails.seen == []
    with tenant(organization_id=org.id):
        payout = Effect.objects.get(kind="payout")
        assert (payout.state, payout.outcome) == ("shadowed", "not sent: its source only watches")
        assert MakeGood.objects.get().state == "shadowed"
        assert payouts_by_hand(organization_id=org.id) == []
        assert clock(org, recovery, "acknowledge").state == "met"
        assert not Thread.objects.exclude(link_how="shadow").exists()
        token = Thread.objects.get().token
        assert inbox_page(organization_id=org.id) == []
        assert thread_messages(organization_id=org.id, thread_id=recovery.thread_id, public=True) == []
    assert Client().get(status_path(organization_id=org.id, token=token)).status_code == 404
    page = signed_in(org, org.admin).get(f"/recoveries/R-{recovery.number}").content.decode()
    assert "not sent: its source only watches" in page
    assert 'href="/s/' not in page, "nobody is handed a link that opens nothing"
    assert signed_in(org, org.admin).get(f"/recoveries/R-{recovery.number}/slip").status_code == 404


def test_a_shadow_takes_from_no_allowance_and_moves_no_ledger(org: Org) -> None:
    with tenant(organization_id=org.id):
        watch(org)
        one = failure(org)
        open_for(org, one)
        full = allowance_left(organization_id=org.id, member_id=org.employee, at=START)
        makegood_offer(organization_id=org.id, offer=offer(org, one, cost=4_000), now=START)
        assert allowance_left(organization_id=org.id, member_id=org.employee, at=START) == full
        rest = allowance_left(organization_id=org.id, member_id=org.employee, at=START, shadow=True)
        assert rest.minor == full.minor - 4_000
        with pytest.raises(UnableToOffer, match=r"you can give 10\.00 EUR more today"):
            makegood_offer(organization_id=org.id, offer=offer(org, one, cost=1_001, remedy="other"), now=START)
        assert not LedgerEntry.objects.exists()
        assert not Allowance.objects.exists()
        with pytest.raises(IntegrityError), transaction.atomic():
            MakeGood.objects.update(state="delivered")


def test_the_database_lets_nobody_claim_what_is_a_shadows_nor_make_it_real(org: Org) -> None:
    with tenant(organization_id=org.id):
        watch(org)
        one = failure(org)
        open_for(org, one)
        assert Effect.objects.get(kind="message").shadow
        for change in ({"state": "claimed"}, {"state": "done"}, {"state": "unknown"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Effect.objects.filter(kind="message").update(**change)
        with pytest.raises(IntegrityError), transaction.atomic():
            Failure.objects.filter(id=one).update(shadow=False)


def test_invariant_8_a_shadows_apology_bars_the_next_shadows_and_no_live_one(org: Org) -> None:
    def sorry(recovery: Recovery) -> str:
        with tenant(organization_id=org.id):
            return sorry_bars(organization_id=org.id, recovery_ids=[recovery.id], now=START)[recovery.id]

    with tenant(organization_id=org.id):
        email(org)
        watch(org)
        first, second = open_for(org, failure(org, place_id=org.place), failure(org, place_id=org.place))
        sorry_say(organization_id=org.id, recovery_id=first.id, by=org.employee, now=START)
    work_dry(only=[org.id])
    assert "told sorry" in sorry(second)
    with tenant(organization_id=org.id):
        source_watch(organization_id=org.id, source_id=org.source, watched=False, by=org.admin, now=START)
        third = open_for(org, failure(org, place_id=org.place))[-1]
        assert third.severity == 2, "what a shadow knew of them makes them no customer who was failed again"
    assert sorry(third) == ""
    with tenant(organization_id=org.id):
        sorry_say(organization_id=org.id, recovery_id=third.id, by=org.employee, now=START)
        watch(org)
        fourth = open_for(org, failure(org, place_id=org.place))[-1]
    assert "told sorry" in sorry(fourth), "what was really said bars a shadow's"


def test_what_another_source_tells_of_leaves(org: Org) -> None:
    with tenant(organization_id=org.id):
        watch(org)
        other = source_create(organization_id=org.id, code="till", now=START)
        both = open_for(org, failure(org, source_id=other, happening_key="h"), failure(org, happening_key="h"))
        assert len(both) == 2, "what is real and what is a shadow's never share a recovery"
        open_for(org, failure(org, source_id=None, customer_id=customer(org)))
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        states = Message.objects.filter(kind="acknowledgement").order_by("id").values_list("state", flat=True)
        assert sorted(states) == ["sent", "sent", "shadowed"]
        window = Window(since=START - DAY, until=START + DAY)
        kept = {one.target: one.decided for one in clocks_kept(organization_id=org.id, window=window)}
        assert kept["own"] == 2, "a shadow meets no clock that Insights counts"
        assert rebuild(organization_id=org.id) == 0


def test_when_it_goes_live_nothing_of_the_shadow_is_ever_sent(org: Org, mails: MailServer) -> None:
    with tenant(organization_id=org.id):
        Organization.objects.update(delivery="live")
        email(org)
        watch(org)
        another = customer(org)
        held = failure(org, customer_id=another)
        (recovery,) = open_for(org, failure(org, happening_key="h"))
        gift = offer(org, held, part="fix", form="gift", customer_id=another)
        paid = makegood_offer(organization_id=org.id, offer=gift, now=START)
        source_watch(organization_id=org.id, source_id=org.source, watched=False, by=org.admin, now=START)
        assert again(org, recovery).close_reason == "shadow"
        assert open_for(org, held) == [again(org, recovery)], "no shadow opens once its source is live"
        assert MakeGood.objects.get(id=paid).shadow
        open_for(org, failure(org, happening_key="h"))
    work_dry(only=[org.id])
    step_to(org, START + 30 * DAY)
    for _ in range(5):
        work_dry(only=[org.id])
        tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        kinds = Message.objects.filter(thread_id=recovery.thread_id, direction="out").values_list("state", flat=True)
        assert set(kinds) == {"stopped"}
        assert not Effect.objects.filter(shadow=True, state__in=["claimed", "done", "pending"]).exists()
        live = Recovery.objects.exclude(id=recovery.id).get()
    tokens = {str(one) for one in mails.taken}
    assert mails.taken
    assert not [one for one in tokens if recovery_token(org, recovery) in one]
    assert live.happening_key == "h"


def test_loads_of_shadows_weigh_in_the_choice_of_owners_for_shadows_alone(org: Org) -> None:
    with tenant(organization_id=org.id):
        second = member_create(organization_id=org.id, name="Second", role="employee", now=START)
        other = source_create(organization_id=org.id, code="till", now=START)
        watch(org)
        open_for(org, *(failure(org, customer_id=customer(org)) for _ in range(12)))
        Recovery.objects.update(owner_id=org.employee)
        entries = [
            taken(failure(org, at=at, source_id=source, customer_id=customer(org)), at=at)
            for at, source in zip(
                (START + n * HOUR for n in range(1, 6)), (other, other, org.source, other, other), strict=True
            )
        ]
        recoveries_open_for(organization_id=org.id, entries=entries)
        owners = list(Recovery.objects.order_by("number").values_list("owner_id", flat=True))[12:]
        assert owners.pop(2) == second, "a colleague has shadows enough"
        assert set(owners) == {org.employee, second}, "shadows weigh nothing where it is real"


def recovery_token(org: Org, recovery: Recovery) -> str:
    """The name of its conversation, which stands in every mail of it."""
    with tenant(organization_id=org.id):
        return Thread.objects.values_list("token", flat=True).get(id=recovery.thread_id)


def test_staff_are_told_of_a_shadow_in_makegood_alone(org: Org) -> None:
    with tenant(organization_id=org.id):
        watch(org)
        (recovery,) = open_for(org, failure(org))
        note = {"recovery": recovery.id, "number": recovery.number, "what": "owned"}
        assert notes_settled(organization_id=org.id, notes={1: (recovery.owner_id, START, note)}) == {1}


def test_what_waits_when_a_source_begins_to_watch_is_a_shadows_and_what_began_goes_on(org: Org) -> None:
    with tenant(organization_id=org.id):
        begun = failure(org)
        open_for(org, begun)
        waiting = failure(org, gate="waiting", routed_at=None, gate_at=START + HOUR)
        owed = makegood_offer(organization_id=org.id, offer=offer(org, waiting, part="fix", form="money"), now=START)
        payouts_add(
            organization_id=org.id,
            payouts=[
                Payout(
                    makegood_id=owed, failure_id=waiting, rule="", minor=1_000, currency="EUR", form="cash", at=START
                )
            ],
        )
        watch(org)
        assert dict(Failure.objects.values_list("id", "shadow")) == {begun: False, waiting: True}
    work_dry(only=[org.id])
    assert left(org) == {"acknowledgement": "sent"}
    with tenant(organization_id=org.id):
        assert MakeGood.objects.values_list("state", "shadow").get() == ("delivered", False), "promised is paid"
        assert Effect.objects.get(kind="payout").state == "done"


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
    assert "shadow: nothing of it leaves" in client.get(f"/recoveries/R-{recovery.number}").content.decode()
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


def test_where_people_write_nothing_can_only_watch(org: Org) -> None:
    with tenant(organization_id=org.id):
        hook_make(organization_id=org.id, kind="zendesk", name="Desk", secret="s" * 40, by=org.admin, now=START)
        report_once(organization_id=org.id, key="0f8fad5b", now=START)
        people = list(Source.objects.filter(name__in=["Desk", "The counter"]).values_list("id", flat=True))
    client = signed_in(org, org.admin)
    assert client.get("/settings/sources").content.decode().count("Only watch") == 1
    assert len(people) == 2
    for source_id in people:
        assert client.post("/settings/sources/watch", {"source_id": source_id}).status_code == 422
        with pytest.raises(IntegrityError, match="source_watchable"), tenant(organization_id=org.id):
            Source.objects.filter(id=source_id).update(mode="shadow")
