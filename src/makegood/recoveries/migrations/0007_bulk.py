from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import Finder, SecureTables


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0002_user_password_once"),
        ("recoveries", "0006_unopened"),
    ]

    operations = [
        migrations.CreateModel(
            name="Bulk",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("action", models.CharField(max_length=10)),
                ("chosen", models.JSONField(default=dict)),
                ("words", models.TextField(blank=True, default="")),
                ("state", models.CharField(default="running", max_length=10)),
                ("total", models.IntegerField()),
                ("begun_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                ("undo_at", models.DateTimeField(null=True)),
                ("undo_by_id", models.BigIntegerField(null=True)),
                (
                    "by",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.member"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization_id", "-begun_at"], name="bulk_recent"),
                    models.Index(
                        condition=models.Q(("state__in", ["running", "undoing"])),
                        fields=["organization_id"],
                        name="bulk_going",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("action__in", ("hand_over", "severity", "pause", "resume", "cause", "update", "close"))
                        ),
                        name="bulk_action",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("running", "done", "undoing", "undone"))), name="bulk_state"
                    ),
                    models.UniqueConstraint(fields=("organization_id", "id"), name="recoveries_bulk_tenant_id"),
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkRow",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("why", models.CharField(blank=True, default="", max_length=300)),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                ("bulk", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="recoveries.bulk")),
                (
                    "recovery",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="recoveries.recovery"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization_id", "bulk", "state", "recovery"], name="bulk_row_state_index"),
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "undo"])),
                        fields=["organization_id", "id"],
                        name="bulk_row_due",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("waiting", "done", "refused", "undo", "undone", "kept"))),
                        name="bulk_row_state",
                    ),
                    models.UniqueConstraint(fields=("organization_id", "bulk", "recovery"), name="bulk_row_once"),
                ],
            },
        ),
        SecureTables("Bulk", "BulkRow", targets_keyed=True),
        Finder(
            "bulks_going()",
            "SETOF bigint",
            "SELECT DISTINCT organization_id FROM recoveries_bulk WHERE state IN ('running', 'undoing')",
        ),
    ]
