"""A yes beyond one's limits: asked for, answered, passed on to a deputy, or overtaken by what happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import rule
from tests.support.machine.world import World

from makegood.recoveries.approval_models import Approval
from makegood.recoveries.lateness import gifts_for
from makegood.recoveries.models import RecoveryFailure
from makegood.recoveries.operations.approving import approval_ask, approval_decide

picks = st.integers(0, 7)


class Approving:
    """Rules of asking a colleague for more."""

    world: World
    a_failure_is_reported: Callable[..., None]

    @rule(pick=picks)
    def a_yes_is_asked_for(self, pick: int) -> None:
        world = self.world

        def asked() -> None:
            who = world.on(pick, roles=("finance",))
            link = RecoveryFailure.objects.filter(recovery_id=who["recovery_id"]).order_by("id")[0]
            found = gifts_for(
                organization_id=world.org.id, failure_id=link.failure_id, member_id=who["by"], now=world.now
            )
            approval_ask(**who, remedy=world.one(found.beyond, pick).remedy)

        world.do("ask for a yes", asked)

    @rule(pick=picks, yes=st.booleans())
    def a_yes_is_answered(self, pick: int, yes: bool) -> None:
        world = self.world
        if not world.some(Approval, state="waiting"):
            self.a_yes_is_asked_for(pick)

        def answered() -> None:
            rows = Approval.objects.filter(organization_id=world.org.id, state="waiting").order_by("id")
            approval_decide(
                organization_id=world.org.id, approval_id=world.one(list(rows), pick).id, yes=yes,
                by=world.member(pick, "manager", "admin"), now=world.now,
            )  # fmt: skip

        world.do("say yes" if yes else "say no", answered)
