from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables


class Migration(migrations.Migration):
    dependencies = [("promises", "0004_source_watchable_valid")]

    operations = [
        migrations.CreateModel(
            name="UnreadWord",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("key_hash", models.BinaryField()),
                ("file_id", models.BigIntegerField()),
                ("noted_at", models.DateTimeField()),
                ("source", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="promises.source")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization_id", "source", "key_hash"), name="unread_word_once"),
                ],
            },
        ),
        SecureTables("UnreadWord", targets_keyed=True),
    ]
