"""Leaving: a process that was asked to takes nobody else, answers whom it has taken, and ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.waiting import until

SOURCE = Path(__file__).resolve().parents[2] / "src"
SERVER = """
import select, socket, sys
from makegood.cli.draining import Drained
listening = socket.socket(fileno=int(sys.argv[1]))
waits = select.epoll()
waits.register(listening, select.EPOLLIN)
Drained(lambda environ, start: []).leave_on_signal()
print(waits.fileno(), flush=True)
taken = {}
while True:
    for number, _ in waits.poll():
        if number == listening.fileno():
            one, _ = listening.accept()
            taken[one.fileno()] = one
            waits.register(one, select.EPOLLIN)
        else:
            with taken.pop(number) as one:
                waits.unregister(number)
                one.sendall(b"answer to " + one.recv(100))
"""


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A socket that listens, held by who supervises too."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        yield held


def test_whom_it_has_taken_is_answered_and_who_comes_later_waits_for_the_next(listening: socket.socket) -> None:
    command = [sys.executable, "-S", "-c", SERVER, str(listening.fileno())]
    environment = {"PYTHONPATH": str(SOURCE)}
    with subprocess.Popen(command, env=environment, pass_fds=[listening.fileno()], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        waits = Path(f"/proc/{server.pid}/fdinfo/{int(server.stdout.readline())}")
        try:
            with socket.create_connection(listening.getsockname()) as early:
                until(lambda: waits.read_text().count("tfd:") == 2, "it has taken the first")
                server.send_signal(signal.SIGUSR1)
                until(lambda: waits.read_text().count("tfd:") == 1, "it takes nobody else")
                with socket.create_connection(listening.getsockname()) as late:
                    late.sendall(b"late")
                    early.sendall(b"early")
                    assert early.recv(100) == b"answer to early"
                    assert server.wait(60) == -signal.SIGTERM
                    following, _ = listening.accept()
                    with following:
                        assert following.recv(100) == b"late"
        finally:
            server.kill()
