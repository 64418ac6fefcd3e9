"""The words around figures: they count as people do, and claim no more than the figures show."""

from __future__ import annotations

import pytest

from makegood.console.charts import draw
from makegood.console.figures import STEP_WORDS, clocks_chart, needs, quiet_chart
from makegood.console.viewmodels import Chart, Point, Series
from makegood.insights.measures import ClockKept, Gated


@pytest.mark.parametrize(
    ("count", "said"), [(0, "there are 0 so far"), (1, "there is 1 so far"), (2, "there are 2 so")]
)
def test_one_is_and_two_are(count: int, said: str) -> None:
    assert said in needs(count, "offers")


def kept(target: str, decided: int = 12) -> ClockKept:
    return ClockKept(
        target=target,
        kept=decided,
        decided=decided,
        running=0,
        ended=0,
        median_minutes=5.0,
        p90_minutes=9.0,
        plain_day=True,
    )


def test_of_two_steps_that_are_shown_it_says_nothing_about_the_others() -> None:
    chart = clocks_chart(clocks=[kept("own"), kept("fix"), kept("remedy", 3)], window="Since March")
    assert chart is not None
    assert "Given an owner and Fixed: kept every time. The others have too few clocks to tell" in chart.summary
    every = clocks_chart(clocks=[kept(one) for one in STEP_WORDS], window="Since March")
    assert every is not None
    assert every.summary == "Since March. Every step: kept every time."


def test_why_nobody_was_contacted_is_counted_by_what_was_decided() -> None:
    gated = [
        Gated(gate="waiting", rule="a", why="late by a little", count=8),
        Gated(gate="quiet", rule="b", why="they did not notice", count=3),
        Gated(gate="quiet", rule="c", why="they said so", count=1),
        Gated(gate="contact", rule="d", why="grave", count=40),
    ]
    chart = quiet_chart(gated=gated)
    assert chart is not None
    assert chart.title == "Not contacted, and why"
    assert chart.summary.startswith("4 stayed quiet, 8 still waiting. ")


def test_what_stands_under_a_bar_is_cut_only_where_there_is_no_room() -> None:
    """One cause has the width for its whole name, on a phone too; of a dozen each has two short lines."""

    def under(*names: str) -> list[tuple[str, ...]]:
        points = tuple(Point(label=name, value=1, text="1") for name in names)
        chart = Chart(title="x", kind="bar", label_head="Cause", series=(Series(name="x", points=points),))
        return [label.lines for label in draw(chart).labels]

    van = "Carrier loaded the wrong van"
    assert under(van) == [(van,)]
    assert under(van, "First help given", "Late") == [
        ("Carrier loaded", "the wrong van"),
        ("First help", "given"),
        ("Late",),
    ]
    assert all(len(line) <= 10 for lines in under(*[van] * 12) for line in lines)
    assert under() == []
