from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0006_message_anew")]

    operations = [
        migrations.AddField(
            "message", "machine", models.CharField(blank=True, db_default="", default="", max_length=400)
        ),
        migrations.AddField("message", "machine_read", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("message", "words_before", models.TextField(blank=True, db_default="", default="")),
        AddConstraintNotValid(
            "message",
            models.CheckConstraint(
                condition=models.Q(machine="") | models.Q(machine_read=True) | models.Q(state__in=["draft", "stopped"]),
                name="message_machine_read",
            ),
        ),
    ]
