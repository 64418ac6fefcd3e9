from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

STATES = ("draft", "queued", "sent", "failed", "unknown", "stopped", "received", "shadowed")
HOWS = ("", "mail", "opened", "form", "shown", "sent", "told", "recorded", "shadow")


class Migration(migrations.Migration):
    dependencies = [("conversations", "0012_telling_one_way")]

    operations = [
        migrations.RemoveConstraint("message", "message_state"),
        AddConstraintNotValid(
            "message", models.CheckConstraint(condition=models.Q(("state__in", STATES)), name="message_state")
        ),
        migrations.RemoveConstraint("thread", "thread_link_how"),
        AddConstraintNotValid(
            "thread", models.CheckConstraint(condition=models.Q(("link_how__in", HOWS)), name="thread_link_how")
        ),
    ]
