"""The Django ground: the base of every tenant's row, each organization's clock, and counters for rate limits."""

from __future__ import annotations

from django.db import models

from makegood.store.fields import state_check


class TenantModel(models.Model):
    """A row of one organization; row security shows it to that organization only."""

    id = models.BigAutoField(primary_key=True)
    organization_id = models.BigIntegerField()

    class Meta:
        abstract = True


CLOCK_KINDS = ("real", "running", "stepped")


class Clock(models.Model):
    """One organization's clock: real, running (an anchor that moves at a speed) or stepped (moved by hand).

    `moment_at` is the simulated moment at `started_at` of real time; a stepped clock stands at `moment_at`.
    """

    organization_id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=10, default="real")
    moment_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    speed = models.FloatField(default=1.0)

    class Meta:
        constraints = [
            state_check("kind", CLOCK_KINDS, "clock_kind"),
            models.CheckConstraint(
                condition=models.Q(kind="real") | models.Q(moment_at__isnull=False, started_at__isnull=False),
                name="clock_anchored",
            ),
            models.CheckConstraint(condition=models.Q(speed__gt=0), name="clock_speed_positive"),
        ]


class Throttle(models.Model):
    """How often something was tried in one window; the key is a keyed hash, so it names nobody."""

    key_hash = models.BinaryField(primary_key=True)
    window_at = models.DateTimeField()
    count = models.IntegerField(default=0)


class Heartbeat(models.Model):
    """That one process is well, until when: `stale_at` passes unless it beats again. It belongs to no organization.

    `failing` names, with commas between, the kinds of its work that keep failing.
    """

    process = models.CharField(max_length=80, primary_key=True)
    kind = models.CharField(max_length=10)
    beat_at = models.DateTimeField()
    stale_at = models.DateTimeField()
    failing = models.TextField(default="", db_default="", blank=True)
