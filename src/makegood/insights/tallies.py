"""What Insights counts by day, and how the database keeps the totals: triggers that add what came and take what went.

A window's count is the totals of its whole days (UTC) and the rows of the hours at its ends, read in one statement, so
it is what a count of all rows would say at that moment. `rebuild` counts everything again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import attrs
from django.db import connection

from makegood.insights.windows import Window
from makegood.store.preparing import prepared

MERGING = 7403
"""The advisory lock (with the organization's number) under which totals are summed up."""
MERGED_EACH = 512
"""About how many rows are added, in all organizations, before one of them sums its own up."""


@attrs.frozen(kw_only=True)
class Case:
    """One row that counts: from which table, when it counts (`at`), as what (`key`), and its money in minor units."""

    table: str
    at: str
    key: str
    where: str
    minor: str = "0"
    join: str = ""

    def select(self, table: str) -> str:
        """This function will write the query of these cases in a table of the same columns."""
        return (
            f"SELECT one.organization_id, {self.at} AS at, {self.key} AS key, {self.minor} AS minor"
            f" FROM {table} one{self.join} WHERE {self.where}"
        )


REAL = (
    "NOT EXISTS (SELECT FROM recoveries_recovery r WHERE r.organization_id = one.organization_id"
    " AND r.id = one.recovery_id AND left(r.happening_key, 7) = 'shadow:')"
)
"""What a source only watches is worked out and never counted as done."""

CASES: dict[str, Case] = {
    "promises": Case(
        table="promises_promise",
        at="one.settled_at",
        key="jsonb_build_array(one.state)",
        where="one.settled_at IS NOT NULL",
    ),
    "clocks": Case(
        table="recoveries_recoveryclock",
        at="one.started_at",
        key="jsonb_build_array(one.target, one.state, one.minutes = 1440 AND one.calendar = '')",
        where=REAL,
    ),
    "failures": Case(
        table="failures_failure",
        at="one.happened_at",
        key="jsonb_build_array(one.gate, one.gate_reasons -> 0 ->> 'rule', one.cause_id,"
        " one.found_by_us AND (one.complained_at IS NULL OR one.complained_at > one.detected_at),"
        " one.complained_at IS NOT NULL)",
        where="one.withdrawn_at IS NULL AND NOT starts_with(one.happening_key, 'test:')",
    ),
    "given": Case(
        table="makegoods_makegood",
        at="one.settled_at",
        key="jsonb_build_array(one.currency, one.part)",
        where="one.state = 'delivered' AND one.settled_at IS NOT NULL",
        minor="one.cost_minor",
    ),
    "asked": Case(
        table="recoveries_rating",
        at="one.asked_at",
        key="jsonb_build_array(one.score)",
        where=REAL,
    ),
    "taps": Case(
        table="recoveries_rating",
        at="one.asked_at",
        key="jsonb_build_array(tap.key, tap.value::int)",
        join=", jsonb_each_text(one.cares) AS tap",
        where=f"one.score IS NOT NULL AND {REAL}",
    ),
    "cares": Case(
        table="recoveries_caresrecord",
        at="one.at",
        key="jsonb_build_array(part.key, (part.value ->> 0)::int, (part.value ->> 1)::int)",
        join=", jsonb_each(one.kept) AS part",
        where=f"(part.value ->> 1)::int > 0 AND {REAL}",
    ),
    "returned": Case(
        table="recoveries_return",
        at="one.at",
        key="jsonb_build_array(one.outcome, one.how)",
        where=REAL,
    ),
}
OF_RECOVERIES = ("clocks", "asked", "cares", "returned")
"""The measures of what was done, from which shadows are left out."""
FIRST = ("promises", "clocks", "failures", "given", "asked", "taps")
"""The measures that the first migration began to keep; each later one is begun by a migration of its own."""


@attrs.frozen(kw_only=True)
class Counted:
    """How many cases of one key a window holds, their money, and the last day (UTC) on which there may be one."""

    key: list[Any]
    count: int
    minor: int
    day: date


READ = """
SELECT key, sum(count)::bigint, sum(minor)::bigint, max(day) FROM (
    SELECT key, count, minor, day FROM insights_tally
    WHERE organization_id = %(org)s AND measure = %(measure)s AND day >= %(first)s AND day < %(last)s
    UNION ALL SELECT key, 1, minor, (at AT TIME ZONE 'UTC')::date FROM ({cases}) AS head
    WHERE organization_id = %(org)s AND at >= %(since)s AND at < %(head)s
    UNION ALL SELECT key, 1, minor, (at AT TIME ZONE 'UTC')::date FROM ({cases}) AS tail
    WHERE organization_id = %(org)s AND at >= %(tail)s AND at < %(until)s
) AS part GROUP BY key HAVING sum(count) <> 0
"""


def counted(*, organization_id: int, measure: str, window: Window) -> list[Counted]:
    """This function will count the cases of one measure of CASES in the window, by key."""
    case = CASES[measure]
    first, last = _midnight(window.since, up=True), _midnight(window.until, up=False)
    if first >= last:
        first = last = window.until
    with prepared() as cursor:
        cursor.execute(
            READ.format(cases=case.select(case.table)),
            {
                "org": organization_id, "measure": measure, "first": first.date(), "last": last.date(),
                "since": window.since, "head": first, "tail": last, "until": window.until,
            },
        )  # fmt: skip
        found = cursor.fetchall()
    return [Counted(key=json.loads(key), count=count, minor=minor, day=day) for key, count, minor, day in found]


def _midnight(at: datetime, *, up: bool) -> datetime:
    before = datetime.combine(at.astimezone(UTC).date(), time(), UTC)
    return before + timedelta(days=1) if up and before != at else before


COLUMNS = "organization_id, measure, day, key, count, minor, fresh"
ADD = """
INSERT INTO insights_tally ({columns})
SELECT organization_id, '{measure}', (at AT TIME ZONE 'UTC')::date, key, sum(count), sum(minor), {fresh}
FROM ({cases}) AS one GROUP BY 1, 3, 4 HAVING sum(count) <> 0 OR sum(minor) <> 0
"""
CAME = "SELECT organization_id, at, key, 1 AS count, minor FROM ({cases}) AS came"
WENT = "SELECT organization_id, at, key, -1 AS count, -minor AS minor FROM ({cases}) AS went"
MERGE = """
CREATE FUNCTION insights_merge(wanted bigint) RETURNS void LANGUAGE plpgsql AS $do$
BEGIN
    IF pg_try_advisory_xact_lock({lock}, wanted::int) THEN
        WITH due AS (
            SELECT DISTINCT measure, day FROM insights_tally WHERE organization_id = wanted AND fresh
        ), taken AS (
            DELETE FROM insights_tally old USING due WHERE old.organization_id = wanted
                AND old.measure = due.measure AND old.day = due.day RETURNING old.*
        )
        INSERT INTO insights_tally ({columns})
        SELECT organization_id, measure, day, key, sum(count), sum(minor), false FROM taken
        GROUP BY organization_id, measure, day, key HAVING sum(count) <> 0 OR sum(minor) <> 0;
    END IF;
END $do$
"""
KEEP = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $do$
DECLARE due bigint[];
BEGIN
    WITH added AS ({add} RETURNING id, organization_id)
    SELECT array_agg(DISTINCT organization_id) INTO due FROM added WHERE id % {each} = 0;
    PERFORM insights_merge(one) FROM unnest(due) AS one;
    RETURN NULL;
END $do$
"""
CHANGES = {
    "insert": ("REFERENCING NEW TABLE AS came", (CAME,)),
    "update": ("REFERENCING OLD TABLE AS went NEW TABLE AS came", (CAME, WENT)),
    "delete": ("REFERENCING OLD TABLE AS went", (WENT,)),
}


def merging() -> str:
    """This function will write the statement that makes the function which sums totals up, for the first migration."""
    return MERGE.format(lock=MERGING, columns=COLUMNS)


def keeping(*, measures: Sequence[str]) -> list[str]:
    """This function will list the statements that let the database keep the totals of measures, for a migration."""
    statements = []
    for measure in measures:
        case = CASES[measure]
        for change, (referencing, parts) in CHANGES.items():
            name = f"insights_{measure}_{change}"
            cases = " UNION ALL ".join(
                part.format(cases=case.select("came" if part is CAME else "went")) for part in parts
            )
            add = ADD.format(columns=COLUMNS, measure=measure, fresh="true", cases=cases)
            statements += [
                KEEP.format(name=name, add=add, each=MERGED_EACH),
                f"CREATE TRIGGER {name} AFTER {change.upper()} ON {case.table} {referencing}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
            ]
    return statements


def kept_anew(*, measures: Sequence[str]) -> list[str]:
    """This function will list the statements that write the functions of measures anew, for a migration."""
    functions = (one for one in keeping(measures=measures) if one.startswith("CREATE FUNCTION"))
    return [one.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1) for one in functions]


def counting(*, measure: str) -> str:
    """This function will write the statement that adds the totals of all rows there are, for a migration or rebuild."""
    case = CASES[measure]
    return ADD.format(columns=COLUMNS, measure=measure, fresh="false", cases=CAME.format(cases=case.select(case.table)))


def rebuild(*, organization_id: int) -> int:
    """This function will count everything of the present organization again; return how many totals were wrong.

    One statement takes out the totals and counts the rows that it sees, so what others do meanwhile is kept: either
    both the row and its total are seen, or neither. Call inside a unit of work.
    """
    wrong = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [MERGING, organization_id])
        for measure in CASES:
            cursor.execute(_again(measure), {"org": organization_id, "measure": measure})
            wrong += cursor.fetchall()[0][0]
    return wrong


def _again(measure: str) -> str:
    case = CASES[measure]
    return f"""
WITH taken AS (
    DELETE FROM insights_tally WHERE organization_id = %(org)s AND measure = %(measure)s
    RETURNING day, key, count, minor
), had AS (
    SELECT day, key, sum(count) AS count, sum(minor) AS minor FROM taken GROUP BY day, key
    HAVING sum(count) <> 0 OR sum(minor) <> 0
), have AS (
    SELECT (at AT TIME ZONE 'UTC')::date AS day, key, count(*) AS count, sum(minor) AS minor
    FROM ({case.select(case.table)}) AS one WHERE organization_id = %(org)s GROUP BY 1, 2
), made AS (
    INSERT INTO insights_tally ({COLUMNS})
    SELECT %(org)s, %(measure)s, day, key, count, minor, false FROM have
)
SELECT count(*) FROM had FULL JOIN have USING (day, key)
WHERE had.count IS DISTINCT FROM have.count OR had.minor IS DISTINCT FROM have.minor
"""
