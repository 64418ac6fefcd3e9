"""The ticker: finds the organizations that have due rows and hands them to the rooms, in order, in batches.

No job is ever a timer: what is due is a row, compared with its own organization's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import attrs
from django.db import InterfaceError, OperationalError, connection

from makegood.store.tenancy import tenant

Handler = Callable[..., int]


@attrs.frozen(kw_only=True)
class DueKind:
    """One kind of due row: the finder that lists organizations with any, and what handles a batch of one's.

    `handle(organization_id=)` runs inside the organization's unit of work and returns how many it handled.
    """

    name: str
    finder: str
    handle: Handler


_kinds: dict[str, DueKind] = {}


def due(name: str, finder: str, handle: Handler) -> None:
    """Register a kind of due row; kinds are handled in the order in which `config` registers them."""
    _kinds[name] = DueKind(name=name, finder=finder, handle=handle)


def find_due() -> list[tuple[str, int]]:
    """List (kind, organization id) wherever something is due, in the order of the kinds."""
    if not _kinds:
        return []
    union = " UNION ALL ".join(
        f"SELECT {position}, organization_id FROM finder.{kind.finder}() AS organization_id"
        for position, kind in enumerate(_kinds.values())
    )
    names = list(_kinds)
    with connection.cursor() as cursor:
        cursor.execute(f"{union} ORDER BY 1, 2")
        return [(names[position], organization_id) for position, organization_id in cursor.fetchall()]


OnError = Callable[[str, int, Exception], None]


def tick_once(*, only: Collection[int] | None = None, on_error: OnError | None = None) -> int:
    """Handle one batch of each kind for each organization that has any due; return how many rows were handled.

    With `on_error`, called as on_error(kind, organization id, error), a unit of work that fails is undone and handed
    to it while the others go on; a database that does not answer is raised all the same.
    """
    handled = 0
    for name, organization_id in find_due():
        if only is not None and organization_id not in only:
            continue
        try:
            with tenant(organization_id=organization_id):
                handled += _kinds[name].handle(organization_id=organization_id)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            if on_error is None:
                raise
            on_error(name, organization_id, error)
    return handled


def tick_dry(*, only: Collection[int] | None = None, most: int = 100_000) -> int:
    """Tick until nothing is due any more; return how many rows were handled in at most `most` rounds."""
    total = 0
    for _ in range(most):
        handled = tick_once(only=only)
        total += handled
        if not handled:
            break
    return total
