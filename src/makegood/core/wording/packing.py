"""Small whole numbers side by side in one big one, so that adding up many rows of them is adding up single numbers."""

from __future__ import annotations

from collections.abc import Iterable

_BITS = 48
_MASK, _HALF, _WHOLE = (1 << _BITS) - 1, 1 << (_BITS - 1), 1 << _BITS


def packed(pairs: Iterable[tuple[int, int]]) -> int:
    """This function will pack numbers by their place; the sum of packed rows is the packed sum, if under 2**47 each."""
    return sum(value << (_BITS * place) for place, value in pairs)


def unpacked(total: int, count: int) -> list[int]:
    """This function will return the first `count` numbers of a packed row, or of a sum of packed rows."""
    found = []
    for _ in range(count):
        value = total & _MASK
        if value >= _HALF:
            value -= _WHOLE
        found.append(value)
        total = (total - value) >> _BITS
    return found
