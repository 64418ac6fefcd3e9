from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("conversations", "0007_message_machine")]

    operations = [ValidateConstraint("message", "message_machine_read")]
