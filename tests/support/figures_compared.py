"""Holds every measure of Insights against the figures that are counted apart."""

from __future__ import annotations

import pytest
from tests.support import figures_apart as apart

from makegood.core.scores import CARES
from makegood.insights.measures import clocks_kept, failed, promises_settled
from makegood.insights.outcomes import given, scores, spend_by_score
from makegood.insights.windows import Window


def assert_equal(*, organization_id: int, window: Window) -> None:
    """Compare all measures of one window; call inside a unit of work."""
    where = (organization_id, window.since, window.until)
    settled = promises_settled(organization_id=organization_id, window=window)
    assert {"kept": settled.kept, "broken": settled.broken, "released": settled.released} == apart.promises(*where)
    kept = {clock.target: clock for clock in clocks_kept(organization_id=organization_id, window=window)}
    expected = apart.clocks(*where)
    assert set(kept) - {"respond"} == set(expected)
    for target, (decided, met, median, p90) in expected.items():
        clock = kept[target]
        assert (target, clock.decided, clock.kept) == (target, decided, met)
        assert clock.median_minutes == (median if median is None else pytest.approx(median))
        assert clock.p90_minutes == (p90 if p90 is None else pytest.approx(p90))
    found = failed(organization_id=organization_id, window=window)
    other = apart.failures(*where)
    assert {(one.gate, one.rule): one.count for one in found.gated} == other["gates"]
    assert {one.cause_id: one.failures for one in found.causes} == other["causes"]
    knew = found.found
    assert (knew.contacts, knew.found_first, knew.wrote, knew.wrote_after) == other["found"]
    lead = other["lead"]
    assert knew.median_lead_hours == (lead if lead is None else pytest.approx(lead))
    assert {
        one.currency: (one.floor_minor, one.fix_minor, one.extra_minor, one.makegoods)
        for one in given(organization_id=organization_id, window=window)
    } == apart.given(*where)
    rated = scores(organization_id=organization_id, window=window)
    asked, answers = apart.scores(*where)
    assert (rated.asked, rated.answered) == (asked, len(answers))
    assert rated.at == tuple(answers.count(score) for score in range(1, 8))
    assert rated.mean == (pytest.approx(sum(answers) / len(answers)) if len(answers) >= 10 else None)
    assert [tap.name for tap in rated.cares] == list(CARES)
    assert {
        one.score: (one.more, one.same, one.less)
        for one in spend_by_score(organization_id=organization_id, window=window)
    } == apart.spending(*where)
