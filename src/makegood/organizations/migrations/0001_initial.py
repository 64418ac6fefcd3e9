import django.db.models.deletion
from django.db import migrations, models

import makegood.store.fields
from makegood.store.migration_operations import Finder, SecureTables


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("store", "0001_initial"),
        ("journal", "0001_initial"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("name", models.CharField(max_length=80)),
                ("prefix", models.CharField(max_length=12)),
                ("key_hash", models.BinaryField(unique=True)),
                ("scopes", models.JSONField(default=list)),
                ("created_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("name", models.CharField(max_length=120)),
                ("role", models.CharField(max_length=10)),
                ("tier", models.SmallIntegerField()),
                ("limit_minor", models.BigIntegerField(default=0)),
                ("active", models.BooleanField(default=True)),
                ("present", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CalendarVersion",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("code", models.CharField(max_length=60)),
                ("active_from", models.DateTimeField()),
                ("data", models.JSONField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization_id", "code", "active_from"), name="calendar_version")
                ],
            },
        ),
        migrations.CreateModel(
            name="Integration",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=20)),
                ("url", models.URLField(default="", max_length=500)),
                ("secret", models.BinaryField(default=b"")),
                ("active", models.BooleanField(default=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("payout", "smtp"))), name="integration_kind"
                    ),
                    models.UniqueConstraint(fields=("organization_id", "kind"), name="integration_kind_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Organization",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "organization_id",
                    models.GeneratedField(
                        db_persist=True, expression=models.F("id"), output_field=models.BigIntegerField()
                    ),
                ),
                ("code", models.SlugField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("zone", models.CharField(default="UTC", max_length=60)),
                ("currency", models.CharField(default="EUR", max_length=3)),
                ("language", models.CharField(default="en", max_length=10)),
                ("delivery", models.CharField(default="live", max_length=10)),
                ("reply_address", models.EmailField(blank=True, default="", max_length=254)),
                ("stopped_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("delivery__in", ("live", "shadow", "inbox"))), name="organization_delivery"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Place",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("code", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("kind", models.CharField(default="store", max_length=30)),
                ("zone", models.CharField(default="", max_length=60)),
                (
                    "parent",
                    makegood.store.fields.TenantKey(
                        db_index=False, null=True, related_name="+", to="organizations.place"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MemberPlace",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                (
                    "member",
                    makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.member"),
                ),
                ("place", makegood.store.fields.TenantKey(db_index=False, related_name="+", to="organizations.place")),
            ],
        ),
        migrations.CreateModel(
            name="PlaybookVersion",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("code", models.CharField(max_length=60)),
                ("version", models.IntegerField()),
                ("text", models.TextField()),
                ("data", models.JSONField()),
                ("published_at", models.DateTimeField()),
                ("published_by_id", models.BigIntegerField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization_id", "code", "version"), name="playbook_version")
                ],
            },
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("organization_id", models.BigIntegerField()),
                ("name", models.CharField(max_length=80)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organization_id", "name"), name="team_name")],
            },
        ),
        migrations.AddField(
            model_name="member",
            name="team",
            field=makegood.store.fields.TenantKey(db_index=False, null=True, related_name="+", to="organizations.team"),
        ),
        migrations.AddField(
            model_name="member",
            name="user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.RESTRICT, related_name="+", to="organizations.user"
            ),
        ),
        migrations.AddConstraint(
            model_name="place",
            constraint=models.UniqueConstraint(fields=("organization_id", "code"), name="place_code"),
        ),
        migrations.AddConstraint(
            model_name="memberplace",
            constraint=models.UniqueConstraint(fields=("organization_id", "member", "place"), name="member_place_once"),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ("employee", "manager", "finance", "admin"))), name="member_role"
            ),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.CheckConstraint(
                condition=models.Q(("tier__gte", 1), ("tier__lte", 3)), name="member_tier"
            ),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.CheckConstraint(condition=models.Q(("limit_minor__gte", 0)), name="member_limit"),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.UniqueConstraint(fields=("organization_id", "user"), name="member_user"),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.UniqueConstraint(fields=("organization_id", "id", "active"), name="member_active_key"),
        ),
        SecureTables(
            "Organization",
            "Team",
            "Place",
            "Member",
            "MemberPlace",
            "PlaybookVersion",
            "CalendarVersion",
            "Integration",
            "ApiKey",
            append_only=(
                "PlaybookVersion",
                "CalendarVersion",
            ),
        ),
        migrations.RunSQL("""
ALTER TABLE organizations_user ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON organizations_user TO makegood_app USING (
    id = nullif(current_setting('makegood.user', true), '')::bigint
    OR EXISTS (SELECT 1 FROM organizations_member m WHERE m.user_id = organizations_user.id)
) WITH CHECK (true);
CREATE POLICY finder ON organizations_user FOR SELECT TO makegood_finder USING (true);
CREATE INDEX member_user_index ON organizations_member (user_id);
GRANT SELECT, INSERT, UPDATE ON organizations_user TO makegood_app;
GRANT SELECT ON organizations_user TO makegood_finder;
GRANT USAGE ON SEQUENCE organizations_user_id_seq TO makegood_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON django_session TO makegood_app;
CREATE FUNCTION organizations_keep_an_admin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM organizations_organization WHERE id = OLD.organization_id FOR UPDATE;
    IF NOT EXISTS (
        SELECT 1 FROM organizations_member
        WHERE organization_id = OLD.organization_id AND role = 'admin' AND active
    ) THEN
        RAISE EXCEPTION 'the last active admin cannot leave' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'member_last_admin';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER member_last_admin AFTER UPDATE OR DELETE ON organizations_member
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.role = 'admin' AND OLD.active) EXECUTE FUNCTION organizations_keep_an_admin();
"""),
        Finder(
            "sign_in(wanted text)",
            "TABLE (user_id bigint, password varchar)",
            "SELECT id, password FROM organizations_user WHERE lower(email) = lower(wanted)",
        ),
        Finder(
            "memberships(wanted bigint)",
            "TABLE (organization_id bigint, member_id bigint, name varchar)",
            "SELECT m.organization_id, m.id, o.name FROM organizations_member m JOIN organizations_organization o"
            " ON o.id = m.organization_id WHERE m.user_id = wanted AND m.active ORDER BY m.organization_id",
        ),
        Finder(
            "api_key(wanted bytea)",
            "TABLE (organization_id bigint, key_id bigint)",
            "SELECT organization_id, id FROM organizations_apikey WHERE key_hash = wanted AND revoked_at IS NULL",
        ),
        Finder(
            "organization(wanted text)",
            "TABLE (id bigint, name varchar, language varchar)",
            "SELECT id, name, language FROM organizations_organization WHERE code = wanted",
        ),
        Finder(
            "organizations()",
            "TABLE (id bigint, code varchar, name varchar)",
            "SELECT id, code, name FROM organizations_organization ORDER BY id",
        ),
    ]
