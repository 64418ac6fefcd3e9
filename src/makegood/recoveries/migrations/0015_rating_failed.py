from django.db import migrations, models

BEGUN = """
CREATE FUNCTION rating_failed() RETURNS trigger LANGUAGE plpgsql AS $do$
BEGIN
    NEW.failed_at := (
        SELECT r.clock_from FROM recoveries_recovery r
        WHERE r.organization_id = NEW.organization_id AND r.id = NEW.recovery_id
    );
    RETURN NEW;
END $do$;
CREATE TRIGGER rating_failed BEFORE INSERT ON recoveries_rating FOR EACH ROW EXECUTE FUNCTION rating_failed();
"""
ENDED = """
DROP TRIGGER rating_failed ON recoveries_rating;
DROP FUNCTION rating_failed();
"""


class Migration(migrations.Migration):
    dependencies = [("recoveries", "0014_approval")]

    operations = [
        migrations.AddField("rating", "failed_at", models.DateTimeField(null=True)),
        migrations.RunSQL(BEGUN, ENDED),
    ]
