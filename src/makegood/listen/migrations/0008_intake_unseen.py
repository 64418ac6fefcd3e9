from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("listen", "0007_hook_order_versions")]

    operations = [
        migrations.AddField("intake", "unseen", models.BooleanField(null=True)),
        AddIndexConcurrently(
            "intake",
            models.Index(
                fields=["organization_id", "-ended_at"], name="intake_unseen", condition=models.Q(unseen=True)
            ),
        ),
    ]
