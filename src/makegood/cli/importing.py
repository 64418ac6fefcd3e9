"""`makegood import`: load events through a mapping file, or one of the kinds of CSV files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import click

from makegood.cli.database import open_database

TABLES = ("customers", "purchases", "charges", "promises", "places", "members")

MOST_NAMED = 10


@click.command(name="import")
@click.argument("kind")
@click.argument("path", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--org", required=True, metavar="CODE", help="The code of the organization that it is for.")
@click.option(
    "--source", default="import", metavar="CODE", help="Whose references purchases, charges and promises have."
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def import_(kind: str, path: Path | None, org: str, source: str, as_json: bool) -> int:
    """Load KIND from PATH: a mapping file (then PATH is its data), or what one of the CSV kinds holds."""
    _refuse_source(source)
    with open_database():
        from makegood.listen.datasets import UnusableData
        from makegood.listen.importing import UnknownOrganization, organization_named
        from makegood.listen.mapping_values import UnusableMapping

        try:
            counts = _import(organization_named(code=org), kind, path, source)
        except UnknownOrganization as error:
            raise click.ClickException(f"There is no organization {org!r}: {_yours()}") from error
        except (UnusableData, UnusableMapping) as error:
            raise click.ClickException(str(error)) from error
    passwords, changed = counts.pop("passwords", {}), counts.pop("changed", 0)
    if as_json:
        more = {"changed": changed} | {"passwords": passwords}
        print(json.dumps(counts | {name: value for name, value in more.items() if value}))
        return 0
    print(f"{counts['what']}: {counts['new']} new, {counts['known']} known{_changed(changed)}")
    for email, password in passwords.items():
        print(f"password of {email}, shown this once: {password}")
    return 0


def _yours() -> str:
    """Which codes there are, where they are few enough to name."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT code FROM organizations_organization ORDER BY code LIMIT %s", [MOST_NAMED + 1])
        codes = [row[0] for row in cursor.fetchall()]
    if not codes:
        return "set one up first, in the browser."
    more = " and others" if len(codes) > MOST_NAMED else ""
    return f"name one of yours with --org: {', '.join(codes[:MOST_NAMED])}{more}."


def _refuse_source(source: str) -> None:
    if not source.strip() or len(source) > 60:
        raise click.UsageError("--source must be text of at most 60 characters.")


def _changed(count: int) -> str:
    return f", {count} of them changed" if count else ""


def _import(organization_id: int, kind: str, path: Path | None, source: str) -> dict[str, Any]:
    from makegood.listen.importing import events_import
    from makegood.listen.importing_people import members_import, places_import
    from makegood.listen.importing_tables import charges_import, customers_import, promises_import, purchases_import
    from makegood.listen.mapped import mapped_read

    if kind not in TABLES:
        mapped = mapped_read(path=_mapping(kind), data=path)
        return attrs.asdict(events_import(organization_id=organization_id, mapped=mapped))
    if path is None:
        raise click.UsageError(
            f"Name the CSV file: makegood import {kind} FILE --org {click.get_current_context().params['org']}."
        )
    if kind == "members":
        joined = members_import(organization_id=organization_id, path=path)
        return attrs.asdict(joined.imported) | {"passwords": dict(joined.passwords)}
    if kind == "customers":
        return attrs.asdict(customers_import(organization_id=organization_id, path=path))
    if kind == "places":
        return attrs.asdict(places_import(organization_id=organization_id, path=path))
    take = {"purchases": purchases_import, "charges": charges_import, "promises": promises_import}[kind]
    return attrs.asdict(take(organization_id=organization_id, path=path, source=source))


def _mapping(kind: str) -> Path:
    path = Path(kind)
    if path.suffix not in (".yaml", ".yml") or not path.is_file():
        raise click.UsageError(f"{kind!r} is neither a mapping file (.yaml) nor one of {', '.join(TABLES)}.")
    return path
