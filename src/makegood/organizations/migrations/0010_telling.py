from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables


class Migration(migrations.Migration):
    dependencies = [("organizations", "0009_user_owned_at")]

    operations = [
        migrations.CreateModel(
            name="TellingChoice",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("by_mail", models.BooleanField(default=True)),
                ("quiet", models.BooleanField(default=True)),
                ("quiet_from", models.TimeField(null=True)),
                ("quiet_to", models.TimeField(null=True)),
                ("zone", models.CharField(blank=True, default="", max_length=60)),
                ("paces", models.JSONField(default=dict)),
                ("wake", models.BooleanField(default=False)),
                (
                    "member",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.member"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization_id", "member"), name="telling_choice_once")
                ],
            },
        ),
        SecureTables("TellingChoice", targets_keyed=True),
    ]
