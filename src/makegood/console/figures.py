"""Figures from measures: each number with what it counts, over what time, out of how many, and how.

Where there are too few cases a figure has no value and says what would be enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from makegood.console.moments import span
from makegood.console.templatetags.makegood_tags import money
from makegood.console.viewmodels import Chart, Figure, Point, Reader, Series
from makegood.core.money import Money
from makegood.insights.first_word import LATEST, FirstWord, HeldNow, OverNow
from makegood.insights.measures import CauseCount, ClockKept, Failed, Found, Gated, Promises
from makegood.insights.outcomes import MOST_SCORES, Given, Scores, SpendChange
from makegood.insights.windows import ENOUGH

PARETO_ROWS = 8
STEP_WORDS = {
    "acknowledge": "Acknowledged",
    "own": "Given an owner",
    "respond": "Replies answered",
    "remedy": "First help given",
    "fix": "Fixed",
    "make_good": "Made good",
}
GATE_WORDS = {"contact": "Contact", "quiet": "Quiet", "review": "Looked at first", "waiting": "Waiting"}
PARTS = (
    ("floor", "Owed", "What the law, the contract or a published guarantee asks for. It is never a favour."),
    ("fix", "Fix", "What put the matter itself right."),
    ("extra", "Extra", "What was given beyond what was owed, within limits."),
)
CARES_WORDS = {
    "communication": "Kept informed",
    "accountability": "Owned up",
    "responsiveness": "Quick",
    "empathy": "Cared",
    "solution": "Solved",
}
SPEND_METHOD = (
    "Purchases in the 84 days before and after the failure was known, counted when those after are over; more and less"
    " mean by over a tenth. The failed purchase counts as before. There is no comparison group, so this is no"
    f" proof that the recovery caused it. At most the latest {MOST_SCORES:,} scores."
)


def percent(share: float) -> str:
    """This function will write a share from 0 to 1 as a percentage: "93.1 %", "100 %"."""
    return f"{share * 100:.1f}".removesuffix(".0") + " %"


def of(count: int, noun: str, plural: str = "") -> str:
    """This function will write out of how many: "of 1 clock", "of 2,167 promises"."""
    return f"of {count:,} {noun if count == 1 else plural or noun + 's'}"


def needs(count: int, noun: str) -> str:
    """This function will say what would be enough for a share, a median or a mean."""
    return f"Needs {ENOUGH} {noun}; there {'is' if count == 1 else 'are'} {count} so far."


def within(minutes: float) -> str:
    """This function will write a time taken: "a minute", "5 h 42 min"."""
    return span(minutes * 60) if minutes >= 1 else "a minute"


def hours(value: float) -> str:
    """This function will write a number of hours as a length of time, "before" or, where negative, "after"."""
    return f"{span(value * 3600)} {'before' if value >= 0 else 'after'}"


def clock_figure(*, clock: ClockKept, window: str, name: str = "") -> Figure:
    """This function will make the figure of one step's clocks."""
    taken = []
    if clock.median_minutes is not None:
        taken.append(f"half within {within(clock.median_minutes)}")
    if clock.p90_minutes is not None:
        taken.append(f"nine in ten within {within(clock.p90_minutes)}")
    elif clock.share is not None:
        many = "half" if clock.median_minutes is None else "one in ten"
        taken.append(f"more than {many} not done at all")
    word = STEP_WORDS[clock.target]
    return Figure(
        name=name or f"{word} in time",
        value=None if clock.share is None else percent(clock.share),
        of=of(clock.decided, "clock"),
        note=", ".join(taken),
        needs=needs(clock.decided, "clocks that were met or ran out"),
        definition=(
            f"The share of “{word.lower()}” clocks that were met in time, of those started in this time that were met"
            f" or ran out. {clock.running:,} still run and {clock.ended:,} ended with their case before that; neither"
            " counts."
        ),
        window=window,
        method="Time taken is elapsed time, nights and pauses included; what was never done counts as longest.",
    )


def first_word_figure(*, first: FirstWord, window: str) -> Figure:
    """This function will make the figure of how long customers were without a word, from when we knew."""
    tenth = "" if first.p90_minutes is None else f"nine in ten within {within(first.p90_minutes)}"
    value = None if first.median_minutes is None else within(first.median_minutes)
    if tenth:
        tenth = f"half had it by then, {tenth}"
    if first.decided >= ENOUGH and value is None:
        value = "over half had none"
    return Figure(
        name="From the failure to our first word",
        value=value,
        of=of(first.decided, "recovery", "recoveries"),
        note=tenth or (_without(first) if first.decided >= ENOUGH else ""),
        needs=needs(first.decided, "recoveries that had a word or whose clock for it ran out"),
        definition=(
            "How long customers waited, from when we knew of the failure until our first word reached them. What was"
            " held until somebody said yes to an incident counts here; the clock below starts only with that yes."
        ),
        window=window,
        method=f"Elapsed time, nights included; who never had a word waited longest. At most the latest {LATEST:,}.",
    )


def _without(first: FirstWord) -> str:
    many = first.decided - first.told
    return f"half had it by then, {many:,} had none" if first.median_minutes is not None else f"{many:,} had none"


def over_said(*, over: OverNow) -> str:
    """This function will say in a sentence which clocks are over at this moment, of recoveries of any age."""
    if not over.recoveries:
        return "No clock of an open recovery is over right now. Today counts steps that no clock times as well."
    words = {target: word.lower() for target, word in {**STEP_WORDS, "update": "Next word to the customer"}.items()}
    told = ", ".join(f"{words.get(one, one)} {count:,}" for one, count in sorted(over.clocks.items()))
    many = f"{over.recoveries:,} open recoveries are" if over.recoveries > 1 else "One open recovery is"
    return (
        f"Right now {many} over a clock that is not met yet ({told}). Those below count as not in time."
        " Today counts customers past any deadline: also of a step that no clock times."
    )


def held_said(*, held: HeldNow, now: datetime) -> str:
    """This function will say in a sentence who is held by an incident that nobody has decided; nothing if none is."""
    if held.since_at is None:
        return ""
    many = f"{held.failures:,} customers are" if held.failures > 1 else "One customer is"
    known = within((now - held.since_at).total_seconds() / 60)
    return (
        f"{many} held by what may be an incident, until somebody says yes or no on Today: we have known of the first"
        f" for {known}. Who has no recovery yet counts below only once that is said."
    )


def clocks_chart(*, clocks: Sequence[ClockKept], window: str) -> Chart | None:
    """This function will draw the shares kept by step, or nothing where no step has enough clocks."""
    points = tuple(
        Point(
            label=STEP_WORDS[clock.target],
            value=round(clock.share * 100, 1),
            text=percent(clock.share),
            note=of(clock.decided, "clock"),
        )
        for clock in clocks
        if clock.share is not None
    )
    if not points:
        return None
    return Chart(
        title="Clocks kept, by step",
        kind="bar",
        key="clocks",
        label_head="Step",
        series=(Series(name="Kept, %", points=points),),
        summary=f"{window}. {_least_kept(points, all_shown=len(points) == len(STEP_WORDS))}",
    )


def _least_kept(points: tuple[Point, ...], *, all_shown: bool) -> str:
    worst = min(points, key=lambda point: point.value)
    if worst.value == 100:
        shown = "Every step" if all_shown else f"{' and '.join(point.label for point in points)}"
        rest = "" if all_shown else f" The others have too few clocks to tell: each needs {ENOUGH}."
        return f"{shown}: kept every time.{rest}"
    return f"The step kept least often: {worst.label.lower()}, {worst.text}."


def found_figures(*, found: Found, window: str) -> tuple[Figure, ...]:
    """This function will make the figures of who knew first."""
    lead = found.median_lead_hours
    return (
        Figure(
            name="Found by us first",
            value=None if found.share is None else percent(found.share),
            of=of(found.contacts, "failure"),
            needs=needs(found.contacts, "failures that called for contact"),
            definition=(
                "The share of failures calling for contact that we knew of before the customer said anything,"
                " those who never wrote included."
            ),
            window=window,
            method="By when it happened; failures that evidence withdrew are left out.",
        ),
        Figure(
            name="Known before they wrote",
            value=None if found.share_of_those_who_wrote is None else percent(found.share_of_those_who_wrote),
            of=of(found.wrote, "customer who wrote", "customers who wrote"),
            note="" if lead is None else f"median: we knew {hours(lead)} they wrote",
            needs=needs(found.wrote, "failures of which the customer told us"),
            definition="Of the failures of which a customer told us, the share that we knew of already.",
            window=window,
            method="The median is over all who wrote: 0 where we learned it from them, after where they were first.",
        ),
    )


def gate_figures(*, failed: Failed, window: str) -> tuple[Figure, ...]:
    """This function will make the figures of what stayed quiet."""
    total = sum(one.count for one in failed.gated)
    quiet = failed.count("quiet")
    return (
        Figure(
            name="Stayed quiet",
            value=f"{quiet:,}" if total else None,
            of=of(total, "failure"),
            note=f"{percent(quiet / total)}" if total >= ENOUGH else "",
            needs="No failure happened in this time.",
            definition=(
                "Failures of which the customer heard nothing, because a needless apology costs more than silence."
                " What is owed is paid all the same."
            ),
            window=window,
            method="By when it happened; failures that evidence withdrew are left out.",
        ),
    )


def quiet_chart(*, gated: Sequence[Gated]) -> Chart | None:
    """This function will draw why failures stayed quiet, were looked at first or still wait."""
    points = tuple(
        Point(label=f"{GATE_WORDS[one.gate]}: {one.why}", value=one.count, text=f"{one.count:,}", note=one.rule)
        for one in gated
        if one.gate != "contact"
    )
    if not points:
        return None
    return Chart(
        title="Not contacted, and why",
        kind="bar",
        key="quiet",
        label_head="Decision and reason",
        series=(Series(name="Failures", points=points),),
        summary=f"{_not_contacted(gated)} Most often: {points[0].label.lower()}",
    )


def _not_contacted(gated: Sequence[Gated]) -> str:
    """How many of each decision the bars add up to."""
    said = (("quiet", "stayed quiet"), ("review", "looked at first"), ("waiting", "still waiting"))
    counts = {gate: sum(one.count for one in gated if one.gate == gate) for gate, _ in said}
    return ", ".join(f"{counts[gate]:,} {words}" for gate, words in said if counts[gate]) + "."


def broken_figure(
    *, settled: Promises, window: str, name: str = "Promises broken", quiet: int | None = None, by_due: bool = False
) -> Figure:
    """This function will make the figure of broken promises; `quiet` is how many failures stayed quiet.

    `by_due` says that they are counted by when they fall due, not by when they came to their end.
    """
    total = settled.kept + settled.broken
    return Figure(
        name=name,
        value=f"{settled.broken:,}" if total else None,
        of=of(total, "promise"),
        note=f"{quiet:,} quiet" if quiet is not None else percent(settled.broken / total) if total >= ENOUGH else "",
        needs="No promise came to its end in this time.",
        definition="Promises not kept when they fell due, of those kept or broken; released ones are left out.",
        window=window,
        method=f"By when the promise {'falls due' if by_due else 'was kept or broke'}."
        " What evidence showed to be kept in time counts as kept.",
    )


def given_figures(*, given: Sequence[Given], window: str, reader: Reader) -> tuple[Figure, ...]:
    """This function will make the figures of what make-goods cost: owed, fix and extra apart, by currency."""
    if not given:
        return tuple(
            Figure(
                name=name,
                value=None,
                of="of no make-good",
                needs="Nothing was delivered in this time.",
                definition=definition,
                window=window,
            )
            for _, name, definition in PARTS
        )
    return tuple(
        Figure(
            name=name if len(given) == 1 else f"{name}, {one.currency}",
            value=money(Money(minor=getattr(one, f"{part}_minor"), currency=one.currency), reader),
            of=of(one.makegoods, "make-good") + " delivered",
            definition=definition,
            window=window,
            method="What it cost us, by when it was delivered; what is only offered is not counted.",
        )
        for one in given
        for part, name, definition in PARTS
    )


def given_figure(*, given: Sequence[Given], window: str, reader: Reader, name: str, currency: str) -> Figure:
    """This function will make the one figure of what was given, in the organization's own currency."""
    own = next((one for one in given if one.currency == currency), None)
    others = [one.currency for one in given if one.currency != currency]

    def written(minor: int) -> str:
        return money(Money(minor=minor, currency=currency), reader)

    return Figure(
        name=name,
        value=written(own.floor_minor + own.fix_minor + own.extra_minor) if own else None,
        of=of(own.makegoods if own else 0, "make-good"),
        note=(
            f"owed {written(own.floor_minor)}, fix {written(own.fix_minor)}, extra {written(own.extra_minor)}"
            if own
            else ""
        ),
        needs="Nothing was delivered in this time.",
        definition="What delivered make-goods cost us: what was owed, what put it right, what went beyond."
        + (f" What was given in {', '.join(others)} is apart: see Insights." if others else ""),
        window=window,
        method="By when it was delivered; what is only offered is not counted.",
    )


def score_figures(*, scores: Scores, window: str) -> tuple[Figure, ...]:
    """This function will make the figures of the customers' scores and of the silence."""
    silent = scores.asked - scores.answered
    return (
        Figure(
            name="Recovery score",
            value=None if scores.mean is None else f"{scores.mean:.1f}",
            of="of 7",
            note=f"{scores.answered:,} answers"
            + (f", {percent(silent / scores.asked)} silent" if scores.asked >= ENOUGH else ""),
            needs=needs(scores.answered, "answers"),
            definition="The mean of customers' answers from 1 to 7. Silence is unknown: it is not in the mean.",
            window=window,
            method="By when the question was asked; one question for each delivery.",
        ),
        *(
            Figure(
                name=CARES_WORDS[tap.name],
                value=None if tap.mean is None else f"{tap.mean:.1f}",
                of=f"of 7, {tap.given:,} answers",
                needs=needs(tap.given, "answers"),
                definition=f"The mean rating of {tap.name}, of those who gave one.",
                window=window,
            )
            for tap in scores.cares
        ),
    )


def scores_chart(*, scores: Scores) -> Chart | None:
    """This function will draw how many gave each score."""
    if scores.mean is None:
        return None
    low, high = sum(scores.at[:3]), sum(scores.at[5:])
    return Chart(
        title="Scores given",
        kind="bar",
        key="scores",
        label_head="Score",
        series=(
            Series(
                name="Answers",
                points=tuple(
                    Point(label=str(score), value=count, text=f"{count:,}", note=percent(count / scores.answered))
                    for score, count in enumerate(scores.at, start=1)
                ),
            ),
        ),
        summary=f"{percent(low / scores.answered)} gave 1 to 3, {percent(high / scores.answered)} gave 6 or 7.",
    )


def spend_figure(*, changes: Sequence[SpendChange], window: str) -> Figure:
    """This function will make the figure of how many spend at least as much as before."""
    known = sum(change.known for change in changes)
    less = sum(change.less for change in changes)
    return Figure(
        name="Spending at least as much",
        value=percent(1 - less / known) if known >= ENOUGH else None,
        of=of(known, "scored recovery", "scored recoveries"),
        needs=needs(known, "scored recoveries with known spending"),
        definition="The share of customers who spent as much or more after a recovery that they scored, as before it.",
        window=window,
        method=SPEND_METHOD,
    )


def spend_chart(*, changes: Sequence[SpendChange]) -> Chart | None:
    """This function will draw who spent more and less by score, for the scores with enough customers."""
    drawn = [change for change in changes if change.known >= ENOUGH]
    if not drawn:
        return None
    few = [str(change.score) for change in changes if change.known < ENOUGH]

    def series(name: str, count: Callable[[SpendChange], int]) -> Series:
        return Series(
            name=name,
            points=tuple(
                Point(
                    label=str(change.score),
                    value=round(count(change) / change.known * 100, 1),
                    text=percent(count(change) / change.known),
                    note=of(change.known, "recovery", "recoveries"),
                )
                for change in drawn
            ),
        )

    return Chart(
        title="Spending afterwards, by score",
        kind="bar",
        key="spending",
        label_head="Score",
        series=(series("Spend more, %", lambda c: c.more), series("Spend less, %", lambda c: c.less)),
        summary=SPEND_METHOD + (f" Not enough data for a score of {', '.join(few)}." if few else ""),
    )


def cause_figure(*, causes: Sequence[CauseCount], window: str) -> Figure:
    """This function will make the figure of how many failures have a known cause."""
    total = sum(cause.failures for cause in causes)
    known = sum(cause.failures for cause in causes if cause.cause_id is not None)
    return Figure(
        name="Cause known",
        value=percent(known / total) if total >= ENOUGH else None,
        of=of(total, "failure"),
        needs=needs(total, "failures that called for contact or a look"),
        definition="The share of failures that called for contact or a look, of which the cause has been named.",
        window=window,
        method="By when it happened; failures that evidence withdrew are left out.",
    )


def causes_chart(*, causes: Sequence[CauseCount], cause_url: Callable[[int], str]) -> Chart | None:
    """This function will draw the known causes, the most frequent first, with their running share."""
    known = [(cause.cause_id, cause.name, cause.failures) for cause in causes if cause.cause_id is not None]
    total = sum(failures for _, _, failures in known)
    if total < ENOUGH:
        return None
    bars = [
        Point(label=name, value=failures, text=f"{failures:,}", url=cause_url(cause_id))
        for cause_id, name, failures in known[:PARETO_ROWS]
    ]
    if rest := sum(failures for _, _, failures in known[PARETO_ROWS:]):
        bars.append(Point(label="All others", value=rest, text=f"{rest:,}"))
    running, shares = 0.0, []
    for bar in bars:
        running += bar.value
        shares.append(Point(label=bar.label, value=round(running / total * 100, 1), text=percent(running / total)))
    unknown = sum(cause.failures for cause in causes if cause.cause_id is None)
    return Chart(
        title="Causes, the most frequent first",
        kind="pareto",
        key="causes",
        label_head="Cause",
        series=(Series(name="Failures", points=tuple(bars)), Series(name="Running share", points=tuple(shares))),
        summary=f"{bars[0].label} makes {percent(bars[0].value / total)} of {total:,} failures with a known cause."
        f" {unknown:,} more have none yet.",
    )
