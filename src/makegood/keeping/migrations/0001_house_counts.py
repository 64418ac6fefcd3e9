from django.db import migrations

from makegood.store.migration_operations import Finder

DUE = """
journal_effect due JOIN store_clock clock ON clock.organization_id = due.organization_id AND clock.kind = 'real'
JOIN organizations_organization house ON house.id = due.organization_id AND house.stopped_at IS NULL
WHERE due.state = 'pending' AND due.held_for IS NULL AND due.run_at <= makegood_moment(clock)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0003_heartbeat_failing"),
        ("journal", "0001_initial"),
        ("organizations", "0003_organization_recorded"),
        ("recoveries", "0006_unopened"),
        ("listen", "0005_hooks"),
    ]

    operations = [
        migrations.RunSQL("GRANT SELECT ON django_migrations TO makegood_app", elidable=False),
        Finder(
            "house_waits()",
            "TABLE (oldest_seconds double precision, mailboxes_in_trouble bigint)",
            f"""
            SELECT coalesce((SELECT extract(epoch FROM statement_timestamp() - min(due.run_at)) FROM {DUE}), 0)
                ::double precision,
                (SELECT count(*) FROM listen_mailbox WHERE active AND trouble <> '')
            """,
        ),
        Finder(
            "house_counts()",
            "TABLE (name text, counted bigint)",
            f"""
            SELECT 'organizations', count(*) FROM organizations_organization
            UNION ALL SELECT 'recoveries_open', count(*) FROM recoveries_recovery WHERE state = 'open'
            UNION ALL SELECT 'recoveries_unopened', count(*) FROM recoveries_unopened
            UNION ALL SELECT 'outbox_due', count(*) FROM {DUE}
            UNION ALL SELECT 'outbox_failed', count(*) FROM journal_effect WHERE state = 'failed'
            UNION ALL SELECT 'outbox_unknown', count(*) FROM journal_effect WHERE state = 'unknown'
            UNION ALL SELECT 'deliveries_waiting', count(*) FROM listen_hookdelivery WHERE state = 'waiting'
            UNION ALL SELECT 'deliveries_aside', count(*) FROM listen_hookdelivery WHERE state = 'aside'
            """,
        ),
    ]
