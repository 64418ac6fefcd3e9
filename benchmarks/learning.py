"""Learning from extras: what a learned policy gains, what it claims without reason, regret, coverage and fairness.

`python -m benchmarks learning [--runs N]`. Real records: a retailer's mail, its arms given by lot (hillstrom.csv.gz beside
the project); all else in worlds where the truth is known (`learning_worlds`), with seeds. Work is done in two processes.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import random
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import pairwise, product
from multiprocessing import get_context
from time import process_time

import numpy as np

from benchmarks.ground import DATA, Stopwatch, percentile, say
from benchmarks.learning_worlds import HETEROGENEOUS, HOMOGENEOUS, World, draw
from makegood.core.learning.estimates import Estimate, Method, estimate
from makegood.core.learning.exploring import LARGEST_CHOICE, NOTHING, Choice, Extra, Seen, choose
from makegood.core.learning.fairness import Offer, compare
from makegood.core.learning.models import Basis, Coded, Ridge, expectations, scores_by
from makegood.core.learning.policies import Proposal, propose
from makegood.core.learning.priors import BIG_LOSS
from makegood.core.learning.records import Floats, Records, constant, from_lists

HILLSTROM = DATA / "hillstrom.csv.gz"
HILLSTROM_ARMS = ("No E-Mail", "Mens E-Mail", "Womens E-Mail")
METHODS: tuple[Method, ...] = ("ips", "self_normalised", "doubly_robust")
ENOUGH = 16_000
"""Records with which a policy must gain what it can; with fewer it often says that nothing is shown yet."""
HORIZONS = (500, 1000, 2000, 4000, 8000)
BACK = {NOTHING: 0.45, "note": 0.50, "voucher": 0.65, "upgrade": 0.58}
COSTS = {"note": 100, "voucher": 500, "upgrade": 900}
WORTH = 6000
GROWTH = 1.75
"""A doubled horizon may make regret grow by at most this: 2 is linear, 1.41 is the square root."""


def hillstrom(*, outcome: str, columns: Sequence[str] = ("history", "channel", "newbie")) -> Records:
    """The retailer's records: three arms by even lot, so each had a chance of a third."""
    with gzip.open(HILLSTROM, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = {"history", "newbie", "recency", "mens", "womens"}
    return Records(
        arms=HILLSTROM_ARMS,
        contexts={
            name: np.array([float(row[name]) if name in numbers else row[name] for row in rows]) for name in columns
        },
        chosen=np.array([HILLSTROM_ARMS.index(row["treatment"]) for row in rows]),
        propensities=np.full((len(rows), len(HILLSTROM_ARMS)), 1 / len(HILLSTROM_ARMS)),
        outcomes=np.array([float(row[outcome]) for row in rows]),
        units=np.arange(len(rows)),
    )


def plain_ridge(*, records: Records, seed: int) -> Estimate:
    """What giving everybody the arm that a plain ridge for each arm expects most of gains on the half it did not see."""
    learning, testing = (records.take(part) for part in records.parts(count=2, seed=seed))
    basis = Basis.made_of(learning.contexts)
    known, asked = basis.of(learning.contexts), basis.of(testing.contexts)
    given = [learning.chosen == arm for arm in range(len(records.arms))]
    expected = np.column_stack([Ridge.of(known[rows], learning.outcomes[rows]).line(1.0).of(asked) for rows in given])
    way = np.eye(len(records.arms))[expected.argmax(axis=1)]
    best = int(np.argmax([learning.outcomes[rows].mean() for rows in given]))
    scores = scores_by(expectations(Coded.of(learning, basis)), Coded.of(testing, basis))
    return estimate(records=testing, policy=way, against=constant(records=testing, arm=best), scores=scores)


def real_proposal(job: tuple[str, tuple[str, ...]]) -> Proposal:
    """Propose from the retailer's records, 20 splits."""
    outcome, columns = job
    return propose(records=hillstrom(outcome=outcome, columns=columns), seed=2008)


def real(pool: ProcessPoolExecutor) -> None:
    """Print what the retailer's records show of a learned policy, and of a plain ridge."""
    if not HILLSTROM.is_file():
        say("learning, hillstrom", f"left out, {HILLSTROM} is not here (set MAKEGOOD_DATA)")
        return
    asked, more = ("history", "channel", "newbie"), ("history", "channel", "newbie", "mens", "womens", "recency")
    jobs = [("visit", asked), ("conversion", asked), ("spend", asked), ("visit", more)]
    for (outcome, columns), found in zip(jobs, pool.map(real_proposal, jobs), strict=True):
        name = f"learning, hillstrom, {outcome} by {', '.join(columns)}"
        gain, contain = found.gain, sum(one.low <= 0 <= one.high for one in found.splits)
        say(
            name,
            f"{gain.value:+.5f} over the best arm ({found.best}), 95 % interval {gain.low:+.5f} to {gain.high:+.5f} over "
            f"{len(found.splits)} splits, {contain} of which contain 0: {'shown' if found.shown else 'not shown'}",
            "not shown where the interval contains 0",
            found.shown == (gain.low > 0),
        )
        print(f"    {found.said}")
    ridges = [plain_ridge(records=hillstrom(outcome="visit"), seed=seed) for seed in range(20)]
    middle = percentile([one.value for one in ridges], 0.5)
    say("learning, hillstrom, a plain ridge on visits", f"{middle:+.5f} over the best arm, the median of 20 splits")


def one_world(job: tuple[World, int, int]) -> tuple[bool, float, float]:
    """Propose in one draw of a world: whether a gain was claimed, what it truly is (0 if not claimed), what is possible."""
    world, rows, seed = job
    proposal = propose(records=draw(world=world, rows=rows, seed=seed).records, seed=seed)
    fresh = draw(world=world, rows=50_000, seed=seed + 1_000_000)
    if proposal.policy is None:
        return False, 0.0, fresh.possible
    return True, fresh.value(proposal.policy.choose(fresh.records.contexts)) - fresh.best_for_all, fresh.possible


def worlds(pool: ProcessPoolExecutor, *, runs: int) -> None:
    """Print what learned policies gain where there is something to gain, and claim where there is nothing."""
    for world, (rows, few) in product(HETEROGENEOUS, ((4_000, max(10, runs // 10)), (ENOUGH, max(10, runs // 20)))):
        found = list(pool.map(one_world, [(world, rows, seed) for seed in range(few)]))
        share = sum(one[1] for one in found) / sum(one[2] for one in found)
        say(
            f"learning, world {world}, {rows:,} records",
            f"{share:.0%} of what is possible gained, claimed in {sum(one[0] for one in found)} of {few} runs",
            *(("at least 80 %", share >= 0.8) if rows == ENOUGH else ()),
        )
    for world in HOMOGENEOUS:
        found = list(pool.map(one_world, [(world, 2000, seed) for seed in range(runs)]))
        claimed = sum(one[0] for one in found)
        say(
            f"learning, world {world}, 2,000 records",
            f"a gain claimed in {claimed} of {runs} runs",
            "at most 5 %",
            claimed <= 0.05 * runs,
        )


def covered(job: tuple[int, str, Floats]) -> tuple[bool, ...]:
    """Whether each method's interval holds the truth of a fixed policy's value, and of its difference to one arm."""
    seed, logged, truths = job
    if logged == "by Thompson sampling":
        records = explored(rows=1000, seed=seed)
        way = np.tile([0.2, 0.1, 0.2, 0.5], (len(records), 1))
    else:
        records = draw(
            world="by channel", rows=1500, seed=seed, logged="evenly" if logged == "evenly" else "by context"
        ).records
        way = by_channel(records)
    against = constant(records=records, arm=0)
    found = []
    for method in METHODS:
        value = estimate(records=records, policy=way, method=method, seed=seed)
        apart = estimate(records=records, policy=way, against=against, method=method, seed=seed)
        found += [value.low <= truths[0] <= value.high, apart.low <= truths[1] <= apart.high]
    return tuple(found)


def by_channel(records: Records) -> Floats:
    """A fixed way of choosing: a voucher on the web, a note by phone, mostly."""
    channel = records.contexts["channel"]
    way = np.full((len(records), 3), 0.1)
    way[np.arange(len(records)), np.where(channel == "web", 2, np.where(channel == "phone", 1, 0))] = 0.8
    return way


def coverage(pool: ProcessPoolExecutor, *, runs: int) -> None:
    """Print how often 95 % intervals hold the truth, by how the chances came about."""
    large = draw(world="by channel", rows=1_000_000, seed=99)
    fixed = np.array([large.value(by_channel(large.records)), large.truth[:, 0].mean()])
    shares = np.array([BACK[arm] for arm in sorted(BACK)])
    mixed = float(shares @ np.array([0.2, 0.1, 0.2, 0.5]))
    for logged in ("evenly", "by context", "by Thompson sampling"):
        truths = (
            np.array([mixed, mixed - shares[0]]) if "Thompson" in logged else np.array([fixed[0], fixed[0] - fixed[1]])
        )
        held = np.array(list(pool.map(covered, [(seed, logged, truths) for seed in range(runs)], chunksize=10)))
        allowed = 3.3 * (0.95 * 0.05 / runs) ** 0.5
        for place, method in enumerate(METHODS):
            value, apart = held[:, 2 * place].mean(), held[:, 2 * place + 1].mean()
            say(
                f"learning, chances {logged}, {method.replace('_', ' ')}",
                f"{value:.1%} of intervals hold the value, {apart:.1%} the difference ({runs} runs)",
                f"95 %, less what {runs} runs may be off by luck ({allowed:.1%})",
                min(value, apart) >= 0.95 - allowed,
            )


def lived(*, rounds: int, seed: int) -> tuple[list[Choice], list[bool], list[float]]:
    """Choose one after the other, each outcome known before the next; give also each choice's regret in minor units."""
    chance, seen = random.Random(seed), {arm: [0, 0] for arm in BACK}
    worth = {arm: WORTH * back - COSTS.get(arm, 0) for arm, back in BACK.items()}
    choices, backs, regrets = [], [], []
    for number in range(rounds):
        choice = choose(
            extras=[
                Extra(id=arm, cost_minor=cost, seen=Seen(known=seen[arm][0], back=seen[arm][1]))
                for arm, cost in COSTS.items()
            ],
            nothing=Seen(known=seen[NOTHING][0], back=seen[NOTHING][1]),
            at_most_minor=1000,
            worth_minor=WORTH,
            prior=BIG_LOSS,
            hold_out=0.0,
            seed=f"{seed}:{number}",
        )
        back = chance.random() < BACK[choice.extra]
        seen[choice.extra][0] += 1
        seen[choice.extra][1] += back
        choices.append(choice)
        backs.append(back)
        regrets.append(max(worth.values()) - worth[choice.extra])
    return choices, backs, regrets


def explored(*, rows: int, seed: int) -> Records:
    """Records of Thompson sampling, whose chances depend on all outcomes before."""
    choices, backs, _ = lived(rounds=rows, seed=seed)
    return from_lists(
        contexts=[{"group": "all"}] * rows,
        given=[choice.extra for choice in choices],
        propensities=[choice.propensities for choice in choices],
        outcomes=[float(back) for back in backs],
        units=[str(number) for number in range(rows)],
    )


def regret(seed: int) -> list[float]:
    """Regret up to each horizon, of one run."""
    _, _, regrets = lived(rounds=HORIZONS[-1], seed=seed)
    return [sum(regrets[:horizon]) for horizon in HORIZONS]


def horizons(pool: ProcessPoolExecutor, *, runs: int) -> None:
    """Print regret by doubled horizons, beside that of drawing evenly."""
    mean = np.array(list(pool.map(regret, range(runs)))).mean(axis=0)
    worth = [WORTH * back - COSTS.get(arm, 0) for arm, back in BACK.items()]
    evenly = max(worth) - sum(worth) / len(worth)
    for horizon, amount in zip(HORIZONS, mean, strict=True):
        say(
            f"learning, regret after {horizon:,} choices",
            f"{amount:,.0f} minor units ({amount / (evenly * horizon):.0%} of drawing evenly), {runs} runs",
        )
    growth = [later / sooner for sooner, later in pairwise(mean)]
    say(
        "learning, growth of regret as the horizon doubles",
        ", ".join(f"x{times:.2f}" for times in growth),
        f"at most x{GROWTH} each time (2 is linear)",
        max(growth) <= GROWTH,
    )


def offers(*, seed: int, harsh: float) -> list[Offer]:
    """Offers of 12 employees to 4 groups in 60 kinds of case; one employee gives this share less."""
    chance = random.Random(seed)
    found = []
    for case in range(60):
        usual = chance.choice([0, 500, 1000, 2000])
        for _ in range(chance.randrange(4, 20)):
            employee = f"m{chance.randrange(12)}"
            amount = usual * chance.choice([0.5, 1, 1, 1, 1.5]) * (1 - harsh if employee == "m3" else 1)
            who = {"employee": employee, "group": chance.choice(["new", "regular", "gold", "unknown"])}
            found.append(Offer(case=str(case), amount=amount, who=who))
    return found


def named(job: tuple[int, float]) -> set[str]:
    """Whom the fairness report names."""
    seed, harsh = job
    return {one.level for one in compare(offers=offers(seed=seed, harsh=harsh)) if one.shown}


def fairness(pool: ProcessPoolExecutor, *, runs: int) -> None:
    """Print how often anybody is named without reason, and how often the one who gives less is."""
    wrongly = sum(bool(found) for found in pool.map(named, [(seed, 0.0) for seed in range(runs)], chunksize=10))
    allowed = 0.05 + 3.3 * (0.05 * 0.95 / runs) ** 0.5
    say(
        "learning, fairness, all offered by the same rule",
        f"somebody named in {wrongly / runs:.1%} of {runs} reports",
        f"at most 5 %, and what {runs} runs may be off by luck",
        wrongly <= allowed * runs,
    )
    found = list(pool.map(named, [(seed, 0.3) for seed in range(runs)], chunksize=10))
    hit = sum("m3" in one for one in found)
    say("learning, fairness, one of 12 employees gives 30 % less", f"named in {hit / runs:.0%} of {runs} reports")


def speed() -> None:
    """Print how long one choice takes."""
    extras = [
        Extra(id=f"e{number}", cost_minor=100 * number, seen=Seen(known=50, back=25))
        for number in range(LARGEST_CHOICE)
    ]
    for count in (3, LARGEST_CHOICE):
        since = process_time()
        for number in range(100):
            choose(
                extras=extras[:count],
                nothing=Seen(known=50, back=20),
                at_most_minor=5000,
                worth_minor=WORTH,
                prior=BIG_LOSS,
                hold_out=0.1,
                seed=str(number),
            )
        each = (process_time() - since) * 10
        say(f"learning, one choice among {count} extras", f"{each:.1f} ms of processor time", "under 10 ms", each < 10)


def main(arguments: Sequence[str]) -> int:
    """Measure all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400, help="runs of each world where a rate is measured")
    parser.add_argument("--only", choices=["real", "worlds", "coverage", "regret", "fairness"], help="one part alone")
    asked = parser.parse_args(arguments)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    parts: dict[str, Callable[[ProcessPoolExecutor], None]] = {
        "real": real,
        "worlds": partial(worlds, runs=asked.runs),
        "coverage": partial(coverage, runs=asked.runs),
        "regret": partial(horizons, runs=max(4, asked.runs // 40)),
        "fairness": partial(fairness, runs=asked.runs),
    }
    speed()
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as pool:
        for name, part in parts.items():
            if asked.only in {None, name}:
                watch = Stopwatch()
                part(pool)
                print(f"    ({name}: {watch.seconds:,.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
