from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables, due_organizations


class Migration(migrations.Migration):
    dependencies = [("conversations", "0009_tickets"), ("organizations", "0010_telling")]

    operations = [
        migrations.CreateModel(
            name="Telling",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("way", models.CharField(max_length=10)),
                ("kind", models.CharField(max_length=12)),
                ("what", models.CharField(max_length=40)),
                ("about", models.CharField(max_length=200)),
                ("same", models.CharField(max_length=200)),
                ("note", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                ("due_at", models.DateTimeField(null=True)),
                ("tell_at", models.DateTimeField()),
                ("state", models.CharField(default="held", max_length=10)),
                ("settled_at", models.DateTimeField(null=True)),
                ("effect_key", models.CharField(blank=True, default="", max_length=160)),
                ("reasons", models.JSONField(default=list)),
                (
                    "member",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.member"),
                ),
                (
                    "notice",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="conversations.message"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("way__in", ("mail",))), name="telling_way"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                (
                                    "held",
                                    "leaving",
                                    "told",
                                    "seen",
                                    "settled",
                                    "folded",
                                    "failed",
                                    "unknown",
                                    "stopped",
                                ),
                            )
                        ),
                        name="telling_state",
                    ),
                    models.UniqueConstraint(fields=("organization_id", "member", "way", "about"), name="telling_once"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "held")),
                        fields=["organization_id", "tell_at"],
                        name="telling_due",
                    ),
                    models.Index(
                        condition=models.Q(("state", "leaving")),
                        fields=["organization_id", "effect_key"],
                        name="telling_leaving",
                    ),
                    models.Index(fields=["organization_id", "member", "-at"], name="telling_member"),
                ],
            },
        ),
        SecureTables("Telling", targets_keyed=True),
        due_organizations(
            "tellings_due",
            "conversations_telling",
            "due.state = 'held' AND due.tell_at <= makegood_moment(clock)",
        ),
    ]
