from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables


class Migration(migrations.Migration):
    dependencies = [
        ("failures", "0002_failure_told"),
        ("makegoods", "0003_promised_charge"),
        ("organizations", "0002_user_password_once"),
    ]

    operations = [
        migrations.CreateModel(
            name="FloorDoubt",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("pack", models.CharField(max_length=60)),
                ("lacks", models.CharField(max_length=60)),
                ("since_at", models.DateTimeField()),
                ("settled", models.CharField(blank=True, default="", max_length=10)),
                ("settled_at", models.DateTimeField(null=True)),
                ("note", models.CharField(blank=True, default="", max_length=300)),
                ("failure", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="failures.failure")),
                (
                    "settled_by",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.member"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("settled__in", ("", "facts", "nothing"))), name="floor_doubt_settled"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("settled", ""), ("settled_at__isnull", False), _connector="XOR"),
                        name="floor_doubt_when",
                    ),
                    models.UniqueConstraint(fields=("organization_id", "failure", "pack"), name="floor_doubt_once"),
                ],
            },
        ),
        SecureTables("FloorDoubt", targets_keyed=True),
    ]
