"""What every test can ask for: one real database a worker, made by the migrations, and organizations in it.

Tests commit for real, as the application's role, under row security; each makes its own organization, so nothing has
to be rolled back or cleaned.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import attrs
import django
import pytest

os.environ["MAKEGOOD_SECRET"] = "a secret for tests only, which is long enough"
os.environ["DJANGO_SETTINGS_MODULE"] = "makegood.config.settings"
os.environ.pop("DATABASE_URL", None)
django.setup()

DATA = Path(os.environ.get("MAKEGOOD_DATA") or Path(__file__).resolve().parents[1] / ".." / "shared" / "data")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning, at which test organizations begin."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out, and say so, the tests that use real data where there is none."""
    if DATA.is_dir():
        return
    for item in items:
        if "data" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="the real data is not here (set MAKEGOOD_DATA)"))


@pytest.fixture(autouse=True)
def _settings_stay() -> Iterator[None]:
    """Fail a test that leaves a setting of this process other than it found it: the next would depend on it."""
    from django.conf import settings

    before = dict(vars(settings._wrapped))
    yield
    left = {name for name, value in vars(settings._wrapped).items() if before.get(name) is not value}
    assert not left, f"this test left other settings: {sorted(left)}"


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Where the real data is."""
    return DATA.resolve()


@pytest.fixture(scope="session")
def owner_url() -> Iterator[str]:
    """The address, as its owner, of this worker's migrated database."""
    from tests.support.postgres15 import kind_from_environment, start_test_cluster

    with (
        tempfile.TemporaryDirectory(prefix="mg-test-") as folder,
        start_test_cluster(kind_from_environment(), Path(folder)) as url,
    ):
        yield url


@pytest.fixture(scope="session")
def database(owner_url: str) -> Iterator[str]:
    """A migrated database, used as the application's role; returns its owner's address."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from makegood.config.database import databases

    os.environ["DATABASE_URL"] = owner_url
    os.environ.pop("DATABASE_OWNER_URL", None)
    for alias, values in databases().items():
        settings.DATABASES[alias].update(values)
        connections[alias].settings_dict.update(values)
    call_command("migrate", database="owner", verbosity=0)
    yield owner_url
    connections.close_all()


@pytest.fixture
def db(database: str) -> str:
    """Tests of pytest-django's name get the same database."""
    return database


@attrs.frozen(kw_only=True)
class Org:
    """An organization of a test: an admin, a manager, an employee, a place, a source and a customer."""

    id: int
    code: str
    admin: int
    manager: int
    employee: int
    place: int
    source: int
    customer: int


_numbers = count(1)


@pytest.fixture
def make_org(database: str) -> Callable[..., Org]:
    """A function that founds an organization; its clock is stepped and stands at START unless told otherwise."""
    from django.db import transaction

    from makegood.customers.models import Customer
    from makegood.organizations import operations as organizations
    from makegood.promises.operations import source_create
    from makegood.store.clocks import clock_set

    def make(
        *, clock: str = "stepped", at: datetime = START, delivery: str = "inbox", playbook: str = "default"
    ) -> Org:
        code = f"org{next(_numbers)}"
        with transaction.atomic():
            organization_id = organizations.organization_create(
                code=code, name=code.title(), now=at, delivery=delivery, zone="Europe/Amsterdam"
            )
            if clock != "real":
                clock_set(organization_id=organization_id, kind=clock, moment_at=at)
            place = organizations.place_create(organization_id=organization_id, code="shop", name="The shop")
            people = {
                role: organizations.member_create(
                    organization_id=organization_id, name=role.title(), role=role, now=at, limit_minor=limit
                )
                for role, limit in (("admin", 100_000), ("manager", 50_000), ("employee", 5_000))
            }
            _publish_playbooks(organization_id, at)
            source = source_create(
                organization_id=organization_id, code="orders", name="Orders", now=at, playbook=playbook
            )
            customer = Customer.objects.create(organization_id=organization_id, name="Ana Ferreira", created_at=at)
        return Org(id=organization_id, code=code, place=place, source=source, customer=customer.id, **people)

    return make


def _publish_playbooks(organization_id: int, at: datetime) -> None:
    from makegood.organizations.operations import playbook_publish
    from makegood.rules import playbooks

    for name in playbooks.names():
        text = playbooks.text_of(name)
        playbook_publish(organization_id=organization_id, code=name, text=text, data=playbooks.data_of(text), now=at)


@pytest.fixture
def org(make_org: Callable[..., Org]) -> Org:
    """An organization whose clock stands at START until the test steps it."""
    return make_org()
