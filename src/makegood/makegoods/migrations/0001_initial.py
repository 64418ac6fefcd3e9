from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables, due_organizations


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0001_initial"),
        ("failures", "0001_initial"),
        ("organizations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="MakeGood",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("part", models.CharField(max_length=10)),
                ("remedy", models.CharField(max_length=60)),
                ("title", models.CharField(max_length=160)),
                ("form", models.CharField(max_length=20)),
                ("value_minor", models.BigIntegerField()),
                ("cost_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("rule", models.CharField(default="", max_length=80)),
                ("reasons", models.JSONField(default=list)),
                ("state", models.CharField(max_length=10)),
                ("offered_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(null=True)),
                ("next_at", models.DateTimeField(null=True)),
                ("reminded_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "charge",
                    makegood.store.fields.TenantKey(db_index=False, null=True, related_name="+", to="customers.charge"),
                ),
                (
                    "customer",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="customers.customer"),
                ),
                ("failure", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="failures.failure")),
                (
                    "offered_by",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.member"
                    ),
                ),
                (
                    "swapped_for",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="makegoods.makegood"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("debit", models.CharField(max_length=10)),
                ("credit", models.CharField(max_length=10)),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("at", models.DateTimeField()),
                (
                    "makegood",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="makegoods.makegood"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Allowance",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("day_date", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("limit_minor", models.BigIntegerField()),
                ("given_minor", models.BigIntegerField(default=0)),
                (
                    "member",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.member"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization_id", "member", "day_date", "currency"), name="allowance_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("given_minor__gte", 0), ("given_minor__lte", models.F("limit_minor"))),
                        name="allowance_within_limit",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="makegood",
            name="allowance",
            field=makegood.store.fields.TenantKey(
                db_index=False, null=True, related_name="+", to="makegoods.allowance"
            ),
        ),
        migrations.AddIndex(
            model_name="makegood",
            index=models.Index(fields=["organization_id", "failure"], name="makegood_failure"),
        ),
        migrations.AddIndex(
            model_name="makegood",
            index=models.Index(fields=["organization_id", "customer"], name="makegood_customer"),
        ),
        migrations.AddIndex(
            model_name="makegood",
            index=models.Index(
                condition=models.Q(("state", "offered")), fields=["organization_id", "next_at"], name="makegood_due"
            ),
        ),
        migrations.AddIndex(
            model_name="makegood",
            index=models.Index(
                condition=models.Q(("form", "money"), ("state", "accepted")),
                fields=["organization_id", "offered_at"],
                name="makegood_unpaid",
            ),
        ),
        migrations.AddIndex(
            model_name="makegood",
            index=models.Index(fields=["organization_id", "-offered_at"], name="makegood_recent"),
        ),
        migrations.AddIndex(
            model_name="makegood",
            index=models.Index(
                condition=models.Q(("state", "delivered")),
                fields=["organization_id", "settled_at"],
                name="makegood_delivered",
            ),
        ),
        migrations.AddConstraint(
            model_name="makegood",
            constraint=models.CheckConstraint(
                condition=models.Q(("part__in", ("floor", "fix", "extra"))), name="makegood_part"
            ),
        ),
        migrations.AddConstraint(
            model_name="makegood",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        ("offered", "accepted", "delivered", "declined", "swapped", "expired", "withdrawn"),
                    )
                ),
                name="makegood_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="makegood",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "form__in",
                        ("money", "credit", "coupon", "exchange", "reperformance", "time_back", "personal", "gift"),
                    )
                ),
                name="makegood_form",
            ),
        ),
        migrations.AddConstraint(
            model_name="makegood",
            constraint=models.CheckConstraint(
                condition=models.Q(("cost_minor__gte", 0), ("value_minor__gte", 0)), name="makegood_amounts"
            ),
        ),
        migrations.AddConstraint(
            model_name="makegood",
            constraint=models.UniqueConstraint(
                condition=models.Q(("part", "floor")),
                fields=("organization_id", "failure", "rule"),
                name="makegood_floor_once",
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["organization_id", "makegood"], name="ledger_makegood"),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("debit__in", ("floor", "fix", "extra", "owed", "cash", "credit", "kind", "released"))
                ),
                name="ledger_debit",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("credit__in", ("floor", "fix", "extra", "owed", "cash", "credit", "kind", "released"))
                ),
                name="ledger_credit",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0), models.Q(("debit", models.F("credit")), _negated=True)),
                name="ledger_moves",
            ),
        ),
        SecureTables("MakeGood", "Allowance", "LedgerEntry", append_only=("LedgerEntry",)),
        due_organizations(
            "makegoods_due", "makegoods_makegood", "due.state = 'offered' AND due.next_at <= makegood_moment(clock)"
        ),
        migrations.RunSQL("""
CREATE VIEW makegoods_balance WITH (security_invoker = true) AS
    SELECT organization_id, makegood_id, currency, account, sum(amount) AS amount_minor FROM (
        SELECT organization_id, makegood_id, currency, debit AS account, amount_minor AS amount
            FROM makegoods_ledgerentry
        UNION ALL SELECT organization_id, makegood_id, currency, credit, -amount_minor FROM makegoods_ledgerentry
    ) movements GROUP BY 1, 2, 3, 4;
GRANT SELECT ON makegoods_balance TO makegood_app;
"""),
    ]
