from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from makegood.store.migration_operations import due_organizations

STILL_UNTOUCHED = """
UPDATE conversations_message m SET anew_at = m.next_by_at
WHERE m.state = 'draft' AND m.author_id IS NULL AND m.kind IN ('acknowledgement', 'apology')
    AND m.next_by_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM journal_entry e WHERE e.organization_id = m.organization_id AND e.subject = 'message'
            AND e.subject_id = m.id AND e.event = 'messages:message:revised')
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("conversations", "0005_message_next_by"), ("journal", "0001_initial")]

    operations = [
        migrations.AddField("message", "anew_at", models.DateTimeField(null=True)),
        AddIndexConcurrently(
            "message",
            models.Index(
                fields=["organization_id", "anew_at"],
                name="message_anew",
                condition=models.Q(state="draft", anew_at__isnull=False),
            ),
        ),
        migrations.RunSQL(STILL_UNTOUCHED, migrations.RunSQL.noop),
        due_organizations(
            "drafts_due",
            "conversations_message",
            "due.state = 'draft' AND due.anew_at IS NOT NULL AND due.anew_at <= makegood_moment(clock)",
        ),
    ]
