"""A page of text panels as SVG: rows of boxes on A4 across, in the largest type at which everything fits.

Each line of text carries its own length, so that it takes the same room whichever font a browser or printer has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

import attrs

WIDTH, HEIGHT, MARGIN, GAP, PAD = 842.0, 595.0, 22.0, 7.0, 6.0
HEAD: Final = 34.0
SIZES: Final = (9.5, 9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0, 5.5)
LEADING: Final = 1.24
MORE: Final = "and more: see the file"
CUTS: Final = (60, 45, 34, 26, 20, 15, 11, 8, 6, 4, 3, 2, 1)
INK, SOFT, LINE, FILL = "#1d2a26", "#4a5a54", "#9fb3aa", "#f4f8f6"

_NARROW: Final = {**dict.fromkeys("iljI.,:;'|!", 0.28), **dict.fromkeys("ftr()[]-/ ", 0.34)}
_WIDE: Final = {**dict.fromkeys("mwMW%@", 0.9), **dict.fromkeys("ABCDEGHKNOPQRSUVXYZ&", 0.72)}
_ADVANCES: Final = {**_NARROW, **_WIDE}


@attrs.frozen(kw_only=True)
class Panel:
    """One box: its title, its paragraphs, how many shares of its row's width it takes."""

    title: str
    paragraphs: tuple[str, ...]
    share: float = 1.0


@attrs.frozen(kw_only=True)
class _Set:
    """A panel as it was set: its lines, each with whether it begins a paragraph."""

    panel: Panel
    x: float
    width: float
    title: tuple[str, ...]
    lines: tuple[tuple[str, bool], ...]

    def height(self, size: float) -> float:
        starts = sum(begins for _, begins in self.lines)
        return 2 * PAD + size * LEADING * (len(self.title) + len(self.lines)) + 0.35 * size * starts


def length(text: str, size: float) -> float:
    """This function will say how long a line is drawn, in points: wide enough for any plain sans-serif type."""
    return size * sum(_ADVANCES.get(letter, 0.56 if letter.isascii() else 0.8) for letter in text)


def page(*, title: str, note: str, rows: Sequence[Sequence[Panel]]) -> str:
    """This function will draw a page with a title, a note at its right, and rows of panels, as SVG text.

    Where even the smallest type is too large, the longest panels are cut and say so; nothing leaves the page.
    """
    size, rows_set = _fitted(rows)
    room = WIDTH - 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="297mm" height="210mm" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" '
        f'role="img" aria-label={quoteattr(title)} font-family="Helvetica, Arial, Liberation Sans, sans-serif">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="#ffffff"/>',
        _text(MARGIN, MARGIN + 15, _cut(title, 16, room * 0.6), 16, INK, bold=True),
    ]
    right = _cut(note, 8, room * 0.36)
    parts.append(_text(WIDTH - MARGIN - length(right, 8), MARGIN + 15, right, 8, SOFT))
    y = MARGIN + HEAD - 8
    for row in rows_set:
        height = max(one.height(size) for one in row)
        for one in row:
            parts += _panel(one, y, height, size)
        y += height + GAP
    return "\n".join([*parts, "</svg>"]) + "\n"


def _fitted(rows: Sequence[Sequence[Panel]]) -> tuple[float, list[list[_Set]]]:
    room = HEIGHT - 2 * MARGIN - HEAD + 8
    tries = [*((size, None) for size in SIZES), *((SIZES[-1], most) for most in CUTS)]
    for size, most in tries:
        found = [_row(row, size, most) for row in rows]
        height = sum(max(one.height(size) for one in row) for row in found) + GAP * (len(found) - 1)
        if height <= room:
            return size, found
    raise ValueError("A page has too many rows to be drawn: give it fewer")


def _row(row: Sequence[Panel], size: float, most: int | None) -> list[_Set]:
    room = WIDTH - 2 * MARGIN - GAP * (len(row) - 1)
    x, shares, found = MARGIN, sum(panel.share for panel in row), []
    for panel in row:
        width = room * panel.share / shares
        found.append(_set(panel, x, width, size, most))
        x += width + GAP
    return found


def _set(panel: Panel, x: float, width: float, size: float, most: int | None) -> _Set:
    inner = width - 2 * PAD
    title = tuple(_wrapped(panel.title, size, inner))
    lines = [(line, not turn) for one in panel.paragraphs for turn, line in enumerate(_wrapped(one, size, inner))]
    if most is not None:
        title = title[:2]
        if len(lines) > most:
            lines = [*lines[: most - 1], (_cut(MORE, size, inner), True)]
    return _Set(panel=panel, x=x, width=width, title=title, lines=tuple(lines))


def _wrapped(text: str, size: float, width: float) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if length(longer, size) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        while length(word, size) > width:
            fits = max(1, next(n for n in range(1, len(word) + 1) if length(word[:n], size) > width) - 1)
            lines.append(word[:fits])
            word = word[fits:]  # noqa: PLW2901 (what is left of a word that is longer than a line)
        line = word
    return [*lines, line] if line else lines


def _cut(text: str, size: float, width: float) -> str:
    if length(text, size) <= width:
        return text
    while text and length(f"{text}...", size) > width:
        text = text[:-1]
    return f"{text}..."


def _panel(one: _Set, y: float, height: float, size: float) -> list[str]:
    parts = [
        f'<rect x="{one.x:.2f}" y="{y:.2f}" width="{one.width:.2f}" height="{height:.2f}" rx="4" '
        f'fill="{FILL}" stroke="{LINE}"/>'
    ]
    line_y = y + PAD + size
    for title in one.title:
        parts.append(_text(one.x + PAD, line_y, title, size, INK, bold=True))
        line_y += size * LEADING
    for line, begins in one.lines:
        line_y += 0.35 * size if begins else 0.0
        parts.append(_text(one.x + PAD, line_y, line, size, INK))
        line_y += size * LEADING
    return parts


def _text(x: float, y: float, text: str, size: float, colour: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size:g}" fill="{colour}"{weight} '
        f'textLength="{length(text, size):.2f}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'
    )
