from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import Finder, SecureTables


class Migration(migrations.Migration):
    dependencies = [
        ("listen", "0004_mailbox"),
        ("promises", "0002_staff_word"),
    ]

    operations = [
        migrations.CreateModel(
            name="Hook",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=10)),
                ("address", models.CharField(max_length=40, unique=True)),
                ("secret", models.BinaryField()),
                ("secret_before", models.BinaryField(null=True)),
                ("before_until", models.DateTimeField(null=True)),
                ("rule", models.JSONField(default=dict)),
                ("active", models.BooleanField(default=True)),
                ("made_at", models.DateTimeField()),
                ("refused", models.BigIntegerField(default=0)),
                ("refused_at", models.DateTimeField(null=True)),
                ("refused_why", models.CharField(blank=True, default="", max_length=10)),
                ("source", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="promises.source")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("shopify", "zendesk", "chatwoot", "zammad"))),
                        name="hook_kind",
                    ),
                    models.UniqueConstraint(fields=("organization_id", "source"), name="hook_source_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HookDelivery",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("key_hash", models.BinaryField()),
                ("mark_hash", models.BinaryField()),
                ("body", models.BinaryField(null=True)),
                ("size", models.IntegerField()),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("said", models.CharField(blank=True, default="", max_length=300)),
                ("tried", models.SmallIntegerField(default=0)),
                ("received_at", models.DateTimeField()),
                ("again_at", models.DateTimeField()),
                ("hook", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="listen.hook")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("waiting", "done", "aside", "seen"))),
                        name="hook_delivery_state",
                    ),
                    models.UniqueConstraint(fields=("organization_id", "hook", "key_hash"), name="hook_delivery_once"),
                    models.UniqueConstraint(fields=("organization_id", "hook", "mark_hash"), name="hook_delivery_mark"),
                ],
                "indexes": [
                    models.Index(fields=["organization_id", "hook", "-received_at"], name="hook_delivery_recent"),
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["organization_id", "again_at"],
                        name="hook_delivery_due",
                    ),
                    models.Index(
                        condition=models.Q(("state", "aside")),
                        fields=["organization_id", "-received_at"],
                        name="hook_delivery_aside",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HookOrder",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("order_hash", models.BinaryField()),
                ("pieces", models.IntegerField(null=True)),
                ("promised", models.BooleanField(default=False)),
                ("parcels", models.JSONField(default=dict)),
                ("hook", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="listen.hook")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization_id", "hook", "order_hash"), name="hook_order_once"),
                ],
            },
        ),
        SecureTables("Hook", targets_keyed=True),
        SecureTables("HookDelivery", "HookOrder"),
        Finder(
            "hook_at(wanted text)",
            "TABLE (organization_id bigint, hook_id bigint)",
            "SELECT h.organization_id, h.id FROM listen_hook h WHERE h.address = wanted AND h.active",
        ),
        Finder(
            "hooks_due()",
            "SETOF bigint",
            "SELECT DISTINCT d.organization_id FROM listen_hookdelivery d"
            " WHERE d.state = 'waiting' AND d.again_at <= now()",
        ),
    ]
