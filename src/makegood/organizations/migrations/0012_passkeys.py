import django.db.models.deletion
from django.db import migrations, models

SECURED = """
ALTER TABLE organizations_passkey ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON organizations_passkey TO makegood_app USING (
    user_id = nullif(current_setting('makegood.user', true), '')::bigint
    OR EXISTS (SELECT 1 FROM organizations_member m WHERE m.user_id = organizations_passkey.user_id)
) WITH CHECK (user_id = nullif(current_setting('makegood.user', true), '')::bigint);
GRANT SELECT, INSERT, UPDATE, DELETE ON organizations_passkey TO makegood_app;
GRANT USAGE ON SEQUENCE organizations_passkey_id_seq TO makegood_app;
"""
"""As an account: seen by itself and by the organizations that it is in; only itself adds one."""


class Migration(migrations.Migration):
    dependencies = [("organizations", "0011_member_seen")]

    operations = [
        migrations.CreateModel(
            name="Passkey",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("credential", models.BinaryField(unique=True)),
                ("public", models.BinaryField()),
                ("counter", models.BigIntegerField()),
                ("name", models.CharField(max_length=60)),
                ("made_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("doubted_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="organizations.user"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(SECURED, migrations.RunSQL.noop),
    ]
