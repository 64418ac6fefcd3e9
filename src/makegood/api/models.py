"""What the API answered to a request with an Idempotency-Key, for the day in which it may be sent again."""

from __future__ import annotations

from django.db import models

from makegood.organizations.models import ApiKey
from makegood.store.fields import TenantKey
from makegood.store.models import TenantModel


class Answer(TenantModel):
    """One answer, known by the keyed hash of its Idempotency-Key. `body` holds ids, codes and times, no person's words.

    `request_hash` stands for the method, the address and the body that it answered.
    """

    api_key = TenantKey(ApiKey)
    key_hash = models.BinaryField()
    request_hash = models.BinaryField()
    status = models.SmallIntegerField(null=True)
    body = models.TextField(default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "api_key", "key_hash"], name="answer_once")]
        indexes = [models.Index(fields=["organization_id", "created_at"], name="answer_old")]
