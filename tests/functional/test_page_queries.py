"""The small form of the pages' measure: with 2,000 recoveries no page asks the database more than a page's worth."""

from __future__ import annotations

import pytest
from benchmarks.seeding import Seeded, seed
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from makegood.organizations.models import Member
from makegood.recoveries.models import Recovery
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

MOST = 50
"""Queries of one page, whatever it lists; an N+1 over a page of 50 rows goes far beyond."""
RECOVERIES = 2_000


@pytest.fixture(scope="module")
def busy(database: str) -> Seeded:
    """The larger of two organizations that have a year behind them."""
    return seed(recoveries=RECOVERIES, organizations=2, now=wall_now(), prefix="busy")[0]


@pytest.fixture(scope="module")
def client(busy: Seeded) -> Client:
    """A client whose session speaks for its admin."""
    with tenant(organization_id=busy.organization_id):
        admin = Member.objects.get(organization_id=busy.organization_id, role="admin").id
    client = Client(headers={"host": "127.0.0.1"})
    session = client.session
    session.update({"user": 0, "organization": busy.organization_id, "member": admin, "began": wall_now().timestamp()})
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/recoveries",
        "/recoveries?which=closed",
        "/recoveries?q=R-5",
        "/recoveries/{recovery}",
        "/promises",
        "/promises?which=broken",
        "/incidents",
        "/customers?q=a",
        "/customers/{customer}",
        "/causes",
        "/insights",
        "/settings/members",
        "/report",
    ],
)
def test_a_page_asks_a_bounded_number_of_questions(busy: Seeded, client: Client, address: str) -> None:
    with tenant(organization_id=busy.organization_id):
        one = Recovery.objects.filter(organization_id=busy.organization_id, state="open").order_by("-number")[0]
    address = address.format(recovery=f"R-{one.number}", customer=one.customer_id)
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
    assert answer.status_code == 200, answer.content[:300]
    assert len(asked) <= MOST, "\n".join(query["sql"][:120] for query in asked)
