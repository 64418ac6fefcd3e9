from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Left
from django.db.models.lookups import Exact


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("recoveries", "0010_clock_unmet")]

    operations = [
        AddIndexConcurrently(
            "recovery",
            models.Index(
                condition=models.Q(Exact(Left("happening_key", 7), "shadow:")),
                fields=["organization_id", "id"],
                name="recovery_shadow",
            ),
        ),
    ]
