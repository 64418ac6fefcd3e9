from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("failures", "0005_shadow")]

    operations = [
        AddIndexConcurrently(
            "failure",
            models.Index(
                condition=models.Q(("shadow", True)), fields=["organization_id", "source"], name="failure_shadow"
            ),
        ),
    ]
