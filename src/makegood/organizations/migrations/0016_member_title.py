from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0015_single_sign_on")]

    operations = [
        migrations.AddField("member", "title", models.CharField(blank=True, db_default="", default="", max_length=60)),
    ]
