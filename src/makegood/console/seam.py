"""The seam: a crack that is mended with gold from left to right as the seven steps are done.

The crack's shape is fixed: it is drawn as seven joined pieces, one a step, on a canvas of 700 by 40 units that is
stretched to whatever room it gets while its lines keep their width.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import attrs

PIECES = (
    ((0, 22), (24, 16), (52, 27), (78, 15), (100, 20)),
    ((100, 20), (122, 24), (150, 12), (176, 25), (200, 18)),
    ((200, 18), (230, 14), (256, 28), (282, 17), (300, 21)),
    ((300, 21), (318, 26), (346, 13), (378, 23), (400, 17)),
    ((400, 17), (428, 12), (450, 26), (480, 16), (500, 22)),
    ((500, 22), (526, 28), (552, 14), (574, 24), (600, 19)),
    ((600, 19), (624, 13), (652, 26), (676, 17), (700, 21)),
)
BRANCHES = (((52, 27), (60, 37)), ((150, 12), (163, 3)), ((256, 28), (246, 38)), ((346, 13), (338, 3)),
            ((450, 26), (461, 37)), ((552, 14), (562, 4)), ((652, 26), (644, 36)))  # fmt: skip
PLAIN_DEPTH = 1.7
MENDED = ("done", "skipped")


class Mark(Protocol):
    """What the seam needs to know of a step."""

    @property
    def state(self) -> str: ...


@attrs.frozen(kw_only=True)
class Piece:
    """One step's part of the crack: its path, a plainer one for small sizes, its fine branch, and its state."""

    path: str
    plain: str
    branch: str
    state: str


def _path(points: Iterable[tuple[int, int]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)


def pieces(marks: Iterable[Mark]) -> tuple[Piece, ...]:
    """This function will lay the steps along the crack, in order; at most seven are drawn."""
    return tuple(
        Piece(
            path=_path(points),
            plain=_path((x, round(20 + (y - 20) * PLAIN_DEPTH)) for x, y in points[::2]),
            branch=_path(branch),
            state=mark.state,
        )
        for mark, points, branch in zip(marks, PIECES, BRANCHES, strict=False)
    )


def in_words(marks: Iterable[Mark]) -> str:
    """This function will say how far the seam is mended: "3 of 7 steps done"."""
    listed = list(marks)
    return f"{sum(mark.state in MENDED for mark in listed)} of {len(listed)} steps done"
