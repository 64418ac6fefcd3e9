from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recoveries", "0011_recovery_shadow")]

    operations = [
        migrations.AddField("step", "told", models.CharField(max_length=300, default="", db_default="", blank=True))
    ]
