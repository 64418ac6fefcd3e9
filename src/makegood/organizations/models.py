"""One business: its people with their roles and limits, its places, and its versioned playbooks and calendars."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from makegood.store.fields import TenantKey, state_check
from makegood.store.models import TenantModel

ROLES = ("employee", "manager", "finance", "admin")
TIERS = {"employee": 1, "finance": 1, "manager": 2, "admin": 3}


ORGANIZATION_DELIVERIES = ("live", "shadow", "inbox")


class Organization(models.Model):
    """One business. `delivery` says what happens to effects: live, shadow (nothing leaves) or inbox (demo, replay).

    `recorded` is a replay's: its customers are rows of a file, and each counts as having the link of their page.
    `mail_playbook` is what is done about what mails complain of, where no order and no place says it; empty is default.
    """

    id = models.BigAutoField(primary_key=True)
    organization_id = models.GeneratedField(
        expression=models.F("id"),  # type: ignore[arg-type]
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    zone = models.CharField(max_length=60, default="UTC")
    currency = models.CharField(max_length=3, default="EUR")
    language = models.CharField(max_length=10, default="en")
    delivery = models.CharField(max_length=10, default="live")
    reply_address = models.EmailField(default="", blank=True)
    stopped_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    recorded = models.BooleanField(default=False, db_default=False)
    mail_playbook = models.CharField(max_length=60, default="", db_default="", blank=True)

    class Meta:
        constraints = [state_check("delivery", ORGANIZATION_DELIVERIES, "organization_delivery")]


class User(AbstractBaseUser):
    """A person who signs in; one account may be a member of several organizations.

    `password_once` says that the password was shown to somebody else and must be changed at first use. Sessions that
    began before `password_changed_at`, or before `signed_out_at` (signed out everywhere), have ended.
    With `factor_at` the password is not enough: `factor_secret` (encrypted) makes the codes, `factor_step` is that of
    the code used last, and `recovery_codes` are keyed hashes of those not used yet.
    `owned_at` is since when nobody but its owner can know what lets in: they chose the password by a mailed link, and
    no second factor or passkey was there from before. `made_in` is the organization that made the account.
    """

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField(unique=True)
    created_at = models.DateTimeField()
    password_once = models.BooleanField(default=False, db_default=False)
    password_changed_at = models.DateTimeField(null=True)
    signed_out_at = models.DateTimeField(null=True)
    factor_secret = models.BinaryField(default=b"", db_default=b"")
    factor_at = models.DateTimeField(null=True)
    factor_step = models.BigIntegerField(default=0, db_default=0)
    recovery_codes = models.JSONField(default=list, db_default=[])
    owned_at = models.DateTimeField(null=True)
    made_in = models.BigIntegerField(null=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = BaseUserManager["User"]()


class Passkey(models.Model):
    """A key that a device of an account's owner keeps; here is its public half, with how its owner calls it.

    `counter` is how often the device told that it was used; with `doubted_at` it told less than before, so it may have
    been copied, and lets nobody in. It is the account's, so it belongs to no organization.
    """

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    credential = models.BinaryField(unique=True)
    public = models.BinaryField()
    counter = models.BigIntegerField()
    name = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    doubted_at = models.DateTimeField(null=True)


class Team(TenantModel):
    """A group of members who take recoveries together."""

    name = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "name"], name="team_name")]


class Place(TenantModel):
    """Where service happens: a store, hotel, till, depot or line; places form a tree.

    `playbook` says what is done for whom it fails where no source says so; empty is as at the place it is inside of.
    """

    code = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=30, default="store")
    parent = TenantKey("Place", null=True)
    zone = models.CharField(max_length=60, default="")
    playbook = models.CharField(max_length=60, default="", db_default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "code"], name="place_code")]


class Member(TenantModel):
    """One person in one organization: role, limit, presence. `tier` is the owner tier: 1 employee, 2 manager, 3 admin.

    `limit_minor` is what the person may give without asking, a day, in the organization's currency. `title` is how they
    sign letters, after their name; none is made up for who gave none.
    """

    user = models.ForeignKey(User, on_delete=models.RESTRICT, null=True, related_name="+")
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=10)
    title = models.CharField(max_length=60, default="", db_default="", blank=True)
    tier = models.SmallIntegerField()
    team = TenantKey(Team, null=True)
    limit_minor = models.BigIntegerField(default=0)
    active = models.BooleanField(default=True)
    present = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            state_check("role", ROLES, "member_role"),
            models.CheckConstraint(condition=models.Q(tier__gte=1, tier__lte=3), name="member_tier"),
            models.CheckConstraint(condition=models.Q(limit_minor__gte=0), name="member_limit"),
            models.UniqueConstraint(fields=["organization_id", "user"], name="member_user"),
            models.UniqueConstraint(fields=["organization_id", "id", "active"], name="member_active_key"),
        ]


class MemberPlace(TenantModel):
    """A place that a member serves; a member with none serves all."""

    member = TenantKey(Member)
    place = TenantKey(Place)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "member", "place"], name="member_place_once")]


WAYS_CHOSEN = ("mail", "chat", "push")


class TellingChoice(TenantModel):
    """How one member chose to be told; who has no row is told as the house has it (`core.telling`).

    `way` is the one that they are told by, and `by_mail` says that mail may be it, or be fallen back to.

    No `quiet_from` and `quiet_to` with `quiet` is the night of the house; `zone` is empty for the organization's.
    `paces` holds a pace for each kind that differs from the house's. With `wake`, escalations come at night as well.
    """

    member = TenantKey(Member)
    way = models.CharField(max_length=10, default="mail", db_default="mail")
    by_mail = models.BooleanField(default=True)
    quiet = models.BooleanField(default=True)
    quiet_from = models.TimeField(null=True)
    quiet_to = models.TimeField(null=True)
    zone = models.CharField(max_length=60, default="", blank=True)
    paces = models.JSONField(default=dict)
    wake = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "member"], name="telling_choice_once"),
            state_check("way", WAYS_CHOSEN, "telling_choice_way"),
        ]


CHATS = ("slack", "teams")


class Chat(TenantModel):
    """A channel of Slack or Teams that members may be told in: one member's, one team's or the organization's.

    `address` is that of its incoming webhook, encrypted: whoever knows it may write there. `trouble` says what went
    wrong last, since `trouble_at`.
    """

    member = TenantKey(Member, null=True)
    team = TenantKey(Team, null=True)
    kind = models.CharField(max_length=10)
    address = models.BinaryField()
    host = models.CharField(max_length=255)
    trouble = models.CharField(max_length=200, default="", blank=True)
    trouble_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            state_check("kind", CHATS, "chat_kind"),
            models.CheckConstraint(
                condition=models.Q(member__isnull=True) | models.Q(team__isnull=True), name="chat_of_one"
            ),
            models.UniqueConstraint(
                fields=["organization_id", "member", "team"], name="chat_once", nulls_distinct=False
            ),
        ]


class Device(TenantModel):
    """A browser of a member's that shows them what they are told: its subscription to its maker's push service.

    `subscription` (where to post, and the keys to encrypt for) is encrypted; `known_as` is a keyed hash of where to
    post, and `name` and `host` are what its page shows. One that was added before its account was signed out
    everywhere, or given another password, does not count.
    """

    member = TenantKey(Member)
    known_as = models.BinaryField()
    subscription = models.BinaryField()
    name = models.CharField(max_length=60)
    host = models.CharField(max_length=255)
    added_at = models.DateTimeField()
    trouble = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "known_as"], name="device_once")]
        indexes = [models.Index(fields=["organization_id", "member"], name="device_member")]


class MemberSeen(TenantModel):
    """When a member last opened a page or did anything, by the organization's clock; at most a minute behind."""

    member = TenantKey(Member)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "member"], name="member_seen_once")]


class PlaybookVersion(TenantModel):
    """One published version of a playbook, never changed; `text` is the YAML as written, `data` the same parsed."""

    code = models.CharField(max_length=60)
    version = models.IntegerField()
    text = models.TextField()
    data = models.JSONField()
    published_at = models.DateTimeField()
    published_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "code", "version"], name="playbook_version")]


class CalendarVersion(TenantModel):
    """One version of a working calendar and the moment from which it counts; never changed."""

    code = models.CharField(max_length=60)
    active_from = models.DateTimeField()
    data = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "code", "active_from"], name="calendar_version")
        ]


INTEGRATION_KINDS = ("payout", "smtp", "drafting")


class Integration(TenantModel):
    """An outside system that effects go to, or that drafts letters (`model` says which one does).

    `secret` is encrypted with the installation's key.
    """

    kind = models.CharField(max_length=20)
    url = models.URLField(max_length=500, default="")
    secret = models.BinaryField(default=b"")
    model = models.CharField(max_length=120, default="", db_default="", blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            state_check("kind", INTEGRATION_KINDS, "integration_kind"),
            models.UniqueConstraint(fields=["organization_id", "kind"], name="integration_kind_once"),
        ]


class IdentityProvider(TenantModel):
    """Where an organization's members sign in, if not here: an OpenID Connect issuer, and who we are to it.

    `secret` is encrypted with the installation's key. `domains` are those of whose e-mails its word counts. With
    `passwords_off` nobody enters this organization by password or passkey but `kept`, or any admin once that one is
    none.
    """

    issuer = models.URLField(max_length=500)
    client_id = models.CharField(max_length=200)
    secret = models.BinaryField(default=b"")
    domains = models.JSONField(default=list)
    active = models.BooleanField(default=False)
    passwords_off = models.BooleanField(default=False)
    kept = TenantKey(Member, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id"], name="identity_provider_once")]


class Identity(TenantModel):
    """By what a provider knows a member: found by their verified e-mail once, and by nothing but this from then on."""

    member = TenantKey(Member)
    issuer = models.URLField(max_length=500)
    subject = models.CharField(max_length=255)
    since_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "issuer", "subject"], name="identity_subject_once"),
            models.UniqueConstraint(fields=["organization_id", "issuer", "member"], name="identity_member_once"),
        ]


class ApiKey(TenantModel):
    """A program's key: only its hash is kept; scopes say what it may do; revoked keys stay for the record."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    key_hash = models.BinaryField(unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)


class KeyPlace(TenantModel):
    """The place for which a key speaks, with all that lies inside of it; a key with none speaks for the whole house."""

    api_key = TenantKey(ApiKey)
    place = TenantKey(Place)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "api_key"], name="key_place_once")]
