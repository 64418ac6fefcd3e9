from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables


class Migration(migrations.Migration):
    dependencies = [("organizations", "0013_chats")]

    operations = [
        migrations.CreateModel(
            name="Device",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("known_as", models.BinaryField()),
                ("subscription", models.BinaryField()),
                ("name", models.CharField(max_length=60)),
                ("host", models.CharField(max_length=255)),
                ("added_at", models.DateTimeField()),
                ("trouble", models.CharField(blank=True, default="", max_length=200)),
                (
                    "member",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.member"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organization_id", "known_as"), name="device_once")],
                "indexes": [models.Index(fields=["organization_id", "member"], name="device_member")],
            },
        ),
        SecureTables("Device", targets_keyed=True),
    ]
