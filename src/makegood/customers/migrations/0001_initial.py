from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import Finder, SecureTables


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("organizations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Customer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("name", models.CharField(blank=True, default="", max_length=200)),
                ("language", models.CharField(blank=True, default="", max_length=10)),
                ("zone", models.CharField(blank=True, default="", max_length=60)),
                ("channel", models.CharField(default="mail", max_length=10)),
                ("token", models.BooleanField(default=False)),
                ("first_purchase_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("erased_at", models.DateTimeField(null=True)),
                (
                    "merged_into",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="customers.customer"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Fact",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("text", models.CharField(max_length=500)),
                ("source", models.CharField(max_length=120)),
                ("consented", models.BooleanField()),
                ("recorded_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="customers.customer"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Identity",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=10)),
                ("value", models.CharField(blank=True, default="", max_length=320)),
                ("value_hash", models.BinaryField()),
                (
                    "customer",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="customers.customer"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Purchase",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("key_hash", models.BinaryField()),
                ("reference", models.CharField(blank=True, default="", max_length=120)),
                ("what", models.CharField(blank=True, default="", max_length=120)),
                ("placed_at", models.DateTimeField()),
                ("total_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "customer",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="customers.customer"),
                ),
                (
                    "place",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.place"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Charge",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("kind", models.CharField(default="charge", max_length=10)),
                ("key_hash", models.BinaryField()),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("tender", models.CharField(default="", max_length=30)),
                ("charged_at", models.DateTimeField()),
                (
                    "customer",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="customers.customer"),
                ),
                (
                    "purchase",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="customers.purchase"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Visit",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("key_hash", models.BinaryField()),
                ("active_from", models.DateTimeField()),
                ("active_to", models.DateTimeField()),
                (
                    "customer",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="customers.customer"),
                ),
                (
                    "place",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.place"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["organization_id", "-created_at"], name="customer_recent"),
        ),
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(fields=["organization_id", "customer"], name="fact_customer"),
        ),
        migrations.AddIndex(
            model_name="identity",
            index=models.Index(fields=["organization_id", "customer"], name="identity_customer"),
        ),
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ("email", "phone", "loyalty", "order", "handle", "token"))),
                name="identity_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.UniqueConstraint(fields=("organization_id", "kind", "value_hash"), name="identity_once"),
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(fields=["organization_id", "customer", "placed_at"], name="purchase_customer"),
        ),
        migrations.AddConstraint(
            model_name="purchase",
            constraint=models.UniqueConstraint(fields=("organization_id", "key_hash"), name="purchase_once"),
        ),
        migrations.AddIndex(
            model_name="charge",
            index=models.Index(fields=["organization_id", "customer", "charged_at"], name="charge_customer"),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ("charge", "refund", "chargeback"))), name="charge_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(condition=models.Q(("amount_minor__gte", 0)), name="charge_amount"),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.UniqueConstraint(fields=("organization_id", "key_hash"), name="charge_once"),
        ),
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(fields=["organization_id", "customer"], name="visit_customer"),
        ),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.UniqueConstraint(fields=("organization_id", "key_hash"), name="visit_once"),
        ),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.CheckConstraint(
                condition=models.Q(("active_to__gt", models.F("active_from"))), name="visit_ends_later"
            ),
        ),
        SecureTables("Customer", "Identity", "Fact", "Purchase", "Charge", "Visit"),
        migrations.RunSQL("""
ALTER TABLE customers_customer ADD CONSTRAINT customers_customer_organization
    FOREIGN KEY (organization_id) REFERENCES organizations_organization (id);
CREATE INDEX customer_words ON customers_customer USING gin (to_tsvector('simple', name));
"""),
        Finder(
            "customers_named(words text, most integer)",
            "SETOF bigint",
            "SELECT id FROM customers_customer WHERE to_tsvector('simple', name) @@ to_tsquery('simple', words)"
            " AND organization_id = nullif(current_setting('makegood.organization', true), '')::bigint"
            " ORDER BY id DESC LIMIT most",
        ),
    ]
