"""Small whole numbers side by side in one big one, so that adding up many rows of them is adding up single numbers."""

from __future__ import annotations

from collections.abc import Iterable

WIDE, NARROW = 48, 24
"""Bits of a number in a row: sums must stay under half of what they hold."""


def packed(pairs: Iterable[tuple[int, int]], *, bits: int = WIDE) -> int:
    """This function will pack numbers by their place; the sum of packed rows is the packed sum, under 2**(bits - 1)."""
    return sum(value << (bits * place) for place, value in pairs)


def unpacked(total: int, count: int, *, bits: int = WIDE) -> list[int]:
    """This function will return the first `count` numbers of a packed row, or of a sum of packed rows."""
    mask, half, whole = (1 << bits) - 1, 1 << (bits - 1), 1 << bits
    found = []
    for _ in range(count):
        value = total & mask
        total >>= bits
        if value >= half:
            value -= whole
            total += 1
        found.append(value)
    return found
