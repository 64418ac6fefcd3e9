"""The embedded server under faults: one server however many start, nothing lost and nothing left over after kill -9."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
import pytest
from tests.support.waiting import ends, until

from makegood.store import embedded
from makegood.store.embedded import cluster, locks
from makegood.store.embedded import server as server_module
from makegood.store.embedded.accounts import account_of_database
from makegood.store.embedded.processes import postmaster_of
from makegood.store.embedded.programs import bundled_programs, run_program

if TYPE_CHECKING:
    from collections.abc import Iterator

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the database under another account")

USER = """
import json, sys
from pathlib import Path
import psycopg
from makegood.store import embedded
print("ready", flush=True)
sys.stdin.readline()
attached = embedded.attach(Path(sys.argv[1]))
with psycopg.connect(attached.url) as connection:
    user = connection.execute("SELECT current_user").fetchone()[0]
lines = (Path(sys.argv[1]) / "database" / "postmaster.pid").read_text().splitlines()
print(json.dumps({"url": attached.url, "user": user, "server": int(lines[0])}), flush=True)
sys.stdin.read()
"""


class User:
    """A process that attaches, says what it got, and leaves when it is told to."""

    def __init__(self, home: Path, *, at_once: bool = True) -> None:
        roots = os.pathsep.join(each for each in sys.path if each)
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": roots},
        )
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n"
        self.go() if at_once else None

    def go(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout
        assert self.process.stderr
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def leave(self) -> int:
        self.process.communicate()
        return self.process.returncode

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def processes_naming(home: Path) -> list[int]:
    """Keepers, users and servers: every process with the home on its command line, but for this one."""
    processes = psutil.process_iter(["cmdline"])
    found = [each.pid for each in processes if any(str(home) in part for part in each.info["cmdline"] or ())]
    return [each for each in found if each != os.getpid()]


def keeper_of(home: Path) -> int:
    """The keeper's process, once it is there."""
    found: list[int] = []

    def look() -> bool:
        processes = psutil.process_iter(["cmdline"])
        words = ["-m", "makegood.store.embedded", str(home)]
        found[:] = [each.pid for each in processes if (each.info["cmdline"] or [])[1:] == words]
        return len(found) == 1 and locks.would_wait(server_of(home).lock("keeper"))

    until(look, "a keeper is there")
    return found[0]


def kill(*processes: int) -> None:
    for process in processes:
        os.kill(process, signal.SIGKILL)


def server_of(home: Path) -> embedded.Server:
    return embedded.Server(home.resolve())


def count(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
        assert row
        number: int = row[0]
        return number


def keep_rows(url: str, rows: int = 1000) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (number int PRIMARY KEY)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, %s)", (rows,))


@pytest.fixture
def home() -> Iterator[Path]:
    base = Path(tempfile.mkdtemp(prefix="mg-")).resolve()
    yield base / "home"
    kill(*processes_naming(base))
    for server_lock in base.rglob("locks/server"):
        until(lambda path=server_lock: not locks.would_wait(path), "the test's server ends")  # type: ignore[misc]
    shutil.rmtree(base)


@pytest.fixture
def users(home: Path) -> Iterator[list[User]]:
    started: list[User] = []
    yield started
    for user in started:
        if user.process.returncode is None:
            user.kill()


def test_one_server_starts_however_many_commands_start_at_once(home: Path, users: list[User]) -> None:
    users.extend(User(home, at_once=False) for _ in range(8))
    for user in users:
        user.go()
    answers = [user.answer() for user in users]
    assert len({answer["server"] for answer in answers}) == 1
    assert len({answer["url"] for answer in answers}) == 1
    assert {answer["user"] for answer in answers} == {"makegood_owner"}
    log = (home / "database" / "server.log").read_text()
    assert log.count("database system is ready to accept connections") == 1
    assert [user.leave() for user in users] == [0] * 8
    assert not server_of(home).is_running()
    assert "database system is shut down" in (home / "database" / "server.log").read_text().splitlines()[-1]


def test_rows_are_there_after_the_server_was_killed(home: Path) -> None:
    with embedded.running(home) as url:
        keep_rows(url)
        found = postmaster_of(home / "database")
        assert found
        kill(found[0])
        with embedded.running(home) as again:
            assert again == url
            assert count(again) == 1000


def answers(url: str) -> bool:
    """Whether the rows that are kept can be read."""
    try:
        return count(url) == 1000
    except psycopg.OperationalError:
        return False


def test_the_keeper_starts_a_killed_server_again_while_it_has_users(home: Path) -> None:
    with embedded.running(home) as url:
        keep_rows(url)
        first = postmaster_of(home / "database")
        assert first
        kill(first[0])
        until(lambda: answers(url), "the keeper starts the server")
        assert postmaster_of(home / "database") != first


def test_the_keeper_tries_again_while_the_server_cannot_start(home: Path) -> None:
    """As on a full disk: it starts once there is room, without anybody's doing."""
    with embedded.running(home) as url:
        keep_rows(url)
        first = postmaster_of(home / "database")
        assert first
        settings, log = home / "database" / "postgresql.auto.conf", home / "database" / "server.log"
        before = settings.read_text()
        settings.write_text("shared_buffers = 'a setting that lets it not start'\n")
        kill(first[0])
        until(lambda: log.read_text().count("configuration file") > 1, "the keeper tried, and tried again")
        assert not answers(url)
        settings.write_text(before)
        until(lambda: answers(url), "the keeper starts the server")


def test_a_killed_user_counts_no_longer(home: Path, users: list[User]) -> None:
    users.extend((User(home), User(home)))
    for user in users:
        user.answer()
    users[0].kill()
    assert server_of(home).is_running()
    assert users[1].leave() == 0
    assert not server_of(home).is_running()


def test_the_server_stops_when_its_last_user_was_killed(home: Path, users: list[User]) -> None:
    users.append(User(home))
    with ends(users[0].answer()["server"]):
        users[0].kill()
    until(lambda: not processes_naming(home), "the keeper ends too")
    assert "database system is shut down" in (home / "database" / "server.log").read_text()


def test_a_server_left_behind_is_adopted_and_stops_with_its_new_user(home: Path, users: list[User]) -> None:
    users.append(User(home))
    left = users[0].answer()["server"]
    kill(keeper_of(home))
    users[0].kill()
    assert server_of(home).is_running()
    users.append(User(home))
    assert users[1].answer()["server"] == left
    assert users[1].leave() == 0
    assert not server_of(home).is_running()


def test_everything_killed_loses_nothing_committed(home: Path, users: list[User]) -> None:
    users.append(User(home))
    answer = users[0].answer()
    keep_rows(answer["url"])
    with psycopg.connect(answer["url"]) as open_transaction:
        open_transaction.execute("INSERT INTO kept VALUES (5000)")
        backends = [each.pid for each in psutil.Process(answer["server"]).children(recursive=True)]
        kill(keeper_of(home), users[0].process.pid, answer["server"], *backends)
        open_transaction.close()
    users[0].kill()
    with embedded.running(home) as url:
        assert count(url) == 1000
    assert "automatic recovery in progress" in (home / "database" / "server.log").read_text()


def test_a_starter_killed_at_any_moment_is_followed_by_a_whole_database(home: Path, users: list[User]) -> None:
    moments = ("locks", "database.new-*", "database.new-*/PG_VERSION", "database", "database/postmaster.pid")
    for moment in moments:
        here = home / moment.replace("*", "any").replace("/", "-")
        starter = User(here)
        users.append(starter)
        until(lambda at=(here, moment): any(at[0].glob(at[1])), moment)  # type: ignore[misc]
        starter.kill()
        with embedded.running(here) as url:
            keep_rows(url)
            assert count(url) == 1000
        assert not list(here.glob("database.new-*"))


def test_a_backend_that_outlives_its_server_is_ended_before_the_next_start(home: Path) -> None:
    with embedded.running(home) as url:
        keep_rows(url)
        found = postmaster_of(home / "database")
        assert found
        kill(keeper_of(home))
        with psycopg.connect(url) as connection:
            backend = connection.info.backend_pid
            os.kill(backend, signal.SIGSTOP)
            kill(found[0])
            with ends(backend), embedded.running(home) as again:
                assert count(again) == 1000


def test_a_stale_process_file_that_names_a_living_process_does_not_bar_the_start(home: Path) -> None:
    with embedded.running(home) as url:
        keep_rows(url)
    account = account_of_database(home)
    identity: dict[str, Any] = {} if account is None else {"user": account.uid, "group": account.gid}
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, cwd="/", **identity) as stranger:
        stale = f"{stranger.pid}\n{home / 'database'}\n1700000000\n5432\n{home / 'socket'}\n\n  1 1\nready   \n"
        (home / "database" / "postmaster.pid").write_text(stale)
        (home / "socket" / ".s.PGSQL.5432.lock").write_text(stale)
        with embedded.running(home) as url:
            assert count(url) == 1000
        assert stranger.poll() is None
        stranger.communicate()


def test_a_server_that_someone_else_started_is_refused_and_left_alone(home: Path) -> None:
    with embedded.running(home):
        pass
    account, data = account_of_database(home), home / "database"
    pg_ctl: list[str | Path] = [
        bundled_programs() / "pg_ctl",
        "--silent",
        "--pgdata",
        data,
        "--log",
        data / "by_hand.log",
    ]
    run_program([*pg_ctl, "start", "--wait", "--options", "-c listen_addresses='' -k /tmp"], account=account)
    with pytest.raises(embedded.UnableToStartDatabase, match="which Makegood did not start: stop it first"):
        embedded.attach(home)
    assert postmaster_of(data)
    run_program([*pg_ctl, "stop"], account=account)


def test_a_server_out_of_sight_is_not_started_a_second_time(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with embedded.running(home):
        pass
    monkeypatch.setattr(server_module, "UNSEEN_SECONDS", 0)
    elsewhere = locks.take(server_of(home).lock("server"))
    assert elsewhere is not None
    with pytest.raises(embedded.UnableToStartDatabase, match="cannot be seen from here"):
        embedded.attach(home)
    os.close(elsewhere)
    monkeypatch.undo()
    with embedded.running(home) as url:
        keep_rows(url)


def test_only_its_account_reaches_the_database(home: Path) -> None:
    with embedded.running(home) as url, psycopg.connect(url) as connection:
        for private in (home / "database", home / "socket", home / "locks"):
            assert stat.S_IMODE(private.stat().st_mode) == 0o700
        assert not home.stat().st_mode & stat.S_IRWXO
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)


def test_the_owner_is_no_superuser_and_the_order_of_text_is_fixed(home: Path) -> None:
    with embedded.running(home) as url, psycopg.connect(url) as connection:
        role = "SELECT rolsuper, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(role).fetchone() == (False, True, False)
        database = (
            "SELECT pg_get_userbyid(datdba), datlocprovider, datlocale, pg_encoding_to_char(encoding) "
            "FROM pg_database WHERE datname = current_database()"
        )
        assert connection.execute(database).fetchone() == ("makegood_owner", "b", "C.UTF-8", "UTF8")
        connection.execute("CREATE ROLE makegood_app")


@pytest.mark.parametrize(
    "name",
    ["with space", 'it\'s "quoted" $HOME `x`; %41', "Grüße, 日本", "l" * 120],
    ids=["space", "quotes", "comma", "long"],
)
def test_any_path_will_do(home: Path, name: str) -> None:
    with embedded.running(home / name) as first:
        keep_rows(first)
    with embedded.running(home / name) as second:
        assert second == first
        assert count(second) == 1000
    short = home / name / "socket.path"
    if short.exists():
        directory = Path(short.read_text())
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        directory.rmdir()


def test_another_major_version_is_refused_in_one_sentence(home: Path) -> None:
    with embedded.running(home):
        pass
    (home / "database" / "PG_VERSION").write_text("16\n")
    with pytest.raises(embedded.UnableToStartDatabase) as refused:
        embedded.attach(home)
    assert "was written by PostgreSQL 16 and this Makegood brings 18" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not server_of(home).is_running()


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    with embedded.running(home):
        pass
    with (home / "database" / "postgresql.conf").open("a") as configuration:
        configuration.write("shared_buffers = 'lots'\n")
    with pytest.raises(embedded.UnableToStartDatabase, match=r"did not start \(.*FATAL:.*errors\): see .*server\.log"):
        embedded.attach(home)


def test_a_directory_that_is_no_database_is_left_alone(home: Path) -> None:
    (home / "database").mkdir(parents=True)
    (home / "database" / "holiday.jpg").touch()
    with pytest.raises(embedded.UnableToStartDatabase, match="holds no database: move it away"):
        embedded.attach(home)
    assert [each.name for each in (home / "database").iterdir()] == ["holiday.jpg"]


def test_a_process_counts_once_and_its_forked_child_not_at_all(home: Path) -> None:
    first, second = embedded.attach(home), embedded.attach(home)
    first.release()
    first.release()
    assert server_of(home).is_running()
    (said, say), (told, tell) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(tell)
        second.release()
        os.write(say, b"released")
        os.read(told, 1)
        os._exit(0)
    assert os.read(said, 8) == b"released"
    assert server_of(home).is_running()
    second.release()
    assert not server_of(home).is_running()
    os.write(tell, b".")
    assert os.waitpid(child, 0)[1] == 0
    for end in (said, say, told, tell):
        os.close(end)


@as_root
def test_root_opens_a_closed_directory_to_the_database_alone(home: Path) -> None:
    with embedded.running(home):
        account = account_of_database(home)
        assert account
        assert (home / "database").stat().st_uid == account.uid
        found = postmaster_of(home / "database")
        assert found
        assert psutil.Process(found[0]).uids().effective == account.uid
    assert home.parent.stat().st_mode & stat.S_IRWXO == 0
    with pytest.raises(embedded.UnableToStartDatabase, match="ls failed"):
        run_program(["/bin/ls", home], account=account)


@as_root
def test_root_in_another_users_home_runs_the_database_as_that_user(home: Path) -> None:
    home.mkdir()
    os.chown(home, 54321, 54321)
    account = account_of_database(home)
    assert account
    assert (account.uid, account.gid) == (54321, 54321)


def test_settings_are_written_once_and_are_the_users_to_change(home: Path) -> None:
    with embedded.running(home):
        pass
    with (home / "database" / "postgresql.conf").open("a") as configuration:
        configuration.write("work_mem = '7MB'\n")
    with embedded.running(home) as url, psycopg.connect(url) as connection:
        assert connection.execute("SHOW work_mem").fetchone() == ("7MB",)
        assert connection.execute("SHOW shared_buffers").fetchone() == (cluster.SETTINGS["shared_buffers"],)


def test_the_children_of_a_server_that_starts_while_one_looks_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look that takes long on a busy machine may begin before the server's process file and end after its children."""
    from makegood.store.embedded import processes

    child = subprocess.Popen(["postgres: startup", "60"], executable="/bin/sleep")
    try:
        (tmp_path / "postmaster.pid").write_text("1\n")
        monkeypatch.setattr(processes, "processes_in", lambda data, account: [child.pid])
        monkeypatch.setattr(processes, "command_line", lambda process: [b"postgres: startup", bytes(tmp_path)])
        assert processes.end_orphans(tmp_path, None) == 1
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.5)
        (tmp_path / "postmaster.pid").unlink()
        assert processes.end_orphans(tmp_path, None) == 1
        assert child.wait(10) == -signal.SIGKILL
    finally:
        child.kill()
        child.wait()
