"""Who is served, how they are known, and what they bought, paid and stayed. Personal data here can be erased."""

from __future__ import annotations

from django.db import models

from makegood.organizations.models import Place
from makegood.store.fields import TenantKey, state_check
from makegood.store.models import TenantModel


class Customer(TenantModel):
    """One customer. `name` is erasable; a token customer is known only by a card, receipt, QR or case reference.

    `merged_into` points to the customer that this one turned out to be: no row is rewritten.
    """

    name = models.CharField(max_length=200, default="", blank=True)
    language = models.CharField(max_length=10, default="", blank=True)
    zone = models.CharField(max_length=60, default="", blank=True)
    channel = models.CharField(max_length=10, default="mail")
    token = models.BooleanField(default=False)
    first_purchase_at = models.DateTimeField(null=True)
    merged_into = TenantKey("Customer", null=True)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["organization_id", "-created_at"], name="customer_recent"),
            models.Index(
                fields=["organization_id", "merged_into"],
                name="customer_merged",
                condition=models.Q(merged_into__isnull=False),
            ),
        ]


IDENTITY_KINDS = ("email", "phone", "loyalty", "order", "handle", "token")


class Identity(TenantModel):
    """One way a customer is known. `value` is erasable; `value_hash` is keyed and stays, so that they stay erased."""

    customer = TenantKey(Customer)
    kind = models.CharField(max_length=10)
    value = models.CharField(max_length=320, default="", blank=True)
    value_hash = models.BinaryField()

    class Meta:
        constraints = [
            state_check("kind", IDENTITY_KINDS, "identity_kind"),
            models.UniqueConstraint(fields=["organization_id", "kind", "value_hash"], name="identity_once"),
        ]
        indexes = [models.Index(fields=["organization_id", "customer"], name="identity_customer")]


class Fact(TenantModel):
    """Something known of a customer that could make a make-good relevant, with source, consent and expiry."""

    customer = TenantKey(Customer)
    text = models.CharField(max_length=500)
    source = models.CharField(max_length=120)
    consented = models.BooleanField()
    recorded_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organization_id", "customer"], name="fact_customer")]


class Purchase(TenantModel):
    """What was bought: when, where, for how much. `key_hash` is the keyed hash of the source's own reference."""

    customer = TenantKey(Customer)
    place = TenantKey(Place, null=True)
    key_hash = models.BinaryField()
    reference = models.CharField(max_length=120, default="", blank=True)
    what = models.CharField(max_length=120, default="", blank=True)
    placed_at = models.DateTimeField()
    total_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "key_hash"], name="purchase_once")]
        indexes = [models.Index(fields=["organization_id", "customer", "placed_at"], name="purchase_customer")]


CHARGE_KINDS = ("charge", "refund", "chargeback")


class Charge(TenantModel):
    """Money taken or given back outside: a charge, a refund or a chargeback, by its tender."""

    customer = TenantKey(Customer)
    purchase = TenantKey(Purchase, null=True)
    kind = models.CharField(max_length=10, default="charge")
    key_hash = models.BinaryField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    tender = models.CharField(max_length=30, default="")
    charged_at = models.DateTimeField()

    class Meta:
        constraints = [
            state_check("kind", CHARGE_KINDS, "charge_kind"),
            models.CheckConstraint(condition=models.Q(amount_minor__gte=0), name="charge_amount"),
            models.UniqueConstraint(fields=["organization_id", "key_hash"], name="charge_once"),
        ]
        indexes = [models.Index(fields=["organization_id", "customer", "charged_at"], name="charge_customer")]


class Visit(TenantModel):
    """A stay, trip or visit; its end can be a deadline."""

    customer = TenantKey(Customer)
    place = TenantKey(Place, null=True)
    key_hash = models.BinaryField()
    active_from = models.DateTimeField()
    active_to = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "key_hash"], name="visit_once"),
            models.CheckConstraint(condition=models.Q(active_to__gt=models.F("active_from")), name="visit_ends_later"),
        ]
        indexes = [models.Index(fields=["organization_id", "customer"], name="visit_customer")]


class ValueFit(TenantModel):
    """What all customers taught of how one currency is spent here, when, and until which day their purchases counted.

    `learnt` holds the parameters, likeliest and drawn (`customers.valuing`). Where too little was there to learn from,
    it is null and `refused` says what was lacking. `each` is 1, or that every so many-th customer was asked.
    `high_from_minor` is what at least is expected of the tenth of customers of whom most is.
    """

    currency = models.CharField(max_length=3)
    fitted_at = models.DateTimeField()
    until_date = models.DateField()
    customers = models.IntegerField()
    returned = models.IntegerField()
    each = models.IntegerField()
    learnt = models.JSONField(null=True)
    high_from_minor = models.BigIntegerField(null=True)
    refused = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "currency"], name="value_fit_once"),
            models.CheckConstraint(
                condition=models.Q(learnt__isnull=False, high_from_minor__isnull=False, refused="")
                | (models.Q(learnt__isnull=True, high_from_minor__isnull=True) & ~models.Q(refused="")),
                name="value_fit_or_refused",
            ),
        ]


class ValueRound(TenantModel):
    """When an organization's customers are looked at next for what they teach; without a row, now."""

    next_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id"], name="value_round_once")]
