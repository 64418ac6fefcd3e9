from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("makegoods", "0007_limits")]

    operations = [
        AddIndexConcurrently("ledgerentry", models.Index(fields=["organization_id", "at", "id"], name="ledger_period"))
    ]
