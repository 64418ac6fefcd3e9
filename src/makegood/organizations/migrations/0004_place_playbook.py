from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0003_organization_recorded")]

    operations = [
        migrations.AddField(
            "place", "playbook", models.CharField(blank=True, db_default="", default="", max_length=60)
        ),
    ]
