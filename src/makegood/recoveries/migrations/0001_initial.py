from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables, due_organizations


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("conversations", "0001_initial"),
        ("customers", "0001_initial"),
        ("failures", "0001_initial"),
        ("organizations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Recovery",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("number", models.IntegerField()),
                ("happening_key", models.CharField(max_length=40)),
                (
                    "owner_active",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(state="open", then=models.Value(True)),
                            default=models.Value(None),
                            output_field=models.BooleanField(null=True),
                        ),
                        output_field=models.BooleanField(null=True),
                    ),
                ),
                ("owner_reasons", models.JSONField(default=list)),
                ("owner_tier", models.SmallIntegerField()),
                ("group", models.CharField(max_length=20)),
                ("kind", models.CharField(max_length=30)),
                ("loss", models.CharField(max_length=10)),
                ("fault", models.CharField(max_length=10)),
                ("severity", models.SmallIntegerField()),
                ("review", models.BooleanField(default=False)),
                ("state", models.CharField(default="open", max_length=10)),
                ("clock_from", models.DateTimeField()),
                ("opened_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("next_step", models.CharField(default="apologise", max_length=12)),
                ("next_due_at", models.DateTimeField()),
                ("price_minor", models.BigIntegerField(null=True)),
                ("currency", models.CharField(default="", max_length=3)),
                ("expected_loss_minor", models.BigIntegerField(default=0)),
                ("expected_loss_at", models.DateTimeField(null=True)),
                ("returned", models.CharField(blank=True, default="", max_length=10)),
                ("closed_at", models.DateTimeField(null=True)),
                ("close_reason", models.CharField(default="", max_length=12)),
                ("close_note", models.CharField(blank=True, default="", max_length=300)),
                ("cause_known_at", models.DateTimeField(null=True)),
                ("version", models.IntegerField(default=1)),
                (
                    "closed_by",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.member"
                    ),
                ),
                (
                    "customer",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="customers.customer"),
                ),
                (
                    "incident",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="failures.incident"
                    ),
                ),
                ("owner", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.member")),
                (
                    "place",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.place"
                    ),
                ),
                (
                    "playbook",
                    makegood.store.fields.TenantKey(
                        db_index=False, related_name="+", to="organizations.playbookversion"
                    ),
                ),
                (
                    "team",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.team"
                    ),
                ),
                (
                    "thread",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="conversations.thread"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Rating",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("makegood_id", models.BigIntegerField(null=True)),
                ("asked_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("score", models.SmallIntegerField(null=True)),
                ("cares", models.JSONField(default=dict)),
                (
                    "recovery",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="recoveries.recovery"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Pause",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("reason", models.CharField(max_length=20)),
                ("note", models.CharField(blank=True, default="", max_length=300)),
                ("from_at", models.DateTimeField()),
                ("to_at", models.DateTimeField(null=True)),
                ("by", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.member")),
                (
                    "recovery",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="recoveries.recovery"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FollowUp",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("position", models.SmallIntegerField()),
                ("action", models.CharField(max_length=20)),
                ("due_at", models.DateTimeField()),
                ("state", models.CharField(default="planned", max_length=10)),
                ("done_at", models.DateTimeField(null=True)),
                ("done_by_id", models.BigIntegerField(null=True)),
                ("outcome", models.CharField(blank=True, default="", max_length=10)),
                (
                    "recovery",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="recoveries.recovery"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecoveryClock",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("target", models.CharField(max_length=12)),
                ("started_at", models.DateTimeField()),
                ("minutes", models.IntegerField()),
                ("calendar", models.CharField(default="", max_length=60)),
                ("due_at", models.DateTimeField(null=True)),
                ("warn_at", models.DateTimeField(null=True)),
                ("next_at", models.DateTimeField(null=True)),
                ("state", models.CharField(default="running", max_length=10)),
                ("met_at", models.DateTimeField(null=True)),
                ("breached_at", models.DateTimeField(null=True)),
                ("escalations", models.SmallIntegerField(default=0)),
                ("acknowledged_by_id", models.BigIntegerField(null=True)),
                (
                    "recovery",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="recoveries.recovery"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecoveryFailure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("failure", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="failures.failure")),
                (
                    "recovery",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="recoveries.recovery"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("step", models.CharField(max_length=12)),
                ("state", models.CharField(default="todo", max_length=10)),
                ("send", models.CharField(default="person", max_length=20)),
                ("due_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("done_by_id", models.BigIntegerField(null=True)),
                ("note", models.CharField(blank=True, default="", max_length=300)),
                (
                    "recovery",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="recoveries.recovery"),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="recovery",
            index=models.Index(
                condition=models.Q(("state", "open")),
                fields=["organization_id", "-expected_loss_minor", "next_due_at"],
                name="recovery_today",
            ),
        ),
        migrations.AddIndex(
            model_name="recovery",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["organization_id", "owner"], name="recovery_owned"
            ),
        ),
        migrations.AddIndex(
            model_name="recovery",
            index=models.Index(
                condition=models.Q(("state", "open")),
                fields=["organization_id", "expected_loss_at"],
                name="recovery_stale",
            ),
        ),
        migrations.AddIndex(
            model_name="recovery",
            index=models.Index(fields=["organization_id", "state", "-opened_at"], name="recovery_recent"),
        ),
        migrations.AddIndex(
            model_name="recovery",
            index=models.Index(fields=["organization_id", "customer"], name="recovery_customer"),
        ),
        migrations.AddIndex(
            model_name="recovery",
            index=models.Index(fields=["organization_id", "thread"], name="recovery_thread"),
        ),
        migrations.AddIndex(
            model_name="recovery",
            index=models.Index(
                condition=models.Q(("incident__isnull", False)),
                fields=["organization_id", "incident"],
                name="recovery_incident",
            ),
        ),
        migrations.AddConstraint(
            model_name="recovery",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("open", "closed", "withdrawn"))), name="recovery_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="recovery",
            constraint=models.CheckConstraint(
                condition=models.Q(("returned__in", ("", "back", "lapsed", "declined", "unknown"))),
                name="recovery_returned",
            ),
        ),
        migrations.AddConstraint(
            model_name="recovery",
            constraint=models.UniqueConstraint(fields=("organization_id", "number"), name="recovery_number"),
        ),
        migrations.AddConstraint(
            model_name="recovery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")),
                fields=("organization_id", "customer", "happening_key"),
                name="recovery_once_per_happening",
            ),
        ),
        migrations.AddConstraint(
            model_name="recovery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", True), ("state", "open")),
                    models.Q(("closed_at__isnull", False), models.Q(("state", "open"), _negated=True)),
                    _connector="OR",
                ),
                name="recovery_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="recovery",
            constraint=models.CheckConstraint(
                condition=models.Q(("owner_tier__gte", 1), ("owner_tier__lte", 3)), name="recovery_tier"
            ),
        ),
        migrations.AddIndex(
            model_name="rating",
            index=models.Index(fields=["organization_id", "-answered_at"], name="rating_answered"),
        ),
        migrations.AddIndex(
            model_name="rating",
            index=models.Index(fields=["organization_id", "asked_at"], name="rating_asked"),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("score__isnull", True), models.Q(("score__gte", 1), ("score__lte", 7)), _connector="OR"
                ),
                name="rating_score",
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.UniqueConstraint(
                fields=("organization_id", "recovery", "makegood_id"), name="rating_once", nulls_distinct=False
            ),
        ),
        migrations.AddIndex(
            model_name="pause",
            index=models.Index(fields=["organization_id", "recovery"], name="pause_recovery"),
        ),
        migrations.AddConstraint(
            model_name="pause",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__in", ("customer", "third_party", "incident", "other"))),
                name="pause_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="pause",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_at__isnull", True), ("to_at__gt", models.F("from_at")), _connector="OR"),
                name="pause_ends_later",
            ),
        ),
        migrations.AddConstraint(
            model_name="pause",
            constraint=models.UniqueConstraint(
                condition=models.Q(("to_at__isnull", True)),
                fields=("organization_id", "recovery"),
                name="pause_one_open",
            ),
        ),
        migrations.AddIndex(
            model_name="followup",
            index=models.Index(
                condition=models.Q(("state", "planned")), fields=["organization_id", "due_at"], name="follow_up_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("planned", "due", "done", "ended"))), name="follow_up_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(("action__in", ("ask_score", "check_in", "see_return"))), name="follow_up_action"
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.UniqueConstraint(
                fields=("organization_id", "recovery", "position"), name="follow_up_once"
            ),
        ),
        migrations.AddIndex(
            model_name="recoveryclock",
            index=models.Index(
                condition=models.Q(("next_at__isnull", False)), fields=["organization_id", "next_at"], name="clock_due"
            ),
        ),
        migrations.AddIndex(
            model_name="recoveryclock",
            index=models.Index(fields=["organization_id", "started_at"], name="clock_started"),
        ),
        migrations.AddConstraint(
            model_name="recoveryclock",
            constraint=models.CheckConstraint(
                condition=models.Q(("target__in", ("acknowledge", "own", "fix", "make_good", "respond"))),
                name="clock_target",
            ),
        ),
        migrations.AddConstraint(
            model_name="recoveryclock",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("running", "paused", "met", "missed", "ended"))),
                name="recovery_clock_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="recoveryclock",
            constraint=models.UniqueConstraint(fields=("organization_id", "recovery", "target"), name="clock_once"),
        ),
        migrations.AddConstraint(
            model_name="recoveryclock",
            constraint=models.CheckConstraint(condition=models.Q(("minutes__gte", 0)), name="clock_minutes"),
        ),
        migrations.AddIndex(
            model_name="recoveryfailure",
            index=models.Index(fields=["organization_id", "recovery"], name="recovery_failures"),
        ),
        migrations.AddConstraint(
            model_name="recoveryfailure",
            constraint=models.UniqueConstraint(fields=("organization_id", "failure"), name="failure_in_one_recovery"),
        ),
        migrations.AddConstraint(
            model_name="step",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("step__in", ("apologise", "fix", "respond", "make_good", "improve", "communicate", "stay"))
                ),
                name="step_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="step",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("todo", "done", "skipped", "overdue"))), name="step_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="step",
            constraint=models.UniqueConstraint(fields=("organization_id", "recovery", "step"), name="step_once"),
        ),
        SecureTables("Recovery", "RecoveryFailure", "Step", "RecoveryClock", "Pause", "FollowUp", "Rating"),
        due_organizations(
            "clocks_due",
            "recoveries_recoveryclock",
            "due.next_at IS NOT NULL AND due.next_at <= makegood_moment(clock)",
        ),
        due_organizations(
            "follow_ups_due", "recoveries_followup", "due.state = 'planned' AND due.due_at <= makegood_moment(clock)"
        ),
        due_organizations(
            "recoveries_stale",
            "recoveries_recovery",
            "due.state = 'open' AND due.expected_loss_at <= makegood_moment(clock)",
        ),
        migrations.RunSQL("""
ALTER TABLE recoveries_recovery ADD CONSTRAINT recovery_owner_is_active
    FOREIGN KEY (organization_id, owner_id, owner_active)
    REFERENCES organizations_member (organization_id, id, active) DEFERRABLE INITIALLY DEFERRED;
"""),
    ]
