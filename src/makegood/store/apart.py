"""One case that fails must not stop the others: what is done for many is undone, where it fails, for that one alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import InterfaceError, OperationalError, transaction

Case = TypeVar("Case")


def done_apart(*, cases: Sequence[Case], do: Callable[[Sequence[Case]], None]) -> list[tuple[Case, Exception]]:
    """This function will do all cases in one savepoint, and where that fails their halves, down to single ones.

    Returns the cases that fail by themselves, each with its error; nothing of them is written. A database that does
    not answer is no case's fault, and is raised.
    """
    if not cases:
        return []
    try:
        with transaction.atomic():
            do(cases)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  whatever is wrong with one, the others are to go on
        if len(cases) == 1:
            return [(cases[0], error)]
    else:
        return []
    middle = len(cases) // 2
    return [*done_apart(cases=cases[:middle], do=do), *done_apart(cases=cases[middle:], do=do)]
