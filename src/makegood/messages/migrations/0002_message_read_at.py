from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0001_initial")]

    operations = [migrations.AddField("message", "read_at", models.DateTimeField(null=True))]
