"""Whole numbers of the environment."""

from __future__ import annotations

import os


class UnusableNumber(ValueError):
    """A setting that counts something holds no whole number within its bounds."""


def whole_number(name: str, *, default: int, least: int, most: int) -> int:
    """Return this variable's whole number, or the default where it is not set.

    Raises UnusableNumber.
    """
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and least <= int(text[:9]) <= most):
        raise UnusableNumber(f"{name} must be a whole number from {least} to {most}, such as {default}.")
    return int(text)
