"""A letter drafted by a machine where a colleague is at it too: nobody's words are replaced or lost unseen."""

from __future__ import annotations

import html
import threading
from typing import Any

from django.test import Client
from tests.conftest import Org
from tests.functional.test_drafting import _no_throttle, _quick_passwords, model, row_of
from tests.functional.test_together_pages import Two, _draft, form_of, post
from tests.functional.test_views import recovery_of
from tests.support.models import SAID, ModelServer

from makegood.messages.models import Message

__all__ = ["_no_throttle", "_quick_passwords", "model"]


def met(org: Org) -> tuple[Two, Message, dict[str, str]]:
    """Two who opened one recovery, the apology that waits there, and its form as both saw it."""
    recovery = recovery_of(org)
    two = Two(org, recovery)
    return two, *_draft(two, org, recovery)


def test_what_a_colleague_saved_is_not_drafted_over(org: Org, model: ModelServer) -> None:
    """The page shows both, as for any other change; no machine is asked, and keeping mine keeps mine."""
    two, message, seen = met(org)
    theirs = seen["text"] + "\nBen's own words"
    assert "Kept as a draft." in post(two.ben, f"{two.url}/say", seen | {"text": theirs, "save": "1"})[1]
    mine = seen["text"] + "\nAna's own words"
    status, page = post(two.ana, f"{two.url}/draft", seen | {"text": mine})
    assert status == 409
    assert "Employee was here first" in page
    assert "Ben's own words" in page
    assert row_of(org, message).body == theirs
    assert model.asked == []
    keep = form_of(page, f"{two.url}/say", key="keep-mine")
    assert "Kept as a draft." in post(two.ana, f"{two.url}/say", keep)[1]
    row = row_of(org, message)
    assert (row.body, row.machine, row.state) == (mine, "", "draft")


def test_what_a_colleague_had_drafted_is_not_put_back(org: Org, model: ModelServer) -> None:
    """They had it drafted anew meanwhile: the words before are theirs by now."""
    two, message, seen = met(org)
    assert two.ana.post(f"{two.url}/draft", seen).status_code == 302
    page = two.ana.get(two.url).content.decode()
    seen = form_of(page, f"{two.url}/say")
    model.says = "Another letter of the machine's."
    assert two.ben.post(f"{two.url}/draft", seen | {"text": "Ben's own words"}).status_code == 302
    assert post(two.ana, f"{two.url}/undraft", seen)[0] == 409
    row = row_of(org, message)
    assert ("Another letter" in row.body, row.words_before) == (True, "Ben's own words")


def test_words_typed_for_a_letter_that_left_meanwhile_are_shown(org: Org, model: ModelServer) -> None:
    """A colleague sends it while the machine writes: what was typed stands there to be kept."""
    two, message, seen = met(org)
    model.held = threading.Event()
    answers: list[Any] = []

    def ask(client: Client) -> None:
        from django.db import connections

        answers.append(client.post(f"{two.url}/draft", seen | {"text": "Ana's own words"}))
        connections.close_all()

    asking = threading.Thread(target=ask, args=[two.ana])
    asking.start()
    assert model.arrived.wait(300)
    assert two.ben.post(f"{two.url}/say", seen | {"keep": "as drafted"}).status_code == 302
    model.held.set()
    asking.join(300)
    page = html.unescape(answers[0].content.decode())
    assert answers[0].status_code == 422
    assert "nothing was put in their place" in page
    assert form_of(page, f"{two.url}/notes")["note"] == "Ana's own words"
    assert SAID not in row_of(org, message).body
