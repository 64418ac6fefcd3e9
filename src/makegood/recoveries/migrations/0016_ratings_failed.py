from django.db import migrations

KNOWN = """
DO $do$
DECLARE
    last bigint := (SELECT coalesce(max(id), 0) FROM recoveries_rating);
BEGIN
    FOR past IN 0..last BY 10000 LOOP
        UPDATE recoveries_rating one SET failed_at = r.clock_from FROM recoveries_recovery r
        WHERE r.organization_id = one.organization_id AND r.id = one.recovery_id AND one.failed_at IS NULL
            AND one.id > past AND one.id <= past + 10000;
        COMMIT;
    END LOOP;
END $do$
"""


class Migration(migrations.Migration):
    atomic = False  # who rates meanwhile waits for some thousand rows, not for all
    dependencies = [("recoveries", "0015_rating_failed")]

    operations = [migrations.RunSQL(KNOWN, migrations.RunSQL.noop)]
