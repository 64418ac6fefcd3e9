from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("recoveries", "0009_clock_promised")]

    operations = [
        AddIndexConcurrently(
            "recovery",
            models.Index(
                condition=models.Q(("state", "open")),
                fields=["organization_id", "owner"],
                include=("id", "place", "next_due_at", "review"),
                name="recovery_mine",
            ),
        ),
        AddIndexConcurrently(
            "recoveryclock",
            models.Index(
                condition=models.Q(("met_at__isnull", True), ("state__in", ("running", "paused", "missed"))),
                fields=["organization_id", "due_at"],
                include=("recovery",),
                name="clock_unmet",
            ),
        ),
        RemoveIndexConcurrently("recovery", "recovery_owned"),
    ]
