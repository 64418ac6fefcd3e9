"""What the console itself keeps of its members: their saved views of lists, and who has which recovery open."""

from __future__ import annotations

from django.db import models

from makegood.organizations.models import Member
from makegood.recoveries.models import Recovery
from makegood.store.fields import TenantKey, state_check
from makegood.store.models import TenantModel

LISTS = ("recoveries", "promises", "incidents")


class SavedView(TenantModel):
    """How a list is narrowed and sorted, under a name. Words that were searched are no part of it: they name people."""

    listed = models.CharField(max_length=12)
    name = models.CharField(max_length=40)
    query = models.JSONField(default=dict)
    member = TenantKey(Member)
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            state_check("listed", LISTS, "saved_view_list"),
            models.UniqueConstraint(fields=["organization_id", "listed", "member", "name"], name="saved_view_once"),
        ]
        indexes = [
            models.Index(
                fields=["organization_id", "listed"], name="saved_view_shared", condition=models.Q(shared=True)
            )
        ]


class Presence(TenantModel):
    """That a member has a recovery open, said every few seconds by the wall clock; `doing` is a code, never words."""

    recovery = TenantKey(Recovery)
    member = TenantKey(Member)
    seen_at = models.DateTimeField()
    doing = models.CharField(max_length=20, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "recovery", "member"], name="presence_once")]
