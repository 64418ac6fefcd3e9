"""Many at once: one action for many recoveries and what became of each. Part of `models`, which imports it."""

from __future__ import annotations

from django.db import models

from makegood.organizations.models import Member
from makegood.recoveries.models import Recovery
from makegood.store.fields import TenantKey, state_check
from makegood.store.models import TenantModel

BULK_ACTIONS = ("hand_over", "severity", "pause", "resume", "cause", "apology", "update", "close")
BULK_STATES = ("running", "done", "undoing", "undone")
BULK_ROW_STATES = ("waiting", "done", "refused", "undo", "undone", "kept")


class Bulk(TenantModel):
    """One action for many recoveries, and its one undo. `chosen` is ids and codes; `words` what was typed, erasable.

    `words` are blanked once all is done: by then they stand where the action put them.
    """

    action = models.CharField(max_length=10)
    chosen = models.JSONField(default=dict)
    words = models.TextField(default="", blank=True)
    by = TenantKey(Member)
    state = models.CharField(max_length=10, default="running")
    total = models.IntegerField()
    begun_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    undo_at = models.DateTimeField(null=True)
    undo_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            state_check("action", BULK_ACTIONS, "bulk_action"),
            state_check("state", BULK_STATES, "bulk_state"),
            models.UniqueConstraint(fields=["organization_id", "id"], name="recoveries_bulk_tenant_id"),
        ]
        indexes = [
            models.Index(fields=["organization_id", "-begun_at"], name="bulk_recent"),
            models.Index(
                fields=["organization_id"],
                name="bulk_going",
                condition=models.Q(state__in=["running", "undoing"]),
            ),
        ]


class BulkRow(TenantModel):
    """One recovery of a bulk: waiting, done or refused with a reason; then undo wanted, undone, or kept and why.

    `before` is what it was and `after` what it became, as ids and codes: a row is undone only while it is as it was
    made.
    """

    bulk = TenantKey(Bulk)
    recovery = TenantKey(Recovery)
    state = models.CharField(max_length=10, default="waiting")
    why = models.CharField(max_length=300, default="", blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        constraints = [
            state_check("state", BULK_ROW_STATES, "bulk_row_state"),
            models.UniqueConstraint(fields=["organization_id", "bulk", "recovery"], name="bulk_row_once"),
        ]
        indexes = [
            models.Index(fields=["organization_id", "bulk", "state", "recovery"], name="bulk_row_state_index"),
            models.Index(
                fields=["organization_id", "id"],
                name="bulk_row_due",
                condition=models.Q(state__in=["waiting", "undo"]),
            ),
        ]
