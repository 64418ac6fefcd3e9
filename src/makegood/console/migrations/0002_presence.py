from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables


class Migration(migrations.Migration):
    dependencies = [("console", "0001_initial"), ("recoveries", "0007_bulk")]

    operations = [
        migrations.CreateModel(
            name="Presence",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("seen_at", models.DateTimeField()),
                ("doing", models.CharField(blank=True, default="", max_length=20)),
                (
                    "member",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.member"),
                ),
                (
                    "recovery",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="recoveries.recovery"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization_id", "recovery", "member"), name="presence_once")
                ],
            },
        ),
        SecureTables("Presence", targets_keyed=True),
    ]
