from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("listen", "0006_hook_order_keeps")]

    operations = [
        migrations.AddField("hookorder", "told_at", models.DateTimeField(null=True)),
        migrations.AddField("hookorder", "versions", models.JSONField(null=True)),
    ]
