from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_customer_merged"),
        ("failures", "0002_failure_told"),
        ("makegoods", "0002_makegood_reference"),
        ("organizations", "0002_user_password_once"),
        ("promises", "0002_staff_word"),
    ]

    operations = [
        migrations.CreateModel(
            name="PromisedCharge",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("promise_hash", models.BinaryField()),
                ("reference", models.CharField(blank=True, default="", max_length=120)),
                ("state", models.CharField(default="tied", max_length=10)),
                ("wanted_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                ("said", models.CharField(blank=True, default="", max_length=300)),
                ("charge", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="customers.charge")),
                (
                    "customer",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="customers.customer"),
                ),
                (
                    "failure",
                    makegood.store.fields.TenantKey(db_index=False, null=True, related_name="+", to="failures.failure"),
                ),
                ("source", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="promises.source")),
                (
                    "stopped_by",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.member"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization_id", "source", "promise_hash"], name="promised_charge_promise"),
                    models.Index(
                        condition=models.Q(("state__in", ["wanted", "unstopped"])),
                        fields=["organization_id", "wanted_at"],
                        name="promised_charge_open",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("tied", "wanted", "stopped", "unstopped"))),
                        name="promised_charge_state",
                    ),
                    models.UniqueConstraint(fields=("organization_id", "charge"), name="promised_charge_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "tied"),
                            models.Q(("failure__isnull", False), ("wanted_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="promised_charge_wanted",
                    ),
                ],
            },
        ),
        SecureTables("PromisedCharge", targets_keyed=True),
    ]
