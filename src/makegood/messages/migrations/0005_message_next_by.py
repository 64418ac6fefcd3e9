from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0004_thread_link")]

    operations = [migrations.AddField("message", "next_by_at", models.DateTimeField(null=True))]
