"""Limits over a recovery and a customer, budgets, and what is held out of them: kept by the database, whoever comes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape

import pytest
from django.db import IntegrityError
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import recovery_of, signed_in
from tests.integration.test_recoveries_together import hit
from tests.support.given import at_once, failed, ledger_holds, offer, pools_hold, step

from makegood.core.money import Money
from makegood.core.remedies import Remedy
from makegood.makegoods.giving import what_may_i_give
from makegood.makegoods.limits import UnableToLimit, budget_set, budgets_all, limit_set, limits_all
from makegood.makegoods.models import Budget, Limit, MakeGood, Pool
from makegood.makegoods.operations import (
    FloorOwed,
    UnableToOffer,
    floors_owe,
    makegood_accept,
    makegood_decline,
    makegood_delivered,
    makegood_offer,
    makegood_swap,
)
from makegood.messages.links import status_path
from makegood.organizations.models import Member, MemberPlace
from makegood.organizations.operations import place_create
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import extra_offer, incident_offer
from makegood.recoveries.operations.together import UnableToDoForAll
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def euros(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def budget(org: Org, minor: int | None, *, place: int | None = None, begins: date = MARCH, ends: date = APRIL) -> None:
    with tenant(organization_id=org.id):
        budget_set(
            organization_id=org.id, place_id=place, active_from=begins, active_to=ends,
            amount=None if minor is None else euros(minor), now=START, by=org.admin,
        )  # fmt: skip


def limit(org: Org, over: str, minor: int | None, **whose: object) -> None:
    with tenant(organization_id=org.id):
        amount = None if minor is None else euros(minor)
        limit_set(organization_id=org.id, over=over, amount=amount, now=START, by=org.admin, **whose)  # type: ignore[arg-type]


def offered(org: Org, failure_id: int, **facts: object) -> int:
    with tenant(organization_id=org.id):
        return makegood_offer(organization_id=org.id, offer=offer(org, failure_id, **facts), now=START)


def left(org: Org) -> tuple[int, int, int]:
    with tenant(organization_id=org.id):
        (one,) = budgets_all(organization_id=org.id)
        return one.held.minor, one.given.minor, one.left.minor


def test_an_offer_is_held_until_they_have_it_and_comes_back_if_it_comes_to_nothing(org: Org) -> None:
    budget(org, 3_000)
    first, second = offered(org, failed(org), cost=1_000), offered(org, failed(org), cost=500)
    third = offered(org, failed(org), cost=700)
    assert left(org) == (2_200, 0, 800)
    with tenant(organization_id=org.id):
        makegood_accept(organization_id=org.id, makegood_id=first, now=START)
    assert left(org) == (2_200, 0, 800), "accepted is promised, not given"
    with tenant(organization_id=org.id):
        makegood_delivered(organization_id=org.id, makegood_id=first, now=START)
        makegood_decline(organization_id=org.id, makegood_id=second, now=START)
    assert left(org) == (700, 1_000, 1_300)
    with tenant(organization_id=org.id):
        old = MakeGood.objects.get(id=third)
        smaller = offer(org, old.failure_id, cost=200, remedy="credit-2", form="credit")
        makegood_swap(organization_id=org.id, makegood_id=third, instead=smaller, now=START)
    assert left(org) == (200, 1_000, 1_800)
    fourth = offered(org, failed(org), cost=100)
    step(org, timedelta(days=7))
    tick_dry(only=[org.id])
    step(org, timedelta(days=14))
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert MakeGood.objects.get(id=fourth).state == "expired"
    assert left(org) == (200, 1_000, 1_800)
    ledger_holds(org)


@pytest.mark.parametrize(("cost", "fits"), [(1_000, True), (1_001, False)])
def test_a_refusal_says_which_budget_and_how_much_is_left_of_it(org: Org, cost: int, fits: bool) -> None:
    budget(org, 3_000, place=org.place)
    failure_id = failed(org, place_id=org.place)
    offered(org, failed(org, place_id=org.place), cost=2_000)
    if fits:
        assert offered(org, failure_id, cost=cost)
    else:
        said = r"costs 10\.01 EUR and 10\.00 EUR is left of the budget of The shop until 31 March.*an admin to raise it"
        with pytest.raises(UnableToOffer, match=said):
            offered(org, failure_id, cost=cost)
    pools_hold(org)


def test_a_places_budget_counts_inside_of_it_and_nowhere_else(org: Org) -> None:
    with tenant(organization_id=org.id):
        till = place_create(organization_id=org.id, code="till", name="Till", parent_id=org.place)
        other = place_create(organization_id=org.id, code="other", name="Other")
    budget(org, 100, place=org.place)
    assert offered(org, failed(org, place_id=other), cost=101)
    assert offered(org, failed(org, place_id=till), cost=60)
    with pytest.raises(UnableToOffer, match=r"0\.40 EUR is left of the budget of The shop"):
        offered(org, failed(org, place_id=org.place), cost=41)
    budget(org, 1_000_000)
    with pytest.raises(UnableToOffer, match="The shop"):
        offered(org, failed(org, place_id=till), cost=41, offered_by=None)
    assert offered(org, failed(org, place_id=till), cost=41, at=START.replace(month=4)), "its days are over"


def test_a_limit_over_a_recovery_counts_what_anybody_gave_there(org: Org) -> None:
    limit(org, "recovery", 2_000, role="employee")
    limit(org, "recovery", 1_500, member_id=org.employee)
    one, two = (failed(org, happening_key="purchase-1") for _ in range(2))
    offered(org, one, cost=1_000, offered_by=org.manager)
    said = (
        r"costs 5\.01 EUR and in one recovery you may give 15\.00 EUR without asking, of which 5\.00 EUR is left here"
    )
    with pytest.raises(UnableToOffer, match=f"{said}.*or ask Manager"):
        offered(org, two, cost=501)
    assert offered(org, two, cost=500), "the smaller of role's and person's counts, to the cent"
    assert offered(org, one, cost=2_000, offered_by=org.manager, remedy="more"), "managers have no such limit"
    assert offered(org, failed(org, happening_key="purchase-2"), cost=1_500)
    ledger_holds(org)


def test_a_limit_over_a_customer_counts_a_calendar_year(org: Org) -> None:
    limit(org, "customer", 1_000, role="employee")
    offered(org, failed(org), cost=900)
    with pytest.raises(UnableToOffer, match=r"to one customer you may give 10\.00 EUR in a year"):
        offered(org, failed(org), cost=101)
    assert offered(org, failed(org), cost=101, at=START.replace(year=2027))


def test_a_role_bounds_the_day_of_everybody_in_it(org: Org) -> None:
    limit(org, "day", 1_000, role="employee")
    with pytest.raises(UnableToOffer, match=r"you can give 10\.00 EUR more today"):
        offered(org, failed(org), cost=1_001)
    assert offered(org, failed(org), cost=1_000)
    limit(org, "day", None, role="employee")
    assert offered(org, failed(org), cost=4_000)


def test_fix_and_floor_wait_for_no_limit_and_no_budget(org: Org) -> None:
    budget(org, 0)
    for over in ("day", "recovery", "customer"):
        limit(org, over, 0, role="employee")
    failure_id = failed(org)
    assert offered(org, failure_id, cost=90_000, part="fix")
    with tenant(organization_id=org.id):
        owed = FloorOwed(
            failure_id=failure_id, customer_id=org.customer, rule="eu261.7.1.b", title="EU 261", form="cash_or_bank",
            amount=euros(40_000), due_at=START, reasons=(),
        )  # fmt: skip
        floors_owe(organization_id=org.id, owed=[owed], now=START)
        assert MakeGood.objects.filter(organization_id=org.id, part="floor", state="accepted").count() == 1
        assert not Pool.objects.filter(organization_id=org.id).exists()
    with pytest.raises(UnableToOffer):
        offered(org, failure_id, cost=1)


def test_what_may_be_given_is_what_the_tightest_leaves_and_the_rest_is_for_asking(org: Org) -> None:
    budget(org, 700)
    failure_id = failed(org, price=50_000)
    catalogue = [
        Remedy(
            code=f"fast-{cost}", title="Fast", form="time_back", losses=["time"], cost=euros(cost), value=euros(cost),
            monetary=False,
        )
        for cost in (700, 701)
    ]  # fmt: skip
    with tenant(organization_id=org.id):
        found = what_may_i_give(
            organization_id=org.id, failure_id=failure_id, member_id=org.employee, now=START, remedies=catalogue
        )
    assert [one.remedy for one in found.gifts] == ["fast-700"]
    assert [one.remedy for one in found.beyond] == ["fast-701"]
    assert {one.kind: one.left.minor for one in found.rooms} == {"day": 5_000, "budget": 700}
    assert found.left == euros(700)


def test_the_customer_may_swap_what_took_the_last_of_a_limit(org: Org) -> None:
    """Nothing is left of it, and what they choose instead needs nothing: it is held for them already."""
    recovery = recovery_of(org)
    limit(org, "recovery", 1_000, role="employee")
    with tenant(organization_id=org.id):
        extra_offer(organization_id=org.id, recovery_id=recovery.id, remedy="credit-10", by=org.employee, now=START)
        path = status_path(organization_id=org.id, token=Recovery.objects.get(id=recovery.id).thread.token)
        offered_id = MakeGood.objects.get(organization_id=org.id, part="extra").id
    customer = Client(headers={"host": "127.0.0.1"})
    assert customer.post(f"{path}/offer", {"answer": f"swap:{offered_id}:express"}).status_code == 302
    with tenant(organization_id=org.id):
        mine = MakeGood.objects.filter(organization_id=org.id, part="extra").order_by("id")
        assert [(one.remedy, one.state) for one in mine] == [("credit-10", "swapped"), ("express", "accepted")]
        pool = Pool.objects.get(organization_id=org.id, kind="recovery")
        assert (pool.held_minor, pool.given_minor) == (500, 0)
    ledger_holds(org)


def test_invariant_6_two_clerks_and_one_last_euro(org: Org) -> None:
    """32 writers, two clerks and the playbook in turn, and one euro left of the budget: exactly one gives it."""
    budget(org, 1_000)
    offered(org, failed(org), cost=900)
    failures = [failed(org) for _ in range(32)]
    clerks = [org.employee, org.manager, None]
    results = at_once(
        [lambda turn=turn, one=one: offered(org, one, cost=100, offered_by=clerks[turn % 3])
         for turn, one in enumerate(failures)]
    )  # fmt: skip
    assert sum(isinstance(one, int) for one in results) == 1
    assert {type(one) for one in results if not isinstance(one, int)} == {UnableToOffer}
    assert left(org) == (1_000, 0, 0)
    ledger_holds(org)


def test_invariant_6_many_writers_pass_no_limit_over_a_recovery_or_customer(org: Org) -> None:
    limit(org, "recovery", 500, role="manager")
    limit(org, "customer", 800, role="manager")
    failures = [failed(org, happening_key=f"purchase-{turn % 4}") for turn in range(32)]
    results = at_once([lambda one=one: offered(org, one, cost=200, offered_by=org.manager) for one in failures])
    assert sum(isinstance(one, int) for one in results) == 4, "4 x 2.00 to one customer, at most 2 in one recovery"
    assert {type(one) for one in results if not isinstance(one, int)} == {UnableToOffer}
    ledger_holds(org)


def test_invariant_6_the_database_itself_refuses_to_pass_a_budget(org: Org) -> None:
    budget(org, 1_000)
    offered(org, failed(org), cost=1_000)
    for change in ({"held_minor": 1_001}, {"given_minor": 1}, {"held_minor": -1}):
        with pytest.raises(IntegrityError, match="pool_"), tenant(organization_id=org.id):
            Pool.objects.filter(organization_id=org.id, kind="budget").update(**change)


def test_invariant_12_an_incidents_customers_get_the_same_or_nobody_does_when_many_compete(org: Org) -> None:
    """A budget for one of two incidents of three: one gets all of it, the other nothing, however they come together."""
    with tenant(organization_id=org.id):
        first, _ = hit(org, None, None, None)
        second, _ = hit(org, None, None, None)
    budget(org, 2_000)

    def give(incident_id: int) -> int:
        with tenant(organization_id=org.id):
            done = incident_offer(
                organization_id=org.id, incident_id=incident_id, remedy="express", by=org.manager, now=START
            )
            return len(done.done)

    results = at_once([lambda one=one: give(one) for one in (first, second) * 2])
    assert sorted(one for one in results if isinstance(one, int) and one) == [3]
    assert {type(one) for one in results if not isinstance(one, int)} <= {UnableToOffer, UnableToDoForAll}
    with tenant(organization_id=org.id):
        mine = MakeGood.objects.filter(organization_id=org.id, part="extra")
        assert {(one.remedy, one.value_minor, one.cost_minor) for one in mine} == {("express", 900, 500)}
        assert len({one.failure.incident_id for one in mine.select_related("failure")}) == 1
    ledger_holds(org)


def test_a_budget_is_changed_overlapped_by_none_and_taken_away_only_unused(org: Org) -> None:
    budget(org, 1_000)
    budget(org, 2_000)
    with pytest.raises(UnableToLimit, match="on some of these days"):
        budget(org, 5, begins=date(2026, 3, 31), ends=date(2026, 4, 2))
    budget(org, 5, begins=APRIL, ends=date(2026, 5, 1))
    budget(org, 5, place=org.place)
    budget(org, None, place=org.place)
    offered(org, failed(org), cost=500)
    with pytest.raises(UnableToLimit, match="Something was given out of this budget"):
        budget(org, None)
    budget(org, 100)
    with pytest.raises(UnableToOffer, match=r"0\.00 EUR is left"):
        offered(org, failed(org), cost=1)
    for begins, ends in ((APRIL, APRIL), (date(2026, 1, 1), date(2027, 1, 3))):
        with pytest.raises(UnableToLimit, match="1 to 366 days"):
            budget(org, 5, begins=begins, ends=ends)
    with tenant(organization_id=org.id):
        assert sorted(Budget.objects.filter(organization_id=org.id).values_list("amount_minor", flat=True)) == [5, 100]


def test_limits_of_others_are_neither_seen_nor_counted(org: Org, make_org: Callable[..., Org]) -> None:
    other = make_org()
    budget(org, 0)
    limit(org, "recovery", 0, role="employee")
    assert offered(other, failed(other), cost=100)
    with tenant(organization_id=other.id):
        assert (limits_all(organization_id=other.id), budgets_all(organization_id=other.id)) == ((), ())
        assert not Limit.objects.exists()
        assert not Budget.objects.exists()
        assert not Pool.objects.exclude(organization_id=other.id).exists()


def test_an_admin_sets_limits_and_budgets_and_others_only_read_them(org: Org) -> None:
    url, client = "/settings/limits", signed_in(org, org.admin)
    more = {"whose": "employee", "over": "recovery", "at_most": "20"}
    month = {"budget_place": "", "budget_from": "2026-03-01", "budget_to": "2026-03-31", "budget": "1.250,50"}
    assert client.post(f"{url}/more", more).status_code == 302
    assert client.post(f"{url}/budget", month).status_code == 302
    page = client.get(url).content.decode()
    for said in ("Each employee", "in one recovery", "€20", "All places", "2026-03-31", "€1,250.50"):
        assert said in page, said
    assert client.post(f"{url}/more", more | {"whose": str(org.employee), "over": "day"}).status_code == 422
    assert client.post(f"{url}/budget", month | {"budget_to": "2026-02-28"}).status_code == 422
    assert client.post(f"{url}/budget", month | {"budget_to": "tomorrow"}).status_code == 422
    assert client.post(f"{url}/more", more | {"at_most": ""}).status_code == 302
    assert "Each employee" not in client.get(url).content.decode().partition("Set a limit of a role")[0]
    manager = signed_in(org, org.manager)
    assert "Set a budget" not in manager.get(url).content.decode()
    assert manager.post(f"{url}/budget", month).status_code == 403
    with tenant(organization_id=org.id):
        assert Member.objects.get(id=org.employee).limit_minor == 5_000


def test_the_counter_says_what_is_to_be_asked_for_and_which_limit_says_so(org: Org) -> None:
    with tenant(organization_id=org.id):
        MemberPlace.objects.create(organization_id=org.id, member_id=org.employee, place_id=org.place)
        elsewhere = place_create(organization_id=org.id, code="far", name="Far")
    counter = signed_in(org, org.employee)

    def asked_for() -> set[str]:
        page = unescape(counter.get("/counter/give").content.decode())
        return set(re.findall(r"ask first: ([\w ]+)", page))

    before = asked_for()
    budget(org, 0, place=elsewhere)
    assert asked_for() == before
    budget(org, 0, place=org.place)
    assert "more than is left of the budget" in asked_for() - before
    budget(org, None, place=org.place)
    limit(org, "recovery", 0, role="employee")
    assert "more than you may give in one recovery" in asked_for() - before
    limit(org, "recovery", None, role="employee")
    limit(org, "customer", 0, member_id=org.employee)
    assert "more than you may give one customer in a year" in asked_for() - before
    limit(org, "customer", None, member_id=org.employee)
    assert asked_for() == before


def test_the_counter_of_a_place_lists_what_is_given_there(org: Org) -> None:
    def listed() -> list[str]:
        page = signed_in(org, org.employee).get("/counter/give").content.decode()
        return re.findall(r"<tbody>.*?</tbody>", page, re.DOTALL)

    for_anyone = listed()
    with tenant(organization_id=org.id):
        cafe = place_create(organization_id=org.id, code="cafe", name="The cafe", kind="store", playbook="hospitality")
        MemberPlace.objects.create(organization_id=org.id, member_id=org.employee, place_id=cafe)
    assert listed() != for_anyone
