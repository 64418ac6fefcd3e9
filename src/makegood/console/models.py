"""What members keep of the console itself: their saved views of lists."""

from __future__ import annotations

from django.db import models

from makegood.organizations.models import Member
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
