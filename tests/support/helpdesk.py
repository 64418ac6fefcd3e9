"""A helpdesk on loopback that takes replies, and fails as helpdesks do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs
import pytest
from django.conf import settings


@attrs.define
class HelpdeskServer:
    """What it was asked; `answers` are taken from the front, then 200. None takes the reply and hangs up."""

    url: str = ""
    asked: list[dict[str, Any]] = attrs.field(factory=list)
    answers: list[int | None] = attrs.field(factory=list)


@contextmanager
def helpdesk_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HelpdeskServer]:
    """Run a helpdesk that whoever runs Makegood allows."""
    desk = HelpdeskServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = {"method": self.command, "path": self.path, "body": body, "headers": dict(self.headers)}
            desk.asked.append(said)
            answer = desk.answers.pop(0) if desk.answers else 200
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_PUT(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port = server.server_address[1]
    desk.url = f"http://127.0.0.1:{port}"
    monkeypatch.setattr(settings, "PRIVATE_HOSTS", (f"127.0.0.1:{port}",))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield desk
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
