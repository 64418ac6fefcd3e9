from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables, due_organizations


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_customer_merged"),
        ("failures", "0001_initial"),
        ("organizations", "0002_user_password_once"),
        ("promises", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaffWord",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("recovery_id", models.BigIntegerField()),
                ("message_id", models.BigIntegerField(null=True)),
                ("key_hash", models.BinaryField()),
                ("what", models.CharField(blank=True, default="", max_length=160)),
                ("quote", models.CharField(blank=True, default="", max_length=300)),
                ("act", models.CharField(max_length=10)),
                ("said_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("state", models.CharField(default="proposed", max_length=10)),
                ("next_at", models.DateTimeField(null=True)),
                ("told", models.SmallIntegerField(default=0)),
                ("acknowledged_by_id", models.BigIntegerField(null=True)),
                ("acknowledged_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="customers.customer"),
                ),
                (
                    "member",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.member"),
                ),
                (
                    "promise",
                    makegood.store.fields.TenantKey(db_index=False, null=True, related_name="+", to="promises.promise"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)),
                        fields=["organization_id", "next_at"],
                        name="staff_word_due",
                    ),
                    models.Index(fields=["organization_id", "recovery_id"], name="staff_word_recovery"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("proposed", "promised", "dismissed"))),
                        name="staff_word_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("act__in", ("call", "message", "pay", "other"))), name="staff_word_act"
                    ),
                    models.UniqueConstraint(fields=("organization_id", "key_hash"), name="staff_word_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("promise__isnull", False), ("state", "promised")),
                            models.Q(
                                models.Q(("state", "promised"), _negated=True),
                                ("next_at__isnull", True),
                                ("promise__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="staff_word_promised",
                    ),
                ],
            },
        ),
        SecureTables("StaffWord", targets_keyed=True),
        due_organizations(
            "staff_words_due",
            "promises_staffword",
            "due.next_at IS NOT NULL AND due.next_at <= makegood_moment(clock)",
        ),
    ]
