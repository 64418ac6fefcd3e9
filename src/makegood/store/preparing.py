"""Statements of the hot path are planned once a connection: the database keeps each plan, and is only told the values.

Measured, planning a look-up by key takes eight times as long as doing it. Row security holds as before: a kept plan
asks for the organization anew each time it runs. What pages list and sort stays unplanned, since a plan that suits
every value may be a poor one for the few that a page asks for.
"""

from __future__ import annotations

from typing import Any, cast

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorWrapper

MOST = 1000
"""How many plans one connection keeps: several times as many as there are statements and kinds of values."""


class _Prepared(psycopg.Cursor[Any]):
    """A cursor that has every statement planned, and kept, when it is first run.

    Keeping is switched on for the statement alone: else every other statement would be remembered too, values and all.
    Where a table was changed meanwhile, a plan may fit no more: that is no fault of what is being done, so it counts as
    a database that does not answer. The unit of work is undone, all plans with it, and is done again.
    """

    def execute(self, query: Any, params: Any = None, **options: Any) -> _Prepared:
        self.connection.prepare_threshold, self.connection.prepared_max = 0, MOST
        try:
            return super().execute(query, params, prepare=True, **options)
        except psycopg.errors.FeatureNotSupported as error:
            raise psycopg.OperationalError(f"planned for a table that was changed since: {error}") from error
        finally:
            self.connection.prepare_threshold = None


def prepared() -> CursorWrapper:
    """Open a cursor for statements whose text is always the same, and that go by key.

    Their values go apart from them, so each needs a type that its place tells, or a cast.
    """
    database = cast(Any, connections[DEFAULT_DB_ALIAS])
    database.close_if_health_check_failed()
    database.ensure_connection()
    return cast(CursorWrapper, database._prepare_cursor(_Prepared(database.connection)))
