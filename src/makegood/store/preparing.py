"""Statements of the hot path are prepared once a connection: the database parses each once, and is told the values.

It keeps one plan where one serves all values: measured, planning a look-up by key takes eight times as long as it does.
Row security holds as before: a kept plan asks for the organization anew each time it runs. What pages list and sort is
planned for its values, since a plan that suits every value may be a poor one for the few that a page asks for.
"""

from __future__ import annotations

from typing import Any, cast

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorWrapper
from psycopg._preparing import PrepareManager
from psycopg.generators import execute
from psycopg.pq import ExecStatus, TransactionStatus

MOST = 1000
"""How many plans one connection keeps: several times as many as there are statements and kinds of values."""
OUTDATED = ("RevalidateCachedQuery", "FetchPreparedStatement")
"""Where in the server it is found that a plan fits no more, or is gone; its words are in the server's language."""


LEFT = 100
"""How many plans that failed as they were first run may stay with the server before all are dropped."""


class _Kept(PrepareManager):
    """What a connection has prepared, which outlives a transaction that is undone, as it does in the server.

    The driver drops everything with each rollback; measured, the next unit of work then takes four times as long. Only
    what the server no longer has, or what fits no more, is to be forgotten.
    """

    _from = 0

    def clear(self) -> bool:
        """This function will forget everything if too much of what failed is left in the server, as at a rollback."""
        return self.forget() if self._prepared_idx - self._from - len(self._names) > LEFT else False

    def forget(self) -> bool:
        """This function will forget everything, and have the server forget it."""
        self._from = self._prepared_idx
        return super().clear()


class _Prepared(psycopg.Cursor[Any]):
    """A cursor that has every statement planned, and kept, when it is first run.

    Keeping is switched on for the statement alone: else every other statement would be remembered too, values and all.
    Where a table was changed meanwhile a plan may fit no more, and a pooler may have dropped it: that is no fault of
    what is being done, so it counts as a database that does not answer. The unit of work is undone, all plans with it,
    and is done again.
    """

    def execute(self, query: Any, params: Any = None, **options: Any) -> _Prepared:
        if not isinstance(self.connection._prepared, _Kept):
            self.connection._prepared = _Kept()
        kept = self.connection._prepared
        self.connection.prepare_threshold, self.connection.prepared_max = 0, MOST
        try:
            return super().execute(query, params, prepare=True, **options)
        except (psycopg.errors.FeatureNotSupported, psycopg.errors.InvalidSqlStatementName) as error:
            if error.diag.source_function not in OUTDATED:
                raise
            kept.forget()
            raise psycopg.OperationalError(
                f"prepared for a table that was changed since, or dropped: {error}"
            ) from error
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


def begin_with(name: str, value: int) -> None:
    """This function will set a parameter until the present transaction ends.

    Where nothing was asked of the transaction yet, it is begun by the same message: measured, to begin
    takes less than half the time so. `name` is one of ours, and never what somebody typed.
    """
    database = cast(Any, connections[DEFAULT_DB_ALIAS])
    database.ensure_connection()
    raw = database.connection
    if raw.pgconn.transaction_status != TransactionStatus.IDLE or raw.autocommit:
        with prepared() as cursor:
            cursor.execute("SELECT set_config(%s, %s, true)", [name, str(value)])
        return
    with database.wrap_database_errors, raw.lock:
        raw.pgconn.send_query(b"%s; SET LOCAL \"%s\" = '%d'" % (raw._get_tx_start_command(), name.encode(), value))
        for result in raw.wait(execute(raw.pgconn)):
            if result.status != ExecStatus.COMMAND_OK:
                raise psycopg.errors.error_from_result(result, encoding=raw.pgconn._encoding)
