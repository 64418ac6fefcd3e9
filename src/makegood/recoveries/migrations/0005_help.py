from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables


def _key(to: str) -> makegood.store.fields.TenantKey:
    return makegood.store.fields.TenantKey(db_index=False, related_name="+", to=to)


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0002_user_password_once"),
        ("recoveries", "0004_staying"),
    ]

    operations = [
        migrations.CreateModel(
            name="HelpForm",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("form", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                ("answers", models.JSONField(default=dict)),
                ("by", _key("organizations.member")),
                ("playbook", _key("organizations.playbookversion")),
                ("recovery", _key("recoveries.recovery")),
            ],
            options={
                "indexes": [models.Index(fields=["organization_id", "recovery", "-at"], name="help_form_recovery")],
            },
        ),
        migrations.CreateModel(
            name="HelpFile",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("field", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=120)),
                ("kind", models.CharField(max_length=10)),
                ("size", models.IntegerField()),
                ("content", models.BinaryField()),
                ("filled", _key("recoveries.helpform")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("jpeg", "png", "webp", "heic", "pdf"))), name="help_file_kind"
                    ),
                    models.UniqueConstraint(fields=("organization_id", "filled", "field"), name="help_file_once"),
                    models.CheckConstraint(
                        condition=models.Q(("size__gte", 1), ("size__lte", 5242880)), name="help_file_size"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HelpTalk",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("dialogue", models.CharField(max_length=40)),
                ("answers", models.JSONField(default=list)),
                ("at", models.DateTimeField()),
                ("by", _key("organizations.member")),
                ("playbook", _key("organizations.playbookversion")),
                ("recovery", _key("recoveries.recovery")),
            ],
            options={
                "indexes": [models.Index(fields=["organization_id", "recovery", "-at"], name="help_talk_recovery")],
            },
        ),
        migrations.CreateModel(
            name="HelpTick",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("checklist", models.CharField(max_length=40)),
                ("item", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                ("by", _key("organizations.member")),
                ("playbook", _key("organizations.playbookversion")),
                ("recovery", _key("recoveries.recovery")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization_id", "recovery", "checklist", "item"), name="help_tick_once"
                    )
                ],
            },
        ),
        SecureTables("HelpForm", "HelpTalk", "HelpTick", targets_keyed=True),
        SecureTables("HelpFile"),
    ]
