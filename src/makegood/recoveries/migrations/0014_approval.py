from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import SecureTables, due_organizations


def key(to: str, *, null: bool = False) -> makegood.store.fields.TenantKey:
    return makegood.store.fields.TenantKey(db_index=False, null=null, related_name="+", to=to)


class Migration(migrations.Migration):
    dependencies = [
        ("failures", "0006_failure_shadow"),
        ("makegoods", "0007_limits"),
        ("organizations", "0016_member_title"),
        ("recoveries", "0013_shadow_known"),
    ]

    operations = [
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("remedy", models.TextField()),
                ("cost_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("asked_at", models.DateTimeField()),
                ("next_at", models.DateTimeField(null=True)),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("decided_at", models.DateTimeField(null=True)),
                ("recovery", key("recoveries.recovery")),
                ("failure", key("failures.failure")),
                ("asked_by", key("organizations.member")),
                ("approver", key("organizations.member")),
                ("deputy", key("organizations.member", null=True)),
                ("decided_by", key("organizations.member", null=True)),
                ("makegood", key("makegoods.makegood", null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)),
                        fields=["organization_id", "next_at"],
                        name="approval_due",
                    ),
                    models.Index(fields=["organization_id", "recovery"], name="approval_recovery"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("waiting", "approved", "refused", "over"))),
                        name="approval_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(state="waiting", decided_at__isnull=True)
                        | models.Q(decided_at__isnull=False, next_at__isnull=True) & ~models.Q(state="waiting"),
                        name="approval_decided",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(state="approved", makegood__isnull=False, decided_by__isnull=False)
                        | models.Q(makegood__isnull=True) & ~models.Q(state="approved"),
                        name="approval_given",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("organization_id", "recovery", "remedy"),
                        name="approval_waits_once",
                    ),
                ],
            },
        ),
        SecureTables("Approval", targets_keyed=True),
        due_organizations("approvals_due", "recoveries_approval", "due.next_at <= makegood_moment(clock)"),
    ]
