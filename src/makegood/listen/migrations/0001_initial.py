from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0001_initial"),
        ("promises", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Replay",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=40)),
                ("position", models.BigIntegerField(default=0)),
                ("worked_seconds", models.FloatField(default=0.0)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organization_id", "kind"), name="replay_once")],
            },
        ),
        migrations.CreateModel(
            name="Raw",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("key_hash", models.BinaryField()),
                ("about_hash", models.BinaryField(null=True)),
                ("type", models.CharField(max_length=60)),
                ("body", models.JSONField(null=True)),
                ("happened_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                (
                    "customer",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="customers.customer"
                    ),
                ),
                ("source", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="promises.source")),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("customer__isnull", False)),
                        fields=["organization_id", "customer"],
                        name="raw_customer",
                    ),
                    models.Index(
                        condition=models.Q(("about_hash__isnull", False)),
                        fields=["organization_id", "about_hash"],
                        name="raw_about",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("organization_id", "source", "key_hash"), name="raw_once")
                ],
            },
        ),
        SecureTables("Raw", "Replay"),
    ]
