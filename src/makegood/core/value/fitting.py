"""Fitting the model to all customers of a business: maximum likelihood, and how surely by a bootstrap.

NumPy and SciPy are imported by the one who fits, not by those who only read what was fitted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from makegood.core.value.histories import History
from makegood.core.value.model import Buying, Drawn, Spending

CUSTOMERS_LEAST: Final = 200
RETURNED_LEAST: Final = 50
WEEKS_LEAST: Final = 26.0
"""Fewer customers, fewer of them who bought again, or a shorter past, and intervals missed the truth too often."""
DRAWS: Final = 60
"""Refits of as many resampled customers, each a set of parameters that the truth might as well be."""
SEED: Final = 2005
LOW, HIGH = -7.0, 7.0
"""Bounds of the logarithm of every parameter: beyond them nothing that can be seen changes."""

EXACTLY, NEARLY = 1e-13, 1e-9
"""When a fit has ended: as the mean log-likelihood gains no more than this. A refit need not be as exact."""

Array = Any


class UnableToFit(ValueError):
    """There is too little to learn from yet."""


@attrs.frozen(kw_only=True, slots=True)
class Fit:
    """What all customers taught: the likeliest parameters, `draws` of what they might as well be, and from how much.

    `weeks` is the age of the oldest customer: how long the past is. `log_likelihood` is of the buying, over all.
    """

    best: Drawn
    draws: tuple[Drawn, ...]
    customers: int
    returned: int
    weeks: float
    log_likelihood: float


def fit(*, pasts: Sequence[History], draws: int = DRAWS, seed: int = SEED) -> Fit:
    """This function will fit BG/NBD and gamma-gamma to all customers' histories by maximum likelihood.

    Each of `draws` refits resampled customers (a bootstrap, seeded): their spread is what the parameters' doubt is.
    Raises UnableToFit where there is too little to learn from, saying what and how much is needed.
    """
    returned = sum(one.repeats > 0 for one in pasts)
    weeks = max((one.age for one in pasts), default=0.0)
    _enough(customers=len(pasts), returned=returned, weeks=weeks)
    import numpy as np

    seen, weights = _counted([(one.repeats, one.last, one.age) for one in pasts])
    paid, shares = _counted([(one.paid, one.average) for one in pasts if one.paid])
    if shares.sum() < RETURNED_LEAST:
        raise UnableToFit(
            f"Only {int(shares.sum())} customers bought again for more than nothing; {RETURNED_LEAST} are needed"
        )
    level = float(np.average(paid[:, 1], weights=shares))
    begin = np.log([0.5, max(float(seen[:, 2].mean()), 0.1), 1.0, 2.0])
    likeliest, least = _minimised(_buying_loss, begin, seen, weights)
    paying, _ = _minimised(_spending_loss, np.log([2.0, 3.0, 2.0]), paid / (1, level), shares)
    chance = np.random.default_rng(seed)
    drawn = []
    for _ in range(draws):
        again = chance.multinomial(int(weights.sum()), weights / weights.sum())
        money = chance.multinomial(int(shares.sum()), shares / shares.sum())
        one, _ = _minimised(_buying_loss, likeliest, seen[again > 0], again[again > 0], NEARLY)
        other, _ = _minimised(_spending_loss, paying, paid[money > 0] / (1, level), money[money > 0], NEARLY)
        drawn.append(_drawn(one, other, level))
    return Fit(
        best=_drawn(likeliest, paying, level),
        draws=tuple(drawn),
        customers=len(pasts),
        returned=returned,
        weeks=weeks,
        log_likelihood=-least * len(pasts),
    )


def _enough(*, customers: int, returned: int, weeks: float) -> None:
    if customers < CUSTOMERS_LEAST:
        raise UnableToFit(f"{customers} customers have bought so far; {CUSTOMERS_LEAST} are needed")
    if returned < RETURNED_LEAST:
        raise UnableToFit(f"{returned} customers have bought again so far; {RETURNED_LEAST} are needed")
    if weeks < WEEKS_LEAST:
        raise UnableToFit(f"The first purchase is {int(weeks)} weeks ago; {WEEKS_LEAST:.0f} weeks are needed")


def _drawn(buying: Array, spending: Array, level: float) -> Drawn:
    import numpy as np

    (r, alpha, a, b), (p, q, v) = np.exp(buying).tolist(), np.exp(spending).tolist()
    return Drawn(buying=Buying(r=r, alpha=alpha, a=a, b=b), spending=Spending(p=p, q=1 + q, v=v * level))


def _counted(rows: Sequence[tuple[float, ...]]) -> tuple[Array, Array]:
    """Different rows, in order, and how many customers each is of."""
    import numpy as np

    counted = sorted(Counter(rows).items())
    return np.array([row for row, _ in counted], dtype=float), np.array([count for _, count in counted], dtype=float)


def _minimised(
    loss: Callable[..., tuple[float, Array]], begin: Array, rows: Array, weights: Array, exactly: float = EXACTLY
) -> tuple[Array, float]:
    import numpy as np
    from scipy.optimize import minimize

    # L-BFGS-B ends where this does, but its tiny matrices wake all threads of BLAS: twelve times the processor's time.
    found = minimize(
        loss,
        begin,
        args=(rows, weights / weights.sum(), np.arange(rows[:, 0].max() + 1)),
        jac=True,
        method="SLSQP",
        bounds=[(LOW, HIGH)] * len(begin),
        options={"ftol": exactly, "maxiter": 300},
    )
    return found.x, float(found.fun)


def _buying_loss(logs: Array, rows: Array, weights: Array, numbers: Array) -> tuple[float, Array]:
    """The mean negative log-likelihood of BG/NBD (see `model.log_likelihood`), and its slope in the logarithms.

    `numbers` are those from 0 to the most repeats: what depends on these alone is worked out once for each.
    """
    import numpy as np
    from scipy.special import digamma, gammaln

    r, alpha, a, b = np.exp(logs)
    x, last, age = rows.T
    times, again = x.astype(int), x > 0
    bought, stayed, whole = gammaln(r + numbers), gammaln(b + numbers), gammaln(a + b + numbers)
    common = (bought - bought[0] + stayed - stayed[0] - whole + whole[0] + r * np.log(alpha))[times]
    until, since = np.log(alpha + age), np.log(alpha + last)
    behind = np.where(again, b + x - 1, 1.0)
    stays = -(r + x) * until
    leaves = np.where(again, np.log(a / behind) - (r + x) * since, -np.inf)
    both = np.logaddexp(stays, leaves)
    gone = np.exp(leaves - both)
    of_r, of_b, of_whole = (digamma(one + numbers) - digamma(one) for one in (r, b, a + b))
    slopes = np.array(
        [
            r * (of_r[times] + np.log(alpha) - (1 - gone) * until - gone * since),
            r - alpha * (r + x) * ((1 - gone) / (alpha + age) + gone / (alpha + last)),
            gone - a * of_whole[times],
            b * ((of_b - of_whole)[times] - gone / behind),
        ]
    )
    return -float((weights * (common + both)).sum()), -(slopes * weights).sum(axis=1)


def _spending_loss(logs: Array, rows: Array, weights: Array, numbers: Array) -> tuple[float, Array]:
    """The mean negative log-likelihood of gamma-gamma, of p, q - 1 and v, and its slope in their logarithms.

    `numbers` are those from 0 to the most purchases. q stays above 1, so that what customers spend has a mean.
    """
    import numpy as np
    from scipy.special import digamma, gammaln

    p, over, v = np.exp(logs)
    x, mean = rows.T
    times, some = x.astype(int), np.maximum(numbers, 1)
    q = 1 + over
    total = v + mean * x
    likely = (gammaln(p * some + q) - gammaln(p * some))[times] - gammaln(q) + q * np.log(v)
    likely += (p * x - 1) * np.log(mean) + p * x * np.log(x) - (p * x + q) * np.log(total)
    both = digamma(p * some + q)
    of_p, of_q = (both - digamma(p * some))[times], (both - digamma(q))[times]
    slopes = np.array(
        [
            p * x * (of_p + np.log(mean) + np.log(x) - np.log(total)),
            over * (of_q + np.log(v) - np.log(total)),
            q - v * (p * x + q) / total,
        ]
    )
    return -float((weights * likely).sum()), -(slopes * weights).sum(axis=1)
