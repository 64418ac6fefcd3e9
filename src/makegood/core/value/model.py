"""BG/NBD with gamma-gamma: how likely a customer still buys, how often they will, and how much for.

BG/NBD: Fader, Hardie & Lee 2005, "Counting your customers the easy way: an alternative to the Pareto/NBD model",
Marketing Science 24(2). While alive a customer buys at random at a rate of their own, which differs over customers by a
gamma(r, alpha); after each purchase they leave with a chance of their own, which differs by a beta(a, b).
Gamma-gamma: Fader, Hardie & Lee 2005, "RFM and CLV", Journal of Marketing Research 42(4): what a purchase costs varies
about a mean of the customer's own, which differs over customers and says nothing of how often they buy.
Times are in weeks, money in minor units.
"""

from __future__ import annotations

import math
from typing import Final

import attrs

from makegood.core.value.histories import History

STEPS: Final = 16
"""Into how many steps Simpson's rule cuts the time ahead."""
SERIES_MOST: Final = 100_000
SERIES_EXACT: Final = 1e-10
HUGE: Final = 1e200


class UnableToForesee(ValueError):
    """Parameters are above zero, a horizon is 0 weeks or more, and nobody buys again later than they are old."""


def _positive(_: object, __: object, value: float) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise UnableToForesee(UnableToForesee.__doc__)


@attrs.frozen(kw_only=True, slots=True)
class Buying:
    """The parameters of BG/NBD: rates of buying by gamma(r, alpha), in weeks; chances of leaving by beta(a, b)."""

    r: float = attrs.field(validator=_positive)
    alpha: float = attrs.field(validator=_positive)
    a: float = attrs.field(validator=_positive)
    b: float = attrs.field(validator=_positive)


@attrs.frozen(kw_only=True, slots=True)
class Spending:
    """The parameters of gamma-gamma: a purchase by gamma(p, rate), its rate over customers by gamma(q, v)."""

    p: float = attrs.field(validator=_positive)
    q: float = attrs.field(validator=_positive)
    v: float = attrs.field(validator=_positive)


@attrs.frozen(kw_only=True, slots=True)
class Drawn:
    """One set of parameters."""

    buying: Buying
    spending: Spending


def _checked(past: History) -> None:
    if past.repeats < 0 or not 0 <= past.last <= past.age or (past.repeats > 0) != (past.last > 0):
        raise UnableToForesee(UnableToForesee.__doc__)


def log_likelihood(*, buying: Buying, past: History) -> float:
    """This function will return the log-likelihood of one customer's history (Fader, Hardie & Lee 2005, eq. 6)."""
    _checked(past)
    r, alpha, a, b, x = buying.r, buying.alpha, buying.a, buying.b, past.repeats
    common = math.lgamma(r + x) - math.lgamma(r) + r * math.log(alpha)
    common += math.lgamma(b + x) - math.lgamma(a + b + x) - math.lgamma(b) + math.lgamma(a + b)
    stays = -(r + x) * math.log(alpha + past.age)
    if x == 0:
        return common + stays
    leaves = math.log(a / (b + x - 1)) - (r + x) * math.log(alpha + past.last)
    most = max(stays, leaves)
    return common + most + math.log(math.exp(stays - most) + math.exp(leaves - most))


def p_alive(*, buying: Buying, past: History) -> float:
    """This function will return the chance that a customer still buys here, by their history.

    Who never bought again cannot have left by this model, which lets them leave only after buying again: for them it
    is 1, and says nothing (Fader, Hardie & Lee 2005; the formula is in their note of 2008 on computing P(alive)).
    """
    _checked(past)
    if past.repeats == 0:
        return 1.0
    longer = math.log((buying.alpha + past.age) / (buying.alpha + past.last))
    odds = math.log(buying.a / (buying.b + past.repeats - 1)) + (buying.r + past.repeats) * longer
    return 1.0 / (1.0 + math.exp(odds)) if odds < 700 else 0.0


def expected_purchases(*, buying: Buying, past: History, weeks: float) -> float:
    """This function will return how many purchases (days with any) to expect in the next `weeks`.

    It is eq. 10 of Fader, Hardie & Lee 2005 as the integral that it comes from: of the rate at which they are expected
    to buy at each moment ahead. The equation itself has gaps (at a = 1) and loses its figures near them; every term
    here is positive.
    """
    if not 0 <= weeks < math.inf:
        raise UnableToForesee(UnableToForesee.__doc__)
    often, begun = buying.r + past.repeats, buying.alpha + past.age
    longest = math.log1p(weeks / begun)
    total = 0.0
    for n in range(STEPS + 1):
        ahead = longest * n / STEPS
        share = 1 if n in (0, STEPS) else 2 + 2 * (n % 2)
        total += share * math.exp(ahead + _log_still(buying, past.repeats, ahead))
    return p_alive(buying=buying, past=past) * often * total * longest / STEPS / 3


def _log_still(buying: Buying, repeats: int, ahead: float) -> float:
    """How much of today's rate is left, in logarithms, after a time by which the past becomes e^ahead times as long.

    It is Gauss's hypergeometric function of r + x + 1, a; a + b + x and less than 0, by Pfaff's transformation.
    """
    often, below = buying.r + repeats + 1, buying.a + buying.b + repeats
    stays = buying.b + repeats
    at = -math.expm1(-ahead)
    scale, term, total = -often * ahead, 1.0, 1.0
    for n in range(SERIES_MOST):
        step = (often + n) * (stays + n) / ((below + n) * (n + 1)) * at
        term *= step
        total += term
        if step < 1 and term <= SERIES_EXACT * total * (1 - step):
            break
        if total > HUGE:
            scale, term, total = scale + math.log(HUGE), term / HUGE, total / HUGE
    return scale + math.log(total)


def expected_average(*, spending: Spending, past: History) -> float:
    """This function will return what a day's purchase will cost on average, in minor units.

    It lies between the customer's own average and everybody's, nearer to their own the more often they paid (Fader,
    Hardie & Lee 2005, "RFM and CLV"). Raises UnableToForesee where the fit has no mean (q of 1 or less).
    """
    below = spending.p * past.paid + spending.q - 1
    if spending.q <= 1:
        raise UnableToForesee("What customers spend varies so much that it has no mean: gather more purchases")
    return (spending.v + past.paid * past.average) * spending.p / below
