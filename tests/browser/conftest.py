"""A real browser, and the whole application served on this machine's own loopback."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

CHROMIUM = os.environ.get("MAKEGOOD_CHROMIUM", "/usr/bin/chromium-headless-shell")
"""The same Chromium without windows, toolbars and menus of its own, which nobody sees here."""
WHOLE_CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 60_000
"""Milliseconds: what is waited for comes soon, or a test fails; on a busy machine soon is late."""
expect.set_options(timeout=PATIENCE)
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
"""Playwright runs an event loop in this thread, which Django would take for an asynchronous view."""


class Server(ThreadingMixIn, WSGIServer):
    """One thread a request, each of which gives its database connection back."""

    daemon_threads = True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        from django.db import connections

        try:
            super().process_request_thread(request, client_address)
        finally:
            connections.close_all()


class Quiet(WSGIRequestHandler):
    """Says nothing of the requests that it answers."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="session")
def served(database: str) -> Iterator[str]:
    """The address of the application, served from the test database."""
    from django.conf import settings

    from makegood.config.wsgi import application

    with make_server("127.0.0.1", 0, application, Server, Quiet) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        settings.PUBLIC_URL, settings.DEMO = url, True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield url
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives every browser here."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all."""
    chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture(params=[360, 1440])
def width(request: pytest.FixtureRequest) -> int:
    """A phone held in one hand, and a desk."""
    return int(request.param)


@pytest.fixture
def page(browser: Browser, served: str, width: int) -> Iterator[Page]:
    """A fresh visitor, on whose pages nothing fails in silence."""
    context = browser.new_context(viewport={"width": width, "height": 800 if width < 800 else 1000}, base_url=served)
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    context.close()
    assert [text for text in said if not any(code in text for code in ("409", "422", "429"))] == []


@pytest.fixture
def look(width: int) -> Callable[[Page, str], None]:
    """A function that checks a page once it is whole: accessible, no wider than the screen; and keeps a picture if asked."""
    from axe_playwright_python.sync_playwright import Axe

    shots = os.environ.get("MAKEGOOD_SHOTS")

    def looked(page: Page, name: str) -> None:
        page.wait_for_load_state()
        if shots:
            page.screenshot(path=Path(shots) / f"{name}-{width}.png", full_page=True)
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:160]) for one in found] == [], name
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{name} is {over} pixels wider than the screen"

    return looked
