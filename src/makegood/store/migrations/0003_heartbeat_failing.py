from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0002_heartbeat")]

    operations = [
        migrations.AddField(
            model_name="heartbeat",
            name="failing",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
    ]
