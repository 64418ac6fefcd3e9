"""One customer failed: the evidence, the gate's decision, the incident it belongs to, and the tree of causes."""

from __future__ import annotations

from django.db import models

from makegood.customers.models import Charge, Customer, Purchase, Visit
from makegood.organizations.models import Member, Place
from makegood.promises.models import Promise, Source
from makegood.store.fields import TenantKey, state_check
from makegood.store.models import TenantModel

LOSSES = ("money", "goods", "service", "time", "attention", "trust")
FAULTS = ("ours", "partner", "nobody", "unknown")
GATES = ("waiting", "contact", "quiet", "review")


class Cause(TenantModel):
    """Why failures happen: a tree of processes, never of people."""

    parent = TenantKey("Cause", null=True)
    name = models.CharField(max_length=120)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "parent", "name"], name="cause_name", nulls_distinct=False
            )
        ]


INCIDENT_STATES = ("proposed", "open", "dismissed", "closed")


class Incident(TenantModel):
    """One cause that hits many customers: proposed from a burst or silence, or opened by hand; one plan for all.

    `room` is how many failures more it takes in by the yes that was said to it; NULL is as many as come. While it is
    proposed, managers are asked about it again at `ask_at`.
    """

    number = models.IntegerField()
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=10)
    source = TenantKey(Source, null=True)
    place = TenantKey(Place, null=True)
    title = models.CharField(max_length=160)
    owner = TenantKey(Member, null=True)
    decided_by = TenantKey(Member, null=True)
    decided_at = models.DateTimeField(null=True)
    active_from = models.DateTimeField()
    active_to = models.DateTimeField(null=True)
    proposed_at = models.DateTimeField()
    cause = TenantKey(Cause, null=True)
    explanation = models.JSONField(default=list)
    room = models.IntegerField(null=True)
    ask_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            state_check("state", INCIDENT_STATES, "incident_state"),
            models.CheckConstraint(
                condition=models.Q(room__isnull=True) | models.Q(room__gte=0), name="incident_room_left"
            ),
            state_check("reason", ("burst", "silence", "hand"), "incident_reason"),
            models.UniqueConstraint(fields=["organization_id", "number"], name="incident_number"),
        ]
        indexes = [
            models.Index(fields=["organization_id", "state", "-proposed_at"], name="incident_by_state"),
            models.Index(
                fields=["organization_id", "ask_at"], name="incident_to_ask", condition=models.Q(state="proposed")
            ),
        ]


TEST = "test:"
"""What the happening of a test failure begins with: it is walked as any other, and counted nowhere."""


class Failure(TenantModel):
    """One customer failed, once. `happened_at` is when (for a broken promise, its due time), `detected_at` when known.

    `gate_at` is when the gate decides while waiting, and when it decided afterwards. `routed_at` is when a contact
    or review was taken into a recovery or held for an incident; NULL means that it still has to be. `shadow` is one of
    a source that only watched when it became known (the database sets it), or began to before it had a recovery: what
    is decided for it from then on never leaves. `playbook` is what was chosen for it as it was reported, as by the
    order that a mail names; empty is that of its source, else of its place.
    """

    kind = models.CharField(max_length=30)
    loss = models.CharField(max_length=10)
    fault = models.CharField(max_length=10)
    severity = models.SmallIntegerField()
    customer = TenantKey(Customer)
    promise = TenantKey(Promise, null=True)
    purchase = TenantKey(Purchase, null=True)
    charge = TenantKey(Charge, null=True)
    visit = TenantKey(Visit, null=True)
    place = TenantKey(Place, null=True)
    source = TenantKey(Source, null=True)
    incident = TenantKey(Incident, null=True)
    cause = TenantKey(Cause, null=True)
    reported_by = TenantKey(Member, null=True)
    happening_key = models.CharField(max_length=40)
    what = models.CharField(max_length=160, default="", blank=True)
    price_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, default="")
    kept_service = models.BooleanField(null=True)
    found_by_us = models.BooleanField()
    happened_at = models.DateTimeField()
    detected_at = models.DateTimeField()
    complained_at = models.DateTimeField(null=True)
    gate = models.CharField(max_length=10)
    gate_at = models.DateTimeField()
    gate_reasons = models.JSONField(default=list)
    routed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    shadow = models.BooleanField(default=False, db_default=False)
    playbook = models.CharField(max_length=60, default="", db_default="", blank=True)

    class Meta:
        constraints = [
            state_check("gate", GATES, "failure_gate"),
            state_check("loss", LOSSES, "failure_loss"),
            state_check("fault", FAULTS, "failure_fault"),
            models.CheckConstraint(condition=models.Q(severity__gte=1, severity__lte=4), name="failure_severity"),
            models.UniqueConstraint(
                fields=["organization_id", "promise"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="failure_stands_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(gate="waiting") | models.Q(routed_at__isnull=True),
                name="failure_waiting_unrouted",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization_id", "gate_at"],
                name="failure_waiting",
                condition=models.Q(gate="waiting", withdrawn_at__isnull=True),
            ),
            models.Index(
                fields=["organization_id", "gate_at"],
                name="failure_to_route",
                condition=models.Q(gate__in=["contact", "review"], routed_at__isnull=True, withdrawn_at__isnull=True),
            ),
            models.Index(
                fields=["organization_id", "gate_at", "place"],
                name="failure_contact",
                condition=models.Q(gate="contact"),
            ),
            models.Index(fields=["organization_id", "happening_key"], name="failure_happening"),
            models.Index(fields=["organization_id", "happened_at"], name="failure_happened"),
            models.Index(
                fields=["organization_id", "happened_at"],
                name="failure_wrote",
                condition=models.Q(gate="contact", withdrawn_at__isnull=True, complained_at__isnull=False)
                & ~models.Q(happening_key__startswith=TEST),
                include=["complained_at", "detected_at"],
            ),
            models.Index(fields=["organization_id", "customer"], name="failure_customer"),
            models.Index(
                fields=["organization_id", "promise"],
                name="failure_withdrawn",
                condition=models.Q(withdrawn_at__isnull=False),
            ),
            models.Index(
                fields=["organization_id", "incident"],
                name="failure_incident",
                condition=models.Q(incident__isnull=False),
            ),
            models.Index(fields=["organization_id", "source"], name="failure_shadow", condition=models.Q(shadow=True)),
        ]


SIGNAL_KINDS = ("complaint", "low_score", "wrong_charge", "outage", "rework", "silent", "changed_date")
TOLD_BY_THEM = ("complaint", "low_score")
"""Signals in which the customer speaks; the others are what we saw of them."""
SIGNAL_STATES = ("open", "joined", "dismissed")


class Signal(TenantModel):
    """Evidence that a customer may have been failed, other than a broken promise; `failure` once it became one.

    `about_hash` is the key of the promise that it speaks of, which may arrive later than the signal.
    """

    kind = models.CharField(max_length=20)
    customer = TenantKey(Customer)
    source = TenantKey(Source, null=True)
    promise = TenantKey(Promise, null=True)
    purchase = TenantKey(Purchase, null=True)
    charge = TenantKey(Charge, null=True)
    failure = TenantKey(Failure, null=True)
    place = TenantKey(Place, null=True)
    key_hash = models.BinaryField(null=True)
    about_hash = models.BinaryField(null=True)
    value = models.SmallIntegerField(null=True)
    state = models.CharField(max_length=10, default="open")
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            state_check("kind", SIGNAL_KINDS, "signal_kind"),
            state_check("state", SIGNAL_STATES, "signal_state"),
            models.UniqueConstraint(fields=["organization_id", "source", "key_hash"], name="signal_once"),
        ]
        indexes = [
            models.Index(
                fields=["organization_id", "-happened_at"],
                name="signal_open",
                condition=models.Q(state="open"),
            ),
            models.Index(fields=["organization_id", "customer"], name="signal_customer"),
        ]
