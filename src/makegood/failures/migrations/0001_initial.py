from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables, due_organizations


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0001_initial"),
        ("organizations", "0001_initial"),
        ("promises", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Cause",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("name", models.CharField(max_length=120)),
                ("retired_at", models.DateTimeField(null=True)),
                (
                    "parent",
                    makegood.store.fields.TenantKey(db_index=False, null=True, related_name="+", to="failures.cause"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Incident",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("number", models.IntegerField()),
                ("state", models.CharField(max_length=10)),
                ("reason", models.CharField(max_length=10)),
                ("title", models.CharField(max_length=160)),
                ("decided_at", models.DateTimeField(null=True)),
                ("active_from", models.DateTimeField()),
                ("active_to", models.DateTimeField(null=True)),
                ("proposed_at", models.DateTimeField()),
                ("explanation", models.JSONField(default=list)),
                (
                    "cause",
                    makegood.store.fields.TenantKey(db_index=False, null=True, related_name="+", to="failures.cause"),
                ),
                (
                    "decided_by",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.member"
                    ),
                ),
                (
                    "owner",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.member"
                    ),
                ),
                (
                    "place",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.place"
                    ),
                ),
                (
                    "source",
                    makegood.store.fields.TenantKey(db_index=False, null=True, related_name="+", to="promises.source"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Failure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=30)),
                ("loss", models.CharField(max_length=10)),
                ("fault", models.CharField(max_length=10)),
                ("severity", models.SmallIntegerField()),
                ("happening_key", models.CharField(max_length=40)),
                ("what", models.CharField(blank=True, default="", max_length=160)),
                ("price_minor", models.BigIntegerField(null=True)),
                ("currency", models.CharField(default="", max_length=3)),
                ("kept_service", models.BooleanField(null=True)),
                ("found_by_us", models.BooleanField()),
                ("happened_at", models.DateTimeField()),
                ("detected_at", models.DateTimeField()),
                ("complained_at", models.DateTimeField(null=True)),
                ("gate", models.CharField(max_length=10)),
                ("gate_at", models.DateTimeField()),
                ("gate_reasons", models.JSONField(default=list)),
                ("routed_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "cause",
                    makegood.store.fields.TenantKey(db_index=False, null=True, related_name="+", to="failures.cause"),
                ),
                (
                    "charge",
                    makegood.store.fields.TenantKey(db_index=False, null=True, related_name="+", to="customers.charge"),
                ),
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
                (
                    "promise",
                    makegood.store.fields.TenantKey(db_index=False, null=True, related_name="+", to="promises.promise"),
                ),
                (
                    "purchase",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="customers.purchase"
                    ),
                ),
                (
                    "reported_by",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.member"
                    ),
                ),
                (
                    "source",
                    makegood.store.fields.TenantKey(db_index=False, null=True, related_name="+", to="promises.source"),
                ),
                (
                    "visit",
                    makegood.store.fields.TenantKey(db_index=False, null=True, related_name="+", to="customers.visit"),
                ),
                (
                    "incident",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="failures.incident"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Signal",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=20)),
                ("key_hash", models.BinaryField(null=True)),
                ("about_hash", models.BinaryField(null=True)),
                ("value", models.SmallIntegerField(null=True)),
                ("state", models.CharField(default="open", max_length=10)),
                ("happened_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                (
                    "charge",
                    makegood.store.fields.TenantKey(db_index=False, null=True, related_name="+", to="customers.charge"),
                ),
                (
                    "customer",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="customers.customer"),
                ),
                (
                    "failure",
                    makegood.store.fields.TenantKey(db_index=False, null=True, related_name="+", to="failures.failure"),
                ),
                (
                    "place",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.place"
                    ),
                ),
                (
                    "promise",
                    makegood.store.fields.TenantKey(db_index=False, null=True, related_name="+", to="promises.promise"),
                ),
                (
                    "purchase",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="customers.purchase"
                    ),
                ),
                (
                    "source",
                    makegood.store.fields.TenantKey(db_index=False, null=True, related_name="+", to="promises.source"),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="cause",
            constraint=models.UniqueConstraint(
                fields=("organization_id", "parent", "name"), name="cause_name", nulls_distinct=False
            ),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(fields=["organization_id", "state", "-proposed_at"], name="incident_by_state"),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("proposed", "open", "dismissed", "closed"))), name="incident_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__in", ("burst", "silence", "hand"))), name="incident_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.UniqueConstraint(fields=("organization_id", "number"), name="incident_number"),
        ),
        migrations.AddIndex(
            model_name="failure",
            index=models.Index(
                condition=models.Q(("gate", "waiting"), ("withdrawn_at__isnull", True)),
                fields=["organization_id", "gate_at"],
                name="failure_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="failure",
            index=models.Index(
                condition=models.Q(
                    ("gate__in", ["contact", "review"]), ("routed_at__isnull", True), ("withdrawn_at__isnull", True)
                ),
                fields=["organization_id", "gate_at"],
                name="failure_to_route",
            ),
        ),
        migrations.AddIndex(
            model_name="failure",
            index=models.Index(
                condition=models.Q(("gate", "contact")),
                fields=["organization_id", "gate_at", "place"],
                name="failure_contact",
            ),
        ),
        migrations.AddIndex(
            model_name="failure",
            index=models.Index(fields=["organization_id", "happening_key"], name="failure_happening"),
        ),
        migrations.AddIndex(
            model_name="failure",
            index=models.Index(fields=["organization_id", "happened_at"], name="failure_happened"),
        ),
        migrations.AddIndex(
            model_name="failure",
            index=models.Index(fields=["organization_id", "customer"], name="failure_customer"),
        ),
        migrations.AddIndex(
            model_name="failure",
            index=models.Index(
                condition=models.Q(("incident__isnull", False)),
                fields=["organization_id", "incident"],
                name="failure_incident",
            ),
        ),
        migrations.AddConstraint(
            model_name="failure",
            constraint=models.CheckConstraint(
                condition=models.Q(("gate__in", ("waiting", "contact", "quiet", "review"))), name="failure_gate"
            ),
        ),
        migrations.AddConstraint(
            model_name="failure",
            constraint=models.CheckConstraint(
                condition=models.Q(("loss__in", ("money", "goods", "service", "time", "attention", "trust"))),
                name="failure_loss",
            ),
        ),
        migrations.AddConstraint(
            model_name="failure",
            constraint=models.CheckConstraint(
                condition=models.Q(("fault__in", ("ours", "partner", "nobody", "unknown"))), name="failure_fault"
            ),
        ),
        migrations.AddConstraint(
            model_name="failure",
            constraint=models.CheckConstraint(
                condition=models.Q(("severity__gte", 1), ("severity__lte", 4)), name="failure_severity"
            ),
        ),
        migrations.AddConstraint(
            model_name="failure",
            constraint=models.UniqueConstraint(fields=("organization_id", "promise"), name="failure_once_per_promise"),
        ),
        migrations.AddConstraint(
            model_name="failure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("gate", "waiting"), _negated=True), ("routed_at__isnull", True), _connector="OR"
                ),
                name="failure_waiting_unrouted",
            ),
        ),
        migrations.AddIndex(
            model_name="signal",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["organization_id", "-happened_at"], name="signal_open"
            ),
        ),
        migrations.AddIndex(
            model_name="signal",
            index=models.Index(fields=["organization_id", "customer"], name="signal_customer"),
        ),
        migrations.AddConstraint(
            model_name="signal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        ("complaint", "low_score", "wrong_charge", "outage", "rework", "silent", "changed_date"),
                    )
                ),
                name="signal_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="signal",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("open", "joined", "dismissed"))), name="signal_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="signal",
            constraint=models.UniqueConstraint(fields=("organization_id", "source", "key_hash"), name="signal_once"),
        ),
        SecureTables("Cause", "Incident", "Failure", "Signal"),
        due_organizations(
            "failures_to_gate",
            "failures_failure",
            "due.gate = 'waiting' AND due.withdrawn_at IS NULL AND due.gate_at <= makegood_moment(clock)",
        ),
        due_organizations(
            "failures_to_route",
            "failures_failure",
            "due.gate IN ('contact', 'review') AND due.routed_at IS NULL AND due.withdrawn_at IS NULL AND due.gate_at <= makegood_moment(clock)",
        ),
    ]
