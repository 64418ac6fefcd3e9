"""`makegood recount`: counts the running totals of Insights again, from the rows themselves."""

from __future__ import annotations

import json

import click

from makegood.cli.database import open_database


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def recount(as_json: bool) -> int:
    """Count the running totals of Insights again and say how many were wrong; the exit status is 1 if any was.

    Makegood may go on meanwhile. Totals are kept with every change, so none is wrong unless somebody wrote to the
    database around them.
    """
    wrong: dict[int, int] = {}
    with open_database():
        from django.db import connections

        from makegood.insights.tallies import rebuild
        from makegood.store.tenancy import tenant

        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT id FROM organizations_organization ORDER BY id")
            organizations = [organization_id for (organization_id,) in cursor.fetchall()]
        for organization_id in organizations:
            with tenant(organization_id=organization_id):
                wrong[organization_id] = rebuild(organization_id=organization_id)
    if as_json:
        print(json.dumps({"organizations": len(wrong), "wrong": {one: count for one, count in wrong.items() if count}}))
    else:
        whose = "one organization" if len(wrong) == 1 else f"{len(wrong)} organizations"
        totals = sum(wrong.values())
        print(f"counted {whose} again: {'one total was' if totals == 1 else f'{totals} totals were'} wrong")
    return int(any(wrong.values()))
