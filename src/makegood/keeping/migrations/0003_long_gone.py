from django.db import migrations

import makegood.store.fields


class Migration(migrations.Migration):
    dependencies = [("keeping", "0002_retention")]

    operations = [
        migrations.RemoveConstraint("retentionperiod", "retention_kind"),
        migrations.AddConstraint(
            "retentionperiod",
            makegood.store.fields.state_check(
                "kind",
                ("deliveries", "unplaced", "papers", "facts", "conversations", "customers"),
                "retention_kind",
            ),
        ),
    ]
