from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("failures", "0003_failure_standing")]

    operations = [
        migrations.AddField("incident", "room", models.IntegerField(null=True)),
        migrations.AddConstraint(
            "incident",
            models.CheckConstraint(
                condition=models.Q(("room__isnull", True), ("room__gte", 0), _connector="OR"),
                name="incident_room_left",
            ),
        ),
    ]
