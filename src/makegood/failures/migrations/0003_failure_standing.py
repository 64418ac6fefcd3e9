from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

STANDS_ONCE = """
CREATE UNIQUE INDEX CONCURRENTLY failure_stands_once ON failures_failure (organization_id, promise_id)
WHERE withdrawn_at IS NULL
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("failures", "0002_failure_told")]

    operations = [
        AddIndexConcurrently(
            model_name="failure",
            index=models.Index(
                condition=models.Q(("withdrawn_at__isnull", False)),
                fields=["organization_id", "promise"],
                name="failure_withdrawn",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(STANDS_ONCE, "DROP INDEX CONCURRENTLY failure_stands_once"),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name="failure",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        fields=("organization_id", "promise"),
                        name="failure_stands_once",
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint(model_name="failure", name="failure_once_per_promise"),
    ]
