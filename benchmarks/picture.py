"""README's picture: Today of the airline, as a demo shows it that was just started. `make picture` calls it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "today.png"
SIZE = {"width": 1280, "height": 1000}


def take(address: str) -> None:
    """Sign in to the demo at this address as the airline's manager, and keep what she sees first."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("MAKEGOOD_CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        page = chromium.new_page(base_url=address, viewport=SIZE)
        page.goto("/sign-in")
        page.get_by_role("button", name="Maria Lopez").click()
        page.get_by_role("heading", level=1).wait_for()
        page.screenshot(path=PICTURE)
        chromium.close()


if __name__ == "__main__":
    take(sys.argv[1])
