from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("makegoods", "0001_initial")]

    operations = [
        migrations.AddField(
            "makegood", "reference", models.CharField(blank=True, db_default="", default="", max_length=80)
        )
    ]
