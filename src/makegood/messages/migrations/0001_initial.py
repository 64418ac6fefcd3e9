import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0001_initial"),
        ("organizations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Thread",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("token", models.CharField(max_length=32)),
                ("created_at", models.DateTimeField()),
                (
                    "customer",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="customers.customer"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("direction", models.CharField(max_length=3)),
                ("channel", models.CharField(max_length=10)),
                ("kind", models.CharField(max_length=20)),
                ("step", models.CharField(default="", max_length=12)),
                ("state", models.CharField(max_length=10)),
                ("address", models.CharField(blank=True, default="", max_length=320)),
                ("subject", models.CharField(blank=True, default="", max_length=300)),
                ("body", models.TextField(blank=True, default="")),
                ("findings", models.JSONField(default=list)),
                ("override_reason", models.CharField(blank=True, default="", max_length=300)),
                ("apology_key", models.CharField(blank=True, default="", max_length=160)),
                ("message_id", models.CharField(blank=True, default="", max_length=160)),
                ("key_hash", models.BinaryField(null=True)),
                ("author_id", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "member",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.member"
                    ),
                ),
                (
                    "thread",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="conversations.thread"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Apology",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("key_hash", models.BigIntegerField()),
                ("key", models.CharField(max_length=160)),
                ("period", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                (
                    "customer",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="customers.customer"),
                ),
                (
                    "message",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="conversations.message"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization_id", "message"], name="apology_message")],
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                models.Func(
                                    "organization_id", "organization_id", models.Value("[]"), function="int8range"
                                ),
                                "&&",
                            ),
                            (models.Func("customer", "customer", models.Value("[]"), function="int8range"), "&&"),
                            (models.Func("key_hash", "key_hash", models.Value("[]"), function="int8range"), "&&"),
                            ("period", "&&"),
                        ],
                        name="apology_once",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="thread",
            index=models.Index(fields=["organization_id", "customer"], name="thread_customer"),
        ),
        migrations.AddConstraint(
            model_name="thread",
            constraint=models.UniqueConstraint(fields=("organization_id", "token"), name="thread_token"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["organization_id", "thread", "created_at"], name="message_thread"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state", "sent")), fields=["organization_id", "-sent_at"], name="message_sent"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state__in", ["failed", "unknown"])),
                fields=["organization_id", "created_at"],
                name="message_trouble",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state", "draft")),
                fields=["organization_id", "created_at"],
                name="message_draft",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("member__isnull", False)),
                fields=["organization_id", "member", "-created_at"],
                name="message_member",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["organization_id", "customer"], name="message_customer"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(("direction__in", ("in", "out"))), name="message_direction"
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ("mail", "status", "hand", "inside"))), name="message_channel"
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ("draft", "queued", "sent", "failed", "unknown", "stopped", "received"))
                ),
                name="message_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        (
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
                        ),
                    )
                ),
                name="message_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                condition=models.Q(("key_hash__isnull", False)),
                fields=("organization_id", "key_hash"),
                name="message_once",
            ),
        ),
        SecureTables("Thread", "Message", "Apology"),
    ]
