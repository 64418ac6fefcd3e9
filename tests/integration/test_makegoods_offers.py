"""Make-goods: offered within limit and cap, accepted, swapped, delivered, reminded of once, expired."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from tests.conftest import START, Org
from tests.support.given import at_once, failed, ledger_holds, offer, step
from tests.support.recoveries import opened

from makegood.core.money import Money
from makegood.core.remedies import Remedy
from makegood.failures.models import Failure
from makegood.journal.models import Effect, Entry
from makegood.journal.operations import Happened
from makegood.makegoods.models import Allowance, MakeGood
from makegood.makegoods.moves import MOVES, State, UnableToMoveMakeGood, move
from makegood.makegoods.operations import (
    UnableToDeliver,
    UnableToOffer,
    UnableToPayByHand,
    UnableToSwap,
    makegood_accept,
    makegood_decline,
    makegood_delivered,
    makegood_offer,
    makegood_swap,
    makegoods_hear_withdrawn,
    makegoods_offer,
    payout_done_by_hand,
    payout_not_made,
)
from makegood.makegoods.queries import (
    allowance_left,
    makegoods_counted,
    makegoods_of_failures,
    makegoods_page,
    offers_open,
    payouts_by_hand,
    totals,
    what_may_i_give,
)
from makegood.messages.models import Message
from makegood.organizations.operations import member_change
from makegood.recoveries.models import RecoveryFailure
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

DAY = timedelta(days=1)


def offered(org: Org, failure_id: int, **facts: object) -> int:
    with tenant(organization_id=org.id):
        return makegood_offer(organization_id=org.id, offer=offer(org, failure_id, **facts), now=START)


def state(org: Org, makegood_id: int) -> str:
    with tenant(organization_id=org.id):
        return MakeGood.objects.get(id=makegood_id).state


def left(org: Org, member: int | None = None) -> int:
    with tenant(organization_id=org.id):
        return allowance_left(organization_id=org.id, member_id=member or org.employee, at=START).minor


@pytest.mark.parametrize("before", list(State))
@pytest.mark.parametrize("after", list(State))
def test_every_move_is_allowed_by_the_table_or_refused(before: State, after: State) -> None:
    allowed = {
        "offered": {"accepted", "delivered", "declined", "swapped", "expired", "withdrawn", "shadowed"},
        "accepted": {"delivered", "withdrawn", "shadowed"},
    }
    if after in allowed.get(before, set()):
        assert move(state=before, to=after) is after
    else:
        with pytest.raises(UnableToMoveMakeGood):
            move(state=before, to=after)
    assert set(MOVES) == set(State)


def test_an_offer_is_taken_from_the_days_allowance_and_a_no_gives_it_back(org: Org) -> None:
    makegood_id = offered(org, failed(org), cost=3_000)
    assert left(org) == 2_000
    with tenant(organization_id=org.id):
        makegood_decline(organization_id=org.id, makegood_id=makegood_id, now=START)
    assert left(org) == 5_000
    ledger_holds(org)


def test_over_the_limit_says_what_is_left_and_whom_to_ask(org: Org) -> None:
    offered(org, failed(org), cost=4_500)
    with pytest.raises(UnableToOffer, match=r"costs 5\.01 EUR and you can give 5\.00 EUR more today.*ask Manager"):
        offered(org, failed(org), cost=501)
    assert offered(org, failed(org), cost=500)
    with pytest.raises(UnableToOffer, match="ask Admin"):
        offered(org, failed(org, price=None), cost=60_000, offered_by=org.manager)
    ledger_holds(org)


def test_the_day_is_the_organizations_own(org: Org) -> None:
    just_before, midnight = START.replace(hour=22, minute=59), START.replace(hour=23, minute=0)
    offered(org, failed(org), cost=5_000, at=just_before)
    with pytest.raises(UnableToOffer):
        offered(org, failed(org), cost=1, at=just_before)
    assert offered(org, failed(org), cost=5_000, at=midnight), "23:00 UTC is midnight in Amsterdam"


def test_a_limit_that_is_lowered_during_the_day_counts_at_once(org: Org) -> None:
    offered(org, failed(org), cost=2_000)
    with tenant(organization_id=org.id):
        member_change(organization_id=org.id, member_id=org.employee, now=START, by=org.admin, limit_minor=2_500)
    with pytest.raises(UnableToOffer):
        offered(org, failed(org), cost=501)
    assert offered(org, failed(org), cost=500)


def test_a_cost_in_another_currency_than_the_limits_is_not_given_without_asking(org: Org) -> None:
    with pytest.raises(UnableToOffer, match="limits are in EUR"):
        offered(org, failed(org, price=None), cost=1, currency="USD")


def test_what_costs_nothing_and_what_the_playbook_gives_need_no_allowance(org: Org) -> None:
    assert offered(org, failed(org), cost=0, value=900)
    assert offered(org, failed(org), cost=9_000, offered_by=None)
    assert offered(org, failed(org), cost=9_000, part="fix"), "a fix never waits for approval"
    assert left(org) == 5_000


@pytest.mark.parametrize(("value", "fits"), [(1_500, True), (1_501, False)])
def test_an_extra_stays_within_150_percent_of_the_price(org: Org, value: int, fits: bool) -> None:
    failure_id = failed(org, price=1_000)
    if fits:
        assert offered(org, failure_id, cost=10, value=value)
    else:
        with pytest.raises(UnableToOffer, match=r"at most 15\.00 EUR"):
            offered(org, failure_id, cost=10, value=value)


def test_the_same_is_not_offered_twice_while_it_stands(org: Org) -> None:
    failure_id = failed(org)
    first = offered(org, failure_id, cost=100)
    with pytest.raises(UnableToOffer, match="offered to them already"):
        offered(org, failure_id, cost=200)
    both = [offer(org, failed(org), cost=100)] * 2
    with pytest.raises(UnableToOffer), tenant(organization_id=org.id):
        makegoods_offer(organization_id=org.id, offers=both, now=START)
    assert offered(org, failure_id, cost=100, remedy="credit-10")
    with tenant(organization_id=org.id):
        makegood_decline(organization_id=org.id, makegood_id=first, now=START)
    assert offered(org, failure_id, cost=100)
    ledger_holds(org)


def test_what_was_offered_before_counts_towards_the_cap_unless_it_came_to_nothing(org: Org) -> None:
    failure_id = failed(org, price=1_000)
    first = offered(org, failure_id, cost=10, value=1_000)
    with pytest.raises(UnableToOffer, match=r"at most 5\.00 EUR"):
        offered(org, failure_id, cost=10, value=501)
    with tenant(organization_id=org.id):
        makegood_decline(organization_id=org.id, makegood_id=first, now=START)
    assert offered(org, failure_id, cost=10, value=1_500)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"part": "floor"}, "what is owed is posted"),
        ({"form": "hug"}, "is no form"),
        ({"cost": -1}, "at least 0"),
        ({"currency": "euro"}, "such as EUR"),
        ({"title": " "}, "what is offered"),
        ({"customer_id": 1}, "another customer's"),
        ({"currency": "USD", "offered_by": None}, "offer something in EUR"),
    ],
)
def test_an_unusable_offer_is_refused_in_one_sentence(org: Org, facts: dict[str, object], says: str) -> None:
    with pytest.raises(UnableToOffer, match=says):
        offered(org, failed(org), **facts)
    with tenant(organization_id=org.id):
        assert not MakeGood.objects.exists()


def test_many_offers_are_all_made_or_none(org: Org) -> None:
    failures = [failed(org) for _ in range(6)]
    with pytest.raises(UnableToOffer), tenant(organization_id=org.id):
        makegoods_offer(organization_id=org.id, offers=[offer(org, one) for one in failures], now=START)
    assert left(org) == 5_000
    with tenant(organization_id=org.id):
        ids = makegoods_offer(organization_id=org.id, offers=[offer(org, one) for one in failures[:5]], now=START)
        assert [MakeGood.objects.get(id=one).failure_id for one in ids] == failures[:5]
    assert left(org) == 0
    ledger_holds(org)


def test_accepted_money_is_on_its_way_once(org: Org) -> None:
    makegood_id = offered(org, failed(org), form="money")
    with tenant(organization_id=org.id):
        makegood_accept(organization_id=org.id, makegood_id=makegood_id, now=START)
        effect = Effect.objects.get(subject="makegood", subject_id=makegood_id)
        assert (effect.kind, effect.payload["minor"], effect.held_for) == ("payout", 1_000, None)
    with pytest.raises(UnableToMoveMakeGood), tenant(organization_id=org.id):
        makegood_accept(organization_id=org.id, makegood_id=makegood_id, now=START)
    with pytest.raises(UnableToDeliver), tenant(organization_id=org.id):
        makegood_delivered(organization_id=org.id, makegood_id=makegood_id, now=START)


def test_anything_but_money_is_delivered_when_somebody_says_so(org: Org) -> None:
    makegood_id = offered(org, failed(org), form="credit")
    with tenant(organization_id=org.id):
        makegood_delivered(organization_id=org.id, makegood_id=makegood_id, now=START, by=org.employee)
        entry = Entry.objects.get(event="makegoods:makegood:delivered")
        assert (entry.actor_id, entry.data["minor"], entry.data["part"]) == (org.employee, 1_000, "extra")
        assert not Effect.objects.exists()
    ledger_holds(org)


def test_a_swap_costs_no_more_and_keeps_its_allowance(org: Org) -> None:
    failure_id = failed(org)
    makegood_id = offered(org, failure_id, cost=3_000)
    with pytest.raises(UnableToSwap), tenant(organization_id=org.id):
        makegood_swap(
            organization_id=org.id, makegood_id=makegood_id, instead=offer(org, failure_id, cost=3_001), now=START
        )
    with tenant(organization_id=org.id):
        new_id = makegood_swap(
            organization_id=org.id, makegood_id=makegood_id, instead=offer(org, failure_id, cost=1_000), now=START
        )
        assert MakeGood.objects.get(id=makegood_id).swapped_for_id == new_id
    assert (state(org, makegood_id), state(org, new_id), left(org)) == ("swapped", "accepted", 4_000)
    ledger_holds(org)


def test_one_reminder_then_the_end_gives_back(org: Org) -> None:
    makegood_id = offered(org, failed(org))
    step(org, 7 * DAY)
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        row = MakeGood.objects.get(id=makegood_id)
        assert (row.state, row.reminded_at, row.next_at) == ("offered", START + 7 * DAY, START + 14 * DAY)
    step(org, 20 * DAY)
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        row = MakeGood.objects.get(id=makegood_id)
        assert (row.state, row.settled_at) == ("expired", START + 14 * DAY), "at its own moment, not when it was seen"
        events = Entry.objects.filter(subject="makegood", subject_id=makegood_id).order_by("id")
        assert [entry.event.rpartition(":")[2] for entry in events] == ["offered", "reminded", "expired"]
    assert left(org) == 5_000
    ledger_holds(org)


def test_the_one_reminder_reaches_the_customer_of_an_open_recovery(org: Org) -> None:
    recovery = opened(org, price_minor=10_000, currency="EUR")
    with tenant(organization_id=org.id):
        failure_id = RecoveryFailure.objects.get(recovery_id=recovery.id).failure_id
    makegood_id = offered(org, failure_id, title="Flowers by hand")
    step(org, 7 * DAY)
    tick_dry(only=[org.id])
    step(org, 30 * DAY)
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        said = Message.objects.get(kind="reminder")
        assert (said.thread_id, said.state, said.created_at) == (recovery.thread_id, "queued", START + 7 * DAY)
        assert "Flowers by hand is still waiting for you" in said.body
        assert "Monday 16 March" in said.body, "when it ends"
        assert MakeGood.objects.get(id=makegood_id).state == "expired"


def test_what_evidence_withdrew_is_taken_back_unless_it_is_being_paid(org: Org) -> None:
    waiting, paying = (offered(org, failed(org), form="money") for _ in range(2))
    with tenant(organization_id=org.id):
        for makegood_id in (waiting, paying):
            makegood_accept(organization_id=org.id, makegood_id=makegood_id, now=START)
        Effect.objects.filter(subject_id=paying).update(state="claimed")
        failures = MakeGood.objects.values_list("failure_id", flat=True)
        makegoods_hear_withdrawn(
            organization_id=org.id,
            entries=[
                Happened(at=START, event="failures:failure:withdrawn", subject="failure", subject_id=one)
                for one in failures
            ],
        )
        assert Effect.objects.get(subject_id=waiting).state == "stopped"
    assert (state(org, waiting), state(org, paying)) == ("withdrawn", "accepted")
    ledger_holds(org)


def test_what_may_have_been_paid_is_neither_written_off_nor_paid_again(org: Org) -> None:
    """A payout whose try timed out, and whose failure is withdrawn, waits for finance to ask; the answer settles it."""
    makegood_id = offered(org, failed(org), form="money")
    with tenant(organization_id=org.id):
        makegood_accept(organization_id=org.id, makegood_id=makegood_id, now=START)
        Effect.objects.filter(subject_id=makegood_id).update(attempts=1, outcome="No answer (TimeoutError).")
        paid = {"organization_id": org.id, "makegood_id": makegood_id, "by": org.admin, "now": START}
        with pytest.raises(UnableToPayByHand, match="ask the payment system first"):
            payout_done_by_hand(**paid, asked=False)
        failure_id = MakeGood.objects.get(id=makegood_id).failure_id
        with pytest.raises(UnableToPayByHand, match="still owed"), transaction.atomic():
            payout_not_made(**paid)
        Failure.objects.filter(id=failure_id).update(withdrawn_at=START)
        gone = Happened(at=START, event="failures:failure:withdrawn", subject="failure", subject_id=failure_id)
        makegoods_hear_withdrawn(organization_id=org.id, entries=[gone])
        assert (state(org, makegood_id), Effect.objects.get(subject_id=makegood_id).state) == ("accepted", "unknown")
        (row,) = payouts_by_hand(organization_id=org.id)
        assert (row.id, row.payout, row.owed) == (makegood_id, "unknown", False)
        payout_not_made(**paid)
        assert (state(org, makegood_id), payouts_by_hand(organization_id=org.id)) == ("withdrawn", [])
    ledger_holds(org)


def test_what_they_said_yes_to_is_not_offered_again(org: Org) -> None:
    """A gift that they took leaves the list; one that waits for them stays, to be shown with its state."""
    failure_id = failed(org, price=100_000)
    asked = {"organization_id": org.id, "failure_id": failure_id, "member_id": org.manager, "now": START}
    with tenant(organization_id=org.id):
        first = what_may_i_give(**asked).gifts[0]
        offer_ = first.offer(failure_id=failure_id, customer_id=org.customer, at=START, offered_by=org.manager)
        makegood_id = makegood_offer(organization_id=org.id, offer=offer_, now=START)
        assert what_may_i_give(**asked).gifts[0].remedy == first.remedy
        makegood_accept(organization_id=org.id, makegood_id=makegood_id, now=START)
        assert first.remedy not in {gift.remedy for gift in what_may_i_give(**asked).gifts}


def test_two_currencies_owed_for_one_failure_leave_no_room_for_an_extra(org: Org) -> None:
    """What cannot be added up bounds nothing, so nothing is offered beyond it; asking is no error."""
    failure_id = failed(org, price=100_000)
    with tenant(organization_id=org.id):
        for currency in ("EUR", "GBP"):
            MakeGood.objects.create(
                organization_id=org.id, failure_id=failure_id, customer_id=org.customer, part="floor", remedy="cash",
                title="Owed", form="money", value_minor=5_000, cost_minor=5_000, currency=currency, rule=currency,
                state="accepted", offered_at=START,
            )  # fmt: skip
        found = what_may_i_give(organization_id=org.id, failure_id=failure_id, member_id=org.manager, now=START)
        assert found.gifts == ()
        assert "remedy.currency" in {one.rule for one in found.reasons}


def test_up_to_three_extras_that_the_member_may_give_each_with_reasons(org: Org) -> None:
    def remedy(code: str, cost: int, form: str = "credit") -> Remedy:
        amount = Money(minor=cost, currency="EUR")
        return Remedy(code=code, title=code, form=form, losses={"time"}, cost=amount, value=amount, monetary=True)  # type: ignore[arg-type]

    failure_id = failed(org)
    offered(org, failed(org), cost=3_000)
    catalogue = [remedy("a", 500), remedy("b", 900), remedy("c", 1_000), remedy("d", 1_500), remedy("e", 2_100)]
    with tenant(organization_id=org.id):
        found = what_may_i_give(
            organization_id=org.id, failure_id=failure_id, member_id=org.employee, now=START, remedies=catalogue
        )
        assert [gift.remedy for gift in found.gifts] == ["a", "b", "c"]
        assert [gift.left.minor for gift in found.gifts] == [1_500, 1_100, 1_000]
        assert all(gift.reasons for gift in found.gifts)
        shipped = what_may_i_give(organization_id=org.id, failure_id=failure_id, member_id=org.employee, now=START)
        assert [gift.remedy for gift in shipped.gifts] == ["express", "credit-10"]
        none = what_may_i_give(organization_id=org.id, failure_id=failure_id, member_id=0, now=START)
        assert (none.gifts, none.left.minor) == ((), 0)
        assert any(reason.rule == "remedy.limit" for reason in none.reasons)


def test_reads_show_what_stands(org: Org) -> None:
    failure_id = failed(org)
    first = offered(org, failure_id, cost=100)
    second = offered(org, failure_id, cost=200, form="credit", remedy="credit-10")
    with tenant(organization_id=org.id):
        makegood_delivered(organization_id=org.id, makegood_id=second, now=START)
        rows = makegoods_of_failures(organization_id=org.id, failure_ids=[failure_id])
        assert [row.id for row in rows] == [first, second]
        assert [row.id for row in offers_open(organization_id=org.id)] == [first]
        assert [row.id for row in makegoods_page(organization_id=org.id, before_id=second)] == [first]
        assert makegoods_counted(organization_id=org.id, failure_ids=[failure_id]) == {
            failure_id: {"offered": 1, "delivered": 1}
        }
        summed = totals(organization_id=org.id, from_at=START, to_at=START + DAY)["EUR"]
        assert (summed.extra.minor, summed.settled.minor, summed.floor.minor) == (300, 200, 0)
        assert totals(organization_id=org.id, from_at=START + DAY, to_at=START + 2 * DAY) == {}


def test_invariant_6_the_last_euro_is_given_once(org: Org) -> None:
    offered(org, failed(org), cost=4_900)
    failures = [failed(org) for _ in range(32)]
    results = at_once([lambda one=one: offered(org, one, cost=100) for one in failures])
    given = [one for one in results if isinstance(one, int)]
    assert len(given) == 1
    assert all(isinstance(one, UnableToOffer) for one in results if one not in given)
    assert left(org) == 0
    ledger_holds(org)


def test_invariant_6_the_cap_holds_when_many_offer_for_one_failure(org: Org) -> None:
    failure_id = failed(org, price=1_000)
    results = at_once(
        [
            lambda one=one: offered(org, failure_id, cost=1, value=400, offered_by=org.manager, remedy=f"gift-{one}")
            for one in range(16)
        ]
    )
    assert sum(isinstance(one, int) for one in results) == 3, "3 x 4.00 is within 15.00, a fourth is not"
    ledger_holds(org)


def test_invariant_6_the_database_itself_refuses_to_pass_a_limit(org: Org) -> None:
    offered(org, failed(org), cost=5_000)
    with pytest.raises(IntegrityError, match="allowance_within_limit"), tenant(organization_id=org.id):
        Allowance.objects.update(given_minor=5_001)


def test_invariant_6_the_ledger_is_append_only_and_never_lopsided(org: Org) -> None:
    offered(org, failed(org))
    for statement in (
        "UPDATE makegoods_ledgerentry SET amount_minor = 1",
        "DELETE FROM makegoods_ledgerentry",
        "INSERT INTO makegoods_ledgerentry (organization_id, makegood_id, debit, credit, amount_minor, currency, at)"
        " SELECT organization_id, id, 'owed', 'owed', 1, 'EUR', now() FROM makegoods_makegood",
    ):
        with (
            pytest.raises(Exception, match=r"permission denied|ledger_moves"),
            tenant(organization_id=org.id),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


@pytest.mark.parametrize("seed", range(4))
def test_invariant_6_the_sums_match_after_any_sequence(org: Org, seed: int) -> None:
    chance = random.Random(seed)
    failures = [failed(org, price=chance.choice([None, 2_000, 50_000])) for _ in range(5)]
    ids: list[int] = []
    for turn in range(60):
        what = chance.choice(["offer", "offer", "accept", "decline", "deliver", "swap", "tick"])
        try:
            with tenant(organization_id=org.id), transaction.atomic():
                if what == "offer" or not ids:
                    new = offer(
                        org,
                        chance.choice(failures),
                        cost=chance.randrange(0, 2_500),
                        form=chance.choice(["money", "credit", "coupon", "time_back", "gift"]),
                        part=chance.choice(["extra", "extra", "fix"]),
                        offered_by=chance.choice([org.employee, org.manager, None]),
                    )
                    ids.append(makegood_offer(organization_id=org.id, offer=new, now=START))
                elif what == "accept":
                    makegood_accept(organization_id=org.id, makegood_id=chance.choice(ids), now=START)
                elif what == "decline":
                    makegood_decline(organization_id=org.id, makegood_id=chance.choice(ids), now=START)
                elif what == "deliver":
                    makegood_delivered(organization_id=org.id, makegood_id=chance.choice(ids), now=START)
                elif what == "swap":
                    old = MakeGood.objects.get(id=chance.choice(ids))
                    instead = offer(org, old.failure_id, cost=chance.randrange(0, old.cost_minor + 2), form="credit")
                    ids.append(makegood_swap(organization_id=org.id, makegood_id=old.id, instead=instead, now=START))
        except (UnableToOffer, UnableToMoveMakeGood, UnableToDeliver, UnableToSwap):
            pass
        if what == "tick":
            step(org, turn * DAY / 2)
            tick_dry(only=[org.id])
    assert len(ids) > 5
    ledger_holds(org)
