"""Improvements: the change that a cause asks for, with an owner."""

from __future__ import annotations

from django.db import models

from makegood.failures.models import Cause
from makegood.organizations.models import Member
from makegood.store.fields import TenantKey, state_check
from makegood.store.models import TenantModel

IMPROVEMENT_STATES = ("open", "done", "dropped")


class Improvement(TenantModel):
    """One change to a process that a cause asks for. Whether it worked is judged from counts, later."""

    number = models.IntegerField()
    cause = TenantKey(Cause)
    title = models.CharField(max_length=160)
    owner = TenantKey(Member)
    state = models.CharField(max_length=10, default="open")
    due_date = models.DateField(null=True)
    opened_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            state_check("state", IMPROVEMENT_STATES, "improvement_state"),
            models.UniqueConstraint(fields=["organization_id", "number"], name="improvement_number"),
        ]
        indexes = [models.Index(fields=["organization_id", "cause"], name="improvement_cause")]
