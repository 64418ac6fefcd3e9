"""A yes asked for: an extra beyond what somebody may give, and who answers. Part of `models`, which imports it."""

from __future__ import annotations

from django.db import models

from makegood.failures.models import Failure
from makegood.makegoods.models import MakeGood
from makegood.organizations.models import Member
from makegood.recoveries.models import Recovery
from makegood.store.fields import TenantKey, state_check
from makegood.store.models import TenantModel

APPROVAL_STATES = ("waiting", "approved", "refused", "over")


class Approval(TenantModel):
    """One extra of the playbook (`remedy`) that somebody asked a colleague to give: nothing is offered before a yes.

    Asked is `approver`, and at `next_at`, without an answer, a `deputy` too. It is over where the recovery ended, or
    somebody offered the same without a yes, first.
    Approved is given in the name, and out of the limits, of `decided_by`.
    """

    recovery = TenantKey(Recovery)
    failure = TenantKey(Failure)
    remedy = models.TextField()
    cost_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    asked_by = TenantKey(Member)
    asked_at = models.DateTimeField()
    approver = TenantKey(Member)
    deputy = TenantKey(Member, null=True)
    next_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, default="waiting")
    decided_by = TenantKey(Member, null=True)
    decided_at = models.DateTimeField(null=True)
    makegood = TenantKey(MakeGood, null=True)

    class Meta:
        constraints = [
            state_check("state", APPROVAL_STATES, "approval_state"),
            models.CheckConstraint(
                condition=models.Q(state="waiting", decided_at__isnull=True)
                | models.Q(decided_at__isnull=False, next_at__isnull=True) & ~models.Q(state="waiting"),
                name="approval_decided",
            ),
            models.CheckConstraint(
                condition=models.Q(state="approved", makegood__isnull=False, decided_by__isnull=False)
                | models.Q(makegood__isnull=True) & ~models.Q(state="approved"),
                name="approval_given",
            ),
            models.UniqueConstraint(
                fields=["organization_id", "recovery", "remedy"],
                name="approval_waits_once",
                condition=models.Q(state="waiting"),
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization_id", "next_at"], name="approval_due", condition=models.Q(next_at__isnull=False)
            ),
            models.Index(fields=["organization_id", "recovery"], name="approval_recovery"),
        ]
