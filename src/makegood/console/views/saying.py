"""Saying something: the words are judged while they are typed, mended with a click, and sent by a named person."""

from __future__ import annotations

import attrs
from django.http import Http404, HttpRequest, HttpResponse

from makegood.console.asking import MOST_WORDS, whole
from makegood.console.building.drafting import unfounded_in, with_machine
from makegood.console.building.reaching import unreached
from makegood.console.building.saying import draft_of, facts_of, judged, key_of, mended, wording_case
from makegood.console.building.words import said_at
from makegood.console.collisions import Collision
from makegood.console.desk import Desk
from makegood.console.viewmodels import MessageDraft
from makegood.console.views.frame import Screen, acts, gone_to, tell
from makegood.console.views.merging import acts_merging, case_held
from makegood.console.views.recoveries import case_of, recovery_screen, screen_of
from makegood.core.lengths import fitting
from makegood.core.merging import merge
from makegood.customers.queries import customer_one
from makegood.messages.operations import UnableToSend, message_save, message_send, message_stop
from makegood.recoveries.operations.renewing import promise_renew
from makegood.recoveries.operations.staff_words import word_promise_typed
from makegood.recoveries.queries import Case, MessageLine
from makegood.recoveries.queries.staff_words import words_said
from makegood.recoveries.saying import BEGUN, apology_key_now, words_begin


def draft_wanted(request: HttpRequest, case: Case) -> MessageLine:
    wanted = request.POST.get("draft", "")
    for one in case.messages:
        if str(one.id) == wanted and one.direction == "out" and one.state == "draft":
            return one
    raise UnableToSend("This message was sent, stopped or changed meanwhile: reload to see.")


def typed_words(request: HttpRequest) -> str:
    """What was typed as the message, to be kept or sent. Raises TextTooLong."""
    text = request.POST.get("text", "").replace("\r\n", "\n")
    fitting(text, most=MOST_WORDS)
    return text


def judged_words(request: HttpRequest) -> str:
    """As much of what was typed as may be sent: the rules judge no more of it."""
    return request.POST.get("text", "").replace("\r\n", "\n")[:MOST_WORDS]


def words_again(request: HttpRequest, desk: Desk, *, code: str) -> Screen:
    """Show the recovery with the words as they were typed, and what the rules think of those."""
    case = case_of(desk, code)
    screen = screen_of(desk, case)
    if request.method != "POST" or "text" not in request.POST or screen.page.next is None:
        return screen
    try:
        draft = _shown(request, desk, case, text=judged_words(request))
    except UnableToSend:
        return screen
    return attrs.evolve(screen, page=attrs.evolve(screen.page, next=attrs.evolve(screen.page.next, draft=draft)))


def _shown(request: HttpRequest, desk: Desk, case: Case, *, text: str) -> MessageDraft:
    """The draft with these words; what they were made from stays what it was."""
    draft = draft_of(desk, case, draft_wanted(request, case), text=text, subject=request.POST.get("subject"))
    draft = attrs.evolve(draft, hidden=tuple((name, request.POST.get(name, value)) for name, value in draft.hidden))
    return with_machine(desk, case, draft)


@acts_merging(words_again)
def say(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Send the words as they stand: the click of a named person. Or begin new ones, keep them, or stop what waits."""
    if request.POST.get("save") and "begin" not in request.POST:
        return _save(request, desk, code)
    case = case_held(request, desk, code)
    if request.POST.get("begin"):
        return _begin(request, desk, case, code)
    if request.POST.get("stop"):
        return _stop(request, desk, case, code)
    if request.POST.get("renew"):
        return _renew(request, desk, case, code)
    draft = draft_wanted(request, case)
    key = None
    if draft.kind == "apology":
        key = apology_key_now(organization_id=desk.organization_id, recovery_id=case.id, now=desk.facts.now)
    sent = message_send(
        organization_id=desk.organization_id,
        message_id=draft.id,
        by=desk.member_id,
        now=desk.facts.now,
        subject=request.POST.get("subject"),
        body=typed_words(request),
        override_reason=request.POST.get("keep", ""),
        apology_key=key,
        case=wording_case(case, draft.kind),
        machine_read="machine_read" in request.POST,
        unfounded=unfounded_in(desk, case, draft, typed_words(request)),
    )
    if sent.blocked:
        raise UnableToSend("They have had this apology in the last 90 days. A second one costs more than silence.")
    waits = words_said(organization_id=desk.organization_id, recovery_id=case.id, now=desk.facts.now)
    said = " You promised something in it: put it on the ledger, or say that it is none." if waits else ""
    leaves = f" It is night where they are: it leaves {said_at(desk, sent.waits_until)}." if sent.waits_until else ""
    who = customer_one(organization_id=desk.organization_id, customer_id=case.customer_id)
    if who is not None and (alone := unreached(case, who)):
        tell(request, "It stands on their page.", detail=f"{alone}{said}", tone="warn")
    else:
        tell(request, "On its way.", detail=f"It also stands on the page that they follow.{leaves}{said}")
    return gone_to("recovery", code=code)


def _begin(request: HttpRequest, desk: Desk, case: Case, code: str) -> HttpResponse:
    kind = request.POST["begin"]
    if kind not in BEGUN:
        raise Http404
    message_id = words_begin(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        kind=kind,
        by=desk.member_id,
        now=desk.facts.now,
        answers=True,
    )
    if typed_words(request):
        _kept(request, desk, message_id, typed_words(request))
    return gone_to("recovery", code=code)


def _save(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Keep the words as a draft; where a colleague kept others, those that touch different lines go together."""
    try:
        case = case_held(request, desk, code)
        text, detail = typed_words(request), "Nothing is sent before somebody sends it."
    except Collision:
        case = case_of(desk, code)
        draft = draft_wanted(request, case)
        was = request.POST[f"seen.message:{draft.id}"].replace("\r\n", "\n").split("\n", 2)
        merged = merge(was=was[-1], theirs=draft.body, mine=typed_words(request))
        if was[0] != "draft" or was[1] != draft.subject or not merged.clean:
            raise
        text, detail = merged.text, "A colleague changed other lines meanwhile: both changes are in it."
    _kept(request, desk, draft_wanted(request, case).id, text)
    tell(request, "Kept as a draft.", detail=detail)
    return gone_to("recovery", code=code)


def _kept(request: HttpRequest, desk: Desk, message_id: int, text: str) -> None:
    message_save(
        organization_id=desk.organization_id,
        message_id=message_id,
        by=desk.member_id,
        now=desk.facts.now,
        subject=request.POST.get("subject", ""),
        body=text,
    )


def _renew(request: HttpRequest, desk: Desk, case: Case, code: str) -> HttpResponse:
    to = promise_renew(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        message_id=draft_wanted(request, case).id,
        subject=request.POST.get("subject", ""),
        body=typed_words(request),
        by=desk.member_id,
        now=desk.facts.now,
    )
    tell(request, "It has a new time now.", detail=f"It promises their next word by {said_at(desk, to)}.")
    return gone_to("recovery", code=code)


def _stop(request: HttpRequest, desk: Desk, case: Case, code: str) -> HttpResponse:
    stopped = next((one for one in case.messages if str(one.id) == request.POST["stop"]), None)
    if stopped is None:
        raise Http404
    message_stop(organization_id=desk.organization_id, message_id=stopped.id, by=desk.member_id, now=desk.facts.now)
    tell(request, "It is stopped: they do not get it.")
    return gone_to("recovery", code=code)


def _findings(request: HttpRequest, desk: Desk, *, code: str) -> Screen:
    """Show the findings of what was typed so far."""
    case = case_of(desk, code)
    if request.method != "POST":
        return recovery_screen(request, desk, code=code)
    draft = with_machine(desk, case, draft_of(desk, case, draft_wanted(request, case), text=judged_words(request)))
    return Screen(template="console/parts/findings.html", page={"draft": draft}, fragment=True)


lint = acts(recovery_screen)(_findings)


@acts(words_again)
def take(request: HttpRequest, desk: Desk, *, code: str) -> Screen:
    """Mend one finding in what was typed, and show the words again; nothing is sent."""
    case = case_of(desk, code)
    draft, text = draft_wanted(request, case), typed_words(request)
    linted = judged(desk, case, kind=draft.kind, text=text)
    for finding in linted.findings if linted else ():
        plain = finding.as_dict()
        if key_of(plain) == request.POST.get("take"):
            text = mended(text, plain, facts_of(desk, case))
            break
    shown = _shown(request, desk, case, text=text)
    screen = screen_of(desk, case)
    if screen.page.next is None:
        return screen
    return attrs.evolve(screen, page=attrs.evolve(screen.page, next=attrs.evolve(screen.page.next, draft=shown)))


@acts(words_again)
def word_typed(request: HttpRequest, desk: Desk, *, code: str) -> Screen:
    """Put a promise that stands in what was typed on the ledger, and show the words again; nothing is sent."""
    case = case_of(desk, code)
    word_promise_typed(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        message_id=draft_wanted(request, case).id,
        text=typed_words(request),
        start=whole(request.POST.get("word", ""), field="word", least=0, most=20_000),
        by=desk.member_id,
        now=desk.facts.now,
    )
    return words_again(request, desk, code=code)
