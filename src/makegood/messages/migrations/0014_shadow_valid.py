from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("conversations", "0013_shadow")]

    operations = [ValidateConstraint("message", "message_state"), ValidateConstraint("thread", "thread_link_how")]
