from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import Finder, SecureTables


class Migration(migrations.Migration):
    dependencies = [
        ("listen", "0003_intakes_due"),
    ]

    operations = [
        migrations.CreateModel(
            name="Mailbox",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("host", models.CharField(max_length=253)),
                ("port", models.IntegerField()),
                ("security", models.CharField(max_length=10)),
                ("sign_in", models.CharField(default="password", max_length=10)),
                ("username", models.CharField(max_length=254)),
                ("secret", models.BinaryField()),
                ("token_url", models.CharField(blank=True, default="", max_length=300)),
                ("client_id", models.CharField(blank=True, default="", max_length=300)),
                ("folder", models.CharField(max_length=200)),
                ("active", models.BooleanField(default=True)),
                ("changed_at", models.DateTimeField()),
                ("from_at", models.DateTimeField(null=True)),
                ("validity", models.BigIntegerField(null=True)),
                ("position", models.BigIntegerField(default=0)),
                ("judged_to", models.BigIntegerField(default=0)),
                ("taken", models.BigIntegerField(default=0)),
                ("taken_at", models.DateTimeField(null=True)),
                ("looked_at", models.DateTimeField(null=True)),
                ("held_by", models.CharField(blank=True, default="", max_length=40)),
                ("held_until", models.DateTimeField(null=True)),
                ("trouble", models.CharField(blank=True, default="", max_length=300)),
                ("trouble_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("security__in", ("tls", "starttls", "none"))), name="mailbox_security"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sign_in__in", ("password", "oauth"))), name="mailbox_sign_in"
                    ),
                    models.UniqueConstraint(fields=("organization_id",), name="mailbox_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="MailAside",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("validity", models.BigIntegerField()),
                ("uid", models.BigIntegerField()),
                ("size", models.BigIntegerField()),
                ("state", models.CharField(default="kept", max_length=10)),
                ("said", models.CharField(max_length=300)),
                ("sender", models.CharField(blank=True, default="", max_length=320)),
                ("subject", models.CharField(blank=True, default="", max_length=300)),
                ("raw", models.BinaryField(null=True)),
                ("kept_at", models.DateTimeField()),
                ("mailbox", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="listen.mailbox")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("kept", "again", "cut", "done"))), name="mail_aside_state"
                    ),
                    models.UniqueConstraint(
                        fields=("organization_id", "mailbox", "validity", "uid"), name="mail_aside_once"
                    ),
                ],
            },
        ),
        SecureTables("Mailbox", "MailAside"),
        Finder(
            "mailboxes_read()",
            "TABLE (organization_id bigint, id bigint, stamp text)",
            "SELECT m.organization_id, m.id, m.changed_at::text FROM listen_mailbox m WHERE m.active",
        ),
    ]
