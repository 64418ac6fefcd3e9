from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables

ROLES = ("employee", "manager", "finance", "admin")


class Migration(migrations.Migration):
    dependencies = [("makegoods", "0006_shadow_valid"), ("organizations", "0016_member_title")]

    operations = [
        migrations.CreateModel(
            name="Limit",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("role", models.CharField(blank=True, default="", max_length=10)),
                ("over", models.CharField(max_length=10)),
                ("amount_minor", models.BigIntegerField()),
                (
                    "member",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.member"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("over__in", ("day", "recovery", "customer"))), name="limit_over"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("member__isnull", True), ("role__in", ROLES)),
                            models.Q(
                                ("member__isnull", False),
                                ("role", ""),
                                models.Q(("over", "day"), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="limit_whose",
                    ),
                    models.CheckConstraint(condition=models.Q(("amount_minor__gte", 0)), name="limit_amount"),
                    models.UniqueConstraint(
                        fields=("organization_id", "role", "member", "over"), name="limit_once", nulls_distinct=False
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Budget",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("active_from", models.DateField()),
                ("active_to", models.DateField()),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "place",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.place"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("active_from__lt", models.F("active_to"))), name="budget_period"
                    ),
                    models.CheckConstraint(condition=models.Q(("amount_minor__gte", 0)), name="budget_amount"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Pool",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=10)),
                ("subject", models.CharField(max_length=80)),
                ("period", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("limit_minor", models.BigIntegerField(null=True)),
                ("held_minor", models.BigIntegerField(default=0)),
                ("given_minor", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("budget", "customer", "recovery"))), name="pool_kind"
                    ),
                    models.UniqueConstraint(fields=("organization_id", "id"), name="makegoods_pool_tenant_id"),
                    models.UniqueConstraint(
                        fields=("organization_id", "kind", "subject", "period", "currency"), name="pool_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("given_minor__gte", 0), ("held_minor__gte", 0)), name="pool_amounts"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("limit_minor__isnull", True),
                            ("held_minor__lte", models.F("limit_minor") - models.F("given_minor")),
                            _connector="OR",
                        ),
                        name="pool_within_limit",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                (
                    "makegood",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="makegoods.makegood"),
                ),
                ("pool", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="makegoods.pool")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization_id", "makegood", "pool"), name="hold_once"),
                ],
            },
        ),
        SecureTables("Limit", "Budget", "Pool", "Hold", targets_keyed=True),
        migrations.RunSQL("""
ALTER TABLE makegoods_budget ADD CONSTRAINT budget_apart EXCLUDE USING gist (
    int8range(organization_id, organization_id, '[]') WITH &&,
    int8range(coalesce(place_id, 0), coalesce(place_id, 0), '[]') WITH &&,
    daterange(active_from, active_to) WITH &&
);
"""),
    ]
