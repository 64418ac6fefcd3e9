from django.db import migrations

from makegood.insights.tallies import keeping

KEPT = ("cares", "returned")


class Migration(migrations.Migration):
    dependencies = [("insights", "0001_initial"), ("recoveries", "0004_staying")]

    operations = [migrations.RunSQL(statement, migrations.RunSQL.noop) for statement in keeping(measures=KEPT)]
