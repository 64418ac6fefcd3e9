from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("failures", "0008_incident_asked")]

    operations = [
        AddIndexConcurrently(
            "failure",
            models.Index(
                condition=models.Q(
                    ("complained_at__isnull", False),
                    ("gate", "contact"),
                    ("withdrawn_at__isnull", True),
                    models.Q(("happening_key__startswith", "test:"), _negated=True),
                ),
                fields=["organization_id", "happened_at"],
                include=["complained_at", "detected_at"],
                name="failure_wrote",
            ),
        ),
        RemoveIndexConcurrently("failure", "failure_told"),
    ]
