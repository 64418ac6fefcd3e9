from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0016_member_title")]

    operations = [
        migrations.AddField(
            "organization", "mail_playbook", models.CharField(blank=True, db_default="", default="", max_length=60)
        ),
    ]
