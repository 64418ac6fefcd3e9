from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables, due_organizations


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0001_initial"),
        ("organizations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("code", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("rhythm_minutes", models.IntegerField(null=True)),
                ("heard_until", models.DateTimeField(null=True)),
                ("live_from", models.DateTimeField()),
                ("mode", models.CharField(default="live", max_length=10)),
                ("playbook", models.CharField(default="default", max_length=60)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("mode__in", ("live", "shadow"))), name="source_mode"),
                    models.UniqueConstraint(fields=("organization_id", "code"), name="source_code"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("rhythm_minutes__isnull", True), ("rhythm_minutes__gt", 0), _connector="OR"
                        ),
                        name="source_rhythm",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Promise",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("recovery_id", models.BigIntegerField(null=True)),
                ("key_hash", models.BinaryField()),
                ("kind", models.CharField(max_length=40)),
                ("what", models.CharField(blank=True, default="", max_length=160)),
                ("product", models.CharField(blank=True, default="", max_length=60)),
                ("partner", models.CharField(blank=True, default="", max_length=60)),
                ("value_minor", models.BigIntegerField(null=True)),
                ("currency", models.CharField(default="", max_length=3)),
                ("facts", models.JSONField(null=True)),
                ("made_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("first_due_at", models.DateTimeField()),
                ("expected_at", models.DateTimeField(null=True)),
                ("fulfilled_at", models.DateTimeField(null=True)),
                ("state", models.CharField(default="open", max_length=10)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="customers.customer"),
                ),
                (
                    "member",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.member"
                    ),
                ),
                (
                    "place",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.place"
                    ),
                ),
                (
                    "purchase",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="customers.purchase"
                    ),
                ),
                (
                    "visit",
                    makegood.store.fields.TenantKey(db_index=False, null=True, related_name="+", to="customers.visit"),
                ),
                ("source", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="promises.source")),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")), fields=["organization_id", "due_at"], name="promise_due"
                    ),
                    models.Index(fields=["organization_id", "due_at"], name="promise_fell_due"),
                    models.Index(
                        condition=models.Q(("expected_at__gt", models.F("due_at")), ("state", "open")),
                        fields=["organization_id", "expected_at"],
                        name="promise_at_risk",
                    ),
                    models.Index(
                        condition=models.Q(("state", "broken")),
                        fields=["organization_id", "-settled_at"],
                        name="promise_broken",
                    ),
                    models.Index(
                        condition=models.Q(("settled_at__isnull", False)),
                        fields=["organization_id", "settled_at"],
                        name="promise_settled_at",
                    ),
                    models.Index(fields=["organization_id", "customer"], name="promise_customer"),
                    models.Index(
                        condition=models.Q(("purchase__isnull", False)),
                        fields=["organization_id", "purchase"],
                        name="promise_purchase",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("open", "kept", "broken", "released"))), name="promise_state"
                    ),
                    models.UniqueConstraint(fields=("organization_id", "source", "key_hash"), name="promise_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at__isnull", True), ("state", "open")),
                            models.Q(("settled_at__isnull", False), models.Q(("state", "open"), _negated=True)),
                            _connector="OR",
                        ),
                        name="promise_settled",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EarlyWord",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("key_hash", models.BinaryField()),
                ("action", models.CharField(max_length=10)),
                ("happened_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(null=True)),
                ("agreed", models.BooleanField(default=False)),
                ("joined_at", models.DateTimeField(null=True)),
                ("source", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="promises.source")),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("joined_at__isnull", True)),
                        fields=["organization_id", "source", "key_hash"],
                        name="early_waiting",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("action__in", ("kept", "released", "changed", "expected"))),
                        name="early_action",
                    )
                ],
            },
        ),
        SecureTables("Source", "Promise", "EarlyWord"),
        due_organizations(
            "promises_due", "promises_promise", "due.state = 'open' AND due.due_at < makegood_moment(clock)"
        ),
    ]
