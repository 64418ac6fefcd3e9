"""What limits leave, which one refuses and in which words, and who may say yes beyond them: each at its edge."""

from __future__ import annotations

import pytest

from makegood.core.limits import Approver, Room, approvers, least, refusing, why_not
from makegood.core.money import Money


def euros(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def room(left: int, kind: str = "day", limit: int = 5_000, name: str = "") -> Room:
    return Room(kind=kind, limit=euros(limit), left=euros(left), name=name)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cost", "fits"),
    [
        (euros(499), True),
        (euros(500), True),
        (euros(501), False),
        (euros(0), True),
        (Money(minor=1, currency="USD"), False),
        (Money(minor=0, currency="USD"), True),
    ],
)
def test_a_cost_fits_up_to_the_last_cent_of_what_is_left(cost: Money, fits: bool) -> None:
    assert room(500).fits(cost) is fits


def test_the_tightest_bounds_and_the_first_that_a_cost_does_not_fit_refuses() -> None:
    rooms = (room(900), room(300, "recovery"), room(300, "budget", name="of Porto until 31 March"))
    assert least(rooms) is rooms[1]
    assert refusing(rooms, cost=euros(300)) is None
    assert refusing(rooms, cost=euros(301)) is rooms[1]
    assert refusing(rooms, cost=euros(901)) is rooms[0]


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        (room(300), "you can give 3.00 EUR more today"),
        (room(300, "recovery"), "you may give 50.00 EUR without asking, of which 3.00 EUR is left here"),
        (room(300, "customer"), "50.00 EUR in a year without asking, of which 3.00 EUR is left"),
        (room(300, "budget", name="of Porto until 31 March"), "3.00 EUR is left of the budget of Porto until 31 March"),
    ],
)
def test_a_refusal_names_the_limit_what_it_leaves_and_whom_to_ask(bound: Room, said: str) -> None:
    why = why_not(bound, cost=euros(301), ask="Joris")
    assert said in why.text
    assert why.text.startswith("This costs 3.01 EUR")
    assert why.text.endswith("choose something smaller, or ask Joris.")
    assert (why.rule, why.evidence, bool(why.grade)) == (f"limits.{bound.kind}", "G1", True)


def test_who_is_here_is_asked_before_who_is_not_and_the_lowest_tier_first() -> None:
    def one(member_id: int, tier: int, left: int, *, present: bool = True) -> Approver:
        return Approver(member_id=member_id, name="", tier=tier, present=present, rooms=(room(left),))

    team = [one(1, 3, 900), one(2, 2, 500, present=False), one(3, 2, 500), one(4, 2, 499), one(5, 2, 500)]
    assert [each.member_id for each in approvers(team, cost=euros(500))] == [3, 5, 1, 2]
