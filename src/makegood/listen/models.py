"""What came in, as it came: raw events, mails, forms and files, kept apart and erasable; and where a replay stands."""

from __future__ import annotations

from django.db import models

from makegood.customers.models import Customer
from makegood.organizations.models import Member
from makegood.promises.models import Source
from makegood.store.fields import TenantKey, state_check
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


INTAKE_STATES = ("drafted", "checking", "checked", "waiting", "done", "failed", "dropped")
"""Its columns are guessed; it is being tried; it was tried; it is being imported; and the three ends."""


class FileMapping(TenantModel):
    """What the columns of one source's files are, kept for the next file of the same header.

    `header_key` is the hash of the header's columns; `plan` is kind, columns, how dates and amounts are written, and
    which source it is of. Names of columns are no personal data.
    """

    header_key = models.CharField(max_length=64)
    header = models.JSONField()
    name = models.CharField(max_length=120)
    plan = models.JSONField()
    by = TenantKey(Member, null=True)
    kept_at = models.DateTimeField()
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "header_key"], name="file_mapping_header"),
        ]


class Intake(TenantModel):
    """One file that was brought, on a page or in the watched folder (`file_key` knows it again): its way to its end.

    `content` and what `result` quotes of it are erasable, and gone once it ended well, was dropped or is a day old. Of
    one that ended but for some rows, `content` holds those rows until a person has seen to them; `unseen` says of one
    that nobody did, as of one from the folder that failed.
    `plan` is as in FileMapping; `told` is why it was guessed, and who accepted it; `result` is what trying it, or
    importing it, came to.
    """

    name = models.CharField(max_length=120)
    size = models.IntegerField()
    rows = models.IntegerField()
    header = models.JSONField()
    content = models.BinaryField(null=True)
    file_key = models.CharField(max_length=64, null=True)
    state = models.CharField(max_length=10, default="drafted")
    plan = models.JSONField(default=dict)
    told = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    taken = models.IntegerField(default=0)
    by = TenantKey(Member, null=True)
    brought_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    unseen = models.BooleanField(null=True)

    class Meta:
        constraints = [
            state_check("state", INTAKE_STATES, "intake_state"),
            models.UniqueConstraint(
                fields=["organization_id", "file_key"],
                name="intake_file_once",
                condition=models.Q(file_key__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["organization_id", "-brought_at"], name="intake_recent"),
            models.Index(
                fields=["organization_id", "id"],
                name="intake_due",
                condition=models.Q(state__in=["checking", "waiting", "drafted", "checked"]),
            ),
            models.Index(
                fields=["organization_id", "-ended_at"], name="intake_unseen", condition=models.Q(unseen=True)
            ),
        ]


class WatchedFolder(TenantModel):
    """Whether the workers look into an organization's folder, when they last did, and what kept them from it.

    `sweep` asks them to empty what was put aside there: somebody was erased.
    """

    active = models.BooleanField(default=True)
    sweep = models.BooleanField(default=False)
    looked_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id"], name="watched_folder_once")]


MAILBOX_SECURITY = ("tls", "starttls", "none")
MAILBOX_SIGN_INS = ("password", "oauth")


class Mailbox(TenantModel):
    """Where an organization's mail is read by IMAP, and how far it was.

    `secret` is encrypted: the password, or what a new access token is asked for with (`token_url`, `client_id`), as the
    provider gave it last.
    `validity` and `position` are the folder's UIDVALIDITY and the last UID taken, moved by the transaction that takes
    it. Of what lay there when its numbers were first seen (up to `judged_to`), what had arrived before `from_at` stays.
    Whoever reads it holds it until `held_until`, by the wall clock as all times here. `trouble` is what is in the way,
    since `trouble_at`.
    """

    host = models.CharField(max_length=253)
    port = models.IntegerField()
    security = models.CharField(max_length=10)
    sign_in = models.CharField(max_length=10, default="password")
    username = models.CharField(max_length=254)
    secret = models.BinaryField()
    token_url = models.CharField(max_length=300, default="", blank=True)
    client_id = models.CharField(max_length=300, default="", blank=True)
    folder = models.CharField(max_length=200)
    active = models.BooleanField(default=True)
    changed_at = models.DateTimeField()
    from_at = models.DateTimeField(null=True)
    validity = models.BigIntegerField(null=True)
    position = models.BigIntegerField(default=0)
    judged_to = models.BigIntegerField(default=0)
    taken = models.BigIntegerField(default=0)
    taken_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    held_by = models.CharField(max_length=40, default="", blank=True)
    held_until = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, default="", blank=True)
    trouble_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            state_check("security", MAILBOX_SECURITY, "mailbox_security"),
            state_check("sign_in", MAILBOX_SIGN_INS, "mailbox_sign_in"),
            models.UniqueConstraint(fields=["organization_id"], name="mailbox_once"),
        ]


MAIL_ASIDE_STATES = ("kept", "again", "cut", "done")
"""It waits for a person; it is to be fetched once more; only its beginning was taken in; and the end."""


class MailAside(TenantModel):
    """A mail of the mailbox that could not be taken in whole, kept for a person: why, whose, and what there is of it.

    `raw`, `sender` and `subject` are erasable; the mail itself lies on in the mailbox.
    """

    mailbox = TenantKey(Mailbox)
    validity = models.BigIntegerField()
    uid = models.BigIntegerField()
    size = models.BigIntegerField()
    state = models.CharField(max_length=10, default="kept")
    said = models.CharField(max_length=300)
    sender = models.CharField(max_length=320, default="", blank=True)
    subject = models.CharField(max_length=300, default="", blank=True)
    raw = models.BinaryField(null=True)
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [
            state_check("state", MAIL_ASIDE_STATES, "mail_aside_state"),
            models.UniqueConstraint(fields=["organization_id", "mailbox", "validity", "uid"], name="mail_aside_once"),
        ]


HOOK_KINDS = ("shopify", "zendesk", "chatwoot", "zammad")


class Hook(TenantModel):
    """One source that posts to us, at an `address` of its own, what it signs with a secret that is kept encrypted.

    While the secret is changed the one of before counts too, until `before_until`. `rule` says what an order promises
    (listen.hooks.delivery_rule). `refused` counts what came to its address and was not signed by it, or not in time
    (`refused_why`: signature, time). All times are by the wall clock.
    """

    kind = models.CharField(max_length=10)
    source = TenantKey(Source)
    address = models.CharField(max_length=40, unique=True)
    secret = models.BinaryField()
    secret_before = models.BinaryField(null=True)
    before_until = models.DateTimeField(null=True)
    rule = models.JSONField(default=dict)
    active = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    refused = models.BigIntegerField(default=0)
    refused_at = models.DateTimeField(null=True)
    refused_why = models.CharField(max_length=10, default="", blank=True)

    class Meta:
        constraints = [
            state_check("kind", HOOK_KINDS, "hook_kind"),
            models.UniqueConstraint(fields=["organization_id", "source"], name="hook_source_once"),
        ]


HOOK_DELIVERY_STATES = ("waiting", "done", "aside", "seen")
"""It is to be worked on; it was, or told nothing; it could not be; and a person looked after that."""


class HookDelivery(TenantModel):
    """One delivery of a source as it came, kept before it is worked on, and known again by its id or its signature.

    `body` is erasable, and gone once it was worked on. `said` is what came of it, in a sentence. One that waits for
    another is looked at again at `again_at`, by the wall clock as all times here.
    """

    hook = TenantKey(Hook)
    key_hash = models.BinaryField()
    mark_hash = models.BinaryField()
    body = models.BinaryField(null=True)
    size = models.IntegerField()
    state = models.CharField(max_length=10, default="waiting")
    said = models.CharField(max_length=300, default="", blank=True)
    tried = models.SmallIntegerField(default=0)
    received_at = models.DateTimeField()
    again_at = models.DateTimeField()

    class Meta:
        constraints = [
            state_check("state", HOOK_DELIVERY_STATES, "hook_delivery_state"),
            models.UniqueConstraint(fields=["organization_id", "hook", "key_hash"], name="hook_delivery_once"),
            models.UniqueConstraint(fields=["organization_id", "hook", "mark_hash"], name="hook_delivery_mark"),
        ]
        indexes = [
            models.Index(fields=["organization_id", "hook", "-received_at"], name="hook_delivery_recent"),
            models.Index(
                fields=["organization_id", "again_at"],
                name="hook_delivery_due",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["organization_id", "-received_at"],
                name="hook_delivery_aside",
                condition=models.Q(state="aside"),
            ),
        ]


class HookOrder(TenantModel):
    """How much of one order of a shop is there: `parcels` are pieces and time by the keyed hash of each fulfilment.

    `pieces` is how many are to come, None while only its fulfilments were heard of, as of `told_at`; `versions` hold by
    the same hashes as of when each fulfilment is known, and whether it is off. `promised` that the ledger holds a
    promise of it, and `keeps` what keeps that, by the rule of then. Only hashes, counts and times stand here.
    """

    hook = TenantKey(Hook)
    order_hash = models.BinaryField()
    pieces = models.IntegerField(null=True)
    promised = models.BooleanField(default=False)
    keeps = models.CharField(max_length=10, null=True)
    parcels = models.JSONField(default=dict)
    told_at = models.DateTimeField(null=True)
    versions = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "hook", "order_hash"], name="hook_order_once")
        ]
