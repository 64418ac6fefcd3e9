from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables

SEEN_BEFORE = """
INSERT INTO organizations_memberseen (organization_id, member_id, at)
SELECT m.organization_id, m.id, makegood_now(m.organization_id) FROM organizations_member m
JOIN store_clock c ON c.organization_id = m.organization_id WHERE m.active
"""
"""Nobody noted until now who was here: whoever is a member counts as seen at the upgrade."""


class Migration(migrations.Migration):
    dependencies = [("organizations", "0010_telling"), ("store", "0003_heartbeat_failing")]

    operations = [
        migrations.CreateModel(
            name="MemberSeen",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "member",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.member"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organization_id", "member"), name="member_seen_once")],
            },
        ),
        SecureTables("MemberSeen", targets_keyed=True),
        migrations.RunSQL(SEEN_BEFORE, migrations.RunSQL.noop),
    ]
