from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables


class Migration(migrations.Migration):
    initial = True

    dependencies = [("organizations", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("key_hash", models.BinaryField()),
                ("request_hash", models.BinaryField()),
                ("status", models.SmallIntegerField(null=True)),
                ("body", models.TextField(default="")),
                ("created_at", models.DateTimeField()),
                (
                    "api_key",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.apikey"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization_id", "created_at"], name="answer_old")],
                "constraints": [
                    models.UniqueConstraint(fields=("organization_id", "api_key", "key_hash"), name="answer_once")
                ],
            },
        ),
        SecureTables("Answer"),
    ]
