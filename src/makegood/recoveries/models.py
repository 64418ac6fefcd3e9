"""The case: one customer's failures of one happening, with an owner, a plan, seven steps, clocks and follow-ups."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Left
from django.db.models.lookups import Exact

from makegood.core.help.forms import FILE_KINDS, MOST_BYTES
from makegood.customers.models import Customer
from makegood.failures.models import TEST as OF_TESTS
from makegood.failures.models import Failure, Incident
from makegood.messages.apologies import SHADOW
from makegood.messages.models import Thread
from makegood.organizations.models import Member, Place, PlaybookVersion, Team
from makegood.store.fields import TenantKey, code_field, state_check
from makegood.store.models import TenantModel

STEPS = ("apologise", "fix", "respond", "make_good", "improve", "communicate", "stay")
TARGETS = ("acknowledge", "own", "remedy", "fix", "make_good", "respond", "update")


RECOVERY_STATES = ("open", "closed", "withdrawn")
RECOVERY_RETURNS = ("", "back", "lapsed", "declined", "unknown")

TEST = SHADOW + OF_TESTS
"""What the happening of a test's recovery begins with: a shadow that who sent it walks, and nobody else is shown."""


class Recovery(TenantModel):
    """One recovery. `clock_from` is when its clocks started: when the failure was known. `due_at` is made good by.

    `next_step` is one of the seven, or "decide" while under review, or "done". `expected_loss_at` is when the expected
    loss is to be reckoned again; NULL under a stepped clock, where nobody looks. `close_note` is a manager's reason.

    `owner_active` is TRUE while open and NULL afterwards; with the owner it refers to (organization, member, active),
    so that the database itself refuses an open recovery whose owner is not an active member.

    A shadow's happening has a key of its own (`shadow:` before it): it joins none that is no shadow, nor bars one.
    """

    number = models.IntegerField()
    customer = TenantKey(Customer)
    happening_key = models.CharField(max_length=40)
    incident = TenantKey(Incident, null=True)
    place = TenantKey(Place, null=True)
    team = TenantKey(Team, null=True)
    thread = TenantKey(Thread)
    owner = TenantKey(Member)
    owner_active = models.GeneratedField(
        expression=models.Case(
            models.When(state="open", then=models.Value(True)),
            default=models.Value(None),
            output_field=models.BooleanField(null=True),
        ),
        output_field=models.BooleanField(null=True),
        db_persist=True,
    )
    owner_reasons = models.JSONField(default=list)
    owner_tier = models.SmallIntegerField()
    playbook = TenantKey(PlaybookVersion)
    group = models.CharField(max_length=20)
    kind = models.CharField(max_length=30)
    loss = models.CharField(max_length=10)
    fault = models.CharField(max_length=10)
    severity = models.SmallIntegerField()
    review = models.BooleanField(default=False)
    state = models.CharField(max_length=10, default="open")
    clock_from = models.DateTimeField()
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    next_step = models.CharField(max_length=12, default="apologise")
    next_due_at = models.DateTimeField()
    price_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, default="")
    expected_loss_minor = models.BigIntegerField(default=0)
    expected_loss_at = models.DateTimeField(null=True)
    returned = models.CharField(max_length=10, default="", blank=True)
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=12, default="")
    close_note = models.CharField(max_length=300, default="", blank=True)
    closed_by = TenantKey(Member, null=True)
    cause_known_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            state_check("state", RECOVERY_STATES, "recovery_state"),
            state_check("returned", RECOVERY_RETURNS, "recovery_returned"),
            models.UniqueConstraint(fields=["organization_id", "number"], name="recovery_number"),
            models.UniqueConstraint(
                fields=["organization_id", "customer", "happening_key"],
                name="recovery_once_per_happening",
                condition=models.Q(state="open"),
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", closed_at__isnull=True)
                | models.Q(closed_at__isnull=False) & ~models.Q(state="open"),
                name="recovery_closed",
            ),
            models.CheckConstraint(condition=models.Q(owner_tier__gte=1, owner_tier__lte=3), name="recovery_tier"),
        ]
        indexes = [
            models.Index(
                fields=["organization_id", "-expected_loss_minor", "next_due_at"],
                name="recovery_today",
                condition=models.Q(state="open"),
            ),
            models.Index(
                fields=["organization_id", "owner"],
                name="recovery_mine",
                condition=models.Q(state="open"),
                include=["id", "place", "next_due_at", "review"],
            ),
            models.Index(
                fields=["organization_id", "expected_loss_at"],
                name="recovery_stale",
                condition=models.Q(state="open"),
            ),
            models.Index(fields=["organization_id", "state", "-opened_at"], name="recovery_recent"),
            models.Index(fields=["organization_id", "customer"], name="recovery_customer"),
            models.Index(
                fields=["organization_id", "id"],
                name="recovery_shadow",
                condition=models.Q(Exact(Left("happening_key", 7), "shadow:")),
            ),
            models.Index(fields=["organization_id", "thread"], name="recovery_thread"),
            models.Index(
                fields=["organization_id", "incident"],
                name="recovery_incident",
                condition=models.Q(incident__isnull=False),
            ),
        ]

    @property
    def shadow(self) -> bool:
        """Whether its source only watched: all of it is worked out, and nothing of it reaches anybody."""
        return self.happening_key.startswith(SHADOW)

    @property
    def test(self) -> bool:
        """Whether it is a test failure's, walked by who sent it."""
        return self.happening_key.startswith(TEST)


class RecoveryFailure(TenantModel):
    """Which failures a recovery puts right; a failure is in one recovery only."""

    recovery = TenantKey(Recovery)
    failure = TenantKey(Failure)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "failure"], name="failure_in_one_recovery")]
        indexes = [models.Index(fields=["organization_id", "recovery"], name="recovery_failures")]


STEP_STATES = ("todo", "done", "skipped", "overdue")


class Step(TenantModel):
    """One of the seven steps of one recovery: done, skipped with a reason, or still to do (overdue past `due_at`).

    `note` is for colleagues; `told` is what was done in words that its customer reads on their page.
    """

    recovery = TenantKey(Recovery)
    step = models.CharField(max_length=12)
    state = models.CharField(max_length=10, default="todo")
    send = models.CharField(max_length=20, default="person")
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by_id = models.BigIntegerField(null=True)
    note = models.CharField(max_length=300, default="", blank=True)
    told = models.CharField(max_length=300, default="", db_default="", blank=True)

    class Meta:
        constraints = [
            state_check("step", STEPS, "step_name"),
            state_check("state", STEP_STATES, "step_state"),
            models.UniqueConstraint(fields=["organization_id", "recovery", "step"], name="step_once"),
        ]


RECOVERY_CLOCK_STATES = ("running", "paused", "met", "missed", "ended")
UNMET = ("running", "paused", "missed")
"""A clock whose target is still to be reached is in one of these states, and was not met."""


class RecoveryClock(TenantModel):
    """One running target: due at `due_at`, which is recomputed from start, minutes, calendar and pauses.

    `next_at` is the next moment the ticker must look: the warning, then the breach, then each repeat until a person
    acknowledges it; NULL while paused, met, or acknowledged. `promised_at` is by when our last letter promised the next
    word: no deadline of the next word is later.
    """

    recovery = TenantKey(Recovery)
    target = models.CharField(max_length=12)
    started_at = models.DateTimeField()
    minutes = models.IntegerField()
    calendar = models.CharField(max_length=60, default="")
    due_at = models.DateTimeField(null=True)
    warn_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, default="running")
    met_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    escalations = models.SmallIntegerField(default=0)
    promised_at = models.DateTimeField(null=True)
    acknowledged_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            state_check("target", TARGETS, "clock_target"),
            state_check("state", RECOVERY_CLOCK_STATES, "recovery_clock_state"),
            models.UniqueConstraint(fields=["organization_id", "recovery", "target"], name="clock_once"),
            models.CheckConstraint(condition=models.Q(minutes__gte=0), name="clock_minutes"),
        ]
        indexes = [
            models.Index(
                fields=["organization_id", "next_at"],
                name="clock_due",
                condition=models.Q(next_at__isnull=False),
            ),
            models.Index(fields=["organization_id", "started_at"], name="clock_started"),
            models.Index(
                fields=["organization_id", "due_at"],
                name="clock_unmet",
                condition=models.Q(met_at__isnull=True, state__in=UNMET),
                include=["recovery"],
            ),
            models.Index(
                "organization_id",
                "target",
                models.F("met_at") - models.F("started_at"),
                name="clock_taken",
                condition=models.Q(state__in=["met", "missed"]),
                include=["met_at", "started_at"],
            ),
        ]


PAUSE_REASONS = ("customer", "third_party", "incident", "other")


class Pause(TenantModel):
    """A time that does not count, with reason and author; open-ended while `to_at` is NULL."""

    recovery = TenantKey(Recovery)
    reason = models.CharField(max_length=20)
    note = models.CharField(max_length=300, default="", blank=True)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    by = TenantKey(Member)

    class Meta:
        constraints = [
            state_check("reason", PAUSE_REASONS, "pause_reason"),
            models.CheckConstraint(
                condition=models.Q(to_at__isnull=True) | models.Q(to_at__gt=models.F("from_at")),
                name="pause_ends_later",
            ),
            models.UniqueConstraint(
                fields=["organization_id", "recovery"],
                name="pause_one_open",
                condition=models.Q(to_at__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["organization_id", "recovery"], name="pause_recovery")]


FOLLOW_UP_STATES = ("planned", "due", "done", "ended")


class FollowUp(TenantModel):
    """One planned contact or check after the make-good; a reply never cancels it."""

    recovery = TenantKey(Recovery)
    position = models.SmallIntegerField()
    action = models.CharField(max_length=20)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="planned")
    done_at = models.DateTimeField(null=True)
    done_by_id = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=10, default="", blank=True)

    class Meta:
        constraints = [
            state_check("state", FOLLOW_UP_STATES, "follow_up_state"),
            state_check("action", ("ask_score", "check_in", "see_return"), "follow_up_action"),
            models.UniqueConstraint(fields=["organization_id", "recovery", "position"], name="follow_up_once"),
        ]
        indexes = [
            models.Index(
                fields=["organization_id", "due_at"],
                name="follow_up_due",
                condition=models.Q(state="planned"),
            )
        ]


class Rating(TenantModel):
    """What the customer thought of one delivery: 1-7 and five optional CARES taps; an unanswered one is unknown.

    `failed_at` is its recovery's `clock_from`, which never changes; the database sets it.
    """

    recovery = TenantKey(Recovery)
    makegood_id = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    score = models.SmallIntegerField(null=True)
    cares = models.JSONField(default=dict)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(score__isnull=True) | models.Q(score__gte=1, score__lte=7),
                name="rating_score",
            ),
            models.UniqueConstraint(
                fields=["organization_id", "recovery", "makegood_id"],
                name="rating_once",
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(fields=["organization_id", "-answered_at"], name="rating_answered"),
            models.Index(fields=["organization_id", "asked_at"], name="rating_asked"),
            models.Index(
                fields=["organization_id", "-failed_at", "-recovery", "-answered_at", "-id"],
                name="rating_failed",
                condition=models.Q(score__isnull=False),
                include=["score"],
            ),
        ]


class CaresRecord(TenantModel):
    """What the journal showed of CARES when the recovery closed last: `kept` maps each of the five to [kept, known]."""

    recovery = TenantKey(Recovery)
    at = models.DateTimeField()
    kept = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "recovery"], name="cares_once")]
        indexes = [models.Index(fields=["organization_id", "at"], name="cares_at")]


RETURN_HOW = ("seen", "customer", "colleague")


class Return(TenantModel):
    """What is known of a customer's return: seen in what they buy and use, or said by them or by a colleague.

    `rule` is the rule of core.staying that decided where it was seen; `looks` how often it was looked for.
    """

    recovery = TenantKey(Recovery)
    outcome = models.CharField(max_length=10)
    how = models.CharField(max_length=10)
    rule = models.CharField(max_length=20, default="", blank=True)
    at = models.DateTimeField()
    looks = models.SmallIntegerField(default=0)
    by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            state_check("outcome", RECOVERY_RETURNS[1:], "return_outcome"),
            state_check("how", RETURN_HOW, "return_how"),
            models.UniqueConstraint(fields=["organization_id", "recovery"], name="return_once"),
        ]
        indexes = [models.Index(fields=["organization_id", "at"], name="return_at")]


CONSENT_HOW = ("page", "phone", "mail", "in_person")


class Story(TenantModel):
    """A recovery that its customer allows to be told, and, once a person wrote it, the story: never with who they are.

    There is no row without consent: one that is withdrawn takes the row, and so the story, with it.
    """

    recovery = TenantKey(Recovery)
    customer = TenantKey(Customer)
    consented_at = models.DateTimeField()
    consent_how = models.CharField(max_length=10)
    consent_by_id = models.BigIntegerField(null=True)
    title = models.CharField(max_length=160, default="", blank=True)
    body = models.TextField(default="", blank=True)
    told_at = models.DateTimeField(null=True)
    told_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            state_check("consent_how", CONSENT_HOW, "story_consent_how"),
            models.UniqueConstraint(fields=["organization_id", "recovery"], name="story_once"),
            models.CheckConstraint(
                condition=models.Q(told_at__isnull=True) | ~models.Q(title="") & ~models.Q(body=""),
                name="story_told",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization_id", "-told_at"],
                name="story_recent",
                condition=models.Q(told_at__isnull=False),
            ),
            models.Index(fields=["organization_id", "customer"], name="story_customer"),
        ]


class HelpTick(TenantModel):
    """One item of a checklist of the frozen playbook that a member ticked on a recovery."""

    recovery = TenantKey(Recovery)
    playbook = TenantKey(PlaybookVersion)
    checklist = code_field(40)
    item = code_field(40)
    at = models.DateTimeField()
    by = TenantKey(Member)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "recovery", "checklist", "item"], name="help_tick_once")
        ]


class HelpForm(TenantModel):
    """A form of the frozen playbook as a member filled it in; the latest stands, the earlier ones stay.

    `answers` maps a field to its value as plain data, and is erasable.
    """

    recovery = TenantKey(Recovery)
    playbook = TenantKey(PlaybookVersion)
    form = code_field(40)
    at = models.DateTimeField()
    by = TenantKey(Member)
    answers = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["organization_id", "recovery", "-at"], name="help_form_recovery")]


class HelpFile(TenantModel):
    """A file that came with a form: its kind by its content, never by its name. The whole row is erasable."""

    filled = TenantKey(HelpForm)
    field = code_field(40)
    name = models.CharField(max_length=120)
    kind = code_field(10)
    size = models.IntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            state_check("kind", FILE_KINDS, "help_file_kind"),
            models.UniqueConstraint(fields=["organization_id", "filled", "field"], name="help_file_once"),
            models.CheckConstraint(condition=models.Q(size__gte=1, size__lte=MOST_BYTES), name="help_file_size"),
        ]


class HelpTalk(TenantModel):
    """A dialogue that a member walked to its end: the numbers of the answers that the customer gave, from 1."""

    recovery = TenantKey(Recovery)
    playbook = TenantKey(PlaybookVersion)
    dialogue = code_field(40)
    answers = models.JSONField(default=list)
    at = models.DateTimeField()
    by = TenantKey(Member)

    class Meta:
        indexes = [models.Index(fields=["organization_id", "recovery", "-at"], name="help_talk_recovery")]


class Unopened(TenantModel):
    """A failure that was taken and that no recovery could be opened for: tried again at `next_at`, ever later.

    `error` is the kind of the last error; what it says may quote a person's words, and is in the log only.
    """

    failure = TenantKey(Failure)
    since_at = models.DateTimeField()
    next_at = models.DateTimeField()
    tries = models.IntegerField()
    error = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "failure"], name="unopened_once")]
        indexes = [models.Index(fields=["organization_id", "next_at"], name="unopened_due")]


from makegood.recoveries import approval_models, many_models  # noqa: E402, F401 - Django finds them here, and they refer to those above
