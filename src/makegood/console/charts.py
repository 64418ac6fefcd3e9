"""Where the marks of a static chart stand: plain geometry for an SVG of 640 by 260 units, readable in grey."""

from __future__ import annotations

import math
from textwrap import wrap
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from makegood.console.viewmodels import Chart, Point

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 14, 40
SMALLEST = 1e-9
MOST_LABELS = 12
SHORTEST_ROOM = 10
LETTER = 7.2
"""How wide a letter under the axis is about, in the chart's units."""
ON_A_PHONE = 45
"""How many letters all labels of a line have room for on a phone, where they are larger."""
FEW = 3


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


@attrs.frozen(kw_only=True)
class Line:
    """One line with its points; `row` chooses dash and marker, so that lines differ without colour."""

    path: str
    dots: tuple[tuple[float, float], ...]
    row: int
    name: str


@attrs.frozen(kw_only=True)
class Label:
    """What stands under the axis, in one line or two."""

    x: float
    lines: tuple[str, ...]


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


def nice_step(high: float, *, ticks: int = 5) -> float:
    """This function will choose a round distance between ticks: 1, 2 or 5 times a power of ten.

    A range too small to draw counts as none."""
    if high < SMALLEST:
        return 1.0
    rough = high / ticks
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)


def _short(value: float) -> str:
    """Write a tick with room for it beside a small drawing: "3k" for 3,000."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{_write(round(value / size, 2))}{letter}"
    return _write(value)


def _write(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:g}"


def _across(index: int, count: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (index + 0.5) / max(count, 1)


def _labels(points: tuple[Point, ...]) -> tuple[Label, ...]:
    every = max(1, math.ceil(len(points) / MOST_LABELS))
    shown = math.ceil(len(points) / every)
    room = ON_A_PHONE // shown if shown <= FEW else max(SHORTEST_ROOM, int((WIDTH - LEFT - RIGHT) / shown / LETTER))
    return tuple(
        Label(
            x=round(_across(index, len(points)), 1), lines=tuple(wrap(point.label, room, max_lines=2, placeholder="…"))
        )
        for index, point in enumerate(points)
        if index % every == 0
    )


@attrs.frozen(kw_only=True)
class Scale:
    """A linear scale from values to heights on the chart; `step` is the distance between ticks."""

    low: float
    high: float
    step: float = 1.0

    def up(self, value: float) -> float:
        """This function will give the height at which a value stands, in the chart's units from the top."""
        share = (value - self.low) / (self.high - self.low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    def ticks(self) -> tuple[Tick, ...]:
        """This function will place a tick at every step from the lowest to the highest value."""
        values = [self.low + self.step * i for i in range(round((self.high - self.low) / self.step) + 1)]
        return tuple(Tick(at=self.up(value), text=_short(round(value, 6))) for value in values)


SHARE = Scale(low=0.0, high=100.0)


def _scale(values: list[float], *, from_zero: bool) -> Scale:
    shown = [*values, 0.0] if from_zero else values
    low, high = min(shown), max(shown)
    step = nice_step(high - low)
    floor = math.floor(low / step) * step
    return Scale(low=floor, high=max(math.ceil(high / step) * step, floor + step), step=step)


def _line(points: tuple[Point, ...], scale: Scale, *, row: int, name: str) -> Line:
    dots = tuple((round(_across(i, len(points)), 1), scale.up(point.value)) for i, point in enumerate(points))
    return Line(path="M" + "L".join(f"{x} {y}" for x, y in dots), dots=dots, row=row, name=name)


def _bars(points: tuple[Point, ...], scale: Scale, *, row: int, rows: int) -> list[Bar]:
    room = (WIDTH - LEFT - RIGHT) / len(points) * 0.72
    wide = room / rows
    foot = scale.up(max(scale.low, 0.0))
    return [
        Bar(
            x=round(_across(i, len(points)) - room / 2 + wide * row, 1),
            y=min(foot, scale.up(point.value)),
            width=round(wide * 0.94, 1),
            height=round(max(abs(foot - scale.up(point.value)), 0.5), 1),
            row=row,
        )
        for i, point in enumerate(points)
    ]


def draw(chart: Chart) -> Drawing:
    """This function will compute the drawing of a chart; one without points has no marks.

    Bars start at zero. A pareto's second series is the running share in percent, drawn as a line on its own scale.
    """
    drawn = [series for series in chart.series if series.points]
    if not drawn:
        return Drawing()
    pareto = chart.kind == "pareto"
    measured = drawn[:1] if pareto else drawn
    values = [point.value for series in measured for point in series.points]
    scale = _scale(values, from_zero=chart.from_zero or chart.kind != "line")
    bars: list[Bar] = []
    lines: list[Line] = []
    for row, series in enumerate(drawn):
        if chart.kind == "line" or (pareto and row):
            lines.append(_line(series.points, SHARE if pareto else scale, row=row, name=series.name))
        else:
            bars += _bars(series.points, scale, row=row, rows=len(measured))
    return Drawing(ticks=scale.ticks(), bars=tuple(bars), lines=tuple(lines), labels=_labels(drawn[0].points))
