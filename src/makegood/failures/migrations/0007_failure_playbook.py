from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("failures", "0006_failure_shadow")]

    operations = [
        migrations.AddField(
            "failure", "playbook", models.CharField(blank=True, db_default="", default="", max_length=60)
        ),
    ]
