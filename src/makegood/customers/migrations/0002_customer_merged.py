from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("customers", "0001_initial")]

    operations = [
        AddIndexConcurrently(
            "customer",
            models.Index(
                fields=["organization_id", "merged_into"],
                name="customer_merged",
                condition=models.Q(merged_into__isnull=False),
            ),
        )
    ]
