from django.db import migrations

WATCHING = """
watching AS (
    SELECT s.organization_id, s.id, coalesce((
        SELECT max(e.at) FROM journal_entry e
        WHERE e.organization_id = s.organization_id AND e.subject = 'source' AND e.subject_id = s.id
            AND e.event = 'promises:source:changed' AND e.data ->> 'mode' = 'shadow'
    ), s.created_at) AS since
    FROM promises_source s WHERE s.mode = 'shadow'
)
"""
# What a source told of before it began to watch goes on for real, and with it all that is in the same recovery.
FAILURES = f"""
WITH {WATCHING}
UPDATE failures_failure f SET shadow = true FROM watching w
WHERE f.organization_id = w.organization_id AND f.source_id = w.id AND f.detected_at >= w.since AND NOT f.shadow
    AND NOT EXISTS (
        SELECT FROM recoveries_recoveryfailure mine
        JOIN recoveries_recoveryfailure beside
            ON beside.organization_id = mine.organization_id AND beside.recovery_id = mine.recovery_id
        JOIN failures_failure one ON one.organization_id = beside.organization_id AND one.id = beside.failure_id
        LEFT JOIN watching theirs ON theirs.organization_id = one.organization_id AND theirs.id = one.source_id
        WHERE mine.organization_id = f.organization_id AND mine.failure_id = f.id
            AND (theirs.id IS NULL OR one.detected_at < theirs.since)
    )
"""
# What is not settled of them is given by nobody any more: the ledger lets it go, and allowances have it back.
MAKEGOODS = """
WITH mine AS MATERIALIZED (
    SELECT g.organization_id, g.id, g.allowance_id, g.cost_minor, g.currency, g.offered_at FROM makegoods_makegood g
    JOIN failures_failure f ON f.organization_id = g.organization_id AND f.id = g.failure_id
    WHERE f.shadow AND NOT g.shadow AND g.state IN ('offered', 'accepted') FOR UPDATE OF g
), released AS (
    INSERT INTO makegoods_ledgerentry (organization_id, makegood_id, debit, credit, amount_minor, currency, at)
    SELECT organization_id, id, 'owed', 'released', cost_minor, currency, offered_at FROM mine WHERE cost_minor > 0
), returned AS (
    UPDATE makegoods_allowance a SET given_minor = a.given_minor - back.minor
    FROM (SELECT organization_id, allowance_id, sum(cost_minor) AS minor FROM mine GROUP BY 1, 2) back
    WHERE a.organization_id = back.organization_id AND a.id = back.allowance_id
)
UPDATE makegoods_makegood g SET shadow = true, allowance_id = NULL FROM mine
WHERE g.organization_id = mine.organization_id AND g.id = mine.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("recoveries", "0012_step_told"),
        ("failures", "0006_failure_shadow"),
        ("makegoods", "0006_shadow_valid"),
        ("journal", "0003_shadow_valid"),
    ]

    operations = [
        migrations.RunSQL(FAILURES, migrations.RunSQL.noop),
        migrations.RunSQL(MAKEGOODS, migrations.RunSQL.noop),
    ]
