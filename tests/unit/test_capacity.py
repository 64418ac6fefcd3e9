"""Capacity: the load sum, the fewest people, and the command that prints them."""

from __future__ import annotations

import json
import math
import sys
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.cli.main import main
from makegood.core import capacity
from makegood.core.capacity import UnableToPlan, plan, working_target


def planned(**figures: Any) -> capacity.Capacity:
    return plan(**{
        name: Decimal(str(value))
        for name, value in {
            "opportunities": 20_000_000, "failure_rate": "0.01", "days": 365, "handle_minutes": 30,
            "target_hours": 24, **figures,
        }.items()
    })  # fmt: skip


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "SIMULATED", 20_000)


@pytest.fixture
def no_simulation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "_simulator", lambda **_: lambda people: 0.0)


def test_twenty_million_at_one_per_cent_are_548_a_day() -> None:
    """EVIDENCE 5: 547.9 a day, 274 hours, about 46 people; not 55."""
    found = planned()
    assert found.per_day.quantize(Decimal("0.1")) == Decimal("547.9")
    assert found.shown_per_day == 548
    assert found.shown_staff_hours == 274.0
    assert found.people == 46
    assert found.p_miss <= 0.01


@pytest.mark.parametrize(
    ("figures", "per_day", "hours"),
    [
        ({}, 548, 274.0),
        ({"opportunities": 3650, "failure_rate": "0.5"}, 5.0, 2.5),
        ({"opportunities": 3650, "failure_rate": 1}, 10, 5.0),
        ({"opportunities": 1000}, 0.0274, 0.0137),
        ({"days": 1, "opportunities": 150, "handle_minutes": 90}, 1.5, 2.25),
        ({"opportunities": 0}, 0.0, 0.0),
        ({"failure_rate": 0}, 0.0, 0.0),
    ],
)
@pytest.mark.usefixtures("no_simulation")
def test_the_load_sum(figures: dict[str, Any], per_day: float, hours: float) -> None:
    found = planned(**figures)
    assert (found.shown_per_day, found.shown_staff_hours) == (per_day, hours)


@pytest.mark.usefixtures("no_simulation")
def test_nobody_is_needed_where_nothing_fails() -> None:
    found = planned(failure_rate=0)
    assert (found.people, found.p_miss) == (0, 0.0)


@pytest.mark.usefixtures("no_simulation")
@given(opportunities=st.integers(min_value=1, max_value=10**9), rate=st.integers(min_value=1, max_value=10**4))
def test_people_always_exceed_the_average_load(opportunities: int, rate: int) -> None:
    found = planned(opportunities=opportunities, failure_rate=Decimal(rate) / 10**4)
    assert found.people > found.staff_hours_per_day / 6


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("target_hours", ["0.5", "1", "4", "24"])
@pytest.mark.parametrize("opportunities", [100_000, 3_000_000])
def test_people_are_the_fewest(target_hours: str, opportunities: int) -> None:
    found = planned(opportunities=opportunities, target_hours=target_hours)
    assert found.p_miss <= 0.01
    load = float(found.staff_hours_per_day) / 6
    allowed = float(working_target(target_hours=Decimal(target_hours), productive_hours=Decimal(6))) - 0.5
    missed = capacity._simulator(
        per_hour=float(found.per_day) / 6, handle_hours=0.5, allowed_wait=allowed, month_hours=120, seed=capacity.SEED
    )
    assert missed(found.people) == pytest.approx(found.p_miss)
    assert found.people - 1 <= load or missed(found.people - 1) > 0.01


@pytest.mark.usefixtures("quick")
def test_more_people_never_miss_more_and_a_shorter_target_never_needs_fewer() -> None:
    missed = capacity._simulator(per_hour=91, handle_hours=0.5, allowed_wait=0.25, month_hours=120, seed=1)
    shares = [missed(people) for people in range(40, 60)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.5
    needed = [planned(target_hours=hours).people for hours in ("0.5", "0.75", "1", "2", "8", "24", "48")]
    assert needed == sorted(needed, reverse=True)
    assert needed[0] > needed[-1]


def test_the_simulation_agrees_with_the_formula_of_one_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pollaczek-Khinchine's waiting probability of one server: the share that waits at all is its load."""
    monkeypatch.setattr(capacity, "SIMULATED", 300_000)
    missed = capacity._simulator(per_hour=1.2, handle_hours=0.5, allowed_wait=0.0, month_hours=math.inf, seed=3)
    assert missed(1) == pytest.approx(0.6, abs=0.01)


def test_the_simulation_agrees_with_erlang_c_where_handling_varies_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many servers the share that waits depends little on the spread of handling: within 0.03 of Erlang C."""
    monkeypatch.setattr(capacity, "SIMULATED", 300_000)
    servers, load = 10, 8.0
    terms = [load**n / math.factorial(n) for n in range(servers)]
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    missed = capacity._simulator(per_hour=load / 0.5, handle_hours=0.5, allowed_wait=0.0, month_hours=math.inf, seed=3)
    assert missed(servers) == pytest.approx(last / (sum(terms) + last), abs=0.03)


def test_the_simulation_agrees_with_the_formula_of_equal_handlings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Erlang 1909, one server and equal handlings D: P(wait <= t) = (1 - load) e^(rate t) for t up to D."""
    monkeypatch.setattr(capacity, "SIMULATED", 300_000)
    monkeypatch.setattr(capacity, "HANDLING_SPREAD", 1e-6)
    missed = capacity._simulator(per_hour=1.2, handle_hours=0.5, allowed_wait=0.25, month_hours=math.inf, seed=3)
    assert missed(1) == pytest.approx(1 - 0.4 * math.exp(1.2 * 0.25), abs=0.01)


def test_every_month_starts_with_nothing_left_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """With months shorter than the allowed wait nothing can be missed, however few people there are."""
    monkeypatch.setattr(capacity, "SIMULATED", 20_000)
    figures = {"per_hour": 10.0, "handle_hours": 0.5, "seed": 3}
    assert capacity._simulator(**figures, allowed_wait=30, month_hours=1.0)(1) == 0
    assert capacity._simulator(**figures, allowed_wait=30, month_hours=100.0)(1) > 0.5


@pytest.mark.usefixtures("quick")
def test_the_same_figures_always_give_the_same_answer() -> None:
    assert planned(target_hours=1) == planned(target_hours=1)


@pytest.mark.usefixtures("quick")
def test_a_huge_operation_is_planned_in_teams() -> None:
    found = planned(opportunities=20_000_000_000)
    assert found.people > 45_662
    assert "28 equal teams" in found.reasons[-1].text


@pytest.mark.parametrize(
    ("target", "productive", "working"),
    [("24", "6", "6"), ("48", "6", "12"), ("1", "6", "1"), ("8", "6", "6"), ("30", "6", "12"), ("25", "6", "7"),
     ("24", "24", "24"), ("0.5", "6", "0.5")],
)  # fmt: skip
def test_a_target_in_working_time(target: str, productive: str, working: str) -> None:
    found = working_target(target_hours=Decimal(target), productive_hours=Decimal(productive))
    assert found == Decimal(working)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"opportunities": -1}, "opportunities between"),
        ({"failure_rate": "1.01"}, "0.01 or 1%"),
        ({"failure_rate": "-0.01"}, "failure rate between"),
        ({"days": 0}, "days"),
        ({"handle_minutes": 0}, "handle minutes above 0"),
        ({"target_hours": 0}, "target hours above 0"),
        ({"productive_hours": 0}, "productive hours above 0"),
        ({"productive_hours": 25}, "up to 24"),
        ({"opportunities": "NaN"}, "Give a number for opportunities"),
        ({"days": "Infinity"}, "Give a number for days"),
        ({"handle_minutes": 61, "target_hours": 1}, "longer target or a shorter handling"),
    ],
)
def test_figures_that_cannot_be_planned_with(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(UnableToPlan, match=words):
        planned(**wrong)


FIGURES = {"--opportunities": "20000000", "--failure-rate": "0.01", "--days": "365", "--handle-minutes": "30",
           "--target-hours": "24"}  # fmt: skip


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *flags: str, **more: str | None
) -> tuple[int, str, str]:
    figures = FIGURES | {f"--{name.replace('_', '-')}": value for name, value in more.items()}
    words = [word for name, value in figures.items() if value is not None for word in (name, value)]
    monkeypatch.setattr(sys, "argv", ["makegood", "capacity", *words, *flags])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("rate", ["0.01", "1%", "1 %", ".01"])
def test_the_command_prints_json(
    rate: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(monkeypatch, capsys, "--json", failure_rate=rate, opportunities="20,000,000")
    found = json.loads(out)
    assert (status, err) == (0, "")
    assert set(found) == {"per_day", "staff_hours_per_day", "people", "p_miss", "reasons"}
    assert (found["per_day"], found["staff_hours_per_day"], found["people"]) == (548, 274.0, 46)
    assert {"rule", "evidence", "grade", "text"} == set(found["reasons"][0])
    said = " ".join(reason["text"] for reason in found["reasons"])
    assert all(word in said for word in ("Poisson", "log-normal", "seed", "working time"))


@pytest.mark.usefixtures("quick")
def test_the_command_prints_sentences(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(monkeypatch, capsys, productive_hours="7.5")
    assert status == 0
    assert out.startswith("548 recoveries a day, 274.0 hours of work.\n37 people keep a clock of 24 hours")


@pytest.mark.parametrize(
    "wrong",
    [
        {"opportunities": "many"}, {"opportunities": "-5"}, {"failure_rate": "2"}, {"failure_rate": "%"},
        {"days": "0"}, {"days": "1%"}, {"handle_minutes": "nan"}, {"handle_minutes": "-3"}, {"target_hours": "inf"},
        {"target_hours": "0"}, {"productive_hours": "0"}, {"productive_hours": "30"}, {"days": None},
        {"opportunities": "1e999999999"}, {"handle_minutes": "600"},
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_status_2(
    wrong: dict[str, str | None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(monkeypatch, capsys, "--json", **wrong)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith("makegood: ")


@pytest.mark.usefixtures("no_simulation")
@pytest.mark.parametrize(("rate", "opportunities"), [("1,5%", "730000"), ("1.5%", "730,000.0"), ("0,015", "730 000")])
def test_numbers_are_read_as_several_countries_write_them(monkeypatch, capsys, rate, opportunities):
    assert run(monkeypatch, capsys, "--json", failure_rate=rate, opportunities=opportunities) == run(
        monkeypatch, capsys, "--json", failure_rate="0.015", opportunities="730000"
    )


def test_a_number_that_can_be_read_two_ways_is_refused(monkeypatch, capsys):
    status, _, err = run(monkeypatch, capsys, opportunities="20.000")
    assert status == 2
    assert "20.000 can be read two ways: write 20000 or 20.0000" in err
