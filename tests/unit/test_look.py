"""Times in words, the seam, the charts' geometry, and the contrast of the style sheet's colours."""

import datetime as dt
import itertools
import pathlib
import re
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.console import charts, moments, seam
from makegood.console.building import words
from makegood.console.viewmodels import Chart, Point, Reader, Series, StepMark

LISBON = zoneinfo.ZoneInfo("Europe/Lisbon")
NOW = dt.datetime(2026, 5, 6, 12, 28, tzinfo=LISBON)
READER = Reader(now=NOW, zone="Europe/Lisbon", locale="en_GB")
CSS = pathlib.Path(seam.__file__).parent / "static/makegood/makegood.css"


@pytest.mark.parametrize(
    ("at", "absolute", "relative"),
    [
        (NOW, "today 12:28", "now"),
        (NOW + dt.timedelta(minutes=92), "today 14:00", "in 1\u00a0h 32\u00a0min"),
        (NOW - dt.timedelta(hours=12, minutes=29), "yesterday 23:59", "12\u00a0h 29\u00a0min ago"),
        (NOW + dt.timedelta(days=1), "tomorrow 12:28", "in 1\u00a0d"),
        (NOW + dt.timedelta(days=3), "Sat 12:28", "in 3\u00a0d"),
        (NOW + dt.timedelta(days=14), "20 May 12:28", "in 14\u00a0d"),
        (NOW - dt.timedelta(days=365), "6 May 2025 12:28", "365\u00a0d ago"),
        (NOW.astimezone(dt.UTC), "today 12:28", "now"),
    ],
)
def test_a_time_is_written_as_a_person_says_it(at, absolute, relative):
    assert moments.absolute(at, READER) == absolute
    assert moments.relative(at, READER) == relative


@pytest.mark.parametrize("locale", ["de_DE", "fr_FR", "es_ES", "pt_PT"])
def test_no_line_breaks_between_a_number_and_its_unit_in_any_language(locale):
    reader = Reader(now=NOW, zone=READER.zone, locale=locale)
    assert re.search(r"\d\u00a0\w", moments.relative(NOW - dt.timedelta(hours=3), reader))
    assert not re.search(r"\d ", moments.relative(NOW + dt.timedelta(days=3), reader))


def test_the_day_is_the_readers_day():
    late = dt.datetime(2026, 5, 6, 23, 30, tzinfo=dt.UTC)
    tokyo = Reader(now=late, zone="Asia/Tokyo", locale="en_GB")
    assert moments.absolute(late - dt.timedelta(hours=9), tokyo) == "yesterday 23:30"
    assert moments.absolute(late - dt.timedelta(hours=9), Reader(now=late)) == "today 14:30"


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (dt.datetime(2026, 5, 7, tzinfo=LISBON), "today 24:00"),
        (dt.datetime(2026, 5, 6, tzinfo=LISBON), "yesterday 24:00"),
        (dt.datetime(2026, 5, 7, 0, 1, tzinfo=LISBON), "tomorrow 00:01"),
        (dt.datetime(2026, 5, 6, 23, tzinfo=dt.UTC), "today 24:00"),
        (dt.datetime(2026, 6, 1, tzinfo=LISBON), "31 May 24:00"),
    ],
)
def test_what_is_due_as_a_day_ends_is_due_on_that_day(at, due):
    assert moments.due(at, READER) == due


@pytest.mark.parametrize(
    ("text", "said"), [("flight EV4901 to MSP", "Flight EV4901 to MSP"), ("iPhone, lost", "IPhone, lost"), ("", "")]
)
def test_a_sentence_begins_with_a_capital_and_keeps_its_names(text, said):
    assert words.with_capital(text) == said


def test_another_language_gets_its_own_words():
    reader = Reader(now=NOW, zone="Europe/Lisbon", locale="pt_PT")
    assert "today" not in moments.absolute(NOW, reader)
    assert "hora" in moments.relative(NOW + dt.timedelta(hours=2), reader)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (342, "5\u00a0h 42\u00a0min"),
        (22, "22\u00a0min"),
        (0, "under a minute"),
        (-12, "12\u00a0min over"),
        (1620, "1\u00a0d 3\u00a0h"),
    ],
)
def test_what_is_left_until_a_deadline(minutes, words):
    assert moments.left(NOW + dt.timedelta(minutes=minutes), READER) == words


def test_the_seam_is_seven_pieces_that_join():
    marks = [StepMark(key=str(i), name=str(i), state="done" if i < 3 else "todo") for i in range(7)]
    pieces = seam.pieces(marks)
    assert [piece.state for piece in pieces] == ["done"] * 3 + ["todo"] * 4
    for before, after in itertools.pairwise(seam.PIECES):
        assert before[-1] == after[0]
    for before, after in itertools.pairwise(pieces):
        assert before.path.rsplit("L", 1)[1] == after.path[1:].split("L", 1)[0]
    assert seam.in_words(marks) == "3 of 7 steps done"


def chart(values, kind):
    points = tuple(Point(label=str(i), value=value, text=str(value)) for i, value in enumerate(values))
    return Chart(title="t", kind=kind, series=(Series(name="s", points=points),), label_head="l")


@given(
    st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=40),
    st.sampled_from(["bar", "line", "pareto"]),
)
def test_every_mark_stands_inside_the_chart(values, kind):
    drawing = charts.draw(chart(values, kind))
    marks = [(bar.x, bar.y) for bar in drawing.bars] + [dot for line in drawing.lines for dot in line.dots]
    assert len(marks) == len(values)
    for x, y in marks:
        assert charts.LEFT - 1 <= x <= charts.WIDTH
        assert charts.TOP - 1 <= y <= drawing.base + 1
    for bar in drawing.bars:
        assert bar.y + bar.height <= drawing.base + 1


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=12))
def test_a_larger_value_is_never_drawn_smaller(values):
    bars = charts.draw(chart(values, "bar")).bars
    by_value = sorted(zip(values, bars, strict=True), key=lambda pair: pair[0])
    heights = [bar.height for _, bar in by_value]
    assert heights == sorted(heights)


def test_a_chart_without_points_has_no_marks():
    assert charts.draw(chart([], "bar")) == charts.Drawing()


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TOKENS = dict(re.findall(r"--([a-z0-9-]+):(#[0-9a-f]{6})", CSS.read_text()))


@pytest.mark.parametrize("ground", ["paper", "card", "sand", "glaze-2", "gold-2", "clay-2"])
@pytest.mark.parametrize(
    ("ink", "least"),
    [("ink", 7), ("ink-2", 7), ("glaze", 7), ("gold-ink", 7), ("clay", 7), ("edge", 3), ("gold", 3)],
)
def test_every_colour_of_text_can_be_read_on_every_ground(ink, ground, least):
    assert contrast(TOKENS[ink], TOKENS[ground]) >= least
