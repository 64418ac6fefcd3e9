from django.db import migrations

KNOWN = """
UPDATE recoveries_rating one SET failed_at = r.clock_from FROM recoveries_recovery r
WHERE r.organization_id = one.organization_id AND r.id = one.recovery_id AND one.failed_at IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("recoveries", "0015_rating_failed")]

    operations = [migrations.RunSQL(KNOWN, migrations.RunSQL.noop)]
