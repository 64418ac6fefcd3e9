"""What a person writes is kept whole, or refused with the limit and what they typed: nothing of it is cut in silence."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.recoveries import reply

from makegood.listen.hooks.tickets import Said, read
from makegood.messages.links import status_path
from makegood.messages.models import Message
from makegood.messages.operations import message_received
from makegood.recoveries.models import Recovery, Step
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def link_of(org: Org, recovery: Recovery) -> str:
    with tenant(organization_id=org.id):
        return status_path(organization_id=org.id, token=Recovery.objects.get(id=recovery.id).thread.token)


def page_of(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def heard(org: Org) -> list[str]:
    with tenant(organization_id=org.id):
        return list(Message.objects.filter(direction="in").values_list("body", flat=True))


def test_what_a_customer_writes_is_taken_whole_or_not_at_all(org: Org) -> None:
    visitor, link = Client(headers={"host": "127.0.0.1"}), link_of(org, recovery_of(org))
    long = "It broke.\r\n" * 600
    refused = visitor.post(f"{link}/write", {"text": long + "z" * 3})
    assert refused.status_code == 422
    page = page_of(refused)
    assert "At most 5,000 characters fit here: shorten it, or send it in parts." in page
    assert long.replace("\r\n", "\n") in page.replace("\r\n", "\n"), "what they typed is still in the form"
    assert heard(org) == []
    assert visitor.post(f"{link}/write", {"text": "z" * 5001}).status_code == 422
    assert visitor.post(f"{link}/write", {"text": "y\r\n" * 2500}).status_code == 302, "a line's end counts as one"
    assert visitor.post(f"{link}/write", {"text": "z" * 5000}).status_code == 302
    assert sorted(map(len, heard(org))) == [4999, 5000]


@pytest.mark.parametrize(("name", "most"), [("what", 2000), ("contact", 320), ("name", 200), ("order", 120)])
def test_the_report_form_says_what_fits(org: Org, name: str, most: int) -> None:
    def sent(length: int) -> Any:
        told = {"what": "It broke", "cost": "service", "contact": "zoe@example.org", "name": "Zoe", "order": "A1"}
        told[name] = told[name] + "z" * (length - len(told[name]))
        return Client(headers={"host": "127.0.0.1"}).post(f"/r/{org.code}", told)

    refused = sent(most + 1)
    assert refused.status_code == 422
    assert f"At most {most:,} characters fit here" in page_of(refused)
    assert "z" * (most - 20) in page_of(refused)
    assert heard(org) == []
    assert sent(most).status_code == 302


STAFF: dict[str, tuple[str, dict[str, str], str, int]] = {
    "a note": ("notes", {}, "note", 20_000),
    "a call": ("calls", {}, "call", 2000),
    "what was done": ("steps/fix/done", {}, "done_fix", 300),
    "why a step is not needed": ("steps/fix/skip", {}, "skip_fix", 300),
    "why it is handed over": ("owner", {"to": "MANAGER"}, "handed_why", 300),
    "why it is paused": ("pause", {"pause_reason": "customer"}, "pause_note", 300),
    "why it is closed": ("close", {}, "reason", 300),
}


@pytest.mark.parametrize("case", STAFF)
def test_what_a_colleague_writes_is_refused_on_its_form_one_character_too_long(org: Org, case: str) -> None:
    path, more, name, most = STAFF[case]
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        reply(org, recovery, "When does it work again?", at=START)
        before = Recovery.objects.get(id=recovery.id).version
    url, client = f"/recoveries/R-{recovery.number}", signed_in(org, org.manager)
    told = {key: str(org.manager) if value == "MANAGER" else value for key, value in more.items()}
    refused = client.post(f"{url}/{path}", told | {name: "z" * (most + 1)})
    assert refused.status_code == 422
    page = page_of(refused)
    said = f"At most {most:,} characters fit here, and these are {most + 1:,}: shorten it."
    assert said in page
    assert "z" * (most + 1) in page
    with tenant(organization_id=org.id):
        assert Recovery.objects.get(id=recovery.id).version == before
    assert client.post(f"{url}/{path}", told | {name: "z" * most}).status_code == 302


def test_what_was_done_is_kept_to_its_last_character(org: Org) -> None:
    recovery = recovery_of(org)
    told = {"fixed": "z" * 300, "fixed_told": "y" * 300}
    signed_in(org, org.manager).post(f"/recoveries/R-{recovery.number}/steps/fix/done", told)
    with tenant(organization_id=org.id):
        step = Step.objects.get(recovery_id=recovery.id, step="fix")
    assert (step.note, step.told) == ("z" * 300, "y" * 300)


def test_a_message_is_refused_with_its_words_still_in_the_form(org: Org) -> None:
    recovery = recovery_of(org)
    url, client = f"/recoveries/R-{recovery.number}", signed_in(org, org.manager)
    with tenant(organization_id=org.id):
        draft = Message.objects.filter(thread_id=recovery.thread_id, direction="out", state="draft").latest("id")
    told = {"draft": str(draft.id), "subject": "Sorry", "save": "1"}
    refused = client.post(f"{url}/say", told | {"text": "word " * 4000 + "z"})
    assert refused.status_code == 422
    assert "At most 20,000 characters fit here, and these are 20,001: shorten it." in page_of(refused)
    assert re.search(r"<textarea[^>]*maxlength=\"20000\"[^>]*>\s*(word ){4000}z", page_of(refused))
    assert client.post(f"{url}/say", told | {"text": "word " * 3999 + "words"}).status_code == 302
    with tenant(organization_id=org.id):
        assert len(Message.objects.get(id=draft.id).body) == 20_000


def test_a_ticket_is_kept_whole_and_a_long_subject_stands_above_the_words(org: Org) -> None:
    said = read(kind="zendesk", body={"ticket_id": 7, "text": "w" * 150_000, "at": "1", "email": "ana@example.org"})
    assert isinstance(said, Said)
    assert len(said.text) == 150_000
    with tenant(organization_id=org.id):
        for length in (300, 301):
            message_received(
                organization_id=org.id,
                key=f"k{length}",
                at=START,
                body="Hello",
                subject="s" * length,
                address="a@b.org",
            )
        first, second = Message.objects.filter(direction="in").order_by("id").values_list("subject", "body")
    assert first == ("s" * 300, "Hello")
    assert second == ("s" * 299 + "…", f"{'s' * 301}\n\nHello")


def test_a_score_that_nobody_asked_for_is_answered_with_a_word_on_the_page(org: Org) -> None:
    visitor, link = Client(headers={"host": "127.0.0.1"}), link_of(org, recovery_of(org))
    for posted in ({"score": "9"}, {"score": "5"}, {"empathy": "5"}):
        refused = visitor.post(f"{link}/rate", posted)
        assert refused.status_code == 422
        said = re.findall(r'<p class="wrong" role="alert">.*?</p>', page_of(refused))
        assert len(said) == 1
        assert "This question was answered already, or was never asked" in said[0]
    gone = visitor.post(f"{link}/offer", {"answer": "accept:0"})
    assert 'class="wrong" role="alert"' in page_of(gone), "no tick stands before what did not go through"
