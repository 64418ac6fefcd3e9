"""A language model's server on loopback, as it answers and as it fails."""

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

SAID = "I am sorry that the till was down on Monday 2 March. That was our mistake.\n\nI am putting it right myself."


@attrs.define
class ModelServer:
    """What it was asked, and what it does: `says` is its answer, `status` its code, `raw` what it sends instead.

    `drips` sends a byte now and then and never ends, `to` sends on to another address, `held` waits to be let go.
    """

    port: int = 0
    says: str = SAID
    status: int = 200
    raw: bytes | None = None
    drips: bool = False
    to: str = ""
    held: threading.Event | None = None
    arrived: threading.Event = attrs.field(factory=threading.Event)
    asked: list[dict[str, Any]] = attrs.field(factory=list)
    ended: threading.Event = attrs.field(factory=threading.Event)

    @property
    def url(self) -> str:
        """Its address, as an admin writes it."""
        return f"http://127.0.0.1:{self.port}/v1"


@contextmanager
def model_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """Run a model's server on loopback, which whoever runs Makegood allows."""
    model = ModelServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            model.asked.append({"path": self.path, "body": body, "headers": dict(self.headers)})
            model.arrived.set()
            if model.held is not None:
                model.held.wait(300)
            said = {"choices": [{"message": {"role": "assistant", "content": model.says}}]}
            payload = json.dumps(said).encode() if model.raw is None else model.raw
            self.send_response(302 if model.to else model.status)
            if model.to:
                self.send_header("Location", model.to)
            if model.drips:
                self.end_headers()
                self._drip()
                return
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            try:
                self.wfile.write(payload)
            except OSError:
                model.ended.set()

        def _drip(self) -> None:
            """A byte now and then, until the other side has hung up or the test is over."""
            while not model.ended.wait(0.05):
                try:
                    self.wfile.write(b" ")
                except OSError:
                    model.ended.set()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    model.port = server.server_address[1]
    monkeypatch.setattr(settings, "PRIVATE_HOSTS", (f"127.0.0.1:{model.port}",))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield model
    finally:
        if model.held is not None:
            model.held.set()
        server.shutdown()
        model.ended.set()
        thread.join()
        server.server_close()
