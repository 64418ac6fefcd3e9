"""`makegood doctor`: looks at the installation part by part and says of each what is wrong and what to do.

It makes nothing and changes nothing: what is not there yet, it says. A database that is there and stopped is started
for the look, and stopped again after it.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from functools import partial

import attrs
import click

from makegood.cli.database import (
    database_errors_in_one_line,
    open_database,
    refuse_unfinished_restore,
    refuse_unsafe_role,
)
from makegood.cli.looking import BESIDE, NOT_SET
from makegood.cli.migrating import migrations_behind
from makegood.cli.row_security import open_tables
from makegood.store.embedded import Server, home_directory
from makegood.store.embedded.programs import MAJOR

SERVER = """
SELECT current_setting('server_version'), current_user, pg_size_pretty(pg_database_size(current_database()))
"""

WATCHED = """
SELECT organization.code, folder.trouble FROM listen_watchedfolder folder
JOIN organizations_organization organization ON organization.id = folder.organization_id
WHERE folder.active ORDER BY 1
"""

READ = """
SELECT organization.code, mailbox.trouble FROM listen_mailbox mailbox
JOIN organizations_organization organization ON organization.id = mailbox.organization_id
WHERE mailbox.active ORDER BY 1
"""

POSTED = """
SELECT organization.code, CASE WHEN count(delivery.id) FILTER (WHERE delivery.state = 'aside') > 0
    THEN count(delivery.id) FILTER (WHERE delivery.state = 'aside')
        || ' of what was posted could not be taken in: see Settings, Webhooks'
    WHEN min(delivery.again_at) FILTER (WHERE delivery.state = 'waiting') < now() - interval '15 minutes'
    THEN 'deliveries wait since long: start makegood worker' ELSE '' END
FROM listen_hook hook JOIN organizations_organization organization ON organization.id = hook.organization_id
LEFT JOIN listen_hookdelivery delivery ON delivery.organization_id = hook.organization_id
    AND delivery.hook_id = hook.id AND delivery.state IN ('aside', 'waiting')
WHERE hook.active GROUP BY 1 ORDER BY 1
"""


@attrs.frozen(kw_only=True)
class Finding:
    """What was found of one part."""

    part: str
    well: bool
    text: str

    @property
    def todo(self) -> bool:
        """Whether nothing is wrong, and something is still to be set."""
        return self.well and self.text.startswith(NOT_SET)


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
        print(json.dumps({"well": well, "findings": [attrs.asdict(one) | {"todo": one.todo} for one in findings]}))
    else:
        for finding in findings:
            mark = "todo" if finding.todo else "ok  " if finding.well else "BAD "
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


def _look(part: str, look: Callable[[], str]) -> Finding:
    try:
        with database_errors_in_one_line():
            return Finding(part=part, well=True, text=look())
    except click.ClickException as error:
        return Finding(part=part, well=False, text=error.format_message())


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
    if found := open_tables():
        raise click.ClickException(f"Row security is off on {', '.join(found)}: restore a backup, or ask for help.")
    return "on for every organization's tables"


def _role() -> str:
    refuse_unsafe_role()
    return "the application can see one organization at a time"


def _in_the_way(statement: str, done: str) -> str:
    """Whose are `done` (watched, read), or whose cannot be and why."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)
        found = cursor.fetchall()
    if not found:
        return f"none is {done}"
    if in_the_way := "; ".join(f"{code}: {trouble.rstrip('.')}" for code, trouble in found if trouble):
        raise click.ClickException(f"{in_the_way}.")
    return f"{', '.join(code for code, _ in found)} {done}"


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


IN_DATABASE = {
    "database": _server,
    "restore": _restore,
    "migrations": _migrations,
    "row security": _row_security,
    "role": _role,
    "folders": partial(_in_the_way, WATCHED, "watched"),
    "mailboxes": partial(_in_the_way, READ, "read"),
    "webhooks": partial(_in_the_way, POSTED, "taken in"),
    "organizations": _organizations,
    "processes": _processes,
}
