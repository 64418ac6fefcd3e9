"""The machine: any deed of any rule, in any order, on the recoveries of one organization of its own."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable
from importlib import import_module
from types import CodeType

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize
from tests.conftest import Org
from tests.support.machine.approving import Approving
from tests.support.machine.checks import Checks
from tests.support.machine.ending import Ending
from tests.support.machine.happening import Happening
from tests.support.machine.speaking import Speaking
from tests.support.machine.working import Working
from tests.support.machine.world import Deeds, World

from makegood.recoveries import operations

LEFT_OUT: dict[str, str] = {
    "changing.recovery_hold": "It locks a row for a page that compares two people's words, and changes nothing.",
    "hearing.floors_doubted": "What is owed is posted here without a rule pack, so nothing about it is in doubt.",
    "opening.openings_planned": "It plans what a yes would open, for a page, and changes nothing.",
    "previewing.incident_leaving": "It words what a yes would let leave, for a page, and changes nothing.",
    "renewing.drafts_hear_corrected": "Nobody's language is corrected here; that has tests of its own.",
    "repaying.wrong_charge_repay": "Nothing is charged here that a purchase shows; that has tests of its own.",
    "shadows.shadows_over": "No source watches or goes live here; that has tests of its own.",
    "trials.customer_made_up": "It says whether a customer is one of a test's, of which there are none here.",
    "trials.trial_carry": "Nothing is carried for the end of a test; that has tests of its own.",
    "trials.trial_end": "No admin sends a test failure here; that has tests of its own.",
    "unmatched.signals_opened": "No colleague decides here about the mail of a stranger; that opens by a report.",
    "unmatched.signals_words": "It reads the words of such a mail for a page, and changes nothing.",
    "opening.unopened_retry": "It tries what could not be opened: nothing here may lead there, which is checked.",
}
"""Public operations that the machine does not do, each with the reason."""


def public_operations() -> dict[CodeType, str]:
    """Every public function of every module of operations of recoveries, by its code."""
    found = {}
    for module in pkgutil.iter_modules(operations.__path__):
        room = import_module(f"{operations.__name__}.{module.name}")
        for name, one in inspect.getmembers(room, inspect.isfunction):
            if one.__module__ == room.__name__ and not name.startswith("_"):
                found[one.__code__] = f"{module.name}.{name}"
    return found


class RecoveryMachine(Happening, Working, Speaking, Approving, Ending, Checks, RuleBasedStateMachine):
    """One run: a world of its own, founded with one failure, in which anything may be done next."""

    def __init__(self, make_org: Callable[..., Org], deeds: Deeds) -> None:
        """Remember how organizations are founded; the world begins with the first rule."""
        super().__init__()
        self._make_org, self._deeds = make_org, deeds

    @initialize(
        stepped=st.booleans(), hours=st.sampled_from([3, 8]), mail=st.booleans(), playbook=st.sampled_from([0, 1, 3, 4])
    )
    def a_world_begins(self, stepped: bool, hours: int, mail: bool, playbook: int) -> None:
        self.world = World(self._make_org(), self._deeds, stepped=stepped, hours=hours)
        self.begin_checks()
        self.somebody_new_comes(0, mail)
        self.they_buy(1, 40, place=False)
        self.a_failure_is_reported(playbook, "complaint", "time", incident=False)
        self.world.drain()
