from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("failures", "0001_initial"),
        ("organizations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Improvement",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("number", models.IntegerField()),
                ("title", models.CharField(max_length=160)),
                ("state", models.CharField(default="open", max_length=10)),
                ("due_date", models.DateField(null=True)),
                ("opened_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                ("cause", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="failures.cause")),
                ("owner", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.member")),
            ],
            options={
                "indexes": [models.Index(fields=["organization_id", "cause"], name="improvement_cause")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("open", "done", "dropped"))), name="improvement_state"
                    ),
                    models.UniqueConstraint(fields=("organization_id", "number"), name="improvement_number"),
                ],
            },
        ),
        SecureTables("Improvement"),
    ]
