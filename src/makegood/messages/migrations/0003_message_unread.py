from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("conversations", "0002_message_read_at")]

    operations = [
        AddIndexConcurrently(
            "message",
            models.Index(
                fields=["organization_id", "member"],
                name="message_unread",
                condition=models.Q(kind="staff", read_at__isnull=True),
            ),
        )
    ]
