from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recoveries", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="recoveryclock",
            index=models.Index(
                models.F("organization_id"),
                models.F("target"),
                models.F("met_at") - models.F("started_at"),
                name="clock_taken",
                condition=models.Q(("state__in", ["met", "missed"])),
                include=["met_at", "started_at"],
            ),
        ),
    ]
