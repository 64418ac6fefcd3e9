"""A release that gives over to the next while people read and write: each request is answered, each write is there once."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psycopg
from tests.functional.commands import Home, ask, children_of, named, temporary_home, until_well
from tests.support.crowd import HELD, Crowd, world_of
from tests.support.ports import free_port
from tests.support.waiting import until

from makegood.store.embedded import running

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = 3
SELDOM, OFTEN = 3.0, 0.1
"""Seconds between two requests of one of them: while parts start, and while one gives over to the other."""
LATE = b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
FOUND = """
import attrs, json
from tests.support.crowd import found
print(json.dumps(attrs.asdict(found())))
"""


def said(home: Home, what: str) -> None:
    until(lambda: f"makegood: {what}" in home.log(), f"it says: {what}")


def test_an_upgrade_loses_no_request_and_its_parts_end_with_the_parent_that_was_killed() -> None:
    with temporary_home(ready=True) as home:
        port = free_port()
        world = world_of(home.python(f"sys.path.insert(0, {str(ROOT)!r})\n{FOUND.strip()}"))
        with home.running("serve", "--port", str(port)) as serve, running(home.path.resolve()) as url:
            until_well(port, home)
            before = {each.pid for each in children_of(serve.pid)}
            crowd = Crowd(port=port, world=world, clients=CLIENTS, pause=SELDOM)
            with crowd.at_work():
                until(lambda: len(crowd.asked) >= CLIENTS, "they have begun")
                # Taken by the old release; what it asks comes once that was told to leave.
                with socket.create_connection(("127.0.0.1", port)) as late:
                    serve.send_signal(signal.SIGUSR2)
                    until(lambda: home.log().count("web answers at") == 2, "the new web is nearly there")
                    crowd.pause = OFTEN
                    said(home, "the new release is at work")
                    late.sendall(LATE)
                    assert late.recv(12) == b"HTTP/1.1 200"
                said(home, "given over")
                done = len(crowd.asked)
                until(lambda: len(crowd.asked) > done + CLIENTS, "they go on with the new one")
            assert len(crowd.asked) == crowd.sent
            assert crowd.lost() == Counter()
            after = children_of(serve.pid)
            assert {word for word in ("web", "worker", "tick") if named(after, word)} == {"web", "worker", "tick"}
            assert not before & {each.pid for each in after}, "nothing of the old release runs"
            with psycopg.connect(url, autocommit=True) as connection:
                until(lambda: connection.execute(HELD).fetchall()[-1][1] == 0, "the new worker works")
                assert crowd.not_once(connection.execute(HELD).fetchall()) == []
            assert ask(port)[0] == 200
            serve.kill()
            serve.wait(300)
            until(lambda: not any(each.is_running() for each in after), "no part outlives its parent")


GIVEN = """
import json, os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
from makegood.cli.listening import listening_socket
given = listening_socket("127.0.0.1", 1)
left = [name for name in os.environ if name.startswith("LISTEN_")]
print(json.dumps([given.getsockname()[1], given.get_inheritable(), left]))
"""


def test_the_socket_that_systemd_holds_is_listened_on_and_handed_to_nobody_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        told = subprocess.run(
            [sys.executable, "-c", GIVEN, str(held.fileno())],
            env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
            pass_fds=[held.fileno()],
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(told.stdout) == [held.getsockname()[1], False, []]
