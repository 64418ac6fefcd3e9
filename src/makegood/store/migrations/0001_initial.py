from django.db import migrations, models

from makegood.store.migration_operations import SecureTables


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL("""
DO $do$
DECLARE role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['makegood_app', 'makegood_finder'] LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
        IF current_setting('server_version_num')::int >= 160000 THEN
            EXECUTE format('GRANT %I TO CURRENT_USER WITH SET TRUE', role_name);
        ELSE
            EXECUTE format('GRANT %I TO CURRENT_USER', role_name);
        END IF;
    END LOOP;
END $do$;
GRANT USAGE ON SCHEMA public TO makegood_app, makegood_finder;
GRANT SELECT ON django_migrations TO makegood_app;
CREATE SCHEMA finder;
GRANT USAGE, CREATE ON SCHEMA finder TO makegood_finder;
GRANT USAGE ON SCHEMA finder TO makegood_app;
CREATE FUNCTION store_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""),
        migrations.CreateModel(
            name="Throttle",
            fields=[
                ("key_hash", models.BinaryField(primary_key=True, serialize=False)),
                ("window_at", models.DateTimeField()),
                ("count", models.IntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Clock",
            fields=[
                ("organization_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("kind", models.CharField(default="real", max_length=10)),
                ("moment_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("speed", models.FloatField(default=1.0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("real", "running", "stepped"))), name="clock_kind"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind", "real"),
                            models.Q(("moment_at__isnull", False), ("started_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="clock_anchored",
                    ),
                    models.CheckConstraint(condition=models.Q(("speed__gt", 0)), name="clock_speed_positive"),
                ],
            },
        ),
        SecureTables("Clock"),
        migrations.RunSQL("""
GRANT SELECT, INSERT, UPDATE, DELETE ON store_throttle TO makegood_app;
CREATE FUNCTION makegood_moment(clock store_clock) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE clock.kind
        WHEN 'stepped' THEN clock.moment_at
        WHEN 'running' THEN clock.moment_at + (statement_timestamp() - clock.started_at) * clock.speed
        ELSE statement_timestamp()
    END
$$;
CREATE FUNCTION makegood_now(organization bigint) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT makegood_moment(clock) FROM store_clock clock WHERE clock.organization_id = organization
$$;
GRANT EXECUTE ON FUNCTION makegood_moment(store_clock), makegood_now(bigint) TO makegood_app, makegood_finder;
"""),
    ]
