"""Statements of the hot path are prepared once a connection: the database parses each once, and is told the values.

It keeps one plan where one serves all values: measured, planning a look-up by key takes eight times as long as it does.
Row security holds as before: a kept plan asks for the organization anew each time it runs. What pages list and sort is
planned for its values, since a plan that suits every value may be a poor one for the few that a page asks for.

What is known of a statement, and how values of each type are written and read, is kept with its connection too: else
the driver finds that out anew each time, which, measured, takes it three times as long as to ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from types import SimpleNamespace, TracebackType
from typing import Any, Self, cast
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorDebugWrapper
from psycopg._queries import PostgresQuery, _query2pg_nocache
from psycopg.adapt import Transformer
from psycopg.generators import execute
from psycopg.pq import ExecStatus, Format, TransactionStatus

MOST = 1000
"""How many plans one connection keeps: several times as many as there are statements and kinds of values."""
OUTDATED = ("RevalidateCachedQuery", "FetchPreparedStatement")
"""Where in the server it is found that a plan fits no more, or is gone; its words are in the server's language."""
Values = Sequence[Any] | Mapping[str, Any] | None


class _Kept:
    """What one connection has prepared: names of plans by statement and types of values.

    Plans outlive a transaction that is undone, here as in the server. All are forgotten where one fits no more or is
    gone there, and where there are too many: values of ever other types would heap them up.
    """

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self.transformer = Transformer(raw)
        self.names: dict[tuple[str, tuple[int, ...]], bytes] = {}
        self.outdated = False
        self._numbered = 0

    def next_name(self) -> bytes:
        """This function will return a name that no plan of this connection has had."""
        self._numbered += 1
        return b"mg_%d" % self._numbered


_of: WeakKeyDictionary[psycopg.Connection[Any], _Kept] = WeakKeyDictionary()


@lru_cache(maxsize=MOST)
def _written(sql: str) -> tuple[bytes, Any, Any, Any]:
    """Write a statement as the server takes it, with the formats, the order and the places of its values."""
    return _query2pg_nocache(sql.encode(), "utf-8")


class Prepared:
    """A cursor for statements that are planned, and kept, when they are first run; what it finds is read at once.

    Where a table was changed meanwhile a plan may fit no more, and a pooler may have dropped it: that is no fault of
    what is being done, so it counts as a database that does not answer. The unit of work is undone, all plans with it,
    and is done again.
    """

    __slots__ = ("_at", "_database", "_rows", "_sql", "rowcount")

    def __init__(self, database: Any) -> None:
        self._database, self._sql = database, ""
        self._rows: list[tuple[Any, ...]] = []
        self._at = 0
        self.rowcount = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.fetchall())

    @property
    def _query(self) -> Any:
        """What Django, where it logs statements, asks the driver's cursor for."""
        return SimpleNamespace(query=self._sql.encode())

    def close(self) -> None:
        """This function will let go of what was found."""
        self._rows = []

    def fetchone(self) -> Any:
        """This function will return the next row that was found, or None."""
        if self._at >= len(self._rows):
            return None
        self._at += 1
        return self._rows[self._at - 1]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """This function will return the rows that were found, but for those that were fetched already."""
        rows, self._at = self._rows[self._at :] if self._at else self._rows, len(self._rows)
        return rows

    def execute(self, sql: str, params: Values = None) -> None:
        """This function will run a statement, through what watches Django's own if anything does."""
        self._sql = sql
        watched: Any = self._run
        for watch in reversed(self._database.execute_wrappers):
            watched = partial(watch, watched)
        watched(sql, params, False, {"connection": self._database, "cursor": self})

    def _run(self, sql: str, params: Values, *_: Any) -> None:
        database = self._database
        database.validate_no_broken_transaction()
        try:
            raw = database.connection
            with raw.lock:
                self._ask(raw, sql, params)
        except psycopg.Error:
            with database.wrap_database_errors:
                raise

    def _ask(self, raw: Any, sql: str, params: Values) -> None:
        kept = _of.get(raw)
        if kept is None:
            kept = _of[raw] = _Kept(raw)
        pgconn, transformer = raw.pgconn, kept.transformer
        if pgconn.transaction_status == TransactionStatus.IDLE:
            raw.wait(raw._start_query())
        query, formats, order, parts = (sql.encode(), [], None, []) if params is None else _written(sql)
        values: Sequence[Any] = ()
        if params is not None:
            values = PostgresQuery.validate_and_reorder_params(parts, params, order)
        dumped = transformer.dump_sequence(values, formats)
        types, written_as = transformer.types or (), transformer.formats
        name = kept.names.get((sql, types)) or _prepare(raw, kept, sql, query, types)
        pgconn.send_query_prepared(name, dumped, param_formats=written_as, result_format=Format.TEXT)
        result = _answer(raw, kept)
        self._at, self._rows = 0, []
        if result.status == ExecStatus.TUPLES_OK:
            transformer.set_pgresult(result)
            self.rowcount, self._rows = result.ntuples, transformer.load_rows(0, result.ntuples, tuple)
            transformer.set_pgresult(None)
        else:
            self.rowcount = result.command_tuples or 0


def _prepare(raw: Any, kept: _Kept, sql: str, query: bytes, types: tuple[int, ...]) -> bytes:
    """Have the server plan a statement for values of these types; return the plan's name."""
    if kept.outdated or len(kept.names) >= MOST:
        raw.pgconn.send_query(b"DEALLOCATE ALL")
        _answer(raw, kept)
        kept.names.clear()
        kept.outdated = False
    name = kept.next_name()
    raw.pgconn.send_prepare(name, query, param_types=types)
    _answer(raw, kept)
    kept.names[sql, types] = name
    return name


def _answer(raw: Any, kept: _Kept) -> Any:
    """Wait for what the server answers, and raise what it says went wrong."""
    results = raw.wait(execute(raw.pgconn))
    for result in results:
        if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            raise _error(kept, result, raw)
    return results[-1]


def _error(kept: _Kept, result: Any, raw: Any) -> psycopg.Error:
    """Return what the server says went wrong; where that is a plan of ours, everything is to be planned anew."""
    error = psycopg.errors.error_from_result(result, encoding=raw.pgconn._encoding)
    outdated = (psycopg.errors.FeatureNotSupported, psycopg.errors.InvalidSqlStatementName)
    if not isinstance(error, outdated) or error.diag.source_function not in OUTDATED:
        return error
    kept.outdated = True
    kept.names.clear()
    return psycopg.OperationalError(f"prepared for a table that was changed since, or dropped: {error}")


def prepared() -> Prepared:
    """Open a cursor for statements whose text is always the same, and that go by key.

    Their values go apart from them, so each needs a type that its place tells, or a cast.
    """
    database = cast(Any, connections[DEFAULT_DB_ALIAS])
    database.close_if_health_check_failed()
    if database.connection is None:
        database.ensure_connection()
    cursor = Prepared(database)
    return cast(Prepared, CursorDebugWrapper(cursor, database)) if database.queries_logged else cursor


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
