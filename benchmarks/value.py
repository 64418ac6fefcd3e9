"""Customer value on all of CDNOW: fit 39 weeks, foresee the next 39; and the same on a world whose truth is known.

The parameters are compared with lifetimes, where that is installed (else with what its release 0.11.3 gave on this file
on 23 November 2026), and with a second maximum by another route: the likelihood as the model tells it, integrated
numerically over customers' rates and chances of leaving, climbed without slopes.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from statistics import fmean
from typing import Any

from benchmarks.ground import DATA, Stopwatch, say
from benchmarks.value_world import TRUTH, customers
from makegood.core.value.fitting import Fit, fit
from makegood.core.value.foreseen import foresee
from makegood.core.value.histories import Bought, History, history
from makegood.core.value.model import expected_purchases

FILE = DATA / "cdnow_purchases.txt.gz"
WEEKS = 39
UNTIL = date(1997, 9, 30)
LIFETIMES = {"r": 0.2516240114, "alpha": 4.7889451703, "a": 0.7234330357, "b": 2.1610869814}
PLAIN_ERROR, LEAST_CLOSE = -0.14, 0.65
NODES = 96
DRAWN = 3000


def purchases() -> dict[str, list[Bought]]:
    """Read every customer's purchases, in cents."""
    found = defaultdict(list)
    with gzip.open(FILE, "rt") as lines:
        for line in lines:
            who, *rest = line.split() or [""]
            if who.isdigit():
                on = datetime.strptime(rest[0], "%Y%m%d").date()  # noqa: DTZ007  a day, of no zone
                found[who].append(Bought(on=on, minor=round(100 * float(rest[2]))))
    return found


def by_lifetimes(pasts: Sequence[History]) -> tuple[str, dict[str, float]]:
    """Ask the independent implementation, or remember what it said."""
    try:
        from lifetimes import BetaGeoFitter
    except ImportError:
        return "lifetimes 0.11.3, as recorded", LIFETIMES
    model = BetaGeoFitter()
    model.fit([p.repeats for p in pasts], [p.last for p in pasts], [p.age for p in pasts])
    return "lifetimes, just now", {name: float(value) for name, value in model.params_.items()}


def integrated(pasts: Sequence[History]) -> Callable[[Any], float]:
    """Return the mean negative log-likelihood of the logarithms of r, alpha, a and b, over these customers.

    It is integrated by Gauss-Laguerre over rates of buying and by Gauss-Jacobi over chances of leaving.
    """
    import numpy as np
    from scipy.special import betaln, gammaln, roots_genlaguerre, roots_jacobi

    counted: dict[tuple[int, float, float], int] = defaultdict(int)
    for one in pasts:
        counted[one.repeats, one.last, one.age] += 1
    x, last, age = np.array(list(counted)).T
    times, weights = x.astype(int), np.array(list(counted.values()), dtype=float)

    def loss(logs: Any) -> float:
        r, alpha, a, b = np.exp(logs)
        points, shares = roots_genlaguerre(NODES, r - 1)
        rates, shares = points / alpha, np.log(shares) - gammaln(r)
        spots, parts = roots_jacobi(NODES, b - 1, a - 1)  # of 1 + leaving * 2: (1 - leaving)^(b-1) leaving^(a-1)
        leaving, parts = (1 + spots) / 2, parts / np.exp((a + b - 1) * np.log(2) + betaln(a, b))
        number = np.arange(times.max() + 1)[:, None]
        stay = ((1 - leaving) ** number) @ parts
        leave = (leaving * (1 - leaving) ** np.maximum(number - 1, 0)) @ parts
        buying = shares + x[:, None] * np.log(rates)
        still = np.exp(buying - age[:, None] * rates).sum(axis=1) * stay[times]
        gone = np.exp(buying - last[:, None] * rates).sum(axis=1) * leave[times] * (times > 0)
        return -float(weights @ np.log(still + gone)) / weights.sum()

    return loss


def by_integration(pasts: Sequence[History]) -> dict[str, float]:
    """Climb the integrated likelihood without slopes."""
    import numpy as np
    from scipy.optimize import minimize

    begin = np.log([0.5, 8.0, 1.0, 3.0])
    found = minimize(
        integrated(pasts), begin, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-10, "maxiter": 900}
    )
    return dict(zip(("r", "alpha", "a", "b"), np.exp(found.x).tolist(), strict=True))


def _compared(name: str, ours: Fit, theirs: Mapping[str, float]) -> bool:
    worst = max(abs(getattr(ours.best.buying, one) / value - 1) for one, value in theirs.items())
    said = ", ".join(f"{one} {value:.4f}" for one, value in theirs.items())
    say(f"parameters against {name}", f"{said}; at most {worst:.4%} apart", "within 1 %", worst <= 0.01)
    return worst <= 0.01


def correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Pearson's."""
    import numpy as np

    return float(np.corrcoef(one, other)[0, 1])


def _covered(name: str, held: Sequence[tuple[float, float, float]]) -> None:
    """Say how often what was spent lay in its interval: `held` are spent, low and high."""
    inside = fmean(low - 0.5 <= spent <= high + 0.5 for spent, low, high in held)
    above = fmean(spent > high + 0.5 for spent, _, high in held)
    say(f"{name}: spent within the 80 % interval", f"{inside:.1%} of {len(held)}; above it {above:.1%} (10 % foreseen)")


def cdnow(*, whole: bool) -> bool:
    """Fit all of CDNOW and look ahead; `whole` with the second route and each customer's interval."""
    bought = purchases()
    pasts = {who: past for who, one in bought.items() if (past := history(bought=one, until=UNTIL))}
    watch = Stopwatch()
    exact = fit(pasts=list(pasts.values()), draws=0)
    took = watch.seconds
    ours = exact.best.buying
    say(
        f"CDNOW, {len(pasts):,} customers",
        f"r {ours.r:.4f}, alpha {ours.alpha:.4f}, a {ours.a:.4f}, b {ours.b:.4f},"
        f" log-likelihood {exact.log_likelihood:,.1f}, in {took:.1f} s",
    )
    name, theirs = by_lifetimes(list(pasts.values()))
    well = [_compared(name, exact, theirs)]
    end = UNTIL + timedelta(weeks=WEEKS)
    real = [len({one.on for one in bought[who] if UNTIL < one.on <= end}) for who in pasts]
    bare = [History(repeats=past.repeats, last=past.last, age=past.age) for past in pasts.values()]
    once = {past: expected_purchases(buying=ours, past=past, weeks=WEEKS) for past in set(bare)}
    told = [once[past] for past in bare]
    close, error = correlation(real, told), sum(told) / sum(real) - 1
    well += [close >= LEAST_CLOSE, round(error, 2) >= PLAIN_ERROR]
    say(
        "purchases of each, foreseen against made: correlation",
        f"{close:.3f}",
        f"at least {LEAST_CLOSE}",
        close >= LEAST_CLOSE,
    )
    line = f"{sum(told):,.0f} foreseen, {sum(real):,} made: {error:+.1%}"
    say("purchases of all", line, "plain BG/NBD's, about -14 %", round(error, 2) >= PLAIN_ERROR)
    if whole:
        well.append(_compared("integration", exact, by_integration(list(pasts.values()))))
        _intervals(bought, pasts, end)
    return all(well)


def _intervals(bought: Mapping[str, Sequence[Bought]], pasts: Mapping[str, History], end: date) -> None:
    watch = Stopwatch()
    found = fit(pasts=list(pasts.values()))
    say("fit with its bootstrap", f"{watch.seconds:.1f} s, {len(found.draws)} refits")
    some = Random(2005).sample(sorted(pasts), DRAWN)
    watch = Stopwatch()
    seen = {who: foresee(fit=found, past=pasts[who], weeks=WEEKS) for who in some}
    say("one customer's value with interval", f"{1000 * watch.seconds / DRAWN:.1f} ms")
    held = {who: sum(one.minor for one in bought[who] if UNTIL < one.on <= end) for who in some}
    for title, chosen in (
        ("all", some),
        ("bought once", [who for who in some if not pasts[who].repeats]),
        ("bought again", [who for who in some if pasts[who].repeats]),
    ):
        _covered(f"CDNOW, {title}", [(held[who], seen[who].low_minor, seen[who].high_minor) for who in chosen])
    error = sum(one.minor for one in seen.values()) / sum(held.values()) - 1
    close = correlation(list(held.values()), [one.minor for one in seen.values()])
    say("money of these", f"{error:+.1%}, correlation of each {close:.3f}")


def known(*, count: int, weeks: float, seed: int = 1, draws: int = 20) -> list[tuple[float, float, float]]:
    """Foresee customers of a world whose parameters are known; return what each spent with their interval."""
    lived = customers(count=count, weeks=weeks, after=weeks, seed=seed)
    found = fit(pasts=[one.past for one in lived], draws=draws)
    told = [(one, foresee(fit=found, past=one.past, weeks=weeks)) for one in lived[:400]]
    return [(one.spent, seen.low_minor, seen.high_minor) for one, seen in told]


def main(arguments: Sequence[str]) -> int:
    """Measure on the real customers where they are, and on a known world."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args(arguments)
    say("the known world", f"{TRUTH.buying}, {TRUTH.spending}")
    for count, weeks in ((200, 26.0), (3000, 39.0)):
        _covered(f"{count} customers of {weeks:.0f} weeks", known(count=count, weeks=weeks))
    if not FILE.exists():
        print(f"CDNOW: left out, {FILE} is not here (set MAKEGOOD_DATA)")
        return 0
    return 0 if cdnow(whole=True) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
