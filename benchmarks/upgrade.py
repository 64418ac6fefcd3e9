"""An upgrade while twenty people read and write: from the last release to this one, and from this one to itself.

``python -m benchmarks.upgrade [--from REV]`` founds a database with the release REV (94a88ae, the last before `serve`
could give over), and goes docs/guides/running.md's way: the new release migrates while the old one serves, starts beside
it, nginx leads there, and the old one ends. Then the new one gives over to itself, by SIGUSR2. Every request must be
answered as it should be and every write be there exactly once. Needs git, with REV in this repository, and nginx.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
import psutil
import psycopg
from tests.support.crowd import HELD, WRITES, Asked, Crowd, world_of
from tests.support.killing import environment
from tests.support.ports import free_port

from benchmarks.ground import Stopwatch, percentile, say
from makegood.store.embedded import running

ROOT = Path(__file__).resolve().parents[1]
LAST = "94a88ae"
NGINX = "/usr/sbin/nginx"
PATIENCE = 300.0
SEEDED = """
import sys
from makegood.cli.database import open_database
with open_database():
    from benchmarks.seeding import seed
    from makegood.store.clocks import wall_now
    (one,) = seed(recoveries=int(sys.argv[1]), organizations=1, now=wall_now())
    print(one.organization_id, one.emails[1])
"""


@attrs.frozen(kw_only=True)
class Release:
    """One release's source, and the environment of its commands."""

    source: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> str:
        """Run Python with this release to its end; return what it printed."""
        command = [sys.executable, *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{arguments}: {done.stderr[-2000:]}")
        return done.stdout

    @contextmanager
    def serving(self, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Run its `serve` meanwhile."""
        command = [sys.executable, "-m", "makegood.cli", "serve", "--port", str(port)]
        with log.open("ab") as written:
            process = subprocess.Popen(command, env=self.environment, stdout=written, stderr=written, cwd="/")
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(120)


def release(source: Path, home: Path) -> Release:
    """Name a release's source as the one whose commands work on this home."""
    # What founds and measures is this one's; Makegood is the release's.
    path = os.pathsep.join((str(source / "src"), str(ROOT)))
    return Release(source=source, environment=environment(home, 8000) | {"PYTHONPATH": path})


@contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """Check this revision out meanwhile."""
    with tempfile.TemporaryDirectory(prefix="mg-release-") as folder:
        tree = Path(folder) / "tree"
        subprocess.run(["git", "-C", ROOT, "worktree", "add", "--quiet", "--detach", tree, revision], check=True)
        try:
            yield tree
        finally:
            subprocess.run(["git", "-C", ROOT, "worktree", "remove", "--force", tree], check=True)


@attrs.define
class Nginx:
    """nginx by deploy/nginx.conf's way to Makegood, without TLS, leading to one port or another."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def lead_to(self, port: int) -> None:
        """Lead there from now on; return once nobody waits for an answer from elsewhere."""
        location = re.search(r"location / \{.*?\n    \}", (ROOT / "deploy" / "nginx.conf").read_text(), re.DOTALL)
        assert location is not None
        temporary = "".join(
            f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (self.folder / "nginx.conf").write_text(
            f"daemon off; pid {self.folder}/pid; error_log {self.folder}/log; worker_processes 1;"
            f"{'user root;' if os.geteuid() == 0 else ''} events {{}} http {{ access_log off; {temporary}"
            f" server {{ listen 127.0.0.1:{self.port} backlog=1024; client_max_body_size 32m;"
            f" {location[0].replace('127.0.0.1:8000', f'127.0.0.1:{port}')} }} }}"
        )
        if self.process is None:
            self.process = subprocess.Popen([NGINX, "-p", self.folder, "-c", self.folder / "nginx.conf"])
            return
        before = psutil.Process(self.process.pid).children()
        self.process.send_signal(signal.SIGHUP)
        wait_for(lambda: not any(each.is_running() for each in before), "nginx has had its last answers")

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Return once the condition holds."""
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not within {PATIENCE:.0f} s")
        time.sleep(0.05)


def is_well(port: int) -> bool:
    """Tell whether all parts behind this port are well."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(line), contextlib.suppress(OSError, http.client.HTTPException):
        line.request("GET", "/healthz")
        return line.getresponse().status == http.client.OK
    return False


def told(name: str, asked: Sequence[Asked], seconds: float) -> None:
    """Print how long requests took while this went on."""
    times = sorted(1000 * one.seconds for one in asked) or [0.0]
    p50, p95 = percentile(times, 0.5), percentile(times, 0.95)
    took = f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, longest {times[-1]:.0f} ms"
    say(name, f"{seconds:.1f} s, {len(asked)} requests, {sum(not one.is_well for one in asked)} not well, {took}")


@attrs.define
class Upgrade:
    """One upgrade of a home, the crowd that asks meanwhile, and where its parts write what they say."""

    folder: Path
    crowd: Crowd
    nginx: Nginx
    seconds: float
    url: str
    wrong: list[str] = attrs.field(factory=list)

    def step(self, name: str, do: Callable[[], object]) -> None:
        """Do it, and print how long requests took meanwhile."""
        before, watch = len(self.crowd.asked), Stopwatch()
        do()
        told(name, self.crowd.asked[before:], watch.seconds)

    def pause(self) -> None:
        """Let them work for a while."""
        time.sleep(self.seconds)

    def from_the_last(self, new: Release, end_the_old: Callable[[], object], port: int, handovers: int) -> None:
        """Migrate, start the new release beside the old, let nginx lead there, end the old; then let it give over."""
        self.step("the old release alone", self.pause)
        self.step("migrating, the old serves", lambda: new.run("-m", "makegood.cli", "migrate"))
        self.step("migrated, the old serves", self.pause)
        with new.serving(port, self.folder / "new.log") as serve:
            self.step("the new starts beside it", lambda: wait_for(lambda: is_well(port), "the new release serves"))
            self.step("nginx leads to the new", lambda: self.nginx.lead_to(port))
            self.step("the old ends", end_the_old)
            self.step("the new release alone", self.pause)
            self.crowd.port = port
            for number in range(1, handovers + 1):
                self.step(f"handover {number}, without nginx", lambda: self._give_over(serve, number))  # noqa: B023
                self.step("after it", self.pause)
            self.crowd.leave()
            self.step("the last writes", self._all_worked)
            self.wrong = self.crowd.not_once(self._held())

    def _give_over(self, serve: subprocess.Popen[bytes], number: int) -> None:
        serve.send_signal(signal.SIGUSR2)
        log = self.folder / "new.log"
        wait_for(lambda: log.read_text().count("makegood: given over") == number, "it has given over")

    def _all_worked(self) -> None:
        wait_for(lambda: self._held()[-1][1] == 0, "the workers are done")

    def _held(self) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(HELD).fetchall()


def main(arguments: Sequence[str]) -> int:
    """Found, serve, upgrade; print what it took, and return 1 if anything was lost or is there twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="revision", default=LAST, help="the release that is upgraded from")
    parser.add_argument("--recoveries", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--pause", type=float, default=0.5, help="seconds that each waits between two requests")
    parser.add_argument("--handovers", type=int, default=2, help="of the new release to itself")
    parser.add_argument("--seconds", type=float, default=4.0, help="of work before and after each change")
    asked = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mg-upgrade-")))
        home = folder / "home"
        home.mkdir()
        old, new = release(stack.enter_context(checked_out(asked.revision)), home), release(ROOT, home)
        watch = Stopwatch()
        organization, email = old.run("-c", SEEDED, str(asked.recoveries)).split()
        world = world_of(old.run("-m", "tests.support.crowd", organization, email))
        print(f"({asked.revision} founded {asked.recoveries:,} recoveries in {watch.seconds:.0f} s)", flush=True)
        url = stack.enter_context(running(home.resolve(), tell=lambda _: None))
        first, second, nginx = free_port(), free_port(), Nginx(folder, free_port())
        stack.callback(nginx.stop)
        with contextlib.ExitStack() as serving:
            serving.enter_context(old.serving(first, folder / "old.log"))
            wait_for(lambda: is_well(first), "the old release serves")
            nginx.lead_to(first)
            wait_for(lambda: is_well(nginx.port), "nginx leads to it")
            crowd = Crowd(port=nginx.port, world=world, clients=asked.clients, pause=asked.pause)
            upgrade = Upgrade(folder, crowd, nginx, asked.seconds, url)
            with crowd.at_work():
                upgrade.from_the_last(new, serving.close, second, asked.handovers)
    lost = crowd.lost()
    for line in (*(f"lost {count}: {what}" for what, count in lost.items()), *upgrade.wrong):
        print(line, flush=True)
    writes = sum(one.kind in WRITES for one in crowd.asked)
    answered = sum(one.status > 0 for one in crowd.asked)
    say("requests", f"{crowd.sent} sent, {answered} answered", "all", answered == crowd.sent)
    say("not answered as they should be", str(lost.total()), "none", not lost)
    say("writes", f"{writes}, not there exactly once: {len(upgrade.wrong)}", "none", not upgrade.wrong)
    return int(bool(lost or upgrade.wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
