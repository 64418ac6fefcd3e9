from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables


class Migration(migrations.Migration):
    dependencies = [("organizations", "0017_mail_playbook")]

    operations = [
        migrations.CreateModel(
            name="KeyPlace",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                (
                    "api_key",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.apikey"),
                ),
                (
                    "place",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.place"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organization_id", "api_key"), name="key_place_once")],
            },
        ),
        SecureTables("KeyPlace", targets_keyed=True),
    ]
