"""A browser is added as a device by one button, and its worker shows what comes for it, with one link."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Playwright, expect
from tests.browser.conftest import FLAGS, PATIENCE, WHOLE_CHROMIUM
from tests.conftest import Org
from tests.functional.test_telling_pages import owning_account
from tests.support.push_service import Browser

from makegood.organizations.devices import devices_of
from makegood.store.tenancy import tenant

SUBSCRIBED = """(said) => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0)).buffer;
  PushManager.prototype.subscribe = async (asked) => {
    if (!asked.userVisibleOnly || asked.applicationServerKey.length !== 65) throw new Error("not so");
    return { endpoint: said.endpoint, getKey: (name) => bytes(name === "auth" ? said.auth : said.key) };
  };
}"""
"""What a browser without its maker's push service cannot do."""
WATCHED = """() => {
  const shows = ServiceWorkerRegistration.prototype.showNotification;
  self.shown = new Promise((done, failed) => {
    ServiceWorkerRegistration.prototype.showNotification = function (...asked) {
      const showing = shows.apply(this, asked);
      showing.then(done, failed);
      return showing;
    };
  });
}"""
SHOWN = """async (patience) => {
  await Promise.race([self.shown, new Promise((done) => setTimeout(done, patience))]);
  return (await self.registration.getNotifications()).map((one) => [one.title, one.body, one.data.url]);
}"""
"""What the worker shows, asked once it does: who asks while it is about to show something makes Chromium forget it."""


@pytest.fixture
def browser(playwright: Playwright) -> Iterator[Chromium]:
    """A whole Chromium: without its windows it shows no notification."""
    chromium = playwright.chromium.launch(executable_path=WHOLE_CHROMIUM, args=FLAGS)
    yield chromium
    chromium.close()


def test_a_device_is_added_and_shows_what_comes(
    org: Org, page: Page, served: str, look: Callable[[Page, str], None]
) -> None:
    client = owning_account(org)
    said = Browser(endpoint="https://push.example.com/to/x").said
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": served}])
    page.context.grant_permissions(["notifications"], origin=served)
    page.add_init_script(f"({SUBSCRIBED})({json.dumps(said)})")
    workers = page.context.new_cdp_session(page)
    known: list[dict[str, Any]] = []
    workers.on("ServiceWorker.workerRegistrationUpdated", lambda told: known.extend(told["registrations"]))
    workers.send("ServiceWorker.enable")
    page.goto("/account/telling")
    page.get_by_role("button", name="Tell me on this device").click()
    expect(page.get_by_text("You are told on this device.")).to_be_visible()
    expect(page.get_by_label("On your devices")).to_be_checked()
    look(page, "push-device")
    with tenant(organization_id=org.id):
        (kept,) = devices_of(organization_id=org.id, member_id=org.manager)
    assert kept.subscription.endpoint == said["endpoint"]
    (number,) = {one["registrationId"] for one in known if one["scopeURL"].endswith("/account/")}
    told = {"title": "Recovery R-1 is late (the fix).", "body": "Do it now", "url": f"{served}/recoveries/R-1"}
    given = {"origin": served, "registrationId": number, "data": json.dumps(told)}
    (worker,) = page.context.service_workers
    worker.evaluate(WATCHED)
    workers.send("ServiceWorker.deliverPushMessage", given)
    assert worker.evaluate(SHOWN, PATIENCE) == [[told["title"], told["body"], told["url"]]]
