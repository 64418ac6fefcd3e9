from django.db import migrations

from makegood.insights.tallies import OF_RECOVERIES, kept_anew


class Migration(migrations.Migration):
    dependencies = [("insights", "0002_staying"), ("recoveries", "0011_recovery_shadow")]

    operations = [
        migrations.RunSQL(statement, migrations.RunSQL.noop) for statement in kept_anew(measures=OF_RECOVERIES)
    ]
