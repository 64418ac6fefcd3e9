"""What every test can ask for: one real database a worker, made by the migrations, and organizations in it.

Tests commit for real, as the application's role, under row security; each makes its own organization, so nothing has
to be rolled back or cleaned.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import attrs
import django
import hypothesis
import pytest
from tests.support.middleware import share_middleware
from tests.support.postgres15 import USUAL, kind_from_environment
from tests.support.ready import begin_run, end_run, make_meanwhile
from tests.support.room import take_room
from tests.support.turns import Turns, place_of

from makegood.store.wiring import imported_for_good, wired

take_room()
os.environ["MAKEGOOD_SECRET"] = "a secret for tests only, which is long enough"
os.environ["DJANGO_SETTINGS_MODULE"] = "makegood.config.settings"
os.environ.pop("DATABASE_URL", None)
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # the processes of a run share the cores already
with imported_for_good():
    django.setup()
wired()  # before any test takes away what it registers
share_middleware()
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None, database=None, print_blob=True)
hypothesis.settings.load_profile("steady")
"""The same examples each time, however slow the machine; `--hypothesis-profile default` looks for others."""

DATA = Path(os.environ.get("MAKEGOOD_DATA") or Path(__file__).resolve().parents[1] / ".." / "shared" / "data")
MEANWHILE = pytest.StashKey[subprocess.Popen[bytes]]()
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning, at which test organizations begin."""


def pytest_configure(config: pytest.Config) -> None:
    """In the process that begins the run, make the place of what all its processes share, and of several begin it."""
    if not hasattr(config, "workerinput"):
        begin_run()
        if config.getoption("numprocesses", None):
            config.stash[MEANWHILE] = make_meanwhile(kind_from_environment())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing of it."""
    if not hasattr(config, "workerinput"):
        if MEANWHILE in config.stash:
            config.stash[MEANWHILE].wait()
        end_run()


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what stays to the end: thousands of tests, and all that they import."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Turns:
    """Share the tests out by files."""
    return Turns(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest; leave out, and say so, the tests that use real data where there is none.

    On another database than the usual one only what asks for the database can come out otherwise: only that is run.
    """
    items.sort(key=lambda item: place_of(item.nodeid))
    if kind_from_environment() != USUAL:
        alike = [item for item in items if "database" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=alike)
        items[:] = [item for item in items if "database" in getattr(item, "fixturenames", ())]
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


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Hash passwords as ever, but in no time: what a guess costs is not what tests measure."""
    from django.contrib.auth.hashers import ScryptPasswordHasher

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScryptPasswordHasher, "work_factor", 2**4)
        yield


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Where the real data is."""
    return DATA.resolve()


@pytest.fixture(scope="session")
def owner_url() -> Iterator[str]:
    """The address, as its owner, of this worker's migrated database."""
    from tests.support.postgres15 import start_test_cluster

    with (
        tempfile.TemporaryDirectory(prefix="mg-test-") as folder,
        start_test_cluster(kind_from_environment(), Path(folder), migrated=True) as url,
    ):
        yield url


@pytest.fixture(scope="session")
def database(owner_url: str) -> Iterator[str]:
    """A migrated database, used as the application's role; returns its owner's address."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from makegood.cli.migrating import migrations_behind
    from makegood.config.database import databases

    os.environ["DATABASE_URL"] = owner_url
    os.environ.pop("DATABASE_OWNER_URL", None)
    for alias, values in databases().items():
        settings.DATABASES[alias].update(values)
        connections[alias].settings_dict.update(values)
    if migrations_behind():
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


def org_new(*, clock: str = "stepped", at: datetime = START, delivery: str = "inbox", playbook: str = "default") -> Org:
    """Found an organization; its clock is stepped and stands at START unless told otherwise."""
    from django.db import transaction

    from makegood.customers.models import Customer
    from makegood.organizations import operations as organizations
    from makegood.promises.operations import source_create
    from makegood.store.clocks import clock_set

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
        source = source_create(organization_id=organization_id, code="orders", name="Orders", now=at, playbook=playbook)
        customer = Customer.objects.create(organization_id=organization_id, name="Ana Ferreira", created_at=at)
    return Org(id=organization_id, code=code, place=place, source=source, customer=customer.id, **people)


@pytest.fixture
def make_org(database: str) -> Callable[..., Org]:
    """A function that founds an organization, as `org_new` does."""
    return org_new


PUBLISH = """
INSERT INTO organizations_playbookversion (organization_id, code, version, text, data, published_at)
SELECT %s, code, 1, text, data, %s FROM json_to_recordset(%s) AS one(code text, text text, data jsonb)
"""


def _publish_playbooks(organization_id: int, at: datetime) -> None:
    """Publish every playbook at once: parsing and writing them is what most of an organization's founding would take."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(PUBLISH, [organization_id, at, _playbooks()])


@cache
def _playbooks() -> str:
    """Code, text and data of each playbook that comes along, as JSON."""
    from makegood.rules import playbooks

    texts = {name: playbooks.text_of(name) for name in playbooks.names()}
    return json.dumps([{"code": name, "text": text, "data": playbooks.data_of(text)} for name, text in texts.items()])


@pytest.fixture
def org(make_org: Callable[..., Org]) -> Org:
    """An organization whose clock stands at START until the test steps it."""
    return make_org()
