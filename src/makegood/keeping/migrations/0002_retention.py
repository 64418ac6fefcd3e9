from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables, due_organizations


class Migration(migrations.Migration):
    dependencies = [("keeping", "0001_house_counts"), ("organizations", "0010_telling")]

    operations = [
        migrations.CreateModel(
            name="RetentionPeriod",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=20)),
                ("days", models.IntegerField(null=True)),
                ("next_at", models.DateTimeField(null=True)),
                ("position", models.BigIntegerField(default=0)),
                ("removed", models.IntegerField(default=0)),
                ("changed_at", models.DateTimeField()),
                (
                    "changed_by",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.member"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)),
                        fields=["organization_id", "next_at"],
                        name="retention_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ("deliveries", "unplaced", "papers", "facts", "conversations"))
                        ),
                        name="retention_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("days__isnull", True), ("next_at__isnull", True)),
                            models.Q(("days__gte", 30), ("days__lte", 36500), ("next_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="retention_days",
                    ),
                    models.UniqueConstraint(fields=("organization_id", "kind"), name="retention_once"),
                ],
            },
        ),
        SecureTables("RetentionPeriod", targets_keyed=True),
        due_organizations("retention_due", "keeping_retentionperiod", "due.next_at <= makegood_moment(clock)"),
    ]
