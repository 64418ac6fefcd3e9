from django.db import migrations

from makegood.insights.tallies import kept_anew


class Migration(migrations.Migration):
    dependencies = [("insights", "0003_shadow")]

    operations = [
        migrations.RunSQL(statement, migrations.RunSQL.noop) for statement in kept_anew(measures=("failures", "taps"))
    ]
