"""What records of extras show, told whole: each extra against none, a policy that earned it, who was offered what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs
import numpy as np

from makegood.core.learning.estimates import Estimate, estimate
from makegood.core.learning.exploring import NOTHING
from makegood.core.learning.fairness import Difference, Offer, compare
from makegood.core.learning.policies import Proposal, propose
from makegood.core.learning.records import Floats, Records, UnusableRecords, from_lists

ERROR: Final = 0.05
MOST_ROWS: Final = 500_000


@attrs.frozen(kw_only=True)
class Row:
    """One decision about an extra: whose draw, what was known, what was given, by which chances, what came of it.

    `outcome` is None while it isn't known; `offer` is what is compared in the same case, None where it is not.
    """

    unit: str
    context: Mapping[str, float | str | bool]
    given: str
    chances: Mapping[str, float]
    outcome: float | None
    offer: Offer | None = None


@attrs.frozen(kw_only=True)
class AgainstNothing:
    """What an extra changed against no extra, where both were possible; `why_not` instead where that can't be said."""

    extra: str
    given: int
    found: Estimate | None
    why_not: str = ""

    @property
    def said(self) -> str:
        """The finding in a few words."""
        return self.found.said if self.found else self.why_not


@attrs.frozen(kw_only=True)
class Report:
    """What the rows show. `rows` is how many there are, `unknown` how many of them have no outcome yet.

    `proposal` is None where nothing can be learned from them yet, `why_no_proposal` says why; `left_out` is how many
    rows it leaves out, since not every extra was possible in them.
    """

    rows: int
    unknown: int
    extras: tuple[AgainstNothing, ...]
    proposal: Proposal | None
    why_no_proposal: str
    left_out: int
    fairness: tuple[Difference, ...]

    @property
    def somebody_named(self) -> bool:
        """Whether the same case was met by different offers."""
        return any(one.shown for one in self.fairness)

    def as_dict(self) -> dict[str, object]:
        """The report as JSON; an interval's end that is not known is null."""
        proposal = self.proposal
        policy: dict[str, object] = {"shown": False, "said": self.why_no_proposal, "left_out": self.left_out}
        if proposal is not None:
            policy |= {
                "shown": proposal.shown,
                "said": proposal.said,
                "best": proposal.best,
                "gain": _plain(proposal.gain),
                "over": {extra: _plain(gain) for extra, gain in proposal.over.items()},
                "shares": dict(proposal.shares),
            }
        return {
            "rows": self.rows,
            "unknown": self.unknown,
            "extras": [
                {"extra": one.extra, "given": one.given, "said": one.said}
                | (_plain(one.found) if one.found else {"shown": False})
                for one in self.extras
            ],
            "policy": policy,
            "fairness": [
                {
                    "attribute": one.attribute,
                    "level": one.level,
                    "offers": one.offers,
                    "cases": one.cases,
                    "by": one.by,
                    "p": one.p,
                    "shown": one.shown,
                    "reason": one.reason.as_dict(),
                }
                for one in self.fairness
            ],
        }


def _plain(found: Estimate) -> dict[str, object]:
    ends = {name: end if np.isfinite(end) else None for name, end in (("low", found.low), ("high", found.high))}
    return {"value": found.value, **ends, "level": found.level, "rows": found.rows, "shown": found.shown}


def report(*, rows: Sequence[Row], seed: int) -> Report:
    """This function will say what rows show of extras: all intervals against none together hold at 95 %.

    Raises UnusableRecords for more than 500,000 rows or rows that can't be judged by, UnusableOffers.
    """
    if len(rows) > MOST_ROWS:
        raise UnusableRecords(f"Give at most {MOST_ROWS:,} rows, not {len(rows):,}: take a later period")
    known = [row for row in rows if row.outcome is not None]
    fairness = compare(offers=[row.offer for row in rows if row.offer is not None])
    if not known:
        return Report(
            rows=len(rows),
            unknown=len(rows),
            extras=(),
            proposal=None,
            why_no_proposal="not shown: no outcome is known yet",
            left_out=0,
            fairness=fairness,
        )
    records = from_lists(
        contexts=[row.context for row in known],
        given=[row.given for row in known],
        propensities=[row.chances for row in known],
        outcomes=[row.outcome for row in known if row.outcome is not None],
        units=[row.unit for row in known],
    )
    names = [arm for arm in records.arms if arm != NOTHING]
    level = 1 - ERROR / max(1, len(names))
    possible = np.flatnonzero((records.propensities > 0).all(axis=1))
    proposal, why = None, ""
    try:
        proposal = propose(records=records.take(possible), seed=seed)
    except UnusableRecords as error:
        why = f"not shown: {error}"
    return Report(
        rows=len(rows),
        unknown=len(rows) - len(known),
        extras=tuple(_against_nothing(records, name, level=level, seed=seed) for name in names),
        proposal=proposal,
        why_no_proposal=why,
        left_out=len(records) - len(possible),
        fairness=fairness,
    )


def _against_nothing(records: Records, extra: str, *, level: float, seed: int) -> AgainstNothing:
    arm = records.arms.index(extra)
    given = int((records.chosen == arm).sum())
    if NOTHING not in records.arms:
        return AgainstNothing(
            extra=extra, given=given, found=None, why_not="not shown: nobody could go without an extra; hold some out"
        )
    nothing = records.arms.index(NOTHING)
    both: Floats = records.propensities[:, [arm, nothing]]
    inside = records.take(np.flatnonzero((both > 0).all(axis=1)))
    if not len(inside):
        return AgainstNothing(
            extra=extra, given=given, found=None, why_not="not shown: in no row both it and no extra were possible"
        )
    with_it, without = np.zeros(inside.propensities.shape), np.zeros(inside.propensities.shape)
    with_it[:, arm], without[:, nothing] = 1, 1
    found = estimate(records=inside, policy=with_it, against=without, level=level, seed=seed)
    return AgainstNothing(extra=extra, given=given, found=found)
