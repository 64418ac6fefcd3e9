"""Which extra is tried: Thompson sampling within limits, its chances logged, some customers held out by lot.

Beliefs about each extra are Beta distributions: a prior and what became of those who got it. An extra is worth its
chance of bringing the customer back times what that is worth, less its cost. Thompson (1933): it is chosen as often as
it is believed to be the best. The shares are counted in `DRAWS` seeded draws of the beliefs, and the extra is then
drawn *by those very shares*: so the chance that is logged is exactly the one by which it was chosen, not an estimate of
it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

import attrs

from makegood.core.learning.priors import Prior
from makegood.core.reasons import Reason, because

NOTHING: Final = ""
"""The arm of who gets no extra: floor, fix and apology alone."""
DRAWS: Final = 200
LARGEST_HOLD_OUT: Final = 0.2
LARGEST_CHOICE: Final = 12
TRYING: Final = 0.1
"""The share spread evenly over everything allowed, so that no chance becomes 0. It shrinks as 1/sqrt(n): what it
costs grows like sqrt(n), while records stay usable for judging any other way of choosing."""
TRYING_HALVES_AFTER: Final = 300
"""After this many known outcomes it is half of that: sqrt(1 + 300/100) = 2."""


class UnableToChoose(ValueError):
    """An extra can't be drawn: an amount, a count, a share or an id is out of range."""


@attrs.frozen(kw_only=True)
class Seen:
    """How many who got an extra have a known outcome, and how many of these came back; unknown ones are not counted."""

    known: int = 0
    back: int = 0

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.back <= self.known:
            raise UnableToChoose(f"{self.back} of {self.known} can't have come back: count only known outcomes")


@attrs.frozen(kw_only=True)
class Extra:
    """One extra of the catalogue: its id, what it costs in minor units, and what became of those who got it."""

    id: str
    cost_minor: int
    seen: Seen = Seen()

    def __attrs_post_init__(self) -> None:
        if self.id == NOTHING:
            raise UnableToChoose("Give each extra an id: the empty one means that nothing extra is given")
        if self.cost_minor < 0:
            raise UnableToChoose(f"{self.id} can't cost less than nothing")


@attrs.frozen(kw_only=True)
class Choice:
    """What was drawn: the extra's id or NOTHING, whether by hold-out, and the chance of each arm, which add up to 1.

    `propensity` is the chance that the arm drawn had, by choice and hold-out together: what is logged beside it.
    """

    extra: str
    held_out: bool
    propensities: Mapping[str, float]
    reasons: tuple[Reason, ...]

    @property
    def propensity(self) -> float:
        """The chance by which this arm was drawn."""
        return self.propensities[self.extra]


def trying(*, known: int) -> float:
    """This function will give the share that is spread evenly over all allowed arms after so many known outcomes."""
    return TRYING / math.sqrt(1 + 3 * known / TRYING_HALVES_AFTER)


def _shares(
    *, arms: Mapping[str, tuple[int, Seen]], prior: Prior, worth_minor: int, random: Random
) -> dict[str, float]:
    """How often each arm is worth the most over draws of the beliefs. Equal worths (nothing to gain) share evenly."""
    best = dict.fromkeys(arms, 0.0)
    before, against = prior.mean * prior.weight, (1 - prior.mean) * prior.weight
    beliefs = [
        (name, cost, before + seen.back, against + seen.known - seen.back) for name, (cost, seen) in arms.items()
    ]
    for _ in range(DRAWS):
        worths = [(worth_minor * random.betavariate(alpha, beta) - cost, name) for name, cost, alpha, beta in beliefs]
        most = max(worth for worth, _ in worths)
        winners = [name for worth, name in worths if worth == most]
        for name in winners:
            best[name] += 1 / len(winners)
    return {name: won / DRAWS for name, won in best.items()}


def choose(
    *,
    extras: Sequence[Extra],
    nothing: Seen,
    at_most_minor: int,
    worth_minor: int,
    prior: Prior,
    hold_out: float,
    seed: str,
) -> Choice:
    """This function will draw one extra, or none, of those that cost at most `at_most_minor`, and log the chances.

    `at_most_minor` is what cap, member's limit and budget leave, `worth_minor` what a customer who comes back is worth
    (both in minor units of the extras' currency); `nothing` is what became of those who got no extra. `hold_out` is the
    share, 0 to 0.2, who get no extra by lot; 0 holds out nobody. The same `seed` with the same counts draws the same:
    for an incident it is the incident's, so that all of its customers get the same, and its one draw is kept. What
    costs more than allowed has chance 0. Nothing is always allowed. Raises UnableToChoose.
    """
    if not (math.isfinite(hold_out) and 0 <= hold_out <= LARGEST_HOLD_OUT):
        raise UnableToChoose(f"Hold out between 0 and {LARGEST_HOLD_OUT:.0%} of customers, not {hold_out}")
    if at_most_minor < 0 or worth_minor < 0:
        raise UnableToChoose("Give amounts of 0 or more: what an extra may cost, and what coming back is worth")
    if len(extras) > LARGEST_CHOICE:
        raise UnableToChoose(f"Give at most {LARGEST_CHOICE} extras to choose from, not {len(extras)}")
    if len({extra.id for extra in extras}) < len(extras):
        raise UnableToChoose("Give each extra once: two have the same id")
    arms = {NOTHING: (0, nothing)} | {
        extra.id: (extra.cost_minor, extra.seen) for extra in extras if extra.cost_minor <= at_most_minor
    }
    won = _shares(arms=arms, prior=prior, worth_minor=worth_minor, random=Random(f"{seed}:beliefs"))  # noqa: S311
    evenly = trying(known=sum(seen.known for _, seen in arms.values()))
    chances = {name: (1 - evenly) * share + evenly / len(arms) for name, share in won.items()}
    lot = Random(f"{seed}:lot")  # noqa: S311  a lot that can be drawn again by who checks it, not a secret
    held = lot.random() < hold_out
    drawn = NOTHING if held else lot.choices(list(chances), weights=list(chances.values()))[0]
    propensities = {extra.id: 0.0 for extra in extras}
    propensities |= {name: (1 - hold_out) * chance for name, chance in chances.items()}
    propensities[NOTHING] += hold_out
    return Choice(
        extra=drawn,
        held_out=held,
        propensities=propensities,
        reasons=(prior.reason, _why(held=held, hold_out=hold_out, chance=propensities[drawn], of=len(arms))),
    )


def _why(*, held: bool, hold_out: float, chance: float, of: int) -> Reason:
    if held:
        return because(
            "learning.held_out",
            f"Held out by lot, as {hold_out:.0%} of customers are, to see what extras change: "
            "what is owed, the fix and the apology are given all the same.",
            evidence="6.4",
        )
    return because("learning.drawn", f"Drawn among {of} that are within limits, with a chance of {chance:.1%}.")
