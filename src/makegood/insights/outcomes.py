"""What it came to, counted: what was given and what it cost, what customers thought, and what they did afterwards."""

from __future__ import annotations

from datetime import timedelta

import attrs

from makegood.core.scores import CARES
from makegood.insights.tallies import Counted, counted
from makegood.insights.windows import ENOUGH, Window, rows

SPEND_WINDOW = timedelta(days=84)
"""Spending is compared over 84 days before and after a failure, as the field experiment P1 tracked it."""


@attrs.frozen(kw_only=True)
class Given:
    """What was delivered in the window in one currency, at cost, in minor units: what was owed apart from the rest."""

    currency: str
    floor_minor: int
    fix_minor: int
    extra_minor: int
    makegoods: int


@attrs.frozen(kw_only=True)
class Tap:
    """One of the five CARES ratings: how many gave it, and their mean, or None with fewer than ENOUGH."""

    name: str
    given: int
    mean: float | None


@attrs.frozen(kw_only=True)
class Scores:
    """Ratings asked in the window: how many were answered, their mean, how many gave each score from 1 to 7."""

    asked: int
    answered: int
    mean: float | None
    at: tuple[int, ...]
    cares: tuple[Tap, ...]


@attrs.frozen(kw_only=True)
class SpendChange:
    """Of recoveries with one score and known spending: how many customers spent more, the same, less afterwards."""

    score: int
    more: int
    same: int
    less: int

    @property
    def known(self) -> int:
        """How many there are."""
        return self.more + self.same + self.less


def given(*, organization_id: int, window: Window) -> list[Given]:
    """This function will sum what make-goods delivered in the window cost, by currency: floor, fix and extra apart."""
    sums: dict[str, dict[str, Counted]] = {}
    for one in counted(organization_id=organization_id, measure="given", window=window):
        currency, part = one.key
        sums.setdefault(currency, {})[part] = one
    return [
        Given(
            currency=currency,
            floor_minor=parts["floor"].minor if "floor" in parts else 0,
            fix_minor=parts["fix"].minor if "fix" in parts else 0,
            extra_minor=parts["extra"].minor if "extra" in parts else 0,
            makegoods=sum(one.count for one in parts.values()),
        )
        for currency, parts in sorted(sums.items())
    ]


def scores(*, organization_id: int, window: Window) -> Scores:
    """This function will count the ratings asked in the window; silence is counted, never scored."""
    counts = {one.key[0]: one.count for one in counted(organization_id=organization_id, measure="asked", window=window)}
    at = tuple(counts.get(score, 0) for score in range(1, 8))
    answered = sum(at)
    taps: dict[str, list[tuple[int, int]]] = {}
    for one in counted(organization_id=organization_id, measure="taps", window=window):
        name, value = one.key
        taps.setdefault(name, []).append((value, one.count))
    return Scores(
        asked=answered + counts.get(None, 0),
        answered=answered,
        mean=_mean(list(enumerate(at, start=1))),
        at=at,
        cares=tuple(
            Tap(name=name, given=sum(count for _, count in taps.get(name, [])), mean=_mean(taps.get(name, [])))
            for name in CARES
        ),
    )


def _mean(counts: list[tuple[int, int]]) -> float | None:
    total = sum(count for _, count in counts)
    return sum(value * count for value, count in counts) / total if total >= ENOUGH else None


@attrs.frozen(kw_only=True)
class Recorded:
    """One of CARES as the record shows it: in how many recoveries, how many checks were kept of how many known."""

    name: str
    recoveries: int
    kept: int
    known: int

    @property
    def share(self) -> float | None:
        """The share of the checks that were kept, or None with fewer than ENOUGH recoveries."""
        return self.kept / self.known if self.recoveries >= ENOUGH else None


def cares_recorded(*, organization_id: int, window: Window) -> tuple[Recorded, ...]:
    """This function will sum what the record shows of CARES in recoveries that closed, the last time, in the window."""
    found: dict[str, list[tuple[int, int, int]]] = {}
    for one in counted(organization_id=organization_id, measure="cares", window=window):
        name, kept, known = one.key
        found.setdefault(name, []).append((one.count, one.count * kept, one.count * known))
    return tuple(
        Recorded(name=name, recoveries=recoveries, kept=kept, known=known)
        for name in CARES
        for recoveries, kept, known in [map(sum, zip(*found.get(name, [(0, 0, 0)]), strict=True))]
    )


@attrs.frozen(kw_only=True)
class Returns:
    """What became known in the window of customers' return: how many of each outcome, and how many were told it."""

    back: int
    lapsed: int
    declined: int
    unknown: int
    said: int

    @property
    def total(self) -> int:
        """All of them, those of whom nobody knows included."""
        return self.back + self.lapsed + self.declined + self.unknown


def returns(*, organization_id: int, window: Window) -> Returns:
    """This function will count what was last found out about customers' return, by when it was found out.

    `said` were told by the customer or a colleague; the others were seen in what was bought and used, or not seen.
    """
    found = [
        (*one.key, one.count) for one in counted(organization_id=organization_id, measure="returned", window=window)
    ]

    def of(outcome: str) -> int:
        return sum(count for name, _, count in found if name == outcome)

    return Returns(
        back=of("back"),
        lapsed=of("lapsed"),
        declined=of("declined"),
        unknown=of("unknown"),
        said=sum(count for name, how, count in found if how != "seen" and name != "unknown"),
    )


MOST_SCORES = 2_000
"""Spending is compared for only so many scores, the latest, so that the page stays quick."""

SPEND = """
WITH latest AS (
    SELECT recovery_id, score, failed_at, answered_at, id FROM recoveries_rating
    WHERE organization_id = %(org)s AND score IS NOT NULL AND answered_at < %(until)s
        AND failed_at >= %(since)s - %(span)s AND failed_at < %(until)s - %(span)s
    ORDER BY failed_at DESC, recovery_id DESC, answered_at DESC, id DESC LIMIT %(latest)s
), rated AS (
    SELECT DISTINCT ON (one.recovery_id) one.recovery_id, one.score, one.failed_at, v.customer_id
    FROM latest one JOIN recoveries_recovery v ON v.organization_id = %(org)s AND v.id = one.recovery_id
    ORDER BY one.recovery_id, one.answered_at DESC, one.id DESC
), spent AS (
    SELECT rated.score, sum(p.total_minor) FILTER (WHERE p.placed_at < rated.failed_at) AS before,
        coalesce(sum(p.total_minor) FILTER (WHERE p.placed_at >= rated.failed_at), 0) AS after
    FROM rated JOIN customers_purchase p ON p.organization_id = %(org)s AND p.customer_id = rated.customer_id
        AND p.placed_at >= rated.failed_at - %(span)s AND p.placed_at < rated.failed_at + %(span)s
    GROUP BY rated.recovery_id, rated.score HAVING min(p.currency) = max(p.currency)
)
SELECT score, count(*) FILTER (WHERE after * 10 > before * 11),
    count(*) FILTER (WHERE after * 10 BETWEEN before * 9 AND before * 11),
    count(*) FILTER (WHERE after * 10 < before * 9)
FROM spent WHERE before > 0 GROUP BY score ORDER BY score
"""


def spend_by_score(*, organization_id: int, window: Window) -> list[SpendChange]:
    """This function will compare spending before and after, by the latest score, of recoveries whose time was over.

    A recovery counts in the window in which the 84 days after its failure was known ended, if its customer gave a
    score by then and had bought something in the 84 days before. More and less mean by more than a tenth. Spending in
    two currencies is left out; so are all but the MOST_SCORES scores whose failures were known last. This compares
    nobody with an untouched customer.
    """
    asked = {"since": window.since, "until": window.until, "span": SPEND_WINDOW, "latest": MOST_SCORES}
    found = rows(SPEND, {"org": organization_id, **asked})
    return [SpendChange(score=score, more=more, same=same, less=less) for score, more, same, less in found]
