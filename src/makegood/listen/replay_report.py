"""What a replay came to: counts of what its organization holds, taken by a fresh connection."""

from __future__ import annotations

from typing import Any

import attrs
from django.db import connection

from makegood.store.tenancy import tenant

PROMISES = "SELECT state, count(*) FROM promises_promise WHERE organization_id = %s GROUP BY 1"
FAILURES = "SELECT gate, count(*) FROM failures_failure WHERE organization_id = %s GROUP BY 1"
RECOVERIES = (
    "SELECT count(*), count(*) FILTER (WHERE state <> 'open') FROM recoveries_recovery WHERE organization_id = %s"
)
INCIDENTS = "SELECT count(*) FROM failures_incident WHERE organization_id = %s"
MESSAGES = (
    "SELECT count(*) FROM conversations_message WHERE organization_id = %s AND direction = 'out' AND state = 'sent'"
    " AND channel <> 'inside'"
)
RUN = "SELECT position, worked_seconds FROM listen_replay WHERE organization_id = %s"
LEADS = (
    "SELECT count(*), avg((lead > 0)::int)::float, percentile_cont(0.5) WITHIN GROUP (ORDER BY lead) FROM ("
    " SELECT extract(epoch FROM signal.happened_at - promise.due_at)::float / 3600 AS lead"
    " FROM failures_signal signal JOIN promises_promise promise"
    " ON promise.organization_id = signal.organization_id AND promise.id = signal.promise_id"
    " WHERE signal.organization_id = %s AND promise.state = 'broken'"
    " AND signal.kind IN ('complaint', 'low_score')) AS complaints"
)


@attrs.frozen(kw_only=True)
class Report:
    """What a replay came to. `lead_hours`: from a promise's end to the complaint about it, negatives included."""

    dataset: str
    events: int
    promises: dict[str, int]
    failures: dict[str, int]
    recoveries: dict[str, int]
    incidents: int
    messages: dict[str, int]
    lead_hours: dict[str, int | float | None]
    seconds: float
    events_per_second: float

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return attrs.asdict(self)


def report(*, organization_id: int, dataset: str) -> Report:
    """Count what a replay's organization holds, by a connection that did not live through it."""
    connection.close()
    with tenant(organization_id=organization_id):
        promises = dict(_all(PROMISES, organization_id))
        failures = dict(_all(FAILURES, organization_id))
        (opened, closed), *_ = _all(RECOVERIES, organization_id)
        (events, seconds), *_ = _all(RUN, organization_id)
        (complaints, share, median), *_ = _all(LEADS, organization_id)
        return Report(
            dataset=dataset,
            events=events,
            promises={
                "made": sum(promises.values()),
                **{state: promises.get(state, 0) for state in ("kept", "broken", "released", "open")},
            },
            failures={gate: failures.get(gate, 0) for gate in ("waiting", "contact", "quiet", "review")},
            recoveries={"opened": opened, "closed": closed},
            incidents=_all(INCIDENTS, organization_id)[0][0],
            messages={"sent": _all(MESSAGES, organization_id)[0][0]},
            lead_hours={
                "n": complaints,
                "share_before_complaint": None if share is None else round(share, 3),
                "median": None if median is None else round(median, 1),
            },
            seconds=round(seconds, 1),
            events_per_second=round(events / seconds, 1) if seconds else 0.0,
        )


def _all(query: str, organization_id: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [organization_id])
        return list(cursor.fetchall())
