"""Figures, charts and causes. A figure never comes without its definition, its window and its count."""

from __future__ import annotations

import datetime as dt

import attrs

from makegood.console.viewmodels.forms import Form
from makegood.console.viewmodels.shell import Empty, Link, Tag
from makegood.core.money import Money


@attrs.frozen(kw_only=True)
class Point:
    """One value of a chart; `text` is how it is written in the table ("93.1 %"), `note` what else the table says."""

    label: str
    value: float
    text: str
    note: str = ""
    url: str = ""


@attrs.frozen(kw_only=True)
class Series:
    """One row of values, named."""

    name: str
    points: tuple[Point, ...]


@attrs.frozen(kw_only=True)
class Chart:
    """A static drawing with a table beside it. `kind` is bar, line or pareto (bars with the running share).

    All series have the same labels in the same order. `summary` says in a sentence what the drawing shows.
    """

    title: str
    kind: str
    series: tuple[Series, ...]
    label_head: str
    summary: str = ""
    key: str = "chart"
    from_zero: bool = True


@attrs.frozen(kw_only=True)
class Figure:
    """One number: `value` as written, or None where there is not enough data and `needs` says what would be enough.

    `definition` says what is counted, `window` over what time, `of` out of how many, `method` how; `cases_url` opens
    the cases behind it.
    """

    name: str
    value: str | None
    of: str
    definition: str
    window: str
    note: str = ""
    method: str = ""
    needs: str = ""
    cases_url: str = ""
    chart: Chart | None = None


@attrs.frozen(kw_only=True)
class InsightsSection:
    """Figures that belong together, with the charts that show them."""

    title: str
    lead: str = ""
    key: str = "section"
    figures: tuple[Figure, ...] = ()
    charts: tuple[Chart, ...] = ()
    empty: Empty | None = None


@attrs.frozen(kw_only=True)
class InsightsPage:
    """The figures of a window; `windows` are the other windows to look at, `stories_url` leads to the stories."""

    title: str
    window: str
    sections: tuple[InsightsSection, ...]
    windows: tuple[Link, ...] = ()
    counted_at: dt.datetime
    export_url: str = ""
    stories_url: str = ""


@attrs.frozen(kw_only=True)
class CauseNode:
    """One cause in the tree, with what it did in the window; `depth` is 0 at the root.

    `given` is what was delivered for its failures, at cost: a sum for each currency.
    """

    name: str
    url: str
    depth: int
    failures: int
    given: tuple[Money, ...] = ()
    tags: tuple[Tag, ...] = ()


@attrs.frozen(kw_only=True)
class ImprovementRow:
    """A change that should make a cause go away; `verdict` in words, "not enough data" included."""

    title: str
    url: str
    cause: str
    owner: str
    state_word: str
    tone: str = "plain"
    due_at: dt.datetime | None = None
    verdict: str = ""


@attrs.frozen(kw_only=True)
class CausesPage:
    """Why things break: the tree, the few causes that make most of it, and what is being changed."""

    title: str
    window: str
    tree: tuple[CauseNode, ...] = ()
    pareto: Chart | None = None
    improvements: tuple[ImprovementRow, ...] = ()
    add: Form | None = None
    improve: Form | None = None
    empty: Empty | None = None
