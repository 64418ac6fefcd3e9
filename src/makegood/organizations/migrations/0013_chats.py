from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables


class Migration(migrations.Migration):
    dependencies = [("organizations", "0012_passkeys")]

    operations = [
        migrations.CreateModel(
            name="Chat",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=10)),
                ("address", models.BinaryField()),
                ("host", models.CharField(max_length=255)),
                ("trouble", models.CharField(blank=True, default="", max_length=200)),
                ("trouble_at", models.DateTimeField(null=True)),
                (
                    "member",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.member"
                    ),
                ),
                (
                    "team",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.team"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("kind__in", ("slack", "teams"))), name="chat_kind"),
                    models.CheckConstraint(
                        condition=models.Q(("member__isnull", True), ("team__isnull", True), _connector="OR"),
                        name="chat_of_one",
                    ),
                    models.UniqueConstraint(
                        fields=("organization_id", "member", "team"), name="chat_once", nulls_distinct=False
                    ),
                ],
            },
        ),
        SecureTables("Chat", targets_keyed=True),
        migrations.AddField("tellingchoice", "way", models.CharField(db_default="mail", default="mail", max_length=10)),
        migrations.AddConstraint(
            "tellingchoice",
            models.CheckConstraint(
                condition=models.Q(("way__in", ("mail", "chat", "push"))), name="telling_choice_way"
            ),
        ),
    ]
