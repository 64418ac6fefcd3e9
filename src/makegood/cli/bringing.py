"""Bringing a backup into a database: all of it or nothing, and nobody is served before who was erased is again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from makegood.cli.database import make_ready
from makegood.cli.erased import Erased, known_still
from makegood.cli.postgres_tools import Tools

WIPE = """
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS finder CASCADE;
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
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
CREATE SCHEMA finder;
GRANT USAGE, CREATE ON SCHEMA finder TO makegood_finder;
"""
"""What stands before the dump in the same transaction: roles and schemas, which the dump's owners need to be there."""


def load(tools: Tools, dump: Path) -> None:
    """Wipe and load in one transaction, after which nobody is served until the restore has ended."""
    from makegood.store.restoring import BEGIN

    contents = dump.with_suffix(".list")
    listed = tools.run("pg_restore", "--list", dump).decode().splitlines()
    contents.write_text("\n".join(line for line in listed if " SCHEMA - " not in line), encoding="utf-8")
    wipe, load = dump.with_suffix(".wipe.sql"), dump.with_suffix(".sql")
    wipe.write_text(BEGIN + WIPE, encoding="utf-8")
    tools.run("pg_restore", "--use-list", contents, "--file", load, dump)
    tools.run(
        *("psql", "--no-psqlrc", "--no-password", "--quiet", "--single-transaction", "--set", "ON_ERROR_STOP=1"),
        *("--output", "/dev/null", "--file", wipe, "--file", load),
    )


def finish(erased: Sequence[Erased]) -> int:
    """Bring what was loaded up to date and erase these customers again; only then is it served. Return how many."""
    from django.db import connections

    from makegood.store.restoring import END, restoring

    with restoring():
        make_ready()
        again = _erase_again(erased)
        with connections["owner"].cursor() as cursor:
            cursor.execute(END)
    return again


def _erase_again(erased: Sequence[Erased]) -> int:
    """Erase these customers, wherever they are; return how many there were. Those whom the backup lacks are passed.

    The planner's figures, which no backup holds, are made first.
    """
    from django.db import connections

    from makegood.customers.operations import customer_erase
    from makegood.store.clocks import now
    from makegood.store.tenancy import tenant

    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
    found = known_still(erased)
    for organization_id, customer_id in found:
        with tenant(organization_id=organization_id):
            moment = now(organization_id=organization_id)
            customer_erase(organization_id=organization_id, customer_id=customer_id, now=moment, by=None)
    return len(found)
