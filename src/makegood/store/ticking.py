"""The ticker: finds the organizations that have due rows and hands them to the rooms, in order, in batches.

No job is ever a timer: what is due is a row, compared with its own organization's clock. A stepped clock leaps, so
that much falls due at once; there a kind waits until nothing of the kinds before it is due, and the outcome does not
depend on how many tickers and workers there are, or on where one was killed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Executor
from functools import partial
from itertools import groupby
from operator import itemgetter

import attrs
from django.db import InterfaceError, OperationalError

from makegood.store.clocks import hold_if_stepped
from makegood.store.preparing import prepared
from makegood.store.tenancy import tenant
from makegood.store.wiring import wired

Handler = Callable[..., int]


@attrs.frozen(kw_only=True)
class DueKind:
    """One kind of due row: the finder that lists organizations with any, and what handles a batch of one's.

    `handle(organization_id=)` runs inside the organization's unit of work and returns how many it handled. Under a
    stepped clock it is called only when nothing is due of the kinds that are named in `after`.
    """

    name: str
    finder: str
    handle: Handler
    after: tuple[str, ...] = ()


_kinds: dict[str, DueKind] = {}


def due(name: str, finder: str, handle: Handler, *, after: tuple[str, ...] = ()) -> None:
    """Register a kind of due row; kinds are handled in the order in which `config` registers them."""
    _kinds[name] = DueKind(name=name, finder=finder, handle=handle, after=after)


def must_wait(*, organization_id: int, after: Collection[str]) -> bool:
    """Tell whether a stepped organization has rows due of these kinds; its clock stands until the transaction ends.

    Runs inside the organization's unit of work. Under any other clock nothing has to wait.
    """
    wired()
    if not after or not hold_if_stepped(organization_id=organization_id):
        return False
    found = " OR ".join(f"%s IN (SELECT finder.{_kinds[name].finder}())" for name in after)
    with prepared() as cursor:
        cursor.execute(f"SELECT {found}", [organization_id] * len(after))
        return bool(cursor.fetchone()[0])


def find_due() -> list[tuple[str, int]]:
    """List (kind, organization id) wherever something is due, in the order of the kinds."""
    wired()
    if not _kinds:
        return []
    union = " UNION ALL ".join(
        f"SELECT {position}, organization_id FROM finder.{kind.finder}() AS organization_id"
        for position, kind in enumerate(_kinds.values())
    )
    names = list(_kinds)
    with prepared() as cursor:
        cursor.execute(f"{union} ORDER BY 1, 2")
        return [(names[position], organization_id) for position, organization_id in cursor.fetchall()]


OnError = Callable[[str, int, Exception], None]


def tick_once(
    *, only: Collection[int] | None = None, on_error: OnError | None = None, beside: Executor | None = None
) -> int:
    """Handle one batch of each kind for each organization that has any due; return how many rows were handled.

    With `on_error`, called as on_error(kind, organization id, error), a unit of work that fails is undone and handed
    to it while the others go on; a database that does not answer is raised all the same. With the threads of `beside`
    the batches of one kind are handled at the same time, each organization's by one of them.
    """
    handled = 0
    for name, found in groupby(find_due(), key=itemgetter(0)):
        mine = [organization_id for _, organization_id in found if only is None or organization_id in only]
        each = map if beside is None or len(mine) == 1 else beside.map
        handled += sum(each(partial(_handled, name, on_error), mine))
    return handled


def _handled(name: str, on_error: OnError | None, organization_id: int) -> int:
    """Handle one batch of this kind for this organization; return how many rows were handled."""
    try:
        with tenant(organization_id=organization_id):
            if must_wait(organization_id=organization_id, after=_kinds[name].after):
                return 0
            return _kinds[name].handle(organization_id=organization_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if on_error is None:
            raise
        on_error(name, organization_id, error)
        return 0


def tick_dry(*, only: Collection[int] | None = None, most: int = 100_000) -> int:
    """Tick until nothing is due any more; return how many rows were handled in at most `most` rounds."""
    total = 0
    for _ in range(most):
        handled = tick_once(only=only)
        total += handled
        if not handled:
            break
    return total
