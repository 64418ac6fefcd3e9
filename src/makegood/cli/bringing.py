"""Bringing a backup into a database: all of it or nothing, and nobody is served before who was erased is again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs

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
WAITED: Final = """
SELECT o.id, o.name FROM organizations_organization o
WHERE o.delivery = 'live' AND o.stopped_at IS NULL AND EXISTS (
    SELECT FROM journal_effect e WHERE e.organization_id = o.id AND e.state IN ('pending', 'claimed')
    AND e.run_at <= makegood_now(o.id)
)
ORDER BY o.id
"""
"""Whose mails and payments leave, where some were due by the backup's moment."""


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


@attrs.frozen(kw_only=True)
class Finished:
    """What was done to what a backup brought: how many were erased again, and who sends nothing until told."""

    erased: int
    stopped: tuple[str, ...]


def finish(erased: Sequence[Erased]) -> Finished:
    """Bring what was loaded up to date, erase these customers again, and stop what may have left since.

    Only then is it served.
    """
    from django.db import connections

    from makegood.store.restoring import END, restoring

    with restoring():
        make_ready()
        done = Finished(erased=_erase_again(erased), stopped=_sending_stop())
        with connections["owner"].cursor() as cursor:
            cursor.execute(END)
    return done


def _erase_again(erased: Sequence[Erased]) -> int:
    """Erase these customers, wherever they are; return how many there were. Those whom the backup lacks are passed.

    The planner's figures, which no backup holds, are made first.
    """
    from django.db import connections

    from makegood.customers.operations import customer_erase
    from makegood.recoveries.operations.trials import customer_made_up
    from makegood.store.clocks import now
    from makegood.store.tenancy import tenant

    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
    found = known_still(erased)
    for organization_id, customer_id in found:
        with tenant(organization_id=organization_id):
            moment = now(organization_id=organization_id)
            whose = {"organization_id": organization_id, "customer_id": customer_id}
            customer_erase(**whose, now=moment, by=None, unnamed="made_up" if customer_made_up(**whose) else "")
    return len(found)


def _sending_stop() -> tuple[str, ...]:
    """Stop all sending where something was due by the backup: it may have left since. Return whose."""
    from django.db import connections

    from makegood.organizations.operations import sending_stop
    from makegood.store.clocks import now
    from makegood.store.tenancy import tenant

    with connections["owner"].cursor() as cursor:
        cursor.execute(WAITED)
        found = cursor.fetchall()
    for organization_id, _ in found:
        with tenant(organization_id=organization_id):
            at = now(organization_id=organization_id)
            sending_stop(organization_id=organization_id, now=at, by=None, stopped=True)
    return tuple(name for _, name in found)
