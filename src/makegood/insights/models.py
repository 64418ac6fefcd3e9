"""Running totals of what Insights counts, kept by the database itself in the transaction that changes a row."""

from __future__ import annotations

from django.db import models

from makegood.store.models import TenantModel


class Tally(TenantModel):
    """A part of one day's count (UTC) of one measure: what is true is the sum over all rows of one key.

    Every change adds rows, negative ones for what no longer is, so nobody waits for another's row; those that are
    `fresh` are summed up now and then. `key` is what makegood.insights.tallies counts apart, `minor` a sum of money.
    """

    measure = models.CharField(max_length=10)
    day = models.DateField()
    key = models.JSONField()
    count = models.BigIntegerField()
    minor = models.BigIntegerField(default=0)
    fresh = models.BooleanField()

    class Meta:
        indexes = [
            models.Index(fields=["organization_id", "measure", "day"], name="tally_day"),
            models.Index(
                fields=["organization_id", "measure", "day"], name="tally_fresh", condition=models.Q(fresh=True)
            ),
        ]
