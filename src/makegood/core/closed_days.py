"""Days on which nobody works, chosen from days that are proposed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date


def proposed_closed(*, offered: Collection[date], closed: Collection[date]) -> frozenset[date]:
    """This function will say which of the offered days to propose as closed, where `closed` are so already.

    All of a year of which none is closed yet: nobody has gone through it. Of another year those that are closed, so
    that a day which somebody struck is not proposed again.
    """
    gone_through = {day.year for day in offered if day in closed}
    return frozenset(day for day in offered if day in closed or day.year not in gone_through)


def closed_by(*, closed: Collection[date], offered: Collection[date], chosen: Collection[date]) -> frozenset[date]:
    """This function will say which days are closed once `chosen` of the `offered` were: others stay as they are."""
    return (frozenset(closed) - frozenset(offered)) | (frozenset(offered) & frozenset(chosen))
