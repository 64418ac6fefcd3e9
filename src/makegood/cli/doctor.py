"""`makegood doctor`: looks at the installation part by part and says of each what is wrong and what to do."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from urllib.parse import urlsplit

import attrs
import click

from makegood.cli.database import migrations_behind, open_database
from makegood.store.embedded import home_directory

NOT_SET = "not set"
LEAST_FREE = 1024 * 1024 * 1024
UNSECURED = """
SELECT string_agg(relname, ', ' ORDER BY relname) FROM pg_class
WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND NOT relrowsecurity
    AND relname NOT IN ('store_throttle', 'store_heartbeat', 'django_session', 'django_migrations')
"""

SERVER = """
SELECT current_setting('server_version'), current_user, pg_size_pretty(pg_database_size(current_database()))
"""


@attrs.frozen(kw_only=True)
class Finding:
    """What was found of one part."""

    part: str
    well: bool
    text: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> int:
    """Check the installation and say what is wrong; the exit status is 1 if anything is."""
    findings = [_look("home", _home), _look("address", _address), _look("mail", _mail)]
    try:
        with open_database():
            findings += [_look(part, look) for part, look in IN_DATABASE.items()]
    except click.ClickException as error:
        findings.append(Finding(part="database", well=False, text=error.format_message()))
    well = all(finding.well for finding in findings)
    if as_json:
        print(json.dumps({"well": well, "findings": [attrs.asdict(finding) for finding in findings]}))
    else:
        for finding in findings:
            mark = "BAD " if not finding.well else "todo" if finding.text.startswith(NOT_SET) else "ok  "
            print(f"{mark} {finding.part}: {finding.text}")
    return 0 if well else 1


def _look(part: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(part=part, well=True, text=look())
    except click.ClickException as error:
        return Finding(part=part, well=False, text=error.format_message())


def _home() -> str:
    home = home_directory()
    existing = next(each for each in (home, *home.parents) if each.exists())
    free = shutil.disk_usage(existing).free
    if free < LEAST_FREE:
        raise click.ClickException(f"{home} has {free // 1024**2} MB left: make room.")
    secret = home / "secret"
    if not os.environ.get("MAKEGOOD_SECRET") and secret.exists() and secret.stat().st_mode & 0o077:
        raise click.ClickException(f"{secret} can be read by others: run `chmod 600 '{secret}'`.")
    return f"{home}, {free // 1024**3} GB left"


def _address() -> str:
    url = os.environ.get("MAKEGOOD_URL")
    if not url:
        return f"{NOT_SET}; links in mails lead to this machine only (MAKEGOOD_URL)"
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise click.ClickException("MAKEGOOD_URL must look like https://help.example.com.")
    return url


def _mail() -> str:
    url = os.environ.get("EMAIL_URL")
    if not url:
        return f"{NOT_SET}; mail is kept as failed and customers see their status page (EMAIL_URL)"
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise click.ClickException("EMAIL_URL must look like smtp://user:password@host:port.")
    return f"{parts.scheme} through {parts.hostname}"


def _server() -> str:
    from django.db import connections

    with connections["default"].cursor() as cursor:
        cursor.execute(SERVER)
        version, user, size = cursor.fetchone()
    kind = "embedded" if "socket" in str(connections["default"].settings_dict["HOST"]) else "your own"
    return f"PostgreSQL {version} ({kind}), used as {user}, {size}"


def _migrations() -> str:
    if behind := migrations_behind():
        raise click.ClickException(f"{len(behind)} migrations are missing: run `makegood serve` once.")
    return "all there"


def _row_security() -> str:
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(UNSECURED)
        (open_tables,) = cursor.fetchone()
    if open_tables:
        raise click.ClickException(f"Row security is off on {open_tables}: restore a backup, or ask for help.")
    return "on for every organization's tables"


def _processes() -> str:
    from makegood.store.clocks import wall_now
    from makegood.store.heartbeats import well

    found = well(now=wall_now())
    if not found:
        return "neither worker nor ticker runs now"
    return ", ".join(f"{count} {kind}" for kind, count in sorted(found.items()))


IN_DATABASE = {
    "database": _server,
    "migrations": _migrations,
    "row security": _row_security,
    "processes": _processes,
}
