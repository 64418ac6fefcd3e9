"""The page of Insights from what was counted, and the five figures of *Today*."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import attrs

from makegood.console import figures, staying
from makegood.console.viewmodels import Chart, Empty, Figure, InsightsPage, InsightsSection, Link, Reader
from makegood.insights import windows
from makegood.insights.first_word import FirstWord, HeldNow, OverNow, first_words, held_now, over_now
from makegood.insights.measures import (
    ClockKept,
    Failed,
    Promises,
    clocks_kept,
    failed,
    found_by_us,
    promises_due,
    promises_settled,
    quiet_counted,
)
from makegood.insights.outcomes import (
    Given,
    Recorded,
    Returns,
    Scores,
    SpendChange,
    cares_recorded,
    given,
    returns,
    scores,
    spend_by_score,
)
from makegood.insights.windows import Window

WINDOWS = {
    "today": "Today",
    "7": "Last 7 days",
    "28": "Last 28 days",
    "90": "Last 90 days",
    "all": "Since the beginning",
}
USUAL = "28"

TEMKIN = (
    "To compare, a survey of consumers in the US in 2014 (Temkin, grade C: what people said of themselves, without a"
    " comparison group): of those who scored a recovery 1 of 7, 62 % spent less and 2 % more; of those who scored it 7,"
    " 21 % spent less and 29 % more. What lies between was not published."
)


@attrs.frozen(kw_only=True)
class Counted:
    """Everything that Insights shows of one window, and the moment at which it was counted."""

    at: datetime
    settled: Promises
    clocks: list[ClockKept]
    first: FirstWord
    over: OverNow
    held: HeldNow
    failed: Failed
    given: list[Given]
    scores: Scores
    recorded: tuple[Recorded, ...]
    returns: Returns
    spending: list[SpendChange]


def count(*, organization_id: int, window: Window, now: datetime, day: Window | None = None) -> Counted:
    """This function will count everything that Insights shows of one window; of a `day` what falls due on it."""
    return Counted(
        at=now,
        settled=promises_due(organization_id=organization_id, window=day)
        if day
        else promises_settled(organization_id=organization_id, window=window),
        clocks=clocks_kept(organization_id=organization_id, window=window),
        first=first_words(organization_id=organization_id, window=window),
        over=over_now(organization_id=organization_id),
        held=held_now(organization_id=organization_id),
        failed=failed(organization_id=organization_id, window=window),
        given=given(organization_id=organization_id, window=window),
        scores=scores(organization_id=organization_id, window=window),
        recorded=cares_recorded(organization_id=organization_id, window=window),
        returns=returns(organization_id=organization_id, window=window),
        spending=spend_by_score(organization_id=organization_id, window=window),
    )


def day_of(*, key: str, now: datetime, zone: str) -> Window | None:
    """This function will make the window of the whole day that a key of WINDOWS names; None where it names none."""
    return windows.whole_day(now=now, zone=zone) if key == "today" else None


def window_of(*, key: str, now: datetime, zone: str) -> Window:
    """This function will make the window that a key of WINDOWS names."""
    if key == "today":
        return windows.today(now=now, zone=zone)
    return windows.ever(now=now) if key == "all" else windows.last_days(days=int(key), now=now)


def insights_page(
    *, counted: Counted, key: str, reader: Reader, url: str, cause_url: Callable[[int], str]
) -> InsightsPage:
    """This function will write what was counted as the page's sections."""
    window = WINDOWS[key]
    return InsightsPage(
        title="What recovery did and cost",
        window=window,
        windows=tuple(
            Link(label=words, url=f"{url}?window={one}", current=one == key) for one, words in WINDOWS.items()
        ),
        counted_at=counted.at,
        sections=(
            _clocks(counted, window),
            InsightsSection(
                title="Who knew first",
                key="found",
                lead="Most customers who are let down say nothing: the business has to find out by itself.",
                figures=figures.found_figures(found=counted.failed.found, window=window),
            ),
            _section(
                "What broke, and what stayed quiet",
                "quiet",
                (
                    figures.broken_figure(settled=counted.settled, window=window, by_due=key == "today"),
                    *figures.gate_figures(failed=counted.failed, window=window),
                ),
                figures.quiet_chart(gated=counted.failed.gated),
            ),
            _section(
                "What make-goods cost",
                "given",
                figures.given_figures(given=counted.given, window=window, reader=reader),
                None,
                lead="What was owed is apart from what was given freely.",
            ),
            _section(
                "What customers thought",
                "scores",
                figures.score_figures(scores=counted.scores, window=window),
                figures.scores_chart(scores=counted.scores),
            ),
            _section(
                "What the record shows",
                "cares",
                staying.cares_figures(recorded=counted.recorded, window=window),
                None,
                lead=staying.CARES_LEAD,
            ),
            _section(
                "Are they back?",
                "returned",
                staying.return_figures(returns=counted.returns, window=window),
                staying.returns_chart(returns=counted.returns),
                lead=staying.RETURN_LEAD,
            ),
            _section(
                "What they did afterwards",
                "spending",
                (figures.spend_figure(changes=counted.spending, window=window),),
                figures.spend_chart(changes=counted.spending),
                lead=TEMKIN,
            ),
            _section(
                "Why it broke",
                "causes",
                (figures.cause_figure(causes=counted.failed.causes, window=window),),
                figures.causes_chart(causes=counted.failed.causes, cause_url=cause_url),
            ),
        ),
    )


def _clocks(counted: Counted, window: str) -> InsightsSection:
    if not counted.clocks:
        return InsightsSection(
            title="Clocks kept",
            key="clocks",
            lead=_lead(counted) if counted.over.recoveries or counted.held.failures else "",
            empty=Empty(title="Not enough data", text=f"No clock started in this time. {windows.ENOUGH} make a share."),
        )
    return _section(
        "Clocks kept",
        "clocks",
        (
            figures.first_word_figure(first=counted.first, window=window),
            *(figures.clock_figure(clock=clock, window=window) for clock in counted.clocks),
        ),
        figures.clocks_chart(clocks=counted.clocks, window=window),
        lead=_lead(counted),
    )


def _lead(counted: Counted) -> str:
    held = figures.held_said(held=counted.held, now=counted.at)
    return f"{held} {figures.over_said(over=counted.over)}".lstrip()


def _section(
    title: str, key: str, shown: tuple[Figure, ...], chart: Chart | None, *, lead: str = ""
) -> InsightsSection:
    return InsightsSection(title=title, key=key, lead=lead, figures=shown, charts=(chart,) if chart else ())


def today_figures(*, organization_id: int, reader: Reader, currency: str, url: str) -> tuple[Figure, ...]:
    """This function will make the five figures of *Today*; `url` is where Insights is, which says more on each."""
    now = reader.now
    week = windows.last_days(days=7, now=now)
    day = windows.today(now=now, zone=reader.zone)
    made_good = clocks_kept(organization_id=organization_id, window=week, targets=("make_good",), timed=False)
    found = found_by_us(organization_id=organization_id, window=week)
    quiet = quiet_counted(organization_id=organization_id, window=day)
    settled = promises_due(organization_id=organization_id, window=windows.whole_day(now=now, zone=reader.zone))
    month = given(organization_id=organization_id, window=windows.this_month(now=now, zone=reader.zone))
    rated = scores(organization_id=organization_id, window=windows.last_days(days=28, now=now))
    five = (
        made_good_figure(clock=made_good[0] if made_good else None),
        attrs.evolve(figures.found_figures(found=found, window="Last 7 days")[0], name="Found before they wrote"),
        figures.broken_figure(settled=settled, window="Today", name="Broken today", quiet=quiet, by_due=True),
        figures.score_figures(scores=rated, window="Last 28 days")[0],
        figures.given_figure(
            given=month,
            window="Since the first of this month",
            reader=reader,
            name="Given this month",
            currency=currency,
        ),
    )
    looks = ("7", "7", "today", "28", "28")
    return tuple(
        attrs.evolve(figure, cases_url=f"{url}?window={look}") for figure, look in zip(five, looks, strict=True)
    )


def made_good_figure(*, clock: ClockKept | None) -> Figure:
    """This function will make the figure of what was made good in time; "in 24 h" where that was the time for all."""
    empty = ClockKept(
        target="make_good", decided=0, kept=0, running=0, ended=0, median_minutes=None, p90_minutes=None, plain_day=True
    )
    shown = clock or empty
    name = "Made good in 24 h" if shown.plain_day else "Made good in time"
    return attrs.evolve(figures.clock_figure(clock=shown, window="Last 7 days", name=name), note="")
