"""Two people on one recovery: what one did not touch goes through, what both touched is merged, nothing is lost."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.recoveries import again, journal, reply, step_to

from makegood.messages.models import Message
from makegood.messages.queries import drafts_of_kind
from makegood.recoveries.models import Recovery, Step
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def form_of(page: str, action: str, *, key: str = "") -> dict[str, str]:
    """What the form that posts to this address carries along and asks, as it stands on the page."""
    for found in re.finditer(r"<form[^>]*action=\"([^\"]*)\"[^>]*>(.*?)</form>", page, re.DOTALL):
        if found[1] != action or (key and f'id="{key}"' not in found[0]):
            continue
        inputs = re.findall(r'<input[^>]*name="([^"]*)"[^>]*value="([^"]*)"', found[2])
        texts = re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', found[2], re.DOTALL)
        values = {name: html.unescape(value) for name, value in [*inputs, *texts]}
        values.pop("csrfmiddlewaretoken", None)
        return values
    raise AssertionError(f"no form posts to {action}")


class Two:
    """A manager and an employee who opened the same recovery at the same moment."""

    def __init__(self, org: Org, recovery: Recovery) -> None:
        self.url = f"/recoveries/R-{recovery.number}"
        self.ana, self.ben = signed_in(org, org.manager), signed_in(org, org.employee)
        self.page = self.ben.get(self.url).content.decode()

    def seen(self, path: str, **answers: str) -> dict[str, str]:
        """The form of this address as both saw it, with answers."""
        return form_of(self.page, f"{self.url}/{path}") | answers


@pytest.fixture
def recovery(org: Org) -> Recovery:
    """One recovery with an apology that waits for a click."""
    return recovery_of(org)


@pytest.fixture
def two(org: Org, recovery: Recovery) -> Two:
    """Two people who look at it."""
    return Two(org, recovery)


def post(client: Client, url: str, values: dict[str, str]) -> tuple[int, str]:
    answer = client.post(url, values, follow=True)
    return answer.status_code, html.unescape(answer.content.decode())


def test_what_the_other_did_not_touch_goes_through(org: Org, recovery: Recovery, two: Two) -> None:
    """One records the fix, the other pauses the clock and leaves a step out: nobody is stopped."""
    assert (
        two.ana.post(f"{two.url}/steps/fix/done", two.seen("steps/fix/done", done_fix="A new till")).status_code == 302
    )
    paused = two.seen("pause", pause_reason="customer", pause_note="We wait for a photo")
    assert two.ben.post(f"{two.url}/pause", paused).status_code == 302
    left = two.seen("steps/respond/skip", skip_respond="She needs no answer")
    assert two.ben.post(f"{two.url}/steps/respond/skip", left).status_code == 302
    with tenant(organization_id=org.id):
        states = dict(Step.objects.filter(recovery_id=recovery.id).values_list("step", "state"))
        assert (states["fix"], states["respond"]) == ("done", "skipped")


def test_the_same_step_is_merged(org: Org, recovery: Recovery, two: Two) -> None:
    """Both wrote down the fix: the second sees both notes, and each of the three ways keeps what it says."""
    path = f"{two.url}/steps/fix/done"
    two.ana.post(path, two.seen("steps/fix/done", done_fix="A new till"))
    status, page = post(two.ben, path, two.seen("steps/fix/done", done_fix="A new drawer"))
    assert status == 409
    assert "Manager was here first" in page
    assert "Not yet" in page
    assert "Done: A new till" in page
    assert "Done: A new drawer" in page
    assert form_of(page, path, key="together")["done_fix"] == "A new till; A new drawer"
    assert form_of(page, f"{two.url}/notes")["note"] == "A new drawer"
    assert post(two.ben, path, form_of(page, path, key="together"))[0] == 200
    with tenant(organization_id=org.id):
        step = Step.objects.get(recovery_id=recovery.id, step="fix")
        assert (step.state, step.note, step.done_by_id) == ("done", "A new till; A new drawer", org.employee)
        assert [entry.data["state"] for entry in journal(org, recovery, "stepped") if entry.data["step"] == "fix"] == [
            "done",
            "todo",
            "done",
        ]


def test_mine_can_be_kept(org: Org, recovery: Recovery, two: Two) -> None:
    """The owner whom the second chose replaces the one whom the first chose, once they have seen it."""
    seen = form_of(two.ana.get(two.url).content.decode(), f"{two.url}/owner", key="hand-over")
    two.ana.post(f"{two.url}/owner", seen | {"to": str(org.employee), "handed_why": "He knows her"})
    status, page = post(two.ana, f"{two.url}/owner", seen | {"to": str(org.admin), "handed_why": "The boss"})
    assert status == 409
    assert "Employee" in page
    assert "Admin: The boss" in page
    assert post(two.ana, f"{two.url}/owner", form_of(page, f"{two.url}/owner", key="keep-mine"))[0] == 200
    with tenant(organization_id=org.id):
        assert again(org, recovery).owner_id == org.admin


def test_who_does_the_same_is_not_troubled(org: Org, recovery: Recovery, two: Two) -> None:
    """Both choose the same severity: the second is told that it is so already, and nothing is asked."""
    page = two.ana.get(two.url).content.decode()
    graver = form_of(page, f"{two.url}/severity") | {"severity": "4"}
    assert two.ana.post(f"{two.url}/severity", graver).status_code == 302
    assert two.ana.post(f"{two.url}/severity", graver).status_code == 422
    with tenant(organization_id=org.id):
        assert again(org, recovery).severity == 4
        (entry,) = journal(org, recovery, "graded")
        assert (entry.data, entry.actor_id) == ({"severity": 4, "was": 3}, org.manager)
    assert two.ana.post(f"{two.url}/severity", graver | {"severity": "1"}).status_code == 409


def _draft(two: Two, org: Org, recovery: Recovery) -> tuple[Message, dict[str, str]]:
    with tenant(organization_id=org.id):
        (message_id,) = drafts_of_kind(organization_id=org.id, thread_id=recovery.thread_id, kind="apology")
        message = Message.objects.get(id=message_id)
    return message, two.seen("say")


def test_two_drafts_of_one_letter_go_together(org: Org, recovery: Recovery, two: Two) -> None:
    """Kept as drafts: changes of different lines are both in it, by themselves; changes of the same line are shown."""
    message, seen = _draft(two, org, recovery)
    url, text = f"{two.url}/say", seen["text"]
    first, second = text + "\nThe shop", "Good morning.\n" + text
    assert "Kept as a draft." in post(two.ana, url, seen | {"text": first, "save": "1"})[1]
    told = post(two.ben, url, seen | {"text": second, "save": "1"})[1]
    assert "both changes are in it" in told
    with tenant(organization_id=org.id):
        assert Message.objects.get(id=message.id).body == second + "\nThe shop"
    status, page = post(two.ben, url, seen | {"text": text + "\nThe other shop", "save": "1"})
    assert status == 409
    assert "The shop" in form_of(page, url, key="together")["text"]
    assert "The other shop" in form_of(page, url, key="together")["text"]


def test_sending_never_sends_over_what_a_colleague_wrote(org: Org, recovery: Recovery, two: Two) -> None:
    """Even where the lines differ, a letter that changed meanwhile is looked at before it leaves."""
    message, seen = _draft(two, org, recovery)
    post(two.ana, f"{two.url}/say", seen | {"text": seen["text"] + "\nThe shop", "save": "1"})
    status, page = post(two.ben, f"{two.url}/say", seen | {"text": seen["text"] + "\nBen"})
    assert status == 409
    assert "Manager was here first" in page
    with tenant(organization_id=org.id):
        assert Message.objects.get(id=message.id).state == "draft"
    status, _ = post(two.ben, f"{two.url}/say", form_of(page, f"{two.url}/say", key="keep-mine"))
    with tenant(organization_id=org.id):
        sent = Message.objects.get(id=message.id)
        assert (sent.state, sent.body.endswith("\nBen")) == ("queued", True)


def test_words_for_a_letter_that_left_become_a_new_draft(org: Org, recovery: Recovery, two: Two) -> None:
    """One sent it while the other still wrote: their words are not lost, and no second apology goes out."""
    _, seen = _draft(two, org, recovery)
    two.ana.post(f"{two.url}/say", seen)
    mine = seen["text"] + "\nI call you at five."
    status, page = post(two.ben, f"{two.url}/say", seen | {"text": mine})
    assert status == 409
    assert "On its way" in page
    keep = form_of(page, f"{two.url}/say", key="keep-mine")
    assert keep["begin"] == "update"
    post(two.ben, f"{two.url}/say", keep)
    with tenant(organization_id=org.id):
        made = Message.objects.filter(thread_id=recovery.thread_id, kind="update", state="draft").get()
        assert made.body == mine
        assert Message.objects.filter(thread_id=recovery.thread_id, kind="apology").count() == 1


def test_suggestions_taken_do_not_forget_what_was_seen(org: Org, recovery: Recovery, two: Two) -> None:
    """The page that a suggestion answers with still knows what the words were made from."""
    _, seen = _draft(two, org, recovery)
    post(two.ana, f"{two.url}/say", seen | {"text": seen["text"] + "\nThe shop", "save": "1"})
    shown = two.ben.post(f"{two.url}/take", seen | {"text": "Dear Ana,\n\nBen", "take": "none"}).content.decode()
    told = form_of(shown, f"{two.url}/say")
    assert [told[name] for name in seen if name.startswith("seen.")] == [
        seen[name] for name in seen if name.startswith("seen.")
    ]


def test_closing_shows_what_came_in_between(org: Org, recovery: Recovery, two: Two) -> None:
    """The customer wrote while a manager closed: they read it first, and then may close all the same."""
    seen = form_of(two.ana.get(two.url).content.decode(), f"{two.url}/close", key="close-anyway")
    step_to(org, START.replace(hour=10))
    with tenant(organization_id=org.id):
        reply(org, recovery, "Wait, there is more", at=START.replace(hour=10))
    status, page = post(two.ana, f"{two.url}/close", seen | {"reason": "Settled by phone"})
    assert status == 409
    assert "Wait, there is more" in page
    assert post(two.ana, f"{two.url}/close", form_of(page, f"{two.url}/close", key="keep-mine"))[0] == 200
    with tenant(organization_id=org.id):
        assert again(org, recovery).close_note == "Settled by phone"


def test_words_for_a_form_that_is_gone_are_shown_again(org: Org, recovery: Recovery, two: Two) -> None:
    """It was closed meanwhile: what was typed stands there to be kept as a note."""
    page = two.ana.get(two.url).content.decode()
    two.ana.post(f"{two.url}/close", form_of(page, f"{two.url}/close", key="close-anyway") | {"reason": "Settled"})
    status, told = post(two.ben, f"{two.url}/calls", {"call": "She wants her money back"})
    assert status == 422
    assert "This recovery is closed" in told
    assert form_of(told, f"{two.url}/notes")["note"] == "She wants her money back"


def test_a_part_that_is_none_is_not_there(two: Two) -> None:
    """A made-up name of a part is no part."""
    assert two.ana.post(f"{two.url}/pause", {"pause_reason": "customer", "seen.tea": ""}).status_code == 404
