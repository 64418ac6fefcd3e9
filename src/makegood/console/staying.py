"""Figures of CARES from the record and of customers' return, and what nobody knows said as such."""

from __future__ import annotations

from collections.abc import Sequence

from makegood.console.figures import needs, of, percent
from makegood.console.viewmodels import Chart, Figure, Point, Series
from makegood.core.cares import DEFINITIONS
from makegood.core.evidence import GRADE_MEANS, REGISTER
from makegood.insights.outcomes import Recorded, Returns
from makegood.insights.windows import ENOUGH

CARES_LEAD = (
    "From the journal of each recovery that closed: what was done, not how it felt. What customers felt is their own"
    " rating, above. The two are not mixed."
)
RETURN_LEAD = (
    "Back means: they buy or use as much as before, by their own pace, or they said so. Most customers who are let down"
    " say nothing, so unknown is no success and no failure. There is no comparison group: nobody knows how many would"
    " have come back anyway."
)
OUTCOMES = (("back", "Back"), ("lapsed", "Went elsewhere"), ("declined", "Want no contact"), ("unknown", "Not known"))
HOW = {
    "seen": "seen in what they buy and use",
    "customer": "they said so",
    "colleague": "a colleague wrote it down",
}


def grounded(evidence: str) -> str:
    """This function will name the finding behind a rule, and how good it is."""
    finding = REGISTER[evidence]
    return f"{finding.found} ({finding.source}; grade {finding.grade}, {GRADE_MEANS[finding.grade]})"


def cares_figures(*, recorded: Sequence[Recorded], window: str) -> tuple[Figure, ...]:
    """This function will make one figure for each of the five, with its definition and the finding behind it."""
    return tuple(
        Figure(
            name=DEFINITIONS[one.name].title,
            value=None if one.share is None else percent(one.share),
            of=of(one.known, "check"),
            note=f"in {of(one.recoveries, 'recovery', 'recoveries').removeprefix('of ')}",
            needs=needs(one.recoveries, "recoveries that closed"),
            definition="The share of these checks that were kept: " + " ".join(DEFINITIONS[one.name].checks),
            window=window,
            method="By when it closed last. What was left out with a reason counts neither way. "
            + grounded(DEFINITIONS[one.name].evidence),
        )
        for one in recorded
    )


def return_figures(*, returns: Returns, window: str) -> tuple[Figure, ...]:
    """This function will make the figures of who is back and of whom nobody knows."""
    counts = {name: getattr(returns, name) for name, _ in OUTCOMES}
    return tuple(
        Figure(
            name=word,
            value=percent(counts[name] / returns.total) if returns.total >= ENOUGH else None,
            of=of(returns.total, "customer looked for", "customers looked for"),
            note=f"{counts[name]:,}" + (f"; {returns.said:,} of all were told us" if name == "back" else ""),
            needs=needs(returns.total, "customers looked for"),
            definition=f"{MEANS[name]} All who were looked for are counted, those of whom nobody knows too.",
            window=window,
            method="By when it was found out last. Their usual pace is the median time between purchases (or visits)"
            " in two years before, from three on; as much is nine tenths of what that pace would bring.",
        )
        for name, word in OUTCOMES
    )


MEANS = {
    "back": "They buy or use as much as before, came back with no pace to measure by, or it was said that they are.",
    "lapsed": "Nothing for twice their usual time and longer than ever, or it was said that they went elsewhere.",
    "declined": "It was said that they want no more contact.",
    "unknown": "Nothing was seen that would tell, and nobody said: nobody knows.",
}


def returns_chart(*, returns: Returns) -> Chart | None:
    """This function will draw the outcomes, the unknown beside the others."""
    if returns.total < ENOUGH:
        return None
    counts = {name: getattr(returns, name) for name, _ in OUTCOMES}
    return Chart(
        title="Are they back?",
        kind="bar",
        key="returned",
        label_head="Outcome",
        series=(
            Series(
                name="Customers",
                points=tuple(
                    Point(
                        label=word,
                        value=counts[name],
                        text=f"{counts[name]:,}",
                        note=percent(counts[name] / returns.total),
                    )
                    for name, word in OUTCOMES
                ),
            ),
        ),
        summary=f"Of {returns.total:,} customers looked for, {percent(returns.back / returns.total)} are back;"
        f" of {percent(returns.unknown / returns.total)} nobody knows.",
    )
