from django.db import migrations, models

from makegood.store.migration_operations import SecureTables, due_organizations


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("store", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Effect",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=20)),
                ("idempotency_key", models.CharField(max_length=80)),
                ("subject", models.CharField(max_length=20)),
                ("subject_id", models.BigIntegerField()),
                ("payload", models.JSONField(default=dict)),
                ("state", models.CharField(default="pending", max_length=10)),
                ("held_for", models.BigIntegerField(null=True)),
                ("run_at", models.DateTimeField()),
                ("attempts", models.SmallIntegerField(default=0)),
                ("claimed_until", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                ("outcome", models.CharField(default="", max_length=200)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("held_for__isnull", True), ("state", "pending")),
                        fields=["organization_id", "run_at"],
                        name="effect_due",
                    ),
                    models.Index(
                        condition=models.Q(("state", "claimed")),
                        fields=["organization_id", "claimed_until"],
                        name="effect_claimed",
                    ),
                    models.Index(
                        condition=models.Q(("held_for__isnull", False)),
                        fields=["organization_id", "held_for"],
                        name="effect_held",
                    ),
                    models.Index(fields=["organization_id", "subject", "subject_id"], name="effect_subject"),
                    models.Index(
                        condition=models.Q(("state__in", ["failed", "unknown"])),
                        fields=["organization_id", "settled_at"],
                        name="effect_trouble",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("pending", "claimed", "done", "failed", "unknown", "stopped"))
                        ),
                        name="effect_state",
                    ),
                    models.UniqueConstraint(fields=("organization_id", "idempotency_key"), name="effect_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("event", models.CharField(max_length=60)),
                ("actor_id", models.BigIntegerField(null=True)),
                ("subject", models.CharField(max_length=20)),
                ("subject_id", models.BigIntegerField()),
                ("data", models.JSONField(default=dict)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization_id", "subject", "subject_id", "id"], name="entry_subject")
                ],
            },
        ),
        SecureTables("Entry", "Effect", append_only=("Entry",)),
        due_organizations(
            "effects_due",
            "journal_effect",
            "due.state = 'pending' AND due.held_for IS NULL AND due.run_at <= makegood_moment(clock)",
        ),
        due_organizations(
            "effects_lapsed", "journal_effect", "due.state = 'claimed' AND due.claimed_until <= statement_timestamp()"
        ),
    ]
