from django.db import migrations

from makegood.store.migration_operations import due_organizations


class Migration(migrations.Migration):
    dependencies = [("listen", "0002_intake"), ("store", "0001_initial")]

    operations = [
        due_organizations(
            "intakes_due",
            "listen_intake",
            "(due.state IN ('checking', 'waiting') OR (due.state IN ('drafted', 'checked')"
            " AND due.brought_at < makegood_moment(clock) - interval '1 day'))",
        ),
    ]
