from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables, due_organizations


class Migration(migrations.Migration):
    dependencies = [("failures", "0002_failure_told"), ("recoveries", "0005_help")]

    operations = [
        migrations.CreateModel(
            name="Unopened",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("since_at", models.DateTimeField()),
                ("next_at", models.DateTimeField()),
                ("tries", models.IntegerField()),
                ("error", models.CharField(max_length=60)),
                (
                    "failure",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="failures.failure"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization_id", "next_at"], name="unopened_due")],
                "constraints": [models.UniqueConstraint(fields=("organization_id", "failure"), name="unopened_once")],
            },
        ),
        SecureTables("Unopened", targets_keyed=True),
        due_organizations("unopened_due", "recoveries_unopened", "due.next_at <= makegood_moment(clock)"),
    ]
