"""Conversations with customers: threads, messages in and out, and the apologies that may be said once."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models

from makegood.customers.models import Customer
from makegood.organizations.models import Member
from makegood.store.fields import TenantKey, state_check
from makegood.store.models import TenantModel

LINK_HOWS = ("", "mail", "opened", "form", "shown", "sent", "told", "recorded", "shadow")


class Thread(TenantModel):
    """One conversation with one customer. `token` is its opaque public name, in links and reply addresses.

    `link_at` is since when the customer is known to have the link of their page, and `link_how` how that is known: it
    was in a mail that left, they opened it, the report form showed it to them, or a member showed, sent or told it to
    them (recorded: a replay's). Until then what stands on the page alone has reached nobody. Of a shadow's mail it is
    "shadow": the mail would have brought it, and nobody has it.
    """

    customer = TenantKey(Customer)
    token = models.CharField(max_length=32)
    created_at = models.DateTimeField()
    link_at = models.DateTimeField(null=True)
    link_how = models.CharField(max_length=10, default="", db_default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "token"], name="thread_token"),
            state_check("link_how", LINK_HOWS, "thread_link_how"),
        ]
        indexes = [models.Index(fields=["organization_id", "customer"], name="thread_customer")]


MESSAGE_STATES = ("draft", "queued", "sent", "failed", "unknown", "stopped", "received", "shadowed")
MESSAGE_KINDS = (
    "acknowledgement",
    "apology",
    "update",
    "offer",
    "floor",
    "follow_up",
    "score_request",
    "outcome",
    "reminder",
    "reply",
    "note",
    "staff",
)


class Message(TenantModel):
    """Something said, in or out. Subject, body, address and the reason for an override are erasable.

    Shadowed is what would have been sent at `sent_at`, had its source not only watched: it was never said to anybody.

    `key_hash` is the keyed hash of the outside or idempotency key, so that a redelivery stays known. `apology_key` is
    what an apology is for (codes and ids only). `author` is the member who wrote it; none means that it went by itself.
    `read_at` is when the member whom a staff notice told marked it read. `next_by_at` is by when its words, as they
    were begun, promise the customer the next ones; `anew_at` is that too, where nobody began or wrote in the draft, so
    that it is written anew then. `machine` names the language model and its host that drafted the words; until a person
    has read or changed them (`machine_read`) they cannot leave, and `words_before` keeps what stood there (erasable).
    """

    thread = TenantKey(Thread, null=True)
    customer = TenantKey(Customer, null=True)
    member = TenantKey(Member, null=True)
    direction = models.CharField(max_length=3)
    channel = models.CharField(max_length=10)
    kind = models.CharField(max_length=20)
    step = models.CharField(max_length=12, default="")
    state = models.CharField(max_length=10)
    address = models.CharField(max_length=320, default="", blank=True)
    subject = models.CharField(max_length=300, default="", blank=True)
    body = models.TextField(default="", blank=True)
    findings = models.JSONField(default=list)
    override_reason = models.CharField(max_length=300, default="", blank=True)
    apology_key = models.CharField(max_length=160, default="", blank=True)
    message_id = models.CharField(max_length=160, default="", blank=True)
    key_hash = models.BinaryField(null=True)
    author_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    next_by_at = models.DateTimeField(null=True)
    anew_at = models.DateTimeField(null=True)
    machine = models.CharField(max_length=400, default="", db_default="", blank=True)
    machine_read = models.BooleanField(default=False, db_default=False)
    words_before = models.TextField(default="", db_default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(machine="") | models.Q(machine_read=True) | models.Q(state__in=["draft", "stopped"]),
                name="message_machine_read",
            ),
            state_check("direction", ("in", "out"), "message_direction"),
            state_check("channel", ("mail", "status", "hand", "inside"), "message_channel"),
            state_check("state", MESSAGE_STATES, "message_state"),
            state_check("kind", MESSAGE_KINDS, "message_kind"),
            models.UniqueConstraint(
                fields=["organization_id", "key_hash"],
                name="message_once",
                condition=models.Q(key_hash__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["organization_id", "thread", "created_at"], name="message_thread"),
            models.Index(fields=["organization_id", "-sent_at"], name="message_sent", condition=models.Q(state="sent")),
            models.Index(
                fields=["organization_id", "created_at"],
                name="message_trouble",
                condition=models.Q(state__in=["failed", "unknown"]),
            ),
            models.Index(
                fields=["organization_id", "created_at"],
                name="message_draft",
                condition=models.Q(state="draft"),
            ),
            models.Index(
                fields=["organization_id", "anew_at"],
                name="message_anew",
                condition=models.Q(state="draft", anew_at__isnull=False),
            ),
            models.Index(
                fields=["organization_id", "member", "-created_at"],
                name="message_member",
                condition=models.Q(member__isnull=False),
            ),
            models.Index(
                fields=["organization_id", "member"],
                name="message_unread",
                condition=models.Q(kind="staff", read_at__isnull=True),
            ),
            models.Index(fields=["organization_id", "customer"], name="message_customer"),
        ]


class Apology(TenantModel):
    """One apology said to one customer for one key, and the time in which it may not be said again.

    The key (the incident, else the failure's kind with its place, product or partner) is stored as its hash.
    """

    customer = TenantKey(Customer)
    key_hash = models.BigIntegerField()
    key = models.CharField(max_length=160)
    message = TenantKey(Message, null=True)
    period = DateTimeRangeField()

    class Meta:
        indexes = [models.Index(fields=["organization_id", "message"], name="apology_message")]
        constraints = [
            ExclusionConstraint(
                name="apology_once",
                expressions=[
                    (
                        models.Func("organization_id", "organization_id", models.Value("[]"), function="int8range"),
                        "&&",
                    ),
                    (models.Func("customer", "customer", models.Value("[]"), function="int8range"), "&&"),
                    (models.Func("key_hash", "key_hash", models.Value("[]"), function="int8range"), "&&"),
                    ("period", "&&"),
                ],
            )
        ]


HELPDESK_KINDS = ("zendesk", "chatwoot", "zammad")


class Helpdesk(TenantModel):
    """A helpdesk that tells of its tickets by webhook (`hook_id`), and how it is spoken to.

    `secret` is its key, encrypted; `agent` whose key it is, where the helpdesk asks for that. Without a `url` nobody is
    replied to through it.
    """

    hook_id = models.BigIntegerField()
    kind = models.CharField(max_length=10)
    url = models.CharField(max_length=300, default="", blank=True)
    agent = models.CharField(max_length=254, default="", blank=True)
    secret = models.BinaryField(default=b"")

    class Meta:
        constraints = [
            state_check("kind", HELPDESK_KINDS, "helpdesk_kind"),
            models.UniqueConstraint(fields=["organization_id", "hook_id"], name="helpdesk_hook"),
            models.UniqueConstraint(fields=["organization_id", "id"], name="conversations_helpdesk_tenant_id"),
        ]


class Ticket(TenantModel):
    """A ticket of a helpdesk, the message that came by it last, and the conversation that it is, once it is one.

    `number` holds digits alone (of Chatwoot account/conversation): no personal data.
    """

    helpdesk = TenantKey(Helpdesk)
    number = models.CharField(max_length=40)
    message = TenantKey(Message, null=True)
    thread = TenantKey(Thread, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "helpdesk", "number"], name="ticket_once"),
        ]
        indexes = [
            models.Index(
                fields=["organization_id", "thread"],
                name="ticket_thread",
                condition=models.Q(thread__isnull=False),
            ),
            models.Index(
                fields=["organization_id", "message"],
                name="ticket_message",
                condition=models.Q(message__isnull=False),
            ),
        ]


TELLING_WAYS = ("mail", "chat", "push")
TELLING_STATES = ("held", "leaving", "told", "seen", "settled", "folded", "failed", "unknown", "stopped")


class Telling(TenantModel):
    """One thing that one member is told outside of Makegood, once, by one `way`: `about` names it, without a person.

    The way is that of the moment it leaves; mail where another one surely failed, and it `fell_back`. `telling_once`
    stands for workers of the release before, which name it; `telling_one_way` says more.

    `what` is the note's code and `kind` what that makes it to this member; `same` is shared by all that say how one
    matter stands. `note` is ids and codes. `tell_at` is when it is looked at next while it is held; `effect_key` names
    the effect it leaves in; `reasons` are those of the last decision. Told is what left, `folded` in a later one of its
    matter, seen and settled what needed telling no more.
    """

    member = TenantKey(Member)
    way = models.CharField(max_length=10)
    kind = models.CharField(max_length=12)
    what = models.CharField(max_length=40)
    about = models.CharField(max_length=200)
    same = models.CharField(max_length=200)
    note = models.JSONField(default=dict)
    notice = TenantKey(Message, null=True)
    at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    tell_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="held")
    settled_at = models.DateTimeField(null=True)
    effect_key = models.CharField(max_length=160, default="", blank=True)
    reasons = models.JSONField(default=list)
    fell_back = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            state_check("way", TELLING_WAYS, "telling_way"),
            models.UniqueConstraint(fields=["organization_id", "member", "about"], name="telling_one_way"),
            state_check("state", TELLING_STATES, "telling_state"),
            models.UniqueConstraint(fields=["organization_id", "member", "way", "about"], name="telling_once"),
        ]
        indexes = [
            models.Index(fields=["organization_id", "tell_at"], name="telling_due", condition=models.Q(state="held")),
            models.Index(
                fields=["organization_id", "effect_key"], name="telling_leaving", condition=models.Q(state="leaving")
            ),
            models.Index(fields=["organization_id", "member", "-at"], name="telling_member"),
        ]
