from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("failures", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="failure",
            index=models.Index(
                condition=models.Q(
                    ("complained_at__isnull", False), ("gate", "contact"), ("withdrawn_at__isnull", True)
                ),
                fields=["organization_id", "happened_at"],
                include=["complained_at", "detected_at"],
                name="failure_told",
            ),
        ),
    ]
