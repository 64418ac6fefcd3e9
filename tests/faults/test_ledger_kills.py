"""Invariant 6: whatever is killed whenever, ledger, allowances, limits and budgets add up to what stands.

The small form; `python -m benchmarks ledger` does 100,000 operations.
"""

from __future__ import annotations

from tests.conftest import Org
from tests.support.books_killed import prepared, run
from tests.support.given import ledger_holds


def test_invariant_6_the_sums_match_after_random_operations_with_kills(org: Org) -> None:
    done = run(org=prepared(org, failures=6), operations=60, workers=2, kills=1, seed=1)
    assert done["killed"] == 1, dict(done)
    assert min(done["offer"], done["deliver"]) > 0, dict(done)
    ledger_holds(org)
