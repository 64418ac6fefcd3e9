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
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Playwright, ViewportSize, expect, sync_playwright

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
    "--js-flags=--single-threaded --no-opt --min-semi-space-size=64 --max-semi-space-size=64",
]
"""The last: no page of a test lives long enough for what its scripts' second compiler and many small collections cost."""
BOTH = PHONE, DESK = 360, 1440
"""Pixels: the widths at which each page is looked at."""
VIOLATIONS = """async () => (await axe.run({ resultTypes: ["violations"] }))
  .violations.map((one) => [one.id, one.nodes[0].html.slice(0, 160)])"""
STILL = """() => document.readyState === "complete"
  && !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling")"""
"""Nothing of the page is on its way, nor of what takes its place: asked anew of each page that comes meanwhile."""
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


at_a_desk = pytest.mark.parametrize("width", [DESK], indirect=True)
"""For a test whose walk is one that people take at a desk; what it looks at it looks at at both widths all the same."""

at_both = pytest.mark.parametrize("width", BOTH, indirect=True)
"""For the walk that is walked whole on a phone and at a desk, each of which looks at its own width."""


def screen(width: int) -> ViewportSize:
    """A screen of so many pixels, as high as such screens are."""
    return {"width": width, "height": 800 if width < 800 else 1000}


@pytest.fixture
def width(request: pytest.FixtureRequest) -> int:
    """Pixels, at which a walk is walked: a phone held in one hand, unless its test says a desk."""
    return int(getattr(request, "param", PHONE))


@pytest.fixture
def page(browser: Browser, served: str, width: int) -> Iterator[Page]:
    """A fresh visitor, on whose pages nothing fails in silence and nothing moves while it is looked at."""
    context = browser.new_context(viewport=screen(width), base_url=served, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    context.close()
    assert [text for text in said if not any(code in text for code in ("409", "422", "429"))] == []


@pytest.fixture
def look(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """A function that checks a page once it is whole, on a phone and at a desk, and leaves it at the width it had.

    At both it is accessible and no wider than the screen; a picture of each is kept if asked.
    """
    shots = os.environ.get("MAKEGOOD_SHOTS")
    widths = () if at_both.mark in request.node.own_markers else BOTH

    def looked(page: Page, name: str) -> None:
        page.wait_for_load_state()
        page.wait_for_function(STILL)
        own = page.viewport_size
        assert own is not None
        page.evaluate(AXE_SCRIPT)
        for width in dict.fromkeys((own["width"], *widths)):
            page.set_viewport_size(screen(width))
            if shots:
                page.screenshot(path=Path(shots) / f"{name}-{width}.png", full_page=True)
            assert page.evaluate(VIOLATIONS) == [], f"{name} at {width} pixels"
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert over <= 0, f"{name} is {over} pixels wider than the screen of {width}"
        page.set_viewport_size(own)

    return looked
