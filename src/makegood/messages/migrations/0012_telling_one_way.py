from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models

ONE_WAY = """
CREATE UNIQUE INDEX CONCURRENTLY telling_one_way ON conversations_telling (organization_id, member_id, about)
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("conversations", "0011_telling_ways")]

    operations = [
        ValidateConstraint("telling", "telling_way"),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ONE_WAY, "DROP INDEX CONCURRENTLY telling_one_way")],
            state_operations=[
                migrations.AddConstraint(
                    model_name="telling",
                    constraint=models.UniqueConstraint(
                        fields=("organization_id", "member", "about"), name="telling_one_way"
                    ),
                ),
            ],
        ),
    ]
