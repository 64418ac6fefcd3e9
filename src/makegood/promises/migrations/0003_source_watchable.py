from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

# Where people write, a yes to what they wrote is for real: the switch never did anything there.
PEOPLE = """
UPDATE promises_source s SET watchable = false, mode = 'live'
WHERE s.code = 'counter' OR EXISTS (
    SELECT FROM listen_hook h WHERE h.organization_id = s.organization_id AND h.source_id = s.id
        AND h.kind IN ('zendesk', 'chatwoot', 'zammad'))
"""


class Migration(migrations.Migration):
    dependencies = [("promises", "0002_staff_word"), ("listen", "0007_hook_order_versions")]

    operations = [
        migrations.AddField("source", "watchable", models.BooleanField(default=True, db_default=True)),
        migrations.RunSQL(PEOPLE, migrations.RunSQL.noop),
        AddConstraintNotValid(
            "source",
            models.CheckConstraint(
                condition=models.Q(("mode", "shadow"), ("watchable", False), _negated=True), name="source_watchable"
            ),
        ),
    ]
