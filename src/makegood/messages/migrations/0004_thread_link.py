from django.db import migrations, models

import makegood.store.fields

KNOWN = """
UPDATE conversations_thread t SET link_at = m.at, link_how = m.how FROM (
    SELECT DISTINCT ON (organization_id, thread_id) organization_id, thread_id, coalesce(sent_at, created_at) AS at,
        CASE direction WHEN 'in' THEN 'opened' ELSE 'mail' END AS how
    FROM conversations_message
    WHERE thread_id IS NOT NULL AND ((direction = 'in' AND channel = 'status')
        OR (direction = 'out' AND channel = 'mail' AND state = 'sent' AND position('/s/' IN body) > 0))
    ORDER BY organization_id, thread_id, coalesce(sent_at, created_at)
) m WHERE t.organization_id = m.organization_id AND t.id = m.thread_id AND t.link_at IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0003_message_unread")]

    operations = [
        migrations.AddField("thread", "link_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "thread", "link_how", models.CharField(blank=True, db_default="", default="", max_length=10)
        ),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "thread",
            makegood.store.fields.state_check(
                "link_how", ("", "mail", "opened", "form", "shown", "sent", "told", "recorded"), "thread_link_how"
            ),
        ),
    ]
