from django.db import migrations, models

BEGUN = """
CREATE FUNCTION failure_shadow_begins() RETURNS trigger LANGUAGE plpgsql AS $do$
BEGIN
    NEW.shadow := NEW.shadow OR EXISTS (
        SELECT FROM promises_source s
        WHERE s.organization_id = NEW.organization_id AND s.id = NEW.source_id AND s.mode = 'shadow'
    );
    RETURN NEW;
END $do$;
CREATE TRIGGER failure_shadow_begins BEFORE INSERT ON failures_failure
    FOR EACH ROW WHEN (NEW.source_id IS NOT NULL) EXECUTE FUNCTION failure_shadow_begins();
CREATE FUNCTION failure_shadow_stays() RETURNS trigger LANGUAGE plpgsql AS $do$
BEGIN
    RAISE EXCEPTION 'failure % is a shadow and stays one', OLD.id USING ERRCODE = 'check_violation';
END $do$;
CREATE TRIGGER failure_shadow_stays BEFORE UPDATE OF shadow ON failures_failure
    FOR EACH ROW WHEN (OLD.shadow AND NOT NEW.shadow) EXECUTE FUNCTION failure_shadow_stays();
"""
ENDED = """
DROP TRIGGER failure_shadow_stays ON failures_failure;
DROP FUNCTION failure_shadow_stays();
DROP TRIGGER failure_shadow_begins ON failures_failure;
DROP FUNCTION failure_shadow_begins();
"""


class Migration(migrations.Migration):
    dependencies = [("failures", "0004_incident_room"), ("promises", "0001_initial")]

    operations = [
        migrations.AddField("failure", "shadow", models.BooleanField(db_default=False, default=False)),
        migrations.RunSQL(BEGUN, ENDED),
    ]
