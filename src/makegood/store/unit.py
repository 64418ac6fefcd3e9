"""What a unit of work knows for as long as it lasts, and what it gathers to write all at once.

Nothing is asked twice that cannot change meanwhile. Rows that only pile up, such as the journal's, are written by one
statement at the unit's end, and before that whenever a statement names their table, so that whoever asks finds them;
also where a savepoint begins or ends, so that what is undone with it is what came since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import attrs
from django.db import connection, models

from makegood.store.bulk import insert

MOST_GATHERED = 1000
"""More rows than these are not held back: they would only fill the memory."""
Rows = list[tuple[Any, ...]]


@attrs.define
class Unit:
    """One unit of work: what it learnt, and the rows that it is still to write, by model and columns."""

    known: dict[Any, Any] = attrs.field(factory=dict)
    gathered: dict[tuple[type[models.Model], tuple[str, ...]], Rows] = attrs.field(factory=dict)

    def write(self) -> None:
        """This function will write what was gathered."""
        gathered, self.gathered = self.gathered, {}
        for (model, columns), rows in gathered.items():
            insert(model, columns, rows)

    def watch(self, execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
        """This function will write what was gathered before a statement to which it makes a difference."""
        if self.gathered:
            text = str(sql)
            if text.startswith("ROLLBACK"):
                self.gathered = {}
            elif text.startswith(("SAVEPOINT", "RELEASE")) or any(
                model._meta.db_table in text for model, _ in self.gathered
            ):
                self.write()
        return execute(sql, *rest)


_present: ContextVar[Unit | None] = ContextVar("unit of work", default=None)


@contextmanager
def working() -> Iterator[None]:
    """Run the block as a unit of work that begins by knowing nothing; what it gathers is written before it ends.

    Where the block was told to be rolled back, nothing is.
    """
    before, unit = _present.get(), Unit()
    _present.set(unit)
    try:
        with connection.execute_wrapper(unit.watch):
            yield
            if not connection.needs_rollback:
                unit.write()
    finally:
        _present.set(before)


def known() -> dict[Any, Any] | None:
    """This function will return what the present unit of work knows, to read and to add to; None outside of one."""
    unit = _present.get()
    return unit.known if unit is not None else None


def gather(model: type[models.Model], columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """This function will insert rows (values in the order of `columns`) by the end of the unit of work.

    They come in the order in which they were given. Outside of a unit of work they are inserted at once. What stands in
    a JSON column is to be `written` already: what cannot be is said where it was given, not where it is written.
    """
    unit = _present.get()
    if unit is None:
        insert(model, columns, rows)
        return
    waiting = unit.gathered.setdefault((model, columns), [])
    waiting.extend(rows)
    if len(waiting) > MOST_GATHERED:
        unit.write()
