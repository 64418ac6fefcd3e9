from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("recoveries", "0016_ratings_failed")]

    operations = [
        AddIndexConcurrently(
            "rating",
            models.Index(
                condition=models.Q(("score__isnull", False)),
                fields=["organization_id", "-failed_at", "-recovery", "-answered_at", "-id"],
                include=["score"],
                name="rating_failed",
            ),
        ),
    ]
