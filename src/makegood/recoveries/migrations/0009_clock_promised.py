from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recoveries", "0008_bulk_apology")]

    operations = [migrations.AddField("recoveryclock", "promised_at", models.DateTimeField(null=True))]
