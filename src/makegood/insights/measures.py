"""What broke and how it was handled, counted: promises, what the gate said, who knew first, clocks, causes.

Plain frozen data out; a measure with too few cases says so instead of guessing. Windows are half-open. What evidence
withdrew was no failure and counts nowhere here, except that a promise once broken and found kept counts as kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import attrs

from makegood.insights.taking import TARGETS, minutes_taken
from makegood.insights.tallies import Counted, counted
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

    `why` is what the rule said last, where it is not a contact.
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
    counts = {
        one.key[0]: one.count for one in counted(organization_id=organization_id, measure="promises", window=window)
    }
    return Promises(kept=counts.get("kept", 0), broken=counts.get("broken", 0), released=counts.get("released", 0))


FELL_DUE = """
SELECT state, count(*) FROM promises_promise WHERE organization_id = %s AND due_at >= %s AND due_at < %s
    AND state IN ('kept', 'broken', 'released') GROUP BY state
"""


def promises_due(*, organization_id: int, window: Window) -> Promises:
    """This function will count the promises that fall due in the window and were kept, broken or released.

    What came to its end long ago and is only told of now, as an import does, is none of them. It reads every promise of
    the window: ask for a day.
    """
    counts = dict(rows(FELL_DUE, [organization_id, window.since, window.until]))
    return Promises(kept=counts.get("kept", 0), broken=counts.get("broken", 0), released=counts.get("released", 0))


UNTIMED = (None, None)


def clocks_kept(
    *, organization_id: int, window: Window, targets: Sequence[str] = TARGETS, timed: bool = True
) -> list[ClockKept]:
    """This function will count these targets' clocks that started in the window: kept or not, and how long it took.

    How long it took is left out (None) where it is not `timed`: of all this it alone reads every clock.
    """
    states: dict[str, Counter[str]] = {}
    odd = set()
    for one in counted(organization_id=organization_id, measure="clocks", window=window):
        target, state, plain = one.key
        if target not in targets:
            continue
        states.setdefault(target, Counter())[state] += one.count
        if not plain:
            odd.add(target)
    decided = {target: counts["met"] + counts["missed"] for target, counts in states.items()}
    taken = minutes_taken(organization_id=organization_id, window=window, decided=decided) if timed else {}
    return [
        ClockKept(
            target=target,
            decided=decided[target],
            kept=states[target]["met"],
            running=states[target]["running"] + states[target]["paused"],
            ended=states[target]["ended"],
            median_minutes=taken.get(target, UNTIMED)[0],
            p90_minutes=taken.get(target, UNTIMED)[1],
            plain_day=target not in odd,
        )
        for target in targets
        if target in states
    ]


LEAD = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', complained_at - detected_at) / 3600)
FROM failures_failure WHERE organization_id = %s AND gate = 'contact' AND withdrawn_at IS NULL
    AND NOT happening_key LIKE 'test:%%'
    AND happened_at >= %s AND happened_at < %s AND complained_at IS NOT NULL
"""

WHY = """
SELECT decided.gate, decided.rule, said.why
FROM unnest(%(gates)s::text[], %(rules)s::text[], %(ends)s::timestamptz[]) AS decided(gate, rule, ended_at),
LATERAL (
    SELECT gate_reasons -> 0 ->> 'text' AS why FROM failures_failure
    WHERE organization_id = %(org)s AND gate = decided.gate AND gate_reasons -> 0 ->> 'rule' = decided.rule
        AND withdrawn_at IS NULL AND NOT starts_with(happening_key, 'test:')
        AND happened_at >= %(since)s AND happened_at < least(decided.ended_at, %(until)s)
    ORDER BY happened_at DESC, id DESC LIMIT 1
) AS said
"""


def failed(*, organization_id: int, window: Window) -> Failed:
    """This function will count the failures that happened in the window: by gate and rule, by who knew, by cause."""
    gates: dict[tuple[str, str], tuple[date, int]] = {}
    causes: dict[int | None, int] = {}
    tallied = counted(organization_id=organization_id, measure="failures", window=window)
    for one in tallied:
        gate, rule, cause_id, _, _ = one.key
        day, before = gates.get((gate, rule or ""), (one.day, 0))
        gates[gate, rule or ""] = (max(day, one.day), before + one.count)
        if gate in ("contact", "review"):
            causes[cause_id] = causes.get(cause_id, 0) + one.count
    why = _why(organization_id, window, {key: day for key, (day, _) in gates.items() if key[0] != "contact"})
    return Failed(
        found=_found(organization_id, window, tallied),
        gated=tuple(
            Gated(gate=gate, rule=rule, why=why.get((gate, rule), ""), count=count)
            for (gate, rule), (_, count) in sorted(gates.items(), key=lambda item: (-item[1][1], item[0]))
        ),
        causes=_named(organization_id, causes),
    )


def found_by_us(*, organization_id: int, window: Window) -> Found:
    """This function will say of the contact failures of the window which of them we knew of first."""
    return _found(organization_id, window, counted(organization_id=organization_id, measure="failures", window=window))


def quiet_counted(*, organization_id: int, window: Window) -> int:
    """This function will count the failures of the window that the gate kept quiet."""
    tallied = counted(organization_id=organization_id, measure="failures", window=window)
    return sum(one.count for one in tallied if one.key[0] == "quiet")


def _found(organization_id: int, window: Window, tallied: Sequence[Counted]) -> Found:
    contacts = found_first = wrote = wrote_after = 0
    for one in tallied:
        gate, _, _, first, told = one.key
        if gate == "contact":
            contacts += one.count
            found_first += one.count * first
            wrote += one.count * told
            wrote_after += one.count * (told and first)
    lead = rows(LEAD, [organization_id, window.since, window.until])[0][0] if wrote >= ENOUGH else None
    return Found(
        contacts=contacts, found_first=found_first, wrote=wrote, wrote_after=wrote_after, median_lead_hours=lead
    )


def _why(organization_id: int, window: Window, last: dict[tuple[str, str], date]) -> dict[tuple[str, str], str]:
    """What each rule last said in the window; looked for from the end of the last day on which it may have spoken."""
    found = rows(
        WHY,
        {
            "org": organization_id, "since": window.since, "until": window.until,
            "gates": [gate for gate, _ in last], "rules": [rule for _, rule in last],
            "ends": [datetime.combine(day, time(), UTC) + timedelta(days=1) for day in last.values()],
        },
    )  # fmt: skip
    return {(gate, rule): text or "" for gate, rule, text in found}


def _named(organization_id: int, causes: dict[int | None, int]) -> tuple[CauseCount, ...]:
    known = [cause_id for cause_id in causes if cause_id is not None]
    names: dict[int | None, str] = dict(
        rows(
            "SELECT id, name FROM failures_cause WHERE organization_id = %s AND id = ANY(%s)", [organization_id, known]
        )
    )
    counted = (CauseCount(cause_id=one, name=names.get(one, ""), failures=count) for one, count in causes.items())
    return tuple(sorted(counted, key=lambda one: (-one.failures, one.name, one.cause_id or 0)))
