"""What came in, as it came: raw events, mails and forms, kept apart and erasable; and where a replay stands."""

from __future__ import annotations

from django.db import models

from makegood.customers.models import Customer
from makegood.promises.models import Source
from makegood.store.fields import TenantKey
from makegood.store.models import TenantModel


class Raw(TenantModel):
    """One delivery in its raw form. `key_hash` is the keyed hash of its outside id: a redelivery is known by it.

    Erasing blanks the body. Whose it is says the customer; where it names none, `about_hash`, the key of its promise.
    """

    source = TenantKey(Source)
    key_hash = models.BinaryField()
    about_hash = models.BinaryField(null=True)
    type = models.CharField(max_length=60)
    body = models.JSONField(null=True)
    customer = TenantKey(Customer, null=True)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "source", "key_hash"], name="raw_once")]
        indexes = [
            models.Index(
                fields=["organization_id", "customer"],
                name="raw_customer",
                condition=models.Q(customer__isnull=False),
            ),
            models.Index(
                fields=["organization_id", "about_hash"],
                name="raw_about",
                condition=models.Q(about_hash__isnull=False),
            ),
        ]


class Replay(TenantModel):
    """Where the replay of one data set stands: events taken so far, written in the transaction that takes them.

    `worked_seconds` is the real time that living through them took, over however many runs.
    """

    kind = models.CharField(max_length=40)
    position = models.BigIntegerField(default=0)
    worked_seconds = models.FloatField(default=0.0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "kind"], name="replay_once")]
