"""The demo begins anew at every start: from a copy of an empty migrated database, or by migrating one again."""

from __future__ import annotations

import json
from pathlib import Path

from tests.functional.commands import Home, temporary_home
from tests.support.ports import free_port

from makegood.store.embedded import locks

PLAY = """
import json, sys
from datetime import UTC, datetime
from makegood.cli.database import make_ready, open_database
from makegood.cli.demo import stage
from makegood.cli.migrating import migrations_behind
digest, migrate = sys.argv[1], sys.argv[2] == "migrate"
if digest:
    stage.migrations_digest = lambda: digest
home = stage.set_stage()
left = sorted(each.name for each in home.iterdir())
with open_database(migrate=False):
    from django.db import connection, connections, transaction
    behind = len(migrations_behind())
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT to_regclass('kept_by_the_last') IS NOT NULL")
        copied = cursor.fetchone()[0]
        cursor.execute("CREATE TABLE IF NOT EXISTS kept_by_the_last ()")
    if migrate:
        make_ready()
    connections.close_all()
    stage.keep_blank(home)
    user = ""
    if migrate:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            user = cursor.fetchone()[0]
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM organizations_organization")
            assert not cursor.fetchone()[0]
        from makegood.organizations import operations as organizations
        with transaction.atomic():
            organizations.organization_create(code="corner", name="Corner", now=datetime.now(UTC), delivery="inbox")
    (home / "files").mkdir()
    (home / "files" / "photo").write_text("a lamp")
print(json.dumps({"behind": behind, "copied": copied, "left": left, "user": user}))
"""


def play(home: Home, *, digest: str = "", migrate: bool = False) -> dict[str, object]:
    """Let one demo begin, play if it migrates, and end; what it found at its beginning."""
    done = home.script(PLAY, digest, "migrate" if migrate else "")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_every_start_is_as_empty_as_the_first_and_migrates_only_when_it_must() -> None:
    with temporary_home() as home:
        first, second = play(home, migrate=True), play(home, migrate=True)
        assert (bool(first["behind"]), first["copied"]) == (True, False)
        assert (second["behind"], second["copied"], second["user"]) == (0, True, first["user"])
        assert "files" not in second["left"]

        other, again = play(home, digest="other migrations"), play(home, digest="other migrations")
        assert (other["behind"], other["copied"], again["copied"]) == (first["behind"], False, True)

        (home.path / "demo" / "database" / "PG_VERSION").write_text("9\n")
        broken = play(home)
        assert (broken["behind"], broken["copied"]) == (first["behind"], False)


def test_a_demo_that_runs_already_is_left_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (tmp_path / "demo" / "locks").mkdir(parents=True)
    (tmp_path / "demo" / "photo").write_text("a lamp")
    held = locks.take(tmp_path / "demo" / "locks" / "users", shared=True)
    assert held is not None
    refused = home.run("demo", PORT=str(free_port()))
    assert refused.returncode == 2
    assert "A demo is running already" in refused.stderr
    assert (tmp_path / "demo" / "photo").exists()
