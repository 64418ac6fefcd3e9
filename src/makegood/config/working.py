"""The worker's rounds: finds the organizations with due effects and has them settled here or carried out."""

from __future__ import annotations

from collections.abc import Callable, Collection

import attrs
from django.db import InterfaceError, OperationalError

from makegood.journal.carrying import EVERY, Kinds, Outcome, carry_live, claim_live, recover_lapsed, work_local
from makegood.organizations.models import Organization
from makegood.recoveries.operations.bulk import bulks_work
from makegood.recoveries.operations.trials import ENDING
from makegood.store.preparing import prepared
from makegood.store.reading import read
from makegood.store.tenancy import tenant
from makegood.store.ticking import must_wait

INBOX = Outcome(state="done", text="shown in the inbox")
FIRST = ("promises", "gate", "route")
"""What a stepped clock settles before anything is sent: who was failed, and which recovery takes them."""
SHADOW = Outcome(state="stopped", text="not sent: this organization only watches")
OF_ACCOUNTS = Kinds(named=("account", ENDING), but=False)
"""What is carried in a shadow, and while sending is stopped, all the same: how its own people sign in; a test's end."""
FOUND = """
SELECT 'bulks', finder.bulks_going() AS organization_id UNION ALL SELECT 'lapsed', finder.effects_lapsed()
UNION ALL SELECT 'due', finder.effects_due() ORDER BY 2
"""
ANYTHING = frozenset({"bulks", "lapsed", "due"})
"""What an organization may have to be worked: bulks under way, claims that lapsed, effects that are due."""


def work_once(
    *, only: Collection[int] | None = None, on_error: Callable[[str, int, Exception], None] | None = None
) -> int:
    """Work one batch for each organization that has effects due or claims lapsed; return how many were worked.

    With `on_error`, called as on_error("effects", organization id, error), an organization whose work fails is handed
    to it while the others go on; a database that does not answer is raised all the same.
    """
    with prepared() as cursor:
        cursor.execute(FOUND)
        found: dict[int, set[str]] = {}
        for what, organization_id in cursor.fetchall():
            found.setdefault(organization_id, set()).add(what)
    worked = 0
    for one, has in found.items():
        if only is not None and one not in only:
            continue
        try:
            worked += work_organization(organization_id=one, has=has)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            if on_error is None:
                raise
            on_error("effects", one, error)
    return worked


def work_dry(*, only: Collection[int] | None = None, most: int = 100_000) -> int:
    """Work until nothing can be worked any more; return how many effects were, in at most `most` rounds."""
    total = 0
    for _ in range(most):
        worked = work_once(only=only)
        total += worked
        if not worked:
            break
    return total


def work_organization(*, organization_id: int, has: Collection[str] = ANYTHING) -> int:
    """Work one batch of what an organization `has` to be worked; return how many effects were settled.

    Before effects goes a batch of what somebody asked for many recoveries at once, in a transaction of its own.
    From an inbox (demo, replay) nothing leaves; from a shadow, and while the stop button is pressed, nothing but mail
    to its members about their accounts. What stays of a shadow or an inbox is settled in one transaction, and waits
    where the button is pressed. Otherwise each is carried out, claimed before and settled after.
    """
    brought = 0
    if "bulks" in has:
        with tenant(organization_id=organization_id):
            brought = bulks_work(organization_id=organization_id)
    return brought + _effects(organization_id=organization_id, lapsed="lapsed" in has)


def _effects(*, organization_id: int, lapsed: bool) -> int:
    with tenant(organization_id=organization_id):
        ((stopped_at, delivery),) = read(Organization, "stopped_at", "delivery", id=organization_id)
        if must_wait(organization_id=organization_id, after=FIRST):
            return 0
        recovered = recover_lapsed(organization_id=organization_id) if lapsed else 0
        stopped = stopped_at is not None
        if delivery == "inbox":
            return recovered + (0 if stopped else work_local(organization_id=organization_id, outcome=INBOX))
        if delivery == "shadow" and not stopped:
            rest = attrs.evolve(OF_ACCOUNTS, but=True)
            recovered += work_local(organization_id=organization_id, outcome=SHADOW, kinds=rest)
        kinds = OF_ACCOUNTS if stopped or delivery == "shadow" else EVERY
        in_hand = claim_live(organization_id=organization_id, kinds=kinds)
    return recovered + carry_live(
        organization_id=organization_id,
        in_hand=in_hand,
        halted=lambda: not stopped and _halted(organization_id=organization_id),
    )


def _halted(*, organization_id: int) -> bool:
    ((stopped_at,),) = read(Organization, "stopped_at", id=organization_id)
    return stopped_at is not None
