from django.db import migrations

from makegood.store.migration_operations import Finder


class Migration(migrations.Migration):
    dependencies = [("organizations", "0004_place_playbook")]

    operations = [
        Finder(
            "known_elsewhere(wanted bigint, here bigint)",
            "boolean",
            "SELECT EXISTS (SELECT 1 FROM organizations_member WHERE user_id = wanted AND organization_id <> here)",
        ),
    ]
