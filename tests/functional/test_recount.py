"""`makegood recount` counts the totals of Insights again, says how many were wrong, and puts them right."""

from __future__ import annotations

import json

from tests.functional.commands import temporary_home

FOUND_WITH_A_WRONG_TOTAL = """
from datetime import UTC, datetime
from django.db import transaction
from makegood.insights.models import Tally
from makegood.organizations.operations import organization_create
from makegood.store.tenancy import tenant
now = datetime.now(UTC)
with transaction.atomic():
    org = organization_create(code="counted", name="Counted", now=now, delivery="inbox")
    organization_create(code="other", name="Other", now=now, delivery="inbox")
with tenant(organization_id=org):
    Tally.objects.create(organization_id=org, measure="asked", day=now.date(), key=[None], count=2, fresh=True)
print(org)
"""


def test_recount_says_how_many_totals_were_wrong_and_puts_them_right() -> None:
    """As if somebody had written to the database around them."""
    with temporary_home(ready=True) as home:
        org = home.python(FOUND_WITH_A_WRONG_TOTAL).strip()
        ill = home.run("recount", "--json")
        assert (ill.returncode, json.loads(ill.stdout)) == (1, {"organizations": 2, "wrong": {org: 1}})
        well = home.run("recount")
        assert (well.returncode, well.stdout) == (0, "counted 2 organizations again: 0 totals were wrong\n")
