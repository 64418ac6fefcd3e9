from django.db import migrations, models

from makegood.store.migration_operations import Finder, SecureTables


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_customer_merged"), ("store", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="ValueFit",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("fitted_at", models.DateTimeField()),
                ("until_date", models.DateField()),
                ("customers", models.IntegerField()),
                ("returned", models.IntegerField()),
                ("each", models.IntegerField()),
                ("learnt", models.JSONField(null=True)),
                ("high_from_minor", models.BigIntegerField(null=True)),
                ("refused", models.CharField(blank=True, default="", max_length=200)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization_id", "currency"), name="value_fit_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("high_from_minor__isnull", False), ("learnt__isnull", False), ("refused", "")),
                            models.Q(
                                ("high_from_minor__isnull", True),
                                ("learnt__isnull", True),
                                models.Q(("refused", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="value_fit_or_refused",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ValueRound",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("next_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organization_id",), name="value_round_once")],
            },
        ),
        SecureTables("ValueFit", "ValueRound"),
        Finder(
            "values_due()",
            "SETOF bigint",
            "SELECT clock.organization_id FROM store_clock clock WHERE clock.kind <> 'stepped' AND NOT EXISTS ("
            "SELECT 1 FROM customers_valueround due WHERE due.organization_id = clock.organization_id"
            " AND due.next_at > makegood_moment(clock))",
        ),
    ]
