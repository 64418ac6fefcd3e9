"""What broke and how it was handled, counted: promises, what the gate said, who knew first, clocks, causes.

Plain frozen data out; a measure with too few cases says so instead of guessing. Windows are half-open. What evidence
withdrew was no failure and counts nowhere here, except that a promise once broken and found kept counts as kept.
"""

from __future__ import annotations

import attrs

from makegood.insights.windows import ENOUGH, Window, rows


@attrs.frozen(kw_only=True)
class Promises:
    """Promises that were settled in the window."""

    kept: int
    broken: int
    released: int


@attrs.frozen(kw_only=True)
class ClockKept:
    """One target's clocks that started in the window.

    `decided` were met in time (`kept`) or ran out; `running` are still open, `ended` closed before either. Minutes
    are elapsed, from the start to the deed, nights and pauses included, over all decided: one that was never done
    counts as longer than any, so None is also what is said where half (or a tenth) were never done. `plain_day` says
    that every one of them was 24 hours that always count.
    """

    target: str
    decided: int
    kept: int
    running: int
    ended: int
    median_minutes: float | None
    p90_minutes: float | None
    plain_day: bool

    @property
    def share(self) -> float | None:
        """The share kept, or None with fewer than ENOUGH decided."""
        return self.kept / self.decided if self.decided >= ENOUGH else None


@attrs.frozen(kw_only=True)
class Gated:
    """How many failures of the window the gate decided in one way by one rule.

    `why` is one of the rule's sentences, where it is not a contact.
    """

    gate: str
    rule: str
    why: str
    count: int


@attrs.frozen(kw_only=True)
class CauseCount:
    """How many contact and review failures of the window one cause made; None is a cause that nobody named yet."""

    cause_id: int | None
    name: str
    failures: int


@attrs.frozen(kw_only=True)
class Found:
    """Contact failures that happened in the window: which of them we knew of before the customer said anything.

    `wrote` are those of which the customer told us at all, `wrote_after` those where we knew first. The median lead,
    in hours, is over all who wrote: 0 where we learned it from them, negative where they wrote before we knew.
    """

    contacts: int
    found_first: int
    wrote: int
    wrote_after: int
    median_lead_hours: float | None

    @property
    def share(self) -> float | None:
        """The share found by us first, or None with fewer than ENOUGH contacts."""
        return self.found_first / self.contacts if self.contacts >= ENOUGH else None

    @property
    def share_of_those_who_wrote(self) -> float | None:
        """The share that we knew of first among those who wrote, or None with fewer than ENOUGH."""
        return self.wrote_after / self.wrote if self.wrote >= ENOUGH else None


@attrs.frozen(kw_only=True)
class Failed:
    """Everything counted over the failures that happened in one window."""

    found: Found
    gated: tuple[Gated, ...]
    causes: tuple[CauseCount, ...]

    def count(self, gate: str) -> int:
        """This function will count the failures that the gate decided in this way."""
        return sum(one.count for one in self.gated if one.gate == gate)


def promises_settled(*, organization_id: int, window: Window) -> Promises:
    """This function will count the promises that were kept, broken and released in the window."""
    counted = rows(
        "SELECT state, count(*) FROM promises_promise"
        " WHERE organization_id = %s AND settled_at >= %s AND settled_at < %s GROUP BY state",
        [organization_id, window.since, window.until],
    )
    counts = dict(counted)
    return Promises(kept=counts.get("kept", 0), broken=counts.get("broken", 0), released=counts.get("released", 0))


CLOCKS = """
SELECT target, count(*) FILTER (WHERE decided), count(*) FILTER (WHERE state = 'met'),
    count(*) FILTER (WHERE state IN ('running', 'paused')), count(*) FILTER (WHERE state = 'ended'),
    percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY minutes_taken) FILTER (WHERE decided),
    bool_and(minutes = 1440 AND calendar = '')
FROM (SELECT target, state, minutes, calendar, state IN ('met', 'missed') AS decided,
        coalesce(date_part('epoch', met_at - started_at) / 60, 'infinity') AS minutes_taken
    FROM recoveries_recoveryclock WHERE organization_id = %s AND started_at >= %s AND started_at < %s) AS clock
GROUP BY target
ORDER BY array_position(ARRAY['acknowledge', 'own', 'respond', 'fix', 'make_good'], target::text)
"""


def clocks_kept(*, organization_id: int, window: Window) -> list[ClockKept]:
    """This function will count each target's clocks that started in the window: kept or not, and how long it took."""
    kept_by_target = []
    for target, decided, kept, running, ended, taken, plain_day in rows(
        CLOCKS, [organization_id, window.since, window.until]
    ):
        median, p90 = (None if value == float("inf") else value for value in taken or (None, None))
        kept_by_target.append(
            ClockKept(
                target=target,
                decided=decided,
                kept=kept,
                running=running,
                ended=ended,
                median_minutes=median if decided >= ENOUGH else None,
                p90_minutes=p90 if decided >= ENOUGH else None,
                plain_day=plain_day,
            )
        )
    return kept_by_target


FAILURES = """
SELECT gate, rule, min(why), cause_id, found_first, wrote, count(*)
FROM (SELECT gate, gate_reasons -> 0 ->> 'rule' AS rule,
        CASE WHEN gate <> 'contact' THEN gate_reasons -> 0 ->> 'text' END AS why, cause_id,
        found_by_us AND (complained_at IS NULL OR complained_at > detected_at) AS found_first,
        complained_at IS NOT NULL AS wrote
    FROM failures_failure
    WHERE organization_id = %s AND withdrawn_at IS NULL AND happened_at >= %s AND happened_at < %s) AS failure
GROUP BY gate, rule, cause_id, found_first, wrote
"""

LEAD = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', complained_at - detected_at) / 3600)
FROM failures_failure WHERE organization_id = %s AND gate = 'contact' AND withdrawn_at IS NULL
    AND happened_at >= %s AND happened_at < %s AND complained_at IS NOT NULL
"""


def failed(*, organization_id: int, window: Window) -> Failed:
    """This function will count the failures that happened in the window: by gate and rule, by who knew, by cause."""
    parameters = [organization_id, window.since, window.until]
    counted = rows(FAILURES, parameters)
    gates: dict[tuple[str, str], tuple[str, int]] = {}
    causes: dict[int | None, int] = {}
    contacts = found_first = wrote = wrote_after = 0
    for gate, rule, why, cause_id, first, told, count in counted:
        key = (gate, rule or "")
        before = gates.get(key, (why or "", 0))
        gates[key] = (min(before[0], why or ""), before[1] + count)
        if gate in ("contact", "review"):
            causes[cause_id] = causes.get(cause_id, 0) + count
        if gate == "contact":
            contacts += count
            found_first += count * first
            wrote += count * told
            wrote_after += count * (told and first)
    lead = rows(LEAD, parameters)[0][0] if wrote >= ENOUGH else None
    return Failed(
        found=Found(
            contacts=contacts, found_first=found_first, wrote=wrote, wrote_after=wrote_after, median_lead_hours=lead
        ),
        gated=tuple(
            Gated(gate=gate, rule=rule, why=why, count=count)
            for (gate, rule), (why, count) in sorted(gates.items(), key=lambda item: (-item[1][1], item[0]))
        ),
        causes=_named(organization_id, causes),
    )


def _named(organization_id: int, causes: dict[int | None, int]) -> tuple[CauseCount, ...]:
    known = [cause_id for cause_id in causes if cause_id is not None]
    names: dict[int | None, str] = dict(
        rows(
            "SELECT id, name FROM failures_cause WHERE organization_id = %s AND id = ANY(%s)", [organization_id, known]
        )
    )
    counted = (CauseCount(cause_id=one, name=names.get(one, ""), failures=count) for one, count in causes.items())
    return tuple(sorted(counted, key=lambda one: (-one.failures, one.name, one.cause_id or 0)))
