"""The world outside: a real mail server, one that drops the line, and a payment system that knows its keys."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from tests.support.ports import free_port


class MailServer:
    """A mail server: what it took stands in `taken`; `rcpt` and `data` are its answers, `drop` hangs up instead.

    `drop` is data (before it answers to the whole text) or text (as the text begins).
    """

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.seen: list[bytes] = []
        self.rcpt = "250 OK"
        self.data = "250 OK"
        self.drop = ""
        self.hold: threading.Event | None = None
        self.arrived = threading.Event()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.seen.append(envelope.content)
        if self.data.startswith("250"):
            self.taken.append(envelope.content)
        self.arrived.set()
        if self.hold is not None:
            import asyncio

            await asyncio.get_running_loop().run_in_executor(None, self.hold.wait, 30)
        if self.drop == "data":
            server.transport.abort()
        return self.data


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server on loopback, and let EMAIL_URL name it."""
    handler = MailServer()
    controller = Controller(handler, hostname="127.0.0.1", port=0)
    controller.port = free_port()
    controller.start()
    before = settings.EMAIL_URL
    settings.EMAIL_URL = f"smtp://127.0.0.1:{controller.port}"
    try:
        yield handler
    finally:
        settings.EMAIL_URL = before
        if handler.hold is not None:
            handler.hold.set()
        controller.stop()


@attrs.define
class PaymentSystem:
    """What was asked of it, and what it paid: once for each idempotency key, whatever it answers."""

    url: str = ""
    asked: list[dict[str, Any]] = attrs.field(factory=list)
    paid: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    answers: list[int | None] = attrs.field(factory=list)
    hold: threading.Event | None = None
    arrived: threading.Event = attrs.field(factory=threading.Event)


@contextmanager
def payment_system() -> Iterator[PaymentSystem]:
    """Run a payment system on loopback, which may be called; `answers` are taken from the front, then 200.

    None hangs up after paying.
    """
    system = PaymentSystem()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            key = self.headers["Idempotency-Key"]
            system.asked.append({"key": key, "body": body, "headers": dict(self.headers)})
            answer = system.answers.pop(0) if system.answers else 200
            if answer is None or answer < 400:
                system.paid.setdefault(key, json.loads(body))
            system.arrived.set()
            if system.hold is not None:
                system.hold.wait(300)
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    system.url = f"http://127.0.0.1:{server.server_address[1]}/payouts"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    before, settings.PRIVATE_HOSTS = settings.PRIVATE_HOSTS, ("127.0.0.1",)
    try:
        yield system
    finally:
        settings.PRIVATE_HOSTS = before
        if system.hold is not None:
            system.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()
