"""The counter on a phone whose line goes: what is reported arrives once, in order, at its own time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.simple_server import make_server

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Route, expect
from tests.browser.conftest import Quiet, Server
from tests.browser.test_quiet_pages import walk_in
from tests.conftest import Org

from makegood.failures.models import Failure
from makegood.store.tenancy import tenant

pytestmark = pytest.mark.browser
Look = Callable[[Page, str], None]
Phone = Callable[..., BrowserContext]
INSTALLED = """async () => {
  await navigator.serviceWorker.ready;
  for (let tries = 0; tries < 6000; tries += 1) {
    const kept = (await (await caches.open("counter-1")).keys()).length;
    if (kept >= 9 && navigator.serviceWorker.controller) return true;
    await new Promise((done) => setTimeout(done, 50));
  }
  return false;
}"""
"""Both pages, and the seven files that they need, are on the phone, and its worker looks after them."""


class Line(Server):
    """A server to which the line can be cut: then it hangs up on whoever calls, a page or a worker."""

    cut = False

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return not self.cut


@pytest.fixture
def line(served: str) -> Iterator[Line]:
    """The application on a line of its own."""
    from makegood.config.wsgi import application

    with make_server("127.0.0.1", 0, application, Line, Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def goes(context: BrowserContext, line: Line, *, down: bool) -> None:
    """The line goes, or comes back: for the pages, which are told so, and for their worker, which is not."""
    line.cut = down
    context.set_offline(down)


@pytest.fixture
def live(make_org: Callable[..., Org]) -> Org:
    """An organization on the real clock: a phone's times are compared with it."""
    return make_org(clock="real")


@pytest.fixture
def phone(browser: Browser, line: Line, live: Org) -> Iterator[Phone]:
    """A function that makes one more device of a member's, signed in, its counter installed."""
    made: list[BrowserContext] = []
    served = f"http://127.0.0.1:{line.server_port}"

    def device(member: int = 0, *, worker: bool = True) -> BrowserContext:
        context = browser.new_context(
            viewport={"width": 360, "height": 740}, base_url=served, service_workers="allow" if worker else "block"
        )
        made.append(context)
        page = context.new_page()
        walk_in(page, served, live, member or live.employee)
        page.goto("/counter/")
        if worker:
            assert page.evaluate(INSTALLED)
        return context

    yield device
    for context in made:
        context.close()


def typed(page: Page, what: str) -> None:
    """Fill in the form."""
    page.get_by_label("Who?").fill("Bea")
    page.get_by_label("What went wrong?").fill(what)
    page.locator("#counter label.choice", has_text="Time").first.click()


def report(page: Page, what: str) -> None:
    """Report one thing, and see that the phone has it."""
    typed(page, what)
    page.locator(".dock button").click()
    expect(page.get_by_label("What went wrong?")).to_have_value("")


def waiting(page: Page, count: int) -> None:
    expect(page.locator(f"[data-waits-here][data-count='{count}']")).to_have_count(1)


def arrived(org: Org, count: int) -> list[Failure]:
    with tenant(organization_id=org.id):
        found = list(Failure.objects.filter(organization_id=org.id).order_by("id"))
    assert len(found) == count
    return found


def test_twenty_reports_arrive_once_in_order_at_their_times(live: Org, phone: Phone, line: Line) -> None:
    """Ten before a reload, five before the tab is closed, five after; another phone reports meanwhile."""
    context = phone()
    page = context.pages[0]
    goes(context, line, down=True)
    said = [f"report {number:02d}" for number in range(20)]
    for what in said[:10]:
        report(page, what)
    page.reload()
    waiting(page, 10)
    for what in said[10:15]:
        report(page, what)
    page.close()
    page = context.new_page()
    page.goto("/counter/")
    waiting(page, 15)
    for what in said[15:]:
        report(page, what)
    waiting(page, 20)
    assert arrived(live, 0) == []
    line.cut = False
    second = phone().pages[0]
    report(second, "from the other phone")
    expect(second.get_by_text("Reported.")).to_be_visible()
    arrived(live, 1)
    goes(context, line, down=False)
    waiting(page, 0)
    found = arrived(live, 21)
    mine = [one for one in found if one.what != "from the other phone"]
    assert [one.what for one in mine] == said
    times = [one.happened_at for one in mine]
    assert times == sorted(times)
    other = next(one for one in found if one not in mine)
    assert all(one.happened_at < other.happened_at for one in mine), "they were written before the other phone's"
    page.reload()
    waiting(page, 0)
    arrived(live, 21)


def test_an_answer_that_is_lost_on_the_way_makes_no_second_one(live: Org, phone: Phone, line: Line) -> None:
    """The server has it, the phone does not know: it sends it again, and it is the same."""
    page = phone(worker=False).pages[0]
    lost: list[int] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/counter/reports", lose)
    report(page, "once")
    waiting(page, 1)
    assert 201 in lost
    page.unroute("**/counter/reports")
    page.get_by_role("button", name="Send it now").click()
    waiting(page, 0)
    assert [one.what for one in arrived(live, 1)] == ["once"]


def test_a_double_tap_makes_one_report(live: Org, phone: Phone, line: Line) -> None:
    """The second tap comes while the phone still writes the first one down."""
    page = phone(worker=False).pages[0]
    typed(page, "tapped twice")
    page.evaluate("() => { const button = document.querySelector('.dock button'); button.click(); button.click(); }")
    expect(page.get_by_text("Reported.")).to_be_visible()
    waiting(page, 0)
    assert [one.what for one in arrived(live, 1)] == ["tapped twice"]


def test_a_phone_without_room_keeps_what_was_typed(live: Org, phone: Phone, line: Line) -> None:
    page = phone(worker=False).pages[0]
    page.evaluate("() => { counterQueue.add = () => Promise.reject(new DOMException('', 'QuotaExceededError')); }")
    typed(page, "no room")
    page.locator(".dock button").click()
    expect(page.get_by_text("This phone could not keep it")).to_be_visible()
    expect(page.get_by_label("What went wrong?")).to_have_value("no room")


def test_two_tabs_that_send_at_once_send_it_once(live: Org, phone: Phone, line: Line) -> None:
    context = phone(worker=False)
    first, second = context.pages[0], context.new_page()
    second.goto("/counter/")
    goes(context, line, down=True)
    for number in range(4):
        report(first, f"from one tab {number}")
    waiting(first, 4)
    goes(context, line, down=False)
    waiting(first, 0)
    waiting(second, 0)
    assert [one.what for one in arrived(live, 4)] == [f"from one tab {number}" for number in range(4)]


def test_signed_out_it_waits_and_a_colleague_sends_nothing_of_it(live: Org, phone: Phone, line: Line) -> None:
    """It leaves when who wrote it signs in again; a colleague on the same phone does not read it."""
    context = phone(worker=False)
    page = context.pages[0]
    goes(context, line, down=True)
    report(page, "mine alone")
    context.clear_cookies()
    goes(context, line, down=False)
    expect(page.get_by_text("You are signed out")).to_be_visible()
    walk_in(page, page.url, live, live.manager)
    page.goto("/counter/")
    waiting(page, 1)
    assert page.get_by_text("mine alone").count() == 0
    expect(page.get_by_text("A colleague's report")).to_be_visible()
    arrived(live, 0)
    walk_in(page, page.url, live, live.employee)
    page.goto("/counter/")
    waiting(page, 0)
    assert arrived(live, 1)[0].reported_by_id == live.employee


def test_what_is_refused_says_why_and_holds_up_nothing(live: Org, phone: Phone, line: Line) -> None:
    page = phone(worker=False).pages[0]
    page.get_by_label("What did they pay").fill("a lot")
    report(page, "at no price")
    waiting(page, 1)
    expect(page.get_by_text("Write an amount such as 12.50.")).to_be_visible()
    report(page, "the next one")
    expect(page.get_by_text("Reported.")).to_be_visible()
    assert [one.what for one in arrived(live, 1)] == ["the next one"]
    page.get_by_role("button", name="Write it anew").click()
    waiting(page, 0)
    expect(page.get_by_label("What went wrong?")).to_have_value("at no price")


@pytest.mark.parametrize("status", [413, 500])
def test_what_the_server_fails_at_holds_up_nothing(live: Org, phone: Phone, line: Line, status: int) -> None:
    """Tried three times it stands aside; tried again it is taken, as the report that it was."""
    page = phone(worker=False).pages[0]

    def fail(route: Route) -> None:
        if "at+this" in (route.request.post_data or ""):
            route.fulfill(status=status, body="no")
        else:
            route.continue_()

    page.route("**/counter/reports", fail)
    report(page, "at this it fails")
    expect(page.get_by_text("Makegood failed at the first one.")).to_be_visible()
    report(page, "the next one")
    waiting(page, 2)
    page.get_by_role("button", name="Send it now").click()
    waiting(page, 1)
    expect(page.get_by_text(f"Makegood failed at it 3 times (HTTP {status}).")).to_be_visible()
    assert [one.what for one in arrived(live, 1)] == ["the next one"]
    page.unroute("**/counter/reports")
    page.get_by_role("button", name="Try it again").click()
    waiting(page, 0)
    later, first = arrived(live, 2)
    assert first.what == "at this it fails"
    assert first.happened_at < later.happened_at


@pytest.mark.parametrize(("status", "says"), [(403, "does not let you report here"), (503, "The line is down: they")])
def test_why_it_all_waits_is_said(live: Org, phone: Phone, line: Line, status: int, says: str) -> None:
    """A change of role, or a server that is shut for a while, is no fault of the report's: it stands in its place."""
    page = phone(worker=False).pages[0]
    page.route("**/counter/reports", lambda route: route.fulfill(status=status, body="no"))
    report(page, "in its place")
    expect(page.get_by_text(says)).to_be_visible()
    for _ in range(4):
        page.get_by_role("button", name="Send it now").click()
    assert page.get_by_text("You are signed out").count() == 0
    page.unroute("**/counter/reports")
    page.get_by_role("button", name="Send it now").click()
    waiting(page, 0)
    arrived(live, 1)


def test_both_pages_open_while_the_line_is_down(live: Org, phone: Phone, line: Line) -> None:
    context = phone()
    page = context.pages[0]
    goes(context, line, down=True)
    page.goto("/counter/give")
    expect(page.get_by_role("heading", name="What may I give?")).to_be_visible()
    page.goto("/counter/")
    expect(page.get_by_text("The line is down. What you report")).to_be_visible()


def pages_kept(page: Page) -> list[str]:
    """The counter's pages that this phone keeps."""
    found = page.evaluate("async () => (await (await caches.open('counter-1')).keys()).map((one) => one.url)")
    return [str(one) for one in found if "/static/" not in one]


@pytest.mark.parametrize("how", ["opened", "sent"])
def test_signed_out_the_phone_keeps_nobodys_page(live: Org, phone: Phone, line: Line, how: str) -> None:
    """Whether the page is opened or what waits is sent: then it opens for nobody while the line is down."""
    context = phone()
    page = context.pages[0]
    assert len(pages_kept(page)) == 2
    if how == "sent":
        goes(context, line, down=True)
        report(page, "mine alone")
        waiting(page, 1)
    context.clear_cookies()
    if how == "sent":
        goes(context, line, down=False)
        expect(page.get_by_text("You are signed out")).to_be_visible()
        waiting(page, 1)
    else:
        page.goto("/counter/")
        expect(page.get_by_label("Password")).to_be_visible()
    assert pages_kept(page) == []
    goes(context, line, down=True)
    with pytest.raises(Error, match="net::ERR"):
        page.goto("/counter/")


def test_a_page_says_whose_it_is(live: Org, phone: Phone, line: Line) -> None:
    context = phone()
    page = context.pages[0]
    goes(context, line, down=True)
    for path in ("/counter/", "/counter/give"):
        page.goto(path)
        expect(page.get_by_text("This is the counter of Employee.")).to_be_visible()


OLD = """([member, days, what]) => counterQueue.add({
  key: crypto.randomUUID(), member, written: Date.now() - days * 24 * 60 * 60 * 1000,
  fields: { who: "Bea", what, cost: "time", when: "now" },
})"""


def test_what_colleagues_left_for_60_days_is_dropped_and_said(live: Org, phone: Phone, line: Line) -> None:
    """One's own is refused instead, and stands there to be written anew."""
    page = phone(worker=False).pages[0]
    mine, other = str(live.employee), str(live.manager)
    page.evaluate("member => counterQueue.sweep(member)", mine)  # takes its turn after the page's own first look
    for member, days, what in ((other, 61, "a"), (other, 61, "b"), (other, 59, "c"), (mine, 61, "my own")):
        page.evaluate(OLD, [member, days, what])
    page.reload()
    expect(page.get_by_text("Dropped from this phone: 2 reports that colleagues wrote more than 60")).to_be_visible()
    waiting(page, 2)
    expect(page.get_by_text("This was written more than 60 days ago")).to_be_visible()
    expect(page.get_by_text("Bea: my own")).to_be_visible()


def test_the_counter_is_for_everybody(page: Page, served: str, live: Org, look: Look) -> None:
    walk_in(page, served, live, live.employee)
    page.goto("/counter/")
    look(page, "counter")
    page.goto("/counter/give")
    look(page, "counter-give")
