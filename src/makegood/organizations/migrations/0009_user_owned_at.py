from django.db import migrations, models

MADE_IN = """
UPDATE organizations_user u SET made_in = only_one.organization_id FROM (
    SELECT user_id, min(organization_id) AS organization_id FROM organizations_member
    WHERE user_id IS NOT NULL GROUP BY user_id HAVING count(*) = 1) only_one
WHERE u.id = only_one.user_id
"""
"""Whoever was in several organizations already goes on entering them: nobody knows any more which one made them."""


class Migration(migrations.Migration):
    dependencies = [("organizations", "0008_second_factor")]

    operations = [
        migrations.AddField("user", "owned_at", models.DateTimeField(null=True)),
        migrations.AddField("user", "made_in", models.BigIntegerField(null=True)),
        migrations.RunSQL(MADE_IN, migrations.RunSQL.noop),
    ]
