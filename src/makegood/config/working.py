"""The worker's rounds: finds the organizations with due effects and has them settled here or carried out."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from makegood.journal.carrying import Outcome, recover_lapsed, work_live, work_local
from makegood.organizations.models import Organization
from makegood.store.tenancy import tenant

INBOX = Outcome(state="done", text="shown in the inbox")
SHADOW = Outcome(state="stopped", text="not sent: this organization only watches")


def work_once(*, only: Collection[int] | None = None) -> int:
    """Work one batch for each organization that has effects due or claims lapsed; return how many were worked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT finder.effects_due() UNION SELECT finder.effects_lapsed() ORDER BY 1")
        found = [row[0] for row in cursor.fetchall()]
    return sum(work_organization(organization_id=one) for one in found if only is None or one in only)


def work_dry(*, only: Collection[int] | None = None, most: int = 100_000) -> int:
    """Work until nothing can be worked any more; return how many effects were, in at most `most` rounds."""
    total = 0
    for _ in range(most):
        worked = work_once(only=only)
        total += worked
        if not worked:
            break
    return total


def work_organization(*, organization_id: int) -> int:
    """Work one batch of an organization's effects; return how many were settled.

    Nothing is worked while its stop button is pressed. From an inbox (demo, replay) or a shadow nothing leaves: their
    effects are settled in one transaction. Otherwise each is carried out, claimed before and settled after.
    """
    with tenant(organization_id=organization_id):
        organization = Organization.objects.get(id=organization_id)
        recovered = recover_lapsed(organization_id=organization_id)
        if organization.stopped_at is not None:
            return recovered
        if organization.delivery != "live":
            outcome = INBOX if organization.delivery == "inbox" else SHADOW
            return recovered + work_local(organization_id=organization_id, outcome=outcome)
    return recovered + work_live(
        organization_id=organization_id, halted=lambda: _halted(organization_id=organization_id)
    )


def _halted(*, organization_id: int) -> bool:
    with tenant(organization_id=organization_id):
        return Organization.objects.filter(id=organization_id, stopped_at__isnull=False).exists()
