from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0010_telling"), ("organizations", "0013_chats")]

    operations = [
        migrations.AddField("telling", "fell_back", models.BooleanField(db_default=False, default=False)),
        migrations.RemoveConstraint("telling", "telling_way"),
        AddConstraintNotValid(
            "telling",
            models.CheckConstraint(condition=models.Q(way__in=("mail", "chat", "push")), name="telling_way"),
        ),
    ]
