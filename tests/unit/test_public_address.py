"""`makegood doctor` asks whether the public address leads here, and blames nobody for what it cannot ask."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import click
import pytest
from django.conf import settings
from tests.support.ports import free_port

from makegood.cli.public_address import public_address_asked

OURS = {"Set-Cookie": f"{settings.CSRF_COOKIE_NAME}=abc; Path=/; SameSite=Lax"}


@contextmanager
def answering(status: int, headers: dict[str, str]) -> Iterator[int]:
    """Something that answers everything so, at loopback: its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEGOOD_SECRET", settings.SECRET_KEY)
    monkeypatch.delenv("MAKEGOOD_TRUSTED_PROXIES", raising=False)


def asked(monkeypatch: pytest.MonkeyPatch, url: str, *, port: int) -> str:
    monkeypatch.setenv("MAKEGOOD_URL", url)
    monkeypatch.setenv("PORT", str(port))
    try:
        return f"ok: {public_address_asked()}"
    except click.ClickException as error:
        return f"BAD: {error.message}"


@pytest.mark.parametrize(
    ("status", "headers", "says"),
    [
        (200, OURS, "ok: http://127.0.0.1:{port} leads here"),
        (302, {"Location": "/set-up"}, "ok: http://127.0.0.1:{port} leads here"),
        (200, {"Set-Cookie": "makegood_00000000_form=abc"}, "BAD: At http://127.0.0.1:{port} another Makegood answers"),
        (200, {}, "BAD: What answers at http://127.0.0.1:{port} is no Makegood (200): let the proxy lead to port"),
        (404, {"Set-Cookie": "other=1"}, "is no Makegood (404)"),
        (301, {"Location": "https://help.example/"}, "leads on to https://help.example/: set MAKEGOOD_URL to"),
        (400, {}, "refuses its own name: let the proxy pass it on (proxy_set_header Host $host)"),
        (502, {}, "reaches no Makegood (502): let it lead to port {port} of this machine"),
    ],
)
def test_what_answers_is_told_by_its_answer(
    monkeypatch: pytest.MonkeyPatch, status: int, headers: dict[str, str], says: str
) -> None:
    with answering(status, headers) as port:
        assert says.format(port=port) in asked(monkeypatch, f"http://127.0.0.1:{port}/", port=port)


def test_nothing_at_the_address_is_wrong_and_nothing_here_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = free_port()
    with answering(200, OURS) as port:
        gone = asked(monkeypatch, f"http://127.0.0.1:{nobody}", port=port)
        assert gone.startswith(f"BAD: Nothing answers at http://127.0.0.1:{nobody}: start the proxy")
        assert "BAD: What answers" in (tls := asked(monkeypatch, f"https://127.0.0.1:{port}", port=port))
        assert "does not speak TLS" in tls
        stopped = asked(monkeypatch, f"http://127.0.0.1:{port}", port=nobody)
        assert stopped.startswith(f"ok: not asked: nothing answers on port {nobody}")
        assert asked(monkeypatch, "help.example", port=port).startswith("ok: not asked: there is no address")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (socket.gaierror(socket.EAI_AGAIN, ""), "ok: not asked: names cannot be looked up from this machine now"),
        (socket.gaierror(socket.EAI_NONAME, ""), "BAD: There is no host named help.example: give it an address"),
        (TimeoutError(), "ok: not asked: no way leads from this machine to help.example"),
        (OSError(errno.ENETUNREACH, ""), "ok: not asked: no way leads from this machine to help.example"),
        (ConnectionResetError(), "ok: not asked: the line to help.example broke; open https://help.example from"),
    ],
)
def test_what_cannot_be_asked_from_here_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, error: Exception, says: str
) -> None:
    real = socket.getaddrinfo

    def looked_up(host: str, *rest: Any, **more: Any) -> Any:
        if host == "help.example":
            raise error
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    with answering(200, OURS) as port:
        assert says in asked(monkeypatch, "https://help.example", port=port)


@pytest.mark.parametrize("url", ["https://h:abc", "https://h..example", "https://[::1"])
def test_what_is_no_address_is_said_so(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with answering(200, OURS) as port:
        said = asked(monkeypatch, url, port=port)
    assert said.startswith("BAD: MAKEGOOD_URL is no address")
