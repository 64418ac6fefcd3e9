from django.db import migrations, models

from makegood.store.migration_operations import due_organizations


class Migration(migrations.Migration):
    dependencies = [("failures", "0007_failure_playbook")]

    operations = [
        migrations.AddField("incident", "ask_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "incident",
            models.Index(
                condition=models.Q(("state", "proposed")), fields=["organization_id", "ask_at"], name="incident_to_ask"
            ),
        ),
        due_organizations(
            "incidents_to_ask",
            "failures_incident",
            "due.state = 'proposed'"
            " AND coalesce(due.ask_at, due.proposed_at + interval '1 hour') <= makegood_moment(clock)",
        ),
    ]
