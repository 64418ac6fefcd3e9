from django.db import migrations

import makegood.store.fields


class Migration(migrations.Migration):
    dependencies = [("recoveries", "0007_bulk")]

    operations = [
        migrations.RemoveConstraint("bulk", "bulk_action"),
        migrations.AddConstraint(
            "bulk",
            makegood.store.fields.state_check(
                "action",
                ("hand_over", "severity", "pause", "resume", "cause", "apology", "update", "close"),
                "bulk_action",
            ),
        ),
    ]
