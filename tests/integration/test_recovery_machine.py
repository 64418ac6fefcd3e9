"""Invariants 4, 5, 8, 9, 10 and 15 under a machine that does anything to recoveries, in any order.

The run is the same every time, and short. MAKEGOOD_MACHINE_RUNS asks for so many other ones, longer and at random:
`make bench` does (benchmarks.machine).
"""

from __future__ import annotations

import os
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.conftest import Org
from tests.support.machine.machine import LEFT_OUT, RecoveryMachine, public_operations
from tests.support.machine.parade import parade
from tests.support.machine.world import Deeds

RUNS = int(os.environ.get("MAKEGOOD_MACHINE_RUNS", "0"))
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
SAME = settings(
    max_examples=15, stateful_step_count=30, derandomize=True, deadline=None, database=None,
    phases=[Phase.generate, Phase.shrink], suppress_health_check=QUIET,
)  # fmt: skip
OTHERS = settings(
    max_examples=RUNS or 1, stateful_step_count=70, deadline=None, database=None, print_blob=True,
    phases=[Phase.generate, Phase.shrink], suppress_health_check=QUIET,
)  # fmt: skip


REFUSED = {"help empty form"}
"""What is always refused, and says why."""


def test_every_public_operation_of_recoveries_is_driven_and_each_deed_can_be_done(
    make_org: Callable[..., Org],
) -> None:
    """A new operation is driven by a rule, or named in LEFT_OUT with the reason why not."""
    operations = public_operations()
    deeds = Deeds(operations)
    machine = RecoveryMachine(make_org, deeds)
    for deed in parade(machine):
        deed()
        machine.all_invariants_hold()
    assert set(operations.values()) - deeds.called == set(LEFT_OUT)
    never = {name: why for name, why in deeds.refused.items() if name not in {*deeds.done, *REFUSED}}
    assert never == {}, "what is only ever refused checks nothing"


def test_whatever_is_done_to_a_recovery_the_invariants_hold(make_org: Callable[..., Org]) -> None:
    """What this short run happens to do is not asked: that each deed can be done, the walk past all rules has shown."""
    deeds = Deeds({})
    run_state_machine_as_test(lambda: RecoveryMachine(make_org, deeds), settings=OTHERS if RUNS else SAME)
