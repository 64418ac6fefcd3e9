"""A playbook's drawing fits one page: nothing outside it, no line over another or beyond its own box."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree as ET

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makegood.core.steps import FACES
from makegood.rules.playbooks import Why, load, names
from makegood.rules.playbooks.drawing import drawn
from makegood.rules.playbooks.page import HEIGHT, MARGIN, WIDTH, Panel, page

SVG = "{http://www.w3.org/2000/svg}"
Box = tuple[float, float, float, float]


def _texts(svg: str) -> list[tuple[Box, str]]:
    found = []
    for one in ET.fromstring(svg).iter(f"{SVG}text"):
        x, y, size, wide = (float(one.attrib[name]) for name in ("x", "y", "font-size", "textLength"))
        found.append(((x, y - 0.8 * size, x + wide, y + 0.22 * size), one.text or ""))
    return found


def _panels(svg: str) -> list[Box]:
    boxes = []
    for one in list(ET.fromstring(svg).iter(f"{SVG}rect"))[1:]:
        x, y, wide, high = (float(one.attrib[name]) for name in ("x", "y", "width", "height"))
        boxes.append((x, y, x + wide, y + high))
    return boxes


def _apart(one: Box, other: Box) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def _inside(one: Box, other: Box) -> bool:
    return other[0] <= one[0] and other[1] <= one[1] and one[2] <= other[2] and one[3] <= other[3]


def _check(svg: str) -> None:
    texts, panels = _texts(svg), _panels(svg)
    sheet = (MARGIN - 0.01, MARGIN - 0.01, WIDTH - MARGIN + 0.01, HEIGHT - MARGIN + 0.01)
    for box in (*panels, *(box for box, _ in texts)):
        assert _inside(box, sheet)
    for one, other in itertools.combinations(panels, 2):
        assert _apart(one, other)
    for (one, said), (other, too) in itertools.combinations(texts, 2):
        assert _apart(one, other), (said, too)
    for box, said in texts[2:]:
        assert any(_inside(box, panel) for panel in panels), said


@pytest.mark.parametrize("name", names())
def test_each_shipped_playbook_fits_one_page_whole(name: str) -> None:
    playbook = load(name)
    svg = drawn(playbook=playbook, version=3)
    _check(svg)
    said = " ".join(text for _, text in _texts(svg))
    assert "and more" not in said
    for told in (
        *(face.title for face in FACES.values()),
        playbook.title,
        "version 3",
        *(w.says for w in playbook.whys),
    ):
        assert told in said
    for remedy in playbook.remedies:
        if remedy.form != "gift":
            assert remedy.title.split()[0] in said


@pytest.mark.parametrize("name", names())
def test_the_page_is_a4_across_and_shows_which_steps_have_help(name: str) -> None:
    playbook = load(name)
    svg = drawn(playbook=playbook)
    sheet = ET.fromstring(svg)
    assert (sheet.attrib["width"], sheet.attrib["height"]) == ("297mm", "210mm")
    wide, high = (float(one) for one in sheet.attrib["viewBox"].split()[2:])
    assert wide / high == pytest.approx(297 / 210, abs=0.002)
    said = " ".join(text for _, text in _texts(svg))
    for word, helping in (("Talk", playbook.help.dialogues), ("Tick", playbook.help.checklists)):
        assert said.count(f"{word}: ") == len({one.step for one in helping})
    for one in (*playbook.help.dialogues, *playbook.help.checklists, *playbook.help.forms):
        assert one.title.split()[-1] in said
    must = [one for one in playbook.help.checklists if any(item.must for item in one.items)]
    assert ("needed before the step is done" in said) is bool(must or [one for one in playbook.help.forms if one.must])


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 80), st.integers(1, 300), st.text(alphabet='abcW iλ<&"', min_size=1, max_size=60))
def test_a_playbook_of_any_size_stays_on_its_page(whys: int, long: int, said: str) -> None:
    playbook = load("retail")
    many = tuple(Why(of="promises", says=f"{said} {'W' * long}", evidence="P2") for _ in range(whys))
    title = f"{said} {'W' * long}"
    _check(drawn(playbook=attrs.evolve(playbook, whys=many, title=title, team=title)))


def test_what_is_cut_says_so() -> None:
    rows = [[Panel(title="Many", paragraphs=tuple(f"Line {number}" for number in range(500)))]]
    said = [text for _, text in _texts(page(title="Much", note="", rows=rows))]
    assert said[-1] == "and more: see the file"
    assert "Line 0" in said


def test_names_are_written_so_that_they_stay_text() -> None:
    svg = page(title='<b>"A" & B</b>', note="", rows=[[Panel(title="<x>", paragraphs=("a & b",))]])
    assert [text for _, text in _texts(svg)] == ['<b>"A" & B</b>', "", "<x>", "a & b"]
