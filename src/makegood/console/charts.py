"""Where the marks of a static chart stand: plain geometry for an SVG of 640 by 260 units, readable in grey."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from makegood.console.viewmodels import Chart, Point

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 14, 40
MOST_LABELS = 12
LONGEST_LABEL = 14


@attrs.frozen(kw_only=True)
class Tick:
    """A line across the chart with what it stands for."""

    at: float
    text: str


@attrs.frozen(kw_only=True)
class Bar:
    """One bar, in the chart's units."""

    x: float
    y: float
    width: float
    height: float
    row: int
    text: str
    middle: float


@attrs.frozen(kw_only=True)
class Line:
    """One line with its points; `row` chooses dash and marker, so that lines differ without colour."""

    path: str
    dots: tuple[tuple[float, float], ...]
    row: int
    name: str


@attrs.frozen(kw_only=True)
class Label:
    """A word under the axis."""

    x: float
    text: str


@attrs.frozen(kw_only=True)
class Drawing:
    """Everything that the SVG template draws."""

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    base: float = HEIGHT - BOTTOM
    ticks: tuple[Tick, ...] = ()
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    labels: tuple[Label, ...] = ()


def nice_step(high: float, *, ticks: int = 4) -> float:
    """This function will choose a round distance between ticks: 1, 2 or 5 times a power of ten."""
    if high <= 0:
        return 1.0
    rough = high / ticks
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)


def _write(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:g}"


def _across(index: int, count: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (index + 0.5) / max(count, 1)


def _labels(points: tuple[Point, ...]) -> tuple[Label, ...]:
    every = max(1, math.ceil(len(points) / MOST_LABELS))
    room = LONGEST_LABEL if len(points) <= MOST_LABELS // 2 else LONGEST_LABEL // 2 + 3
    return tuple(
        Label(
            x=round(_across(index, len(points)), 1),
            text=point.label if len(point.label) <= room else point.label[: room - 1] + "…",
        )
        for index, point in enumerate(points)
        if index % every == 0
    )


def draw(chart: Chart) -> Drawing:
    """This function will compute the drawing of a chart; one without points has no marks.

    Bars start at zero. A pareto's second series is the running share in percent, drawn as a line on its own scale.
    """
    if not chart.series or not chart.series[0].points:
        return Drawing()
    pareto = chart.kind == "pareto"
    scaled = chart.series[:1] if pareto else chart.series
    values = [point.value for series in scaled for point in series.points]
    low = 0.0 if chart.from_zero or chart.kind != "line" else min(values)
    low = min(low, *values, 0.0) if min(values) < 0 else low
    step = nice_step(max(values) - low)
    floor = math.floor(low / step) * step
    top = max(math.ceil(max(values) / step) * step, floor + step)

    def up(value: float, *, bottom: float = floor, height: float = top) -> float:
        share = (value - bottom) / (height - bottom)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    count = round((top - floor) / step)
    ticks = tuple(
        Tick(at=up(floor + step * i), text=_write(round(floor + step * i, 6))) for i in range(count + 1)
    )
    bars: list[Bar] = []
    lines: list[Line] = []
    for row, series in enumerate(chart.series):
        number = len(series.points)
        if chart.kind == "line" or (pareto and row):
            share = {"bottom": 0.0, "height": 100.0} if pareto else {}
            dots = tuple((round(_across(i, number), 1), up(p.value, **share)) for i, p in enumerate(series.points))
            path = "M" + "L".join(f"{x} {y}" for x, y in dots)
            lines.append(Line(path=path, dots=dots, row=row, name=series.name))
            continue
        rows = 1 if pareto else len(chart.series)
        room = (WIDTH - LEFT - RIGHT) / max(number, 1) * 0.72
        wide = room / rows
        for index, point in enumerate(series.points):
            x = _across(index, number) - room / 2 + wide * row
            foot, head = up(max(floor, 0.0)), up(point.value)
            bars.append(
                Bar(
                    x=round(x, 1), y=min(foot, head), width=round(wide * 0.94, 1),
                    height=round(max(abs(foot - head), 0.5), 1), row=row, text=point.text,
                    middle=round(x + wide * 0.47, 1),
                )  # fmt: skip
            )
    return Drawing(ticks=ticks, bars=tuple(bars), lines=tuple(lines), labels=_labels(chart.series[0].points))
