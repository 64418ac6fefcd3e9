from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_customer_merged"),
        ("recoveries", "0003_clock_targets"),
    ]

    operations = [
        migrations.CreateModel(
            name="CaresRecord",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("kept", models.JSONField()),
                (
                    "recovery",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="recoveries.recovery"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization_id", "at"], name="cares_at")],
                "constraints": [models.UniqueConstraint(fields=("organization_id", "recovery"), name="cares_once")],
            },
        ),
        migrations.CreateModel(
            name="Return",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("outcome", models.CharField(max_length=10)),
                ("how", models.CharField(max_length=10)),
                ("rule", models.CharField(blank=True, default="", max_length=20)),
                ("at", models.DateTimeField()),
                ("looks", models.SmallIntegerField(default=0)),
                ("by_id", models.BigIntegerField(null=True)),
                (
                    "recovery",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="recoveries.recovery"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization_id", "at"], name="return_at")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ("back", "lapsed", "declined", "unknown"))),
                        name="return_outcome",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("how__in", ("seen", "customer", "colleague"))), name="return_how"
                    ),
                    models.UniqueConstraint(fields=("organization_id", "recovery"), name="return_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Story",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("consented_at", models.DateTimeField()),
                ("consent_how", models.CharField(max_length=10)),
                ("consent_by_id", models.BigIntegerField(null=True)),
                ("title", models.CharField(blank=True, default="", max_length=160)),
                ("body", models.TextField(blank=True, default="")),
                ("told_at", models.DateTimeField(null=True)),
                ("told_by_id", models.BigIntegerField(null=True)),
                (
                    "customer",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="customers.customer"),
                ),
                (
                    "recovery",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="recoveries.recovery"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("told_at__isnull", False)),
                        fields=["organization_id", "-told_at"],
                        name="story_recent",
                    ),
                    models.Index(fields=["organization_id", "customer"], name="story_customer"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("consent_how__in", ("page", "phone", "mail", "in_person"))),
                        name="story_consent_how",
                    ),
                    models.UniqueConstraint(fields=("organization_id", "recovery"), name="story_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("told_at__isnull", True),
                            models.Q(models.Q(("title", ""), _negated=True), models.Q(("body", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="story_told",
                    ),
                ],
            },
        ),
        SecureTables("CaresRecord", "Return", "Story", targets_keyed=True),
        migrations.RunSQL(
            "CREATE INDEX story_words ON recoveries_story"
            " USING gin (to_tsvector('simple', title || ' ' || body)) WHERE told_at IS NOT NULL",
            "DROP INDEX story_words",
        ),
    ]
