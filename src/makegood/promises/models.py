"""The ledger of promises, and the sources that they depend on."""

from __future__ import annotations

from django.db import models

from makegood.customers.models import Customer, Purchase, Visit
from makegood.organizations.models import Member, Place
from makegood.store.fields import TenantKey, state_check
from makegood.store.models import TenantModel

SOURCE_MODES = ("live", "shadow")
TESTS = "_tests"
"""The code of the source of test failures, which only ever watches and is listed nowhere."""


class Source(TenantModel):
    """Where events come from. `heard_until` is the latest event time delivered with no gap before it.

    `rhythm_minutes` is how often it is expected to be heard; None declares no rhythm. Where its mode is shadow it only
    watches: everything is worked out, and nothing leaves for what it tells of. One that is not `watchable` cannot:
    people write there, and are answered.
    """

    code = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    rhythm_minutes = models.IntegerField(null=True)
    heard_until = models.DateTimeField(null=True)
    live_from = models.DateTimeField()
    mode = models.CharField(max_length=10, default="live")
    watchable = models.BooleanField(default=True, db_default=True)
    playbook = models.CharField(max_length=60, default="default")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            state_check("mode", SOURCE_MODES, "source_mode"),
            models.CheckConstraint(condition=~models.Q(mode="shadow", watchable=False), name="source_watchable"),
            models.UniqueConstraint(fields=["organization_id", "code"], name="source_code"),
            models.CheckConstraint(
                condition=models.Q(rhythm_minutes__isnull=True) | models.Q(rhythm_minutes__gt=0),
                name="source_rhythm",
            ),
        ]


PROMISE_STATES = ("open", "kept", "broken", "released")


class Promise(TenantModel):
    """What was promised to whom by when. A changed due date keeps `first_due_at`; `settled_at` is when it left open.

    Late fulfilment is `fulfilled_at` on a broken promise; it unbreaks nothing. Word of what happened before it was due
    does, however late it is heard: kept, released, or moved with the customer's yes (open again). `facts` are what a
    rule pack asks for (numbers, codes and times as ISO text; never personal data).
    """

    source = TenantKey(Source)
    customer = TenantKey(Customer)
    purchase = TenantKey(Purchase, null=True)
    visit = TenantKey(Visit, null=True)
    place = TenantKey(Place, null=True)
    member = TenantKey(Member, null=True)
    recovery_id = models.BigIntegerField(null=True)
    key_hash = models.BinaryField()
    kind = models.CharField(max_length=40)
    what = models.CharField(max_length=160, default="", blank=True)
    product = models.CharField(max_length=60, default="", blank=True)
    partner = models.CharField(max_length=60, default="", blank=True)
    value_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, default="")
    facts = models.JSONField(null=True)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    first_due_at = models.DateTimeField()
    expected_at = models.DateTimeField(null=True)
    fulfilled_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, default="open")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            state_check("state", PROMISE_STATES, "promise_state"),
            models.UniqueConstraint(fields=["organization_id", "source", "key_hash"], name="promise_once"),
            models.CheckConstraint(
                condition=models.Q(state="open", settled_at__isnull=True)
                | models.Q(settled_at__isnull=False) & ~models.Q(state="open"),
                name="promise_settled",
            ),
        ]
        indexes = [
            models.Index(fields=["organization_id", "due_at"], name="promise_due", condition=models.Q(state="open")),
            models.Index(fields=["organization_id", "due_at"], name="promise_fell_due"),
            models.Index(
                fields=["organization_id", "expected_at"],
                name="promise_at_risk",
                condition=models.Q(state="open", expected_at__gt=models.F("due_at")),
            ),
            models.Index(
                fields=["organization_id", "-settled_at"],
                name="promise_broken",
                condition=models.Q(state="broken"),
            ),
            models.Index(
                fields=["organization_id", "settled_at"],
                name="promise_settled_at",
                condition=models.Q(settled_at__isnull=False),
            ),
            models.Index(fields=["organization_id", "customer"], name="promise_customer"),
            models.Index(
                fields=["organization_id", "purchase"],
                name="promise_purchase",
                condition=models.Q(purchase__isnull=False),
            ),
        ]


class EarlyWord(TenantModel):
    """Word of a promise that has not arrived yet (kept, released, changed): held, and joined when it does."""

    source = TenantKey(Source)
    key_hash = models.BinaryField()
    action = models.CharField(max_length=10)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    agreed = models.BooleanField(default=False)
    joined_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [state_check("action", ("kept", "released", "changed", "expected"), "early_action")]
        indexes = [
            models.Index(
                fields=["organization_id", "source", "key_hash"],
                name="early_waiting",
                condition=models.Q(joined_at__isnull=True),
            )
        ]


class UnreadWord(TenantModel):
    """That a row about a promise, in a file of its source, could not be read: it may have said that it was kept.

    While it stands a person decides before the customer hears. It goes when a row about it is read, or when a person
    has seen to the file (`file_id`). It holds no personal data: `key_hash` is the promise's.
    """

    source = TenantKey(Source)
    key_hash = models.BinaryField()
    file_id = models.BigIntegerField()
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "source", "key_hash"], name="unread_word_once")
        ]


STAFF_WORD_STATES = ("proposed", "promised", "dismissed")
STAFF_WORD_ACTS = ("call", "message", "pay", "other")


class StaffWord(TenantModel):
    """Something that a member said they would do, found in what they wrote in a recovery or typed in by hand.

    It is proposed until a person puts it on the ledger (`promise`) or says that it is none. `act` is what keeps it.
    `next_at` is when the ticker must look: its due time, then each time that somebody higher up is told, until a person
    acknowledges or it is kept. `message_id` and `key_hash` say where it was written, so that it is proposed once.
    `what` and `quote` are erasable.
    """

    recovery_id = models.BigIntegerField()
    customer = TenantKey(Customer)
    member = TenantKey(Member)
    message_id = models.BigIntegerField(null=True)
    key_hash = models.BinaryField()
    what = models.CharField(max_length=160, default="", blank=True)
    quote = models.CharField(max_length=300, default="", blank=True)
    act = models.CharField(max_length=10)
    said_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="proposed")
    promise = TenantKey(Promise, null=True)
    next_at = models.DateTimeField(null=True)
    told = models.SmallIntegerField(default=0)
    acknowledged_by_id = models.BigIntegerField(null=True)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            state_check("state", STAFF_WORD_STATES, "staff_word_state"),
            state_check("act", STAFF_WORD_ACTS, "staff_word_act"),
            models.UniqueConstraint(fields=["organization_id", "key_hash"], name="staff_word_once"),
            models.CheckConstraint(
                condition=models.Q(state="promised", promise__isnull=False)
                | ~models.Q(state="promised") & models.Q(promise__isnull=True, next_at__isnull=True),
                name="staff_word_promised",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization_id", "next_at"],
                name="staff_word_due",
                condition=models.Q(next_at__isnull=False),
            ),
            models.Index(fields=["organization_id", "recovery_id"], name="staff_word_recovery"),
        ]
