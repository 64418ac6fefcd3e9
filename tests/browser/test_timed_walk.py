"""A newcomer's walk, timed: by keyboard alone at a desk, by touch alone on a phone.

The browser is real; the person is a model, since machines type faster than people. Each act costs what it costs an
average non-expert: a key 0.28 s, a tap or a move of the hand 1.1 s, a thought before each act 1.35 s (the keystroke-level
model of Card, Moran and Newell, 1980), a character on a phone 0.33 s (36 words a minute; Palin and others, 2019), and
reading at 238 words a minute (Brysbaert, 2019). For each act the machine is given a whole second, ten times what
`python -m benchmarks.served` measures: what a busy machine takes here says nothing of the walk.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import attrs
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.browser.test_newcomer import leave, set_up

from makegood.core.steps import Step

pytestmark = pytest.mark.browser
STEPS = tuple(Step)
KEY, TAP, THOUGHT, THUMB, WORDS_A_MINUTE = 0.28, 1.1, 1.35, 0.33, 238
MACHINE = 1.0
SECONDS_TO_RUN, ACTS_TO_RUN, SECONDS_IN_ALL = 60, 12, 240


@attrs.define
class Walker:
    """Somebody who has this page before them; `acts` and the person's own `seconds` since they began."""

    page: Page
    touch: bool
    acts: int = 0
    seconds: float = 0.0

    @property
    def spent(self) -> float:
        """Seconds of the person and of the machine."""
        return self.seconds + MACHINE * self.acts

    def reads(self, text: str) -> None:
        """Read what a person reads before deciding."""
        self.seconds += 60 * len(text.split()) / WORDS_A_MINUTE

    def presses(self, *keys: str) -> None:
        """Press keys, one after the other: one act."""
        assert not self.touch
        for key in keys:
            self.page.keyboard.press(key)
        self.acts += 1
        self.seconds += THOUGHT + KEY * len(keys)
        self.page.wait_for_load_state()

    def taps(self, what: Locator) -> None:
        """Tap on what is on the screen, or is scrolled to."""
        assert self.touch
        what.tap()
        self.acts += 1
        self.seconds += THOUGHT + TAP
        self.page.wait_for_load_state()

    def types(self, text: str, into: Locator) -> None:
        """Type into a field: tapped on a phone, where the keyboard stands already at a desk."""
        if self.touch:
            into.tap()
            self.seconds += TAP
        expect(into).to_be_focused()
        self.page.keyboard.type(text)
        self.acts += 1
        self.seconds += THOUGHT + (THUMB if self.touch else KEY) * len(text)

    def tabs_to(self, what: Locator, *, most: int = 12) -> None:
        """Move on by the tabulator until this has the focus."""
        for _ in range(most):
            if what.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
            self.seconds += KEY
        raise AssertionError(f"{most} times Tab do not lead there")

    def does(self, key: str, button: Locator) -> None:
        """Press a button: by its key and Enter, or by a tap."""
        if self.touch:
            self.taps(button)
        else:
            self.presses(key)
            expect(button).to_be_focused()
            self.presses("Enter")


@pytest.fixture(params=["keyboard", "touch"])
def walker(request: pytest.FixtureRequest, browser: Browser, served: str) -> Iterator[Walker]:
    """A newcomer whose organization is set up, looking at an empty Today."""
    touch = request.param == "touch"
    size = {"width": 360, "height": 740} if touch else {"width": 1440, "height": 1000}
    context = browser.new_context(viewport=size, has_touch=touch, base_url=served)
    page = context.new_page()
    set_up(page, lambda page, name: None)
    yield Walker(page=page, touch=touch)
    context.close()


def button(page: Page, name: str) -> Locator:
    """The button of this name that the eye finds first: on a phone the one at the thumb."""
    return page.locator("button[type=submit]:visible, a.btn:visible", has_text=name).last


def report(walker: Walker) -> None:
    """From Today to a running recovery, in three answers."""
    page = walker.page
    who, what = page.get_by_label("Who?"), page.get_by_label("What went wrong?")
    if walker.touch:
        walker.taps(page.get_by_role("link", name="Report a failure").first)
    else:
        walker.presses("r")
        page.wait_for_url("**/report")
    walker.types("Ana Ferreira ana@example.org", who)
    if not walker.touch:
        walker.tabs_to(what)
    walker.types("The till charged you twice", what)
    if walker.touch:
        walker.taps(page.locator("label.choice", has_text="Money").first)
        walker.taps(button(page, "Open the recovery"))
    else:
        walker.tabs_to(page.locator("input[name=cost]").first)
        walker.presses("Space")
        walker.presses("Enter")
    page.wait_for_url("**/recoveries/R-*")
    expect(page.get_by_role("heading", level=1)).to_contain_text("The till charged you twice")


def test_a_newcomer_reports_and_puts_right_in_time(walker: Walker) -> None:
    """A running recovery within 60 s and 12 acts; the customer put right within 4 minutes, no letter typed from scratch."""
    page = walker.page
    report(walker)
    assert page.get_by_text("Owner").count()
    print(f"report: {walker.acts} acts, {walker.spent:.0f} s")
    assert walker.acts <= ACTS_TO_RUN
    assert walker.spent <= SECONDS_TO_RUN
    for step in ("apology", "fix", "offer", "cause", "yes", "rest"):
        globals()[f"_{step}"](walker)
        print(f"{step}: {walker.acts} acts, {walker.spent:.0f} s")
    assert walker.spent <= SECONDS_IN_ALL
    done = page.locator(".step-cards li.is-done").count()
    assert done == len(STEPS) - 1, page.locator("#steps").inner_text()


def _apology(walker: Walker) -> None:
    _letter(walker)


def _letter(walker: Walker) -> None:
    """Read the letter that is there, filled in, and send it."""
    page = walker.page
    walker.reads(page.get_by_label("Message", exact=True).input_value())
    walker.does("n", button(page, "Send"))
    expect(page.get_by_text("On its way.").first).to_be_visible()
    leave()
    page.reload()


def _fix(walker: Walker) -> None:
    page = walker.page
    done = page.get_by_label("What was done", exact=True).first
    if not walker.touch:
        walker.presses("n")
    walker.types("Gave the second charge back", done)
    if walker.touch:
        walker.taps(page.get_by_role("button", name="It is put right"))
    else:
        walker.presses("Enter")
    expect(page.get_by_text("Fix: done.").first).to_be_visible()


def _offer(walker: Walker) -> None:
    """Offer the first gift, tell them of it, and record their yes and that they have it."""
    page = walker.page
    gift = page.locator("#give").get_by_role("button", name="Offer it").first
    walker.reads(page.locator("#give .offer").first.inner_text())
    walker.does("g", gift)
    expect(page.get_by_text("Offered:").first).to_be_visible()
    _letter(walker)


def _cause(walker: Walker) -> None:
    page = walker.page
    chosen, note = page.locator("#cause select").first, page.locator("#cause [name=cause_note]")
    if walker.touch:
        walker.acts += 1
        walker.seconds += THOUGHT + 2 * TAP
        chosen.select_option("new")
    else:
        walker.presses("c")
        chosen.select_option("new")
        walker.seconds += THOUGHT + 3 * KEY
        walker.tabs_to(note)
    walker.types("Till software", note)
    if walker.touch:
        walker.taps(page.get_by_role("button", name="Set the cause"))
    else:
        walker.presses("Enter")
    expect(page.get_by_text("The cause is linked.").first).to_be_visible()


def _yes(walker: Walker) -> None:
    """Be the customer, who takes what was offered; this costs the employee nothing."""
    page, here = walker.page, walker.page.url
    path = urlsplit(
        page.get_by_role("link", name="What the customer sees").get_attribute("href") or ""
    ).path.removesuffix("/preview")
    page.goto(path)
    page.get_by_role("button", name="Yes, please").click()
    leave()
    page.goto(here)


def _rest(walker: Walker) -> None:
    """Do what the page says comes next, until only looking after them is left."""
    page = walker.page
    for _ in range(8):
        if page.locator("#say").count():
            _letter(walker)
        elif (go := page.locator("#next form.one .go, .dock form.one .go").locator("visible=true")).count():
            walker.reads(page.locator("#next").inner_text())
            with page.expect_navigation():
                walker.does("n", go.last if walker.touch else go.first)
        else:
            return
