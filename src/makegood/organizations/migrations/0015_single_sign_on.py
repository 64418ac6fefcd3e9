from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import Finder, SecureTables

NOT_BY_PROVIDER = """
SELECT m.organization_id, m.id, o.name FROM organizations_member m
JOIN organizations_organization o ON o.id = m.organization_id
LEFT JOIN organizations_identityprovider p ON p.organization_id = m.organization_id AND p.active AND p.passwords_off
WHERE m.user_id = wanted AND m.active AND (
    p.id IS NULL OR (m.role = 'admin' AND (p.kept_id = m.id OR NOT EXISTS (
        SELECT 1 FROM organizations_member k WHERE k.id = p.kept_id AND k.active AND k.role = 'admin'
    )))
) ORDER BY m.organization_id
"""
"""Where passwords are off, the admin who keeps one enters; once they are none, so does any admin."""


class Migration(migrations.Migration):
    dependencies = [("organizations", "0014_devices")]

    operations = [
        migrations.CreateModel(
            name="IdentityProvider",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("issuer", models.URLField(max_length=500)),
                ("client_id", models.CharField(max_length=200)),
                ("secret", models.BinaryField(default=b"")),
                ("domains", models.JSONField(default=list)),
                ("active", models.BooleanField(default=False)),
                ("passwords_off", models.BooleanField(default=False)),
                (
                    "kept",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.member"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organization_id",), name="identity_provider_once")],
            },
        ),
        migrations.CreateModel(
            name="Identity",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("issuer", models.URLField(max_length=500)),
                ("subject", models.CharField(max_length=255)),
                ("since_at", models.DateTimeField()),
                (
                    "member",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.member"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization_id", "issuer", "subject"), name="identity_subject_once"
                    ),
                    models.UniqueConstraint(
                        fields=("organization_id", "issuer", "member"), name="identity_member_once"
                    ),
                ],
            },
        ),
        SecureTables("IdentityProvider", "Identity", targets_keyed=True),
        Finder(
            "single_sign_on(wanted text)",
            "TABLE (organization_id bigint, name varchar)",
            "SELECT o.id, o.name FROM organizations_organization o JOIN organizations_identityprovider p"
            " ON p.organization_id = o.id AND p.active WHERE o.code = wanted",
        ),
        Finder(
            "single_sign_on_somewhere()",
            "boolean",
            "SELECT EXISTS (SELECT 1 FROM organizations_identityprovider WHERE active)",
        ),
        Finder(
            "memberships_by_password(wanted bigint)",
            "TABLE (organization_id bigint, member_id bigint, name varchar)",
            NOT_BY_PROVIDER,
        ),
    ]
