from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables


class Migration(migrations.Migration):
    dependencies = [("conversations", "0008_message_machine_valid")]

    operations = [
        migrations.CreateModel(
            name="Helpdesk",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("hook_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=10)),
                ("url", models.CharField(blank=True, default="", max_length=300)),
                ("agent", models.CharField(blank=True, default="", max_length=254)),
                ("secret", models.BinaryField(default=b"")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("zendesk", "chatwoot", "zammad"))), name="helpdesk_kind"
                    ),
                    models.UniqueConstraint(fields=("organization_id", "hook_id"), name="helpdesk_hook"),
                    models.UniqueConstraint(fields=("organization_id", "id"), name="conversations_helpdesk_tenant_id"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("number", models.CharField(max_length=40)),
                (
                    "helpdesk",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="conversations.helpdesk"),
                ),
                (
                    "message",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="conversations.message"
                    ),
                ),
                (
                    "thread",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="conversations.thread"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization_id", "helpdesk", "number"), name="ticket_once"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("thread__isnull", False)),
                        fields=["organization_id", "thread"],
                        name="ticket_thread",
                    ),
                    models.Index(
                        condition=models.Q(("message__isnull", False)),
                        fields=["organization_id", "message"],
                        name="ticket_message",
                    ),
                ],
            },
        ),
        SecureTables("Helpdesk", "Ticket", targets_keyed=True),
    ]
