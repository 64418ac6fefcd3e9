"""The append-only record of everything that happened, and the outbox of effects still to be carried out."""

from __future__ import annotations

from django.db import models

from makegood.store.fields import state_check
from makegood.store.models import TenantModel


class Entry(TenantModel):
    """One thing that happened: `event` is source:subject:action; `data` holds ids, codes, amounts and times only."""

    at = models.DateTimeField()
    event = models.CharField(max_length=60)
    actor_id = models.BigIntegerField(null=True)
    subject = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["organization_id", "subject", "subject_id", "id"], name="entry_subject")]


EFFECT_STATES = ("pending", "claimed", "done", "failed", "unknown", "stopped", "shadowed")


class Effect(TenantModel):
    """One effect outside the database: written in the transaction that decides it, claimed like a due row.

    `held_for` is the incident that must be decided first (`journal.barring`). `unknown` is an outcome that nobody can
    ask for (SMTP). `shadow` is one of a source that only watches: it comes to its end here as shadowed, and the
    database lets nobody claim it.
    """

    kind = models.CharField(max_length=20)
    idempotency_key = models.CharField(max_length=80)
    subject = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="pending")
    held_for = models.BigIntegerField(null=True)
    run_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, default="")
    shadow = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            state_check("state", EFFECT_STATES, "effect_state"),
            models.CheckConstraint(
                condition=models.Q(shadow=True, state__in=["pending", "stopped", "shadowed"])
                | models.Q(shadow=False) & ~models.Q(state="shadowed"),
                name="effect_shadow_stays",
            ),
            models.UniqueConstraint(fields=["organization_id", "idempotency_key"], name="effect_once"),
        ]
        indexes = [
            models.Index(
                fields=["organization_id", "run_at"],
                name="effect_due",
                condition=models.Q(state="pending", held_for__isnull=True),
            ),
            models.Index(
                fields=["organization_id", "claimed_until"],
                name="effect_claimed",
                condition=models.Q(state="claimed"),
            ),
            models.Index(
                fields=["organization_id", "held_for"],
                name="effect_held",
                condition=models.Q(held_for__isnull=False),
            ),
            models.Index(fields=["organization_id", "subject", "subject_id"], name="effect_subject"),
            models.Index(
                fields=["organization_id", "settled_at"],
                name="effect_trouble",
                condition=models.Q(state__in=["failed", "unknown"]),
            ),
        ]
