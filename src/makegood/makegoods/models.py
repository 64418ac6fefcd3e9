"""What is owed, given or offered: make-goods, what each person may still give, and the ledger of it all."""

from __future__ import annotations

from django.db import models

from makegood.customers.models import Charge, Customer
from makegood.failures.models import Failure
from makegood.organizations.models import ROLES, Member, Place
from makegood.promises.models import Source
from makegood.store.fields import TenantKey, state_check
from makegood.store.models import TenantModel

FORMS = ("money", "credit", "coupon", "exchange", "reperformance", "time_back", "personal", "gift")


MAKE_GOOD_PARTS = ("floor", "fix", "extra")
MAKE_GOOD_STATES = ("offered", "accepted", "delivered", "declined", "swapped", "expired", "withdrawn", "shadowed")


class MakeGood(TenantModel):
    """One concrete remedy for one failure. `part` is floor (owed), fix or extra; offered is not delivered.

    `value_minor` is what it is worth to the customer, `cost_minor` what it costs the business. `remedy` is the
    catalogue's code, or for a floor the form in which the law wants it paid. `allowance` is the day's allowance that
    its cost was taken from. `next_at` is the next reminder or expiry of an offer. `reference` is what finance paid it
    under by hand; it is erasable, as the title is. One of a `shadow` failure is never delivered but shadowed: it costs
    nobody anything, stands in no ledger and takes from no allowance.
    """

    failure = TenantKey(Failure)
    customer = TenantKey(Customer)
    part = models.CharField(max_length=10)
    remedy = models.CharField(max_length=60)
    title = models.CharField(max_length=160)
    form = models.CharField(max_length=20)
    value_minor = models.BigIntegerField()
    cost_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    rule = models.CharField(max_length=80, default="")
    reasons = models.JSONField(default=list)
    charge = TenantKey(Charge, null=True)
    offered_by = TenantKey(Member, null=True)
    allowance = TenantKey("Allowance", null=True)
    swapped_for = TenantKey("MakeGood", null=True)
    state = models.CharField(max_length=10)
    offered_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    reference = models.CharField(max_length=80, default="", db_default="", blank=True)
    shadow = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(shadow=True, allowance__isnull=True) & ~models.Q(state="delivered")
                | models.Q(shadow=False) & ~models.Q(state="shadowed"),
                name="makegood_shadow_stays",
            ),
            state_check("part", MAKE_GOOD_PARTS, "makegood_part"),
            state_check("state", MAKE_GOOD_STATES, "makegood_state"),
            state_check("form", FORMS, "makegood_form"),
            models.CheckConstraint(condition=models.Q(value_minor__gte=0, cost_minor__gte=0), name="makegood_amounts"),
            models.UniqueConstraint(
                fields=["organization_id", "failure", "rule"],
                name="makegood_floor_once",
                condition=models.Q(part="floor"),
            ),
        ]
        indexes = [
            models.Index(fields=["organization_id", "failure"], name="makegood_failure"),
            models.Index(fields=["organization_id", "customer"], name="makegood_customer"),
            models.Index(
                fields=["organization_id", "offered_by", "offered_at"],
                name="makegood_shadow",
                condition=models.Q(shadow=True),
            ),
            models.Index(
                fields=["organization_id", "next_at"],
                name="makegood_due",
                condition=models.Q(state="offered"),
            ),
            models.Index(
                fields=["organization_id", "offered_at"],
                name="makegood_unpaid",
                condition=models.Q(state="accepted", form="money"),
            ),
            models.Index(fields=["organization_id", "-offered_at"], name="makegood_recent"),
            models.Index(
                fields=["organization_id", "settled_at"],
                name="makegood_delivered",
                condition=models.Q(state="delivered"),
            ),
        ]


class Allowance(TenantModel):
    """What one member may give without asking on one day, and what they have given: the check is the limit."""

    member = TenantKey(Member)
    day_date = models.DateField()
    currency = models.CharField(max_length=3)
    limit_minor = models.BigIntegerField()
    given_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "member", "day_date", "currency"], name="allowance_day"),
            models.CheckConstraint(
                condition=models.Q(given_minor__gte=0, given_minor__lte=models.F("limit_minor")),
                name="allowance_within_limit",
            ),
        ]


LIMIT_OVERS = ("day", "recovery", "customer")


class Limit(TenantModel):
    """The most that somebody may give without asking over a day, one recovery, or one customer in a calendar year.

    It is of everybody in a role or of one member; of several that apply the smallest counts. What counts towards one
    over a recovery or a customer is everything beyond what is owed that stands there, whoever gave it. A member's own
    day is `Member.limit_minor`. In the organization's currency.
    """

    role = models.CharField(max_length=10, default="", blank=True)
    member = TenantKey(Member, null=True)
    over = models.CharField(max_length=10)
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            state_check("over", LIMIT_OVERS, "limit_over"),
            models.CheckConstraint(
                condition=models.Q(role__in=ROLES, member__isnull=True)
                | models.Q(role="", member__isnull=False) & ~models.Q(over="day"),
                name="limit_whose",
            ),
            models.CheckConstraint(condition=models.Q(amount_minor__gte=0), name="limit_amount"),
            models.UniqueConstraint(
                fields=["organization_id", "role", "member", "over"], name="limit_once", nulls_distinct=False
            ),
        ]


class Budget(TenantModel):
    """What may be given beyond what is owed in a period (days of the organization) at a place and inside of it.

    No place is the whole organization. The database lets no two of one place overlap. What is left of it stands in
    its `Pool`.
    """

    place = TenantKey(Place, null=True)
    active_from = models.DateField()
    active_to = models.DateField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(active_from__lt=models.F("active_to")), name="budget_period"),
            models.CheckConstraint(condition=models.Q(amount_minor__gte=0), name="budget_amount"),
        ]


POOL_KINDS = ("budget", "customer", "recovery")


class Pool(TenantModel):
    """What is promised and given out of one budget, for one customer in a year, or in one recovery: the check holds it.

    `subject` is a budget's id, a customer's id, or a recovery's happening (`CUSTOMER:KEY`); `period` is its first
    day. `limit_minor` is that of who gave last (null: they have none). Offered is held; it is given once they have it.
    """

    kind = models.CharField(max_length=10)
    subject = models.CharField(max_length=80)
    period = models.DateField()
    currency = models.CharField(max_length=3)
    limit_minor = models.BigIntegerField(null=True)
    held_minor = models.BigIntegerField(default=0)
    given_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            state_check("kind", POOL_KINDS, "pool_kind"),
            models.UniqueConstraint(fields=["organization_id", "id"], name="makegoods_pool_tenant_id"),
            models.UniqueConstraint(
                fields=["organization_id", "kind", "subject", "period", "currency"], name="pool_once"
            ),
            models.CheckConstraint(condition=models.Q(held_minor__gte=0, given_minor__gte=0), name="pool_amounts"),
            models.CheckConstraint(
                condition=models.Q(limit_minor__isnull=True)
                | models.Q(held_minor__lte=models.F("limit_minor") - models.F("given_minor")),
                name="pool_within_limit",
            ),
        ]


class Hold(TenantModel):
    """That the cost of one make-good is held, or given, out of one pool: what comes to nothing goes back there."""

    makegood = TenantKey(MakeGood)
    pool = TenantKey(Pool)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "makegood", "pool"], name="hold_once"),
        ]


LEDGER_ENTRY_ACCOUNTS = ("floor", "fix", "extra", "owed", "cash", "credit", "kind", "released")


class LedgerEntry(TenantModel):
    """One movement of value, from one account to another, never changed: debit and credit are one row, so they match.

    Amounts are what it costs the business. A make-good begins as part to owed (floor, fix or extra); what is delivered
    moves from owed to cash, credit or kind; what comes to nothing moves from owed to released.
    """

    makegood = TenantKey(MakeGood)
    debit = models.CharField(max_length=10)
    credit = models.CharField(max_length=10)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            state_check("debit", LEDGER_ENTRY_ACCOUNTS, "ledger_debit"),
            state_check("credit", LEDGER_ENTRY_ACCOUNTS, "ledger_credit"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0) & ~models.Q(debit=models.F("credit")),
                name="ledger_moves",
            ),
        ]
        indexes = [
            models.Index(fields=["organization_id", "makegood"], name="ledger_makegood"),
            models.Index(fields=["organization_id", "at", "id"], name="ledger_period"),
        ]


PROMISED_CHARGE_STATES = ("tied", "wanted", "stopped", "unstopped")


class PromisedCharge(TenantModel):
    """A charge that its source says was for one promise: where that breaks, nobody is to pay for it.

    `promise_hash` is the key of the promise at that source; either may arrive first. `reference` is the source's own
    name of the charge, by which it can be stopped there, and is erasable. It is wanted stopped once `failure` was
    taken; unstopped, with what was `said`, is for a person to do by hand.
    """

    charge = TenantKey(Charge)
    customer = TenantKey(Customer)
    source = TenantKey(Source)
    promise_hash = models.BinaryField()
    reference = models.CharField(max_length=120, default="", blank=True)
    state = models.CharField(max_length=10, default="tied")
    failure = TenantKey(Failure, null=True)
    wanted_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    stopped_by = TenantKey(Member, null=True)
    said = models.CharField(max_length=300, default="", blank=True)

    class Meta:
        constraints = [
            state_check("state", PROMISED_CHARGE_STATES, "promised_charge_state"),
            models.UniqueConstraint(fields=["organization_id", "charge"], name="promised_charge_once"),
            models.CheckConstraint(
                condition=models.Q(state="tied") | models.Q(failure__isnull=False, wanted_at__isnull=False),
                name="promised_charge_wanted",
            ),
        ]
        indexes = [
            models.Index(fields=["organization_id", "source", "promise_hash"], name="promised_charge_promise"),
            models.Index(
                fields=["organization_id", "wanted_at"],
                name="promised_charge_open",
                condition=models.Q(state__in=["wanted", "unstopped"]),
            ),
        ]


FLOOR_DOUBT_SETTLED = ("", "facts", "nothing")


class FloorDoubt(TenantModel):
    """What a pack says is owed for a failure could not be decided: `lacks` is the fact that nobody gave yet.

    It is settled once the facts suffice, or a manager says, for a reason, that nothing is owed. The note is erasable.
    """

    failure = TenantKey(Failure)
    pack = models.CharField(max_length=60)
    lacks = models.CharField(max_length=60)
    since_at = models.DateTimeField()
    settled = models.CharField(max_length=10, default="", blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = TenantKey(Member, null=True)
    note = models.CharField(max_length=300, default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(settled__in=FLOOR_DOUBT_SETTLED), name="floor_doubt_settled"),
            models.CheckConstraint(
                condition=models.Q(settled="") ^ models.Q(settled_at__isnull=False), name="floor_doubt_when"
            ),
            models.UniqueConstraint(fields=["organization_id", "failure", "pack"], name="floor_doubt_once"),
        ]
