from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables


class Migration(migrations.Migration):
    initial = True

    dependencies = [("organizations", "0002_user_password_once")]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("listed", models.CharField(max_length=12)),
                ("name", models.CharField(max_length=40)),
                ("query", models.JSONField(default=dict)),
                ("shared", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                (
                    "member",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.member"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("shared", True)),
                        fields=["organization_id", "listed"],
                        name="saved_view_shared",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("listed__in", ("recoveries", "promises", "incidents"))),
                        name="saved_view_list",
                    ),
                    models.UniqueConstraint(
                        fields=("organization_id", "listed", "member", "name"), name="saved_view_once"
                    ),
                ],
            },
        ),
        SecureTables("SavedView", targets_keyed=True),
    ]
