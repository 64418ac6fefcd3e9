from django.db import migrations, models

from makegood.insights.tallies import FIRST, counting, keeping, merging
from makegood.store.migration_operations import SecureTables


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("failures", "0001_initial"),
        ("makegoods", "0001_initial"),
        ("promises", "0001_initial"),
        ("recoveries", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("measure", models.CharField(max_length=10)),
                ("day", models.DateField()),
                ("key", models.JSONField()),
                ("count", models.BigIntegerField()),
                ("minor", models.BigIntegerField(default=0)),
                ("fresh", models.BooleanField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization_id", "measure", "day"], name="tally_day"),
                    models.Index(
                        condition=models.Q(("fresh", True)),
                        fields=["organization_id", "measure", "day"],
                        name="tally_fresh",
                    ),
                ],
            },
        ),
        SecureTables("Tally"),
        *(migrations.RunSQL([(statement, None)]) for statement in (merging(), *keeping(measures=FIRST))),
        *(migrations.RunSQL([(counting(measure=measure), None)]) for measure in FIRST),
    ]
