"""Having a letter drafted: asked in one unit of work, called outside of any, put into the draft in another.

The call may take as long as its limit allows. No transaction is open meanwhile, no row is locked, and a process makes
so few calls at once that its other pages go on (store.outgoing).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import attrs
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from makegood.console.building.drafting import letter_for
from makegood.console.desk import Desk
from makegood.console.views.frame import Screen, acts, gone_to, tell
from makegood.console.views.merging import case_held, merge_screen
from makegood.console.views.recoveries import case_of
from makegood.console.views.saying import draft_wanted, typed_words, words_again
from makegood.console.views.settings import settings_page
from makegood.messages.drafting import words_ask, words_fill, words_put_back
from makegood.messages.machine import Access, UnableToDraft, machine_asked, machine_tried
from makegood.messages.operations import UnableToSend
from makegood.organizations.drafting import drafting_access
from makegood.recoveries.machine_letters import Letter
from makegood.store.throttling import attempt

HOURLY = 60
"""So many letters a member has drafted in an hour at most: the model costs its owner money."""


@attrs.frozen(kw_only=True)
class _Asked:
    """What was asked, and what stood there."""

    access: Access
    letter: Letter
    message_id: int
    was: str


def _access(desk: Desk, *, trying: bool = False) -> Access:
    url, model, key = drafting_access(organization_id=desk.organization_id, trying=trying)
    return Access(url=url, model=model, key=key)


def _met(request: HttpRequest, desk: Desk, parts: tuple[str, ...], error: str = "", *, code: str) -> Screen:
    """Compare both where a colleague changed the letter; refused otherwise, what was typed stands where it was."""
    if not parts:
        with suppress(UnableToSend):
            draft_wanted(request, case_of(desk, code))
            tell(request, error, tone="bad")
            return words_again(request, desk, code=code)
    return merge_screen(request, desk, parts, error, code=code)


_acts = acts(words_again, merged=_met)


def draft(request: HttpRequest, *, code: str) -> HttpResponse:
    """Have the words drafted: the answer, or why there is none, with what was typed as it stood."""
    asked: list[_Asked] = []

    def ask(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
        asked.append(_ask(request, desk, code))
        return HttpResponse()

    answer = _acts(ask)(request, code=code)
    if not asked:
        return answer
    words, error = _called(lambda: machine_asked(access=asked[0].access, facts=asked[0].letter.facts))

    def fill(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
        if error is not None:
            raise error
        return _fill(request, desk, code, asked[0], words)

    return _acts(fill)(request, code=code)


def _called(doing: Callable[[], str]) -> tuple[str, UnableToDraft | None]:
    try:
        return doing(), None
    except UnableToDraft as error:
        return "", error


def _ask(request: HttpRequest, desk: Desk, code: str) -> _Asked:
    case = case_held(request, desk, code)
    message = draft_wanted(request, case)
    access = _access(desk)
    letter = letter_for(desk, case, message)
    if letter is None:
        raise UnableToDraft("A machine drafts no letter of this kind: write it yourself.")
    if not attempt(
        key=f"draft:{desk.organization_id}:{desk.member_id}", limit=HOURLY, window=timedelta(hours=1)
    ).allowed:
        raise UnableToDraft(f"You had {HOURLY} letters drafted within the hour: write this one yourself.")
    was = words_ask(
        organization_id=desk.organization_id,
        message_id=message.id,
        by=desk.member_id,
        host=access.host,
        model=access.model,
        now=desk.facts.now,
    )
    return _Asked(access=access, letter=letter, message_id=message.id, was=was)


def _fill(request: HttpRequest, desk: Desk, code: str, asked: _Asked, words: str) -> HttpResponse:
    words_fill(
        organization_id=desk.organization_id,
        message_id=asked.message_id,
        by=desk.member_id,
        host=asked.access.host,
        model=asked.access.model,
        body=asked.letter.whole(words),
        was=asked.was,
        typed=typed_words(request),
        now=desk.facts.now,
    )
    tell(
        request, "Drafted by a machine: read it before you send it.", detail="What stood there before can be put back."
    )
    return gone_to("recovery", code=code)


@_acts
def undraft(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Put back what stood there before a machine wrote."""
    message = draft_wanted(request, case_held(request, desk, code))
    words_put_back(organization_id=desk.organization_id, message_id=message.id, by=desk.member_id, now=desk.facts.now)
    tell(request, "The earlier words stand here again.")
    return gone_to("recovery", code=code)


def _shown(request: HttpRequest, desk: Desk) -> Screen | HttpResponse:
    return settings_page(request, desk, section="drafting")


def try_it(request: HttpRequest) -> HttpResponse:
    """Ask the model for one word, and say what is wrong if none comes."""
    asked: list[Access] = []

    def ask(request: HttpRequest, desk: Desk) -> HttpResponse:
        asked.append(_access(desk, trying=True))
        return HttpResponse()

    answer = acts(_shown)(ask)(request)
    if not asked:
        return answer
    said, error = _called(lambda: machine_tried(access=asked[0]))

    def show(request: HttpRequest, desk: Desk) -> HttpResponse:
        if error is not None:
            raise error
        tell(request, "It answers.", detail=f"It said: “{said}”")
        return redirect("settings", section="drafting")

    return acts(_shown)(show)(request)
