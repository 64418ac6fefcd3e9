"""The running commands, as real processes: all parts well, dead ones started again, everything stopped; and back-ups."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.functional.commands import SECRET, Home, ask, children_of, named, temporary_home, until_well
from tests.support.ports import free_port
from tests.support.waiting import ends, until

from makegood.cli.archive import Manifest, archive_write
from makegood.store.embedded import attach, locks
from makegood.store.embedded.processes import postmaster_of
from makegood.store.secrets import fingerprint_of

FOUND = """
from datetime import UTC, datetime
from django.db import transaction
from makegood.customers.models import Customer
from makegood.customers.operations import Seen, customers_resolve
from makegood.organizations import operations as organizations
from makegood.promises.operations import NewPromise, promises_make, source_create
from makegood.rules import playbooks
from makegood.store.secrets import keyed_hash
from datetime import timedelta
now = datetime.now(UTC)
with transaction.atomic():
    org = organizations.organization_create(code="corner", name="Corner", now=now, delivery="inbox")
    organizations.member_create(organization_id=org, name="Ada", role="admin", now=now, limit_minor=10000)
    text = playbooks.text_of("default")
    data = playbooks.data_of(text)
    organizations.playbook_publish(organization_id=org, code="default", text=text, data=data, now=now)
    source = source_create(organization_id=org, code="orders", now=now - timedelta(days=1))
    ana, ben = customers_resolve(organization_id=org, now=now, seen=[
        Seen(identities=(("email", "ana.ferreira@example.com"),), name="Ana Ferreira"),
        Seen(identities=(("email", "ben.okafor@example.com"),), name="Ben Okafor")])
    promises_make(organization_id=org, promises=[NewPromise(source_id=source, customer_id=who, what="a lamp",
        key_hash=keyed_hash(str(who)), kind="delivery", made_at=now - timedelta(hours=3), due_at=now + due)
        for who, due in ((ana, timedelta(seconds=-60)), (ben, timedelta(days=9)))])
    key = organizations.api_key_create(organization_id=org, name="test", scopes=["read"], now=now)
print(org, ana, ben, key.key)
"""
KEY = """
from datetime import UTC, datetime
from django.db import transaction
from makegood.organizations import operations as organizations
now = datetime.now(UTC)
with transaction.atomic():
    org = organizations.organization_create(code="held", name="Held", now=now, delivery="inbox")
    print(organizations.api_key_create(organization_id=org, name="test", scopes=["read"], now=now).key)
"""
ROWS = """
import json
from django.db import connections
with connections["owner"].cursor() as cursor:
    cursor.execute("SELECT relname, relrowsecurity FROM pg_class WHERE relkind = 'r'"
                   " AND relnamespace = 'public'::regnamespace ORDER BY 1")
    tables = cursor.fetchall()
    found = {}
    for table, secured in tables:
        if table not in ("django_session", "store_heartbeat", "store_throttle"):
            cursor.execute(f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)), count(*) FROM "{table}" t')
            found[table] = [secured, *cursor.fetchone()]
print(json.dumps(found))
"""
ERASE = """
from makegood.customers.operations import customer_erase
from makegood.store.clocks import now
from makegood.store.tenancy import tenant
org, who = map(int, sys.argv[1:])
with tenant(organization_id=org):
    customer_erase(organization_id=org, customer_id=who, now=now(organization_id=org), by=None)
"""
STRANGER = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM customers_customer")
    print(cursor.fetchone()[0])
"""


RUNNING = ("web", "database", "workers", "ticker", "work", "migrations")
WATCHED = {"outbox": "well", "mail": "well", "disk": "well", "backups": "not set"}


def told(port: int) -> tuple[int, dict[str, str]]:
    """What strangers are told of its health; here somebody may know the numbers, too."""
    status, state = ask(port)
    return status, {part: each for part, each in (state or {}).items() if part != "numbers"}


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with temporary_home(ready=True) as made:
        yield made


def test_serve_breaks_a_promise_and_outlives_the_death_of_every_part(home: Home) -> None:
    port = free_port()
    with home.running("serve", "--port", str(port)) as serve:
        until_well(port, home)
        assert told(port) == (200, {"status": "well"} | dict.fromkeys(RUNNING, "well") | WATCHED)
        key = home.python(FOUND).split()[3]
        bearer = {"Authorization": f"Bearer {key}"}

        def broken() -> bool:
            status, page = ask(port, "/api/v1/promises?state=broken", bearer)
            return status == 200 and len(page["items"]) == 1

        until(broken, "the ticker breaks what is due")
        for part in ("tick", "worker", "web"):
            (first, *_) = sorted(named(children_of(serve.pid), part), key=lambda each: each.create_time())
            first.kill()
            until(
                lambda part=part, dead=first.pid: any(
                    each.pid != dead and each.ppid() == serve.pid for each in named(children_of(serve.pid), part)
                ),
                f"{part} is started again",
            )
            until_well(port, home)
        server = postmaster_of(home.path / "database")
        assert server
        os.kill(server[0], signal.SIGKILL)
        until(lambda: (postmaster_of(home.path / "database") or server)[0] != server[0], "the database starts again")
        until_well(port, home)
        until(broken, "the web has a new connection")
        family = children_of(serve.pid)
        with ends(serve.pid):
            serve.send_signal(signal.SIGTERM)
    until(lambda: not any(each.is_running() for each in family), "all parts have stopped")


def test_health_is_not_well_without_worker_and_ticker(home: Home) -> None:
    port = free_port()
    with home.running("web", "--port", str(port), "--processes", "1"):
        alone = {"status": "unwell"} | dict.fromkeys(RUNNING, "well") | WATCHED
        alone |= {"workers": "none is running", "ticker": "none is running"}
        until(lambda: told(port) == (503, alone), "the web answers alone")


def test_one_table_that_is_held_does_not_keep_a_page_waiting_for_ever(home: Home) -> None:
    """The limits of a web process's connections are in force in the processes that answer, whoever started them."""
    port = free_port()
    bearer = {"Authorization": f"Bearer {home.python(KEY).strip()}"}
    with home.running("web", "--port", str(port), "--processes", "1"):
        until(lambda: ask(port, "/api/v1/promises", bearer)[0] == 200, "the web answers")
        attached = attach(home.path)
        try:
            with psycopg.connect(attached.url) as other:
                other.execute("LOCK TABLE promises_promise IN ACCESS EXCLUSIVE MODE")
                assert ask(port, "/api/v1/promises", bearer)[0] == 503
        finally:
            attached.release()
        assert ask(port, "/api/v1/promises", bearer)[0] == 200


def test_a_web_process_whose_master_is_killed_ends(home: Home) -> None:
    port = free_port()
    with home.running("web", "--port", str(port)) as web:
        until(lambda: ask(port)[0] == 503, "the web answers")
        family = children_of(web.pid)
        assert family
        web.kill()
        web.wait(300)
        until(lambda: not any(each.is_running() for each in family), "its processes end, and leave the port")


def test_a_taken_port_is_one_line_and_status_2(home: Home) -> None:
    port = free_port()
    with home.running("web", "--port", str(port), "--processes", "1"):
        until(lambda: ask(port)[0] == 503, "the web answers")
        refused = home.run("serve", "--port", str(port))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.count("\n") == 1
    assert "choose another with --port" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (("tick",), {"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL must look like postgresql://"),
        (("tick",), {"DATABASE_URL": "postgresql://a@127.0.0.1:1/x"}, "check DATABASE_URL"),
        (("worker",), {"DATABASE_OWNER_URL": "postgresql://a@127.0.0.1/x"}, "set both, or neither"),
        (("restore", __file__), {}, "--erasures FILE, or --no-erasures"),
        (("restore", __file__, "--no-erasures"), {}, "cannot be read as a backup"),
        (("backup", "/nowhere/at/all/b.tar"), {}, "There is no directory"),
        (("backup", __file__), {}, "is there already: name another file"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    home: Home, arguments: tuple[str, ...], environment: dict[str, str], said: str
) -> None:
    done = home.run(*arguments, **environment)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.strip().count("\n") == 0


def test_doctor_says_that_all_is_well_and_what_is_not(home: Home) -> None:
    well = home.run("doctor", "--json")
    assert well.returncode == 0, well.stdout
    assert json.loads(well.stdout)["well"] is True
    ill = home.run("doctor", EMAIL_URL="http://mail")
    assert ill.returncode == 1
    assert "BAD  mail: EMAIL_URL must look like" in ill.stdout


def test_backup_of_nothing_makes_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "not" / "there")
    refused = home.run("backup", tmp_path / "b.tar")
    assert refused.returncode == 2
    assert "There is no database in" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_doctor_makes_nothing_and_says_what_is_not_there_yet(tmp_path: Path) -> None:
    home = Home(tmp_path / "not" / "there")
    found = home.run("doctor", MAKEGOOD_SECRET="")
    assert found.returncode == 0, found.stdout
    for part in ("secret", "mail", "database"):
        assert f"todo {part}: not set" in found.stdout
    told = json.loads(home.run("doctor", "--json", MAKEGOOD_SECRET="").stdout)
    assert (told["well"], {one["part"] for one in told["findings"] if one["todo"]}) == (
        True, {"secret", "address", "mail", "backups", "database"},
    )  # fmt: skip
    assert "ok   demo: none was started here" in found.stdout
    assert not home.path.parent.exists()


def test_doctor_sees_a_running_demo(tmp_path: Path) -> None:
    """Whoever is attached to the demo's database holds its lock, as the running demo does."""
    home = Home(tmp_path)
    (tmp_path / "demo" / "locks").mkdir(parents=True)
    held = locks.take(tmp_path / "demo" / "locks" / "users", shared=True)
    assert held is not None
    assert "ok   demo: a demo runs now" in home.run("doctor").stdout
    os.close(held)
    assert "ok   demo: none was started here" in home.run("doctor").stdout


def test_doctor_says_what_a_database_lacks_and_leaves_it_so() -> None:
    """A database that was made and never migrated is as bare after the look as before it."""
    with temporary_home() as bare:
        assert bare.python("pass", migrate=False) == ""
        for _ in range(2):
            found = bare.run("doctor")
            assert found.returncode == 1
            assert "BAD  migrations" in found.stdout
            assert "run `makegood serve` once" in found.stdout


def test_backup_wipe_restore_brings_all_of_it_back_and_the_erased_stay_erased(tmp_path: Path) -> None:
    with temporary_home(ready=True) as home:
        org, ana, ben, *_ = home.python(FOUND).split()
        (home.path / "files").mkdir()
        (home.path / "files" / "photo").write_bytes(b"a broken lamp")
        before = home.python(ROWS)
        kept = tmp_path / "kept.tar"
        assert home.run("backup", kept).returncode == 0
        assert kept.stat().st_mode & 0o077 == 0

        home.python(ERASE, org, ana)
        gone = home.run("erasures").stdout
        (_, listed) = gone.splitlines()
        assert listed.split()[0] == ana
        home.python(WIPE)
        (home.path / "files" / "photo").unlink()

        other = home.run("restore", kept, "--no-erasures", MAKEGOOD_SECRET="another secret")
        assert other.returncode == 2
        assert "another secret" in other.stderr

        assert home.run("restore", kept, "--no-erasures").returncode == 0
        assert json.loads(home.python(ROWS)) == json.loads(before)
        assert (home.path / "files" / "photo").read_bytes() == b"a broken lamp"
        assert home.python(STRANGER).strip() == "0", "row security is on: outside of a tenant nothing is seen"

        (tmp_path / "gone").write_text(f"{gone}{ben} 2020-01-01T00:00:00+00:00\n")
        for again in (1, 0):
            erased = home.run("erase", "--from", tmp_path / "gone")
            assert (erased.returncode, erased.stdout) == (0, f"erased {again} again of 2 who are named\n"), (
                erased.stderr
            )
        texts = home.python(TEXTS)
        assert "ferreira" not in texts.lower()
        assert texts.count("customers:customer:erasure_proved") == 1
        assert "ben.okafor@example.com" in texts, "the number was somebody else's then"
        assert home.run("restore", kept, "--erasures", tmp_path / "gone").returncode == 0
        after = json.loads(home.python(ROWS))
        assert all(secured for table, (secured, *_) in after.items() if table != "django_migrations")
        texts = home.python(TEXTS)
        assert "ben.okafor@example.com" in texts
        assert "ferreira" not in texts.lower()


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ({"secret": "0" * 16, "postgresql": 18}, "under another secret"),
        ({"secret": fingerprint_of(SECRET), "postgresql": 99}, "written by PostgreSQL 99"),
    ],
)
@pytest.mark.parametrize("secret", [SECRET, ""])
def test_a_refused_restore_makes_nothing(
    tmp_path: Path, manifest: dict[str, str | int], said: str, secret: str
) -> None:
    """Into an empty home, with a secret named and without one: no database, no secret, no directory is made."""
    (tmp_path / "dump").write_bytes(b"nothing")
    kept = tmp_path / "kept.tar"
    described = Manifest(format=1, makegood="0.1.0", created_at="2026-03-02T09:00:00+00:00", **manifest)
    archive_write(kept, manifest=described, dump=tmp_path / "dump", files=tmp_path / "files")
    home = Home(tmp_path / "not" / "there")
    refused = home.run("restore", kept, "--no-erasures", MAKEGOOD_SECRET=secret)
    assert refused.returncode == 2
    assert (said if secret else "under another secret") in refused.stderr
    assert not home.path.parent.exists()


TEXTS = """
from django.db import connections
with connections["owner"].cursor() as cursor:
    cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    for (table,) in cursor.fetchall():
        cursor.execute(f'SELECT t::text FROM "{table}" t')
        for (row,) in cursor.fetchall():
            print(row)
"""
WIPE = """
from django.db import connections
with connections["owner"].cursor() as cursor:
    cursor.execute("DROP SCHEMA public, finder CASCADE")
    cursor.execute("CREATE SCHEMA public")
"""


def test_a_restore_that_fails_changes_nothing(home: Home, tmp_path: Path) -> None:
    """Somebody else is connected: the restore is refused, and all rows are as they were."""
    kept = tmp_path / "kept.tar"
    before, runs = home.python(ROWS), home.log().count("tick runs")
    assert home.run("backup", kept).returncode == 0
    with home.running("tick"):
        until(lambda: home.log().count("tick runs") > runs, "the ticker runs")
        refused = home.run("restore", kept, "--no-erasures")
    assert refused.returncode == 2
    assert "stop Makegood first" in refused.stderr
    assert home.python(ROWS) == before


CRASH = """
import os, sys
from makegood.cli import bringing
from makegood.cli.main import main
bringing._erase_again = lambda erased: os._exit(9)
sys.argv[1:] = ["restore", *sys.argv[1:]]
main()
"""


def test_a_restore_that_dies_before_the_erasing_serves_nobody(tmp_path: Path) -> None:
    """Killed between the load and the erasing: every process refuses, in one line, until a restore has ended."""
    with temporary_home(ready=True) as home:
        org, ana, *_ = home.python(FOUND).split()
        kept, gone = tmp_path / "kept.tar", tmp_path / "gone"
        assert home.run("backup", kept).returncode == 0
        home.python(ERASE, org, ana)
        gone.write_text(home.run("erasures").stdout)
        dead = home.script(CRASH, kept, "--erasures", gone)
        assert dead.returncode == 9, dead.stderr

        for command in (("tick",), ("worker",), ("web", "--port", str(free_port())), ("backup", tmp_path / "late.tar")):
            refused = home.run(*command)
            assert refused.returncode == 2
            assert "run `makegood restore` again" in refused.stderr
            assert len(refused.stderr.strip().splitlines()) == 1
        assert "BAD  restore" in home.run("doctor").stdout
        assert "UnfinishedRestore" in home.python(CONNECT, migrate=False), "nor any that runs already"

        assert home.run("restore", kept, "--erasures", gone).returncode == 0
        assert "ferreira" not in home.python(TEXTS).lower()


CONNECT = """
from django.db import connection
try:
    connection.ensure_connection()
except Exception as error:
    print(type(error).__name__)
"""
