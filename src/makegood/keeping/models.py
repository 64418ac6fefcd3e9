"""For how long each kind of data about people stays in one organization, as its admin said."""

from __future__ import annotations

from django.db import models

from makegood.core.retention import KINDS, LEAST_DAYS, MOST_DAYS
from makegood.organizations.models import Member
from makegood.store.fields import TenantKey, state_check
from makegood.store.models import TenantModel


class RetentionPeriod(TenantModel):
    """How many days one kind of data stays; without `days`, for good. Where there is no row nobody has said yet.

    `next_at` is when it is looked at next, `position` how far a night's look is (an id), `removed` what it took so far.
    """

    kind = models.CharField(max_length=20)
    days = models.IntegerField(null=True)
    next_at = models.DateTimeField(null=True)
    position = models.BigIntegerField(default=0)
    removed = models.IntegerField(default=0)
    changed_at = models.DateTimeField()
    changed_by = TenantKey(Member)

    class Meta:
        constraints = [
            state_check("kind", tuple(KINDS), "retention_kind"),
            models.CheckConstraint(
                condition=models.Q(days__isnull=True, next_at__isnull=True)
                | models.Q(days__gte=LEAST_DAYS, days__lte=MOST_DAYS, next_at__isnull=False),
                name="retention_days",
            ),
            models.UniqueConstraint(fields=["organization_id", "kind"], name="retention_once"),
        ]
        indexes = [
            models.Index(
                fields=["organization_id", "next_at"],
                name="retention_due",
                condition=models.Q(next_at__isnull=False),
            )
        ]
