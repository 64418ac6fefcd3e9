from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import Finder, SecureTables


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0001_initial"),
        ("promises", "0001_initial"),
        ("listen", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="FileMapping",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("header_key", models.CharField(max_length=64)),
                ("header", models.JSONField()),
                ("name", models.CharField(max_length=120)),
                ("plan", models.JSONField()),
                ("kept_at", models.DateTimeField()),
                ("used_at", models.DateTimeField()),
                (
                    "by",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.member"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization_id", "header_key"), name="file_mapping_header")
                ],
            },
        ),
        migrations.CreateModel(
            name="Intake",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("name", models.CharField(max_length=120)),
                ("size", models.IntegerField()),
                ("rows", models.IntegerField()),
                ("header", models.JSONField()),
                ("content", models.BinaryField(null=True)),
                ("file_key", models.CharField(max_length=64, null=True)),
                ("state", models.CharField(default="drafted", max_length=10)),
                ("plan", models.JSONField(default=dict)),
                ("told", models.JSONField(default=dict)),
                ("result", models.JSONField(default=dict)),
                ("taken", models.IntegerField(default=0)),
                ("brought_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "by",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.member"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization_id", "-brought_at"], name="intake_recent"),
                    models.Index(
                        condition=models.Q(("state__in", ["checking", "waiting", "drafted", "checked"])),
                        fields=["organization_id", "id"],
                        name="intake_due",
                    ),
                ],
                "constraints": [
                    makegood.store.fields.state_check(
                        "state",
                        ("drafted", "checking", "checked", "waiting", "done", "failed", "dropped"),
                        "intake_state",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("file_key__isnull", False)),
                        fields=("organization_id", "file_key"),
                        name="intake_file_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WatchedFolder",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("active", models.BooleanField(default=True)),
                ("sweep", models.BooleanField(default=False)),
                ("looked_at", models.DateTimeField(null=True)),
                ("trouble", models.CharField(blank=True, default="", max_length=300)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organization_id",), name="watched_folder_once")],
            },
        ),
        SecureTables("FileMapping", "Intake", "WatchedFolder", targets_keyed=True),
        Finder(
            "intakes_due()",
            "SETOF bigint",
            "SELECT DISTINCT organization_id FROM listen_intake WHERE state IN ('checking', 'waiting')"
            " OR (state IN ('drafted', 'checked') AND brought_at < now() - interval '1 day')",
        ),
        Finder(
            "folders_watched()",
            "TABLE (organization_id bigint, code text)",
            "SELECT w.organization_id, o.code FROM listen_watchedfolder w"
            " JOIN organizations_organization o ON o.id = w.organization_id WHERE w.active",
        ),
    ]
