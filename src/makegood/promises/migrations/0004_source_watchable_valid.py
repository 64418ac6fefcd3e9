from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("promises", "0003_source_watchable")]

    operations = [ValidateConstraint("source", "source_watchable")]
