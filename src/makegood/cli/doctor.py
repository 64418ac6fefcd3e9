"""`makegood doctor`: looks at the installation part by part and says of each what is wrong and what to do.

It makes nothing and changes nothing: what is not there yet, it says. A database that is there and stopped is started
for the look, and stopped again after it.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

import attrs
import click

from makegood.cli.database import (
    database_errors_in_one_line,
    migrations_behind,
    open_database,
    refuse_unfinished_restore,
    refuse_unsafe_role,
)
from makegood.rules import packs
from makegood.store.embedded import Server, home_directory
from makegood.store.embedded.programs import MAJOR

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
    findings = [_look(part, look) for part, look in BESIDE.items()]
    if os.environ.get("DATABASE_URL") or Server(home_directory()).is_made():
        findings += _in_database()
    else:
        text = f"{NOT_SET}; the first `makegood serve` makes PostgreSQL {MAJOR} in {home_directory()} (DATABASE_URL)"
        findings.append(Finding(part="database", well=True, text=text))
    well = all(finding.well for finding in findings)
    if as_json:
        print(json.dumps({"well": well, "findings": [attrs.asdict(finding) for finding in findings]}))
    else:
        for finding in findings:
            mark = "BAD " if not finding.well else "todo" if finding.text.startswith(NOT_SET) else "ok  "
            print(f"{mark} {finding.part}: {finding.text}")
    return 0 if well else 1


def _in_database() -> list[Finding]:
    from makegood.store.secrets import secret_there

    known = secret_there() is not None
    if not known:
        # The settings would make a secret and keep it: this one ends with the process.
        os.environ["MAKEGOOD_SECRET"] = secrets.token_urlsafe(48)
    found: list[Finding] = []
    try:
        with open_database(migrate=False):
            for part, look in (IN_DATABASE | {"organizations": partial(_organizations, known=known)}).items():
                found.append(_look(part, look))
                if not found[-1].well and part in ("database", "restore", "migrations"):
                    break
    except click.ClickException as error:
        found.append(Finding(part="database", well=False, text=error.format_message()))
    return found


def _is_used(server: Server) -> bool:
    return server.lock("users").exists() and server.is_used()


def _look(part: str, look: Callable[[], str]) -> Finding:
    try:
        with database_errors_in_one_line():
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
    there = "" if home.exists() else ", not there yet"
    return f"{home}{there}, {free // 1024**3} GB left"


def _secret() -> str:
    from makegood.store.secrets import secret_file, secret_there

    if os.environ.get("MAKEGOOD_SECRET"):
        return "named in MAKEGOOD_SECRET"
    if secret_there() is None:
        return f"{NOT_SET}; the first start makes one and keeps it in {secret_file()} (MAKEGOOD_SECRET)"
    return f"kept in {secret_file()}"


def _demo() -> str:
    server = Server(home_directory() / "demo")
    if _is_used(server):
        return f"a demo runs now, on a database of its own in {server.home}"
    return f"none runs now; the last one left {server.home}" if server.is_made() else "none was started here"


def _address() -> str:
    url = os.environ.get("MAKEGOOD_URL")
    if not url:
        return f"{NOT_SET}; links in mails lead to this machine only (MAKEGOOD_URL)"
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise click.ClickException("MAKEGOOD_URL must look like https://help.example.com.")
    return url


def _floors() -> str:
    if not os.environ.get(packs.OWN_FOLDER):
        return f"{len(packs.names())} rule packs; none of your own ({packs.OWN_FOLDER})"
    try:
        own = [packs.own_pack(path).name for path in packs.own_files()]
    except packs.UnusablePack as error:
        raise click.ClickException(str(error)) from error
    if not own:
        raise click.ClickException(f"{packs.OWN_FOLDER} holds no .yaml file: put your own rule packs there.")
    return f"{len(packs.names())} rule packs, of your own {', '.join(own)}"


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

    with connections["owner"].cursor() as cursor:
        cursor.execute(SERVER)
        version, user, size = cursor.fetchone()
    kind = "embedded" if "socket" in str(connections["owner"].settings_dict["HOST"]) else "your own"
    return f"PostgreSQL {version} ({kind}), used as {user}, {size}"


def _restore() -> str:
    refuse_unfinished_restore()
    return "none is unfinished"


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


def _role() -> str:
    refuse_unsafe_role()
    return "the application can see one organization at a time"


def _organizations(*, known: bool = True) -> str:
    from makegood.organizations.founding import organizations_exist, set_up_code

    if organizations_exist():
        return "at least one is set up"
    link = f"/set-up?code={set_up_code()}" if known else "the link that it prints"
    return f"{NOT_SET}; start `makegood serve` and open {link} to set up the first"


def _processes() -> str:
    from makegood.store.clocks import wall_now
    from makegood.store.heartbeats import well

    found = well(now=wall_now())
    if not found:
        return "neither worker nor ticker runs now"
    return ", ".join(f"{count} {kind}" for kind, count in sorted(found.items()))


BESIDE = {"home": _home, "secret": _secret, "address": _address, "mail": _mail, "rule packs": _floors, "demo": _demo}
IN_DATABASE = {
    "database": _server,
    "restore": _restore,
    "migrations": _migrations,
    "row security": _row_security,
    "role": _role,
    "organizations": _organizations,
    "processes": _processes,
}
