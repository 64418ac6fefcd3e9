"""What a person does on a recovery: steps, make-goods, promises, notes, cause, follow-ups, owner, pause, close."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from makegood.console import permissions
from makegood.console.asking import MOST_CALL, MOST_WHY, MOST_WORDS, amount, moment, whole
from makegood.console.building.cause import UNLISTED
from makegood.console.building.saying import judged
from makegood.console.building.words import code as code_of
from makegood.console.building.words import step_name
from makegood.console.desk import Desk
from makegood.console.finding import seen_as
from makegood.console.refill import Unanswered, answers
from makegood.console.views.approving import ask_for
from makegood.console.views.errors import error_answer
from makegood.console.views.frame import Screen, gone_to, tell
from makegood.console.views.joining import merge_screen
from makegood.console.views.merging import act, case_held
from makegood.console.views.recoveries import case_of
from makegood.core.lengths import fitting
from makegood.core.steps import UNDONE
from makegood.customers.operations import customer_identify, customer_merge, identity_owner
from makegood.customers.queries import customer_one
from makegood.failures.operations import cause_create, failures_cause_set
from makegood.makegoods import operations as makegoods
from makegood.messages.handing import link_hand_over
from makegood.messages.operations import note_add
from makegood.organizations.queries import members_all
from makegood.recoveries import operations
from makegood.recoveries.operations import staff_words
from makegood.recoveries.operations.telling import StaffNote, staff_tell
from makegood.recoveries.queries import Case

MOST = 2**63 - 1


@act
def decide(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Decide a review: contact, or quiet."""
    case = case_held(request, desk, code)
    decision = request.POST.get("decision", "")
    operations.review_decide(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        decision=decision,  # type: ignore[arg-type]
        by=desk.member_id,
        now=desk.facts.now,
    )
    tell(
        request,
        "They are contacted: the plan has begun." if decision == "contact" else "It stays quiet, and is closed.",
    )
    return gone_to("recovery", code=code)


@act
def step(request: HttpRequest, desk: Desk, *, code: str, step: str, how: str) -> HttpResponse:
    """Record that a step is done, leave it out with a reason, or take that back."""
    case = case_held(request, desk, code)
    line = next((one for one in case.steps if one.step == step), None)
    if line is None:
        raise Http404
    given = {
        "organization_id": desk.organization_id,
        "recovery_id": case.id,
        "step": step,
        "by": desk.member_id,
        "now": desk.facts.now,
    }
    if how in ("done", "skip") and line.state in ("done", "skipped") and f"seen.step:{step}" in request.POST:
        operations.step_undo(**given)
    if how == "done":
        note = request.POST.get("fixed", request.POST.get(f"done_{step}", "")).strip()
        if "fixed" in request.POST and not note:
            raise Unanswered({"fixed": "Say in a few words what was done."})
        anyway = request.POST.get(f"anyway_{step}", request.POST.get("anyway", "")).strip()
        told = request.POST.get("fixed_told", "").strip() if step == "fix" else ""
        if told:
            _judged_well(desk, case, told)
        operations.step_done(**given, note=note, anyway=anyway, told=told)
        tell(request, f"{step_name(step)}: done.")
    elif how == "skip":
        reason = answers(request.POST, **{f"skip_{step}": "Say why it is not needed."})[f"skip_{step}"]
        operations.step_skip(**given, reason=reason)
        tell(request, f"{step_name(step)}: left out.")
    elif how == "undo":
        operations.step_undo(**given)
        tell(request, f"{step_name(step)}: to do again.")
    else:
        raise Http404
    return gone_to("recovery", code=code)


def _judged_well(desk: Desk, case: Case, told: str) -> None:
    """Raise Unanswered where the wording rules would keep these words for the customer from leaving as a letter."""
    linted = judged(desk, case, kind="update", text=told)
    if linted and linted.flagged:
        said = " ".join(dict.fromkeys(one.message for one in linted.findings if one.severity == "block"))
        raise Unanswered({"fixed_told": f"{said} Say it otherwise, or leave this empty and write to them."})


@act
def offer(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Offer one of the extras that fit."""
    case = case_of(desk, code)
    if not case.failures:
        raise Http404
    gift = operations.extra_offer(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        remedy=request.POST.get("remedy", ""),
        by=desk.member_id,
        now=desk.facts.now,
    )
    tell(
        request,
        f"Offered: {gift.title}.",
        detail="It stands on their page, to take or decline. The words that tell them wait for your click.",
    )
    return gone_to("recovery", code=code)


@act
def ask(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Ask for an extra of the playbook by one click; or a manager, else the admin, for anything else beyond a limit."""
    case = case_of(desk, code)
    if remedy := request.POST.get("remedy", ""):
        return ask_for(request, desk, case, remedy)
    given = answers(request.POST, ask_what="Say what would put it right.", ask_why="Say why.")
    cost = amount(request.POST.get("ask_amount", ""), field="ask_amount", currency=desk.facts.currency)
    able = [
        one
        for one in members_all(organization_id=desk.organization_id)
        if one.active and one.role in ("manager", "admin") and one.id != desk.member_id
    ]
    enough = [one for one in able if cost is None or one.limit_minor >= cost.minor] or able
    asked = min(enough, key=lambda one: (not one.present, one.role == "admin", one.id), default=None)
    price = f" ({cost})" if cost else ""
    note_add(
        organization_id=desk.organization_id,
        thread_id=case.thread_id,
        by=desk.member_id,
        body=f"To {asked.name}: may we give {given['ask_what']}{price}? {given['ask_why']}"
        if asked
        else f"Decided: we give {given['ask_what']}{price}. {given['ask_why']}",
        now=desk.facts.now,
    )
    if asked is None:
        tell(
            request,
            "Nobody is above you, so you decide. It is noted.",
            detail="To offer it here, raise your own limit in the settings first, under Limits.",
        )
        return gone_to("recovery", code=code)
    staff_tell(
        organization_id=desk.organization_id,
        notes=[StaffNote(member_id=asked.id, recovery_id=case.id, what="ask.make_good", at=desk.facts.now)],
    )
    tell(request, f"{asked.name} is asked.", detail="The fix goes on meanwhile.")
    return gone_to("recovery", code=code)


@act
def make_good(request: HttpRequest, desk: Desk, *, code: str, makegood_id: int, move: str) -> HttpResponse:
    """Take a customer's yes or no for them, or record that they have it."""
    case = case_of(desk, code)
    if makegood_id not in {one.id for one in case.makegoods}:
        raise Http404
    given = {
        "organization_id": desk.organization_id,
        "makegood_id": makegood_id,
        "now": desk.facts.now,
        "by": desk.member_id,
    }
    if move == "paid":
        if desk.facts.role not in permissions.PAYS_BY_HAND:
            return error_answer(request, status=403)
        return redirect("payout", makegood_id=makegood_id)
    if move == "delivered":
        makegoods.makegood_delivered(**given)
    elif move in ("accept", "decline") and desk.may("recovery-offer"):
        (makegoods.makegood_accept if move == "accept" else makegoods.makegood_decline)(**given)
    else:
        raise Http404
    words = {"delivered": "They have it.", "accept": "They said yes.", "decline": "They said no."}
    tell(request, words[move])
    return gone_to("recovery", code=code)


@act
def promise(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Promise something inside a recovery."""
    case = case_of(desk, code)
    given = answers(request.POST, promised="Say what you promise.", promised_by="Choose a date and a time.")
    staff_words.word_give(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        what=given["promised"],
        due_at=moment(given["promised_by"], field="promised_by", zone=desk.facts.zone),
        by=desk.member_id,
        now=desk.facts.now,
    )
    tell(request, "It is on the ledger.")
    return gone_to("recovery", code=code)


@act
def word(request: HttpRequest, desk: Desk, *, code: str, word_id: int, how: str) -> HttpResponse:
    """Put on the ledger what a member said, say that it is no promise, or say that one knows of a broken one."""
    case = case_of(desk, code)
    given = {
        "organization_id": desk.organization_id,
        "recovery_id": case.id,
        "word_id": word_id,
        "by": desk.member_id,
        "now": desk.facts.now,
    }
    if how == "promise":
        staff_words.word_promise(**given)
        tell(request, "It is on the ledger.", detail="Doing it keeps it. Broken, it counts double.")
    elif how == "dismiss":
        staff_words.word_dismiss(**given)
        tell(request, "It is no promise.")
    elif how == "known":
        staff_words.word_acknowledge(**given)
        tell(request, "Noted that you know. Nobody is told of it any more.")
    else:
        raise Http404
    return gone_to("recovery", code=code)


@act
def note(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Keep a note for colleagues."""
    case = case_of(desk, code)
    given = answers(request.POST, note="Write the note.")
    note_add(
        organization_id=desk.organization_id,
        thread_id=case.thread_id,
        by=desk.member_id,
        body=fitting(given["note"], most=MOST_WORDS),
        now=desk.facts.now,
    )
    tell(request, "Noted.")
    return gone_to("recovery", code=code)


@act
def call(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Record a call: it answers what the customer wrote."""
    case = case_of(desk, code)
    given = answers(request.POST, call="Say in a few words what was said.")
    operations.called(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        note=fitting(given["call"], most=MOST_CALL),
        by=desk.member_id,
        now=desk.facts.now,
    )
    tell(request, "Answered by phone.", detail="What was said is noted for colleagues.")
    return gone_to("recovery", code=code)


@act
def link(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Record that the customer was given the link of their page: what stands there counts from now on."""
    case = case_of(desk, code)
    link_hand_over(
        organization_id=desk.organization_id,
        thread_id=case.thread_id,
        how=answers(request.POST, how="Say how they got it.")["how"],
        by=desk.member_id,
        now=desk.facts.now,
    )
    tell(request, "They have the link.", detail="What stands on their page counts as said from now on.")
    return gone_to("recovery", code=code)


@act
def cause(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Say why it happened: a cause of the tree, a new one, or not known for a reason."""
    case = case_held(request, desk, code)
    chosen = answers(request.POST, cause="Choose a cause.")["cause"]
    said = request.POST.get("cause_note", "").strip()
    here, now, me = desk.organization_id, desk.facts.now, desk.member_id
    improves = next(one.state for one in case.steps if one.step == "improve")
    todo = improves in UNDONE
    if chosen == "none":
        if not said:
            raise Unanswered({"cause_note": "Say why it is not known."})
        if improves == "skipped":
            operations.step_undo(organization_id=here, recovery_id=case.id, step="improve", by=me, now=now)
        operations.step_skip(
            organization_id=here,
            recovery_id=case.id,
            step="improve",
            by=me,
            reason=said,
            now=now,
        )
        tell(request, "The cause is not known, and it says why.")
        return gone_to("recovery", code=code)
    if chosen == "new":
        if not said:
            raise Unanswered({"cause_note": "Name the new cause: a process, never a person."})
        cause_id = cause_create(organization_id=here, name=said)
    else:
        cause_id = whole(chosen, field="cause", least=1, most=MOST)
        if said:
            raise Unanswered({"cause_note": f"A listed cause has a name already: choose “{UNLISTED}”, or empty this."})
    failure_ids = [one.id for one in case.failures]
    failures_cause_set(organization_id=here, failure_ids=failure_ids, cause_id=cause_id, by=me, now=now)
    improve = request.POST.get("cause_then") == "improve"
    opening = improve and desk.may("improvement-new")
    if todo and not opening:
        operations.step_done(
            organization_id=here,
            recovery_id=case.id,
            step="improve",
            by=me,
            now=now,
            note="An improvement is asked for." if improve else "We watch it.",
        )
    tell(request, "The cause is linked.")
    if opening:
        response = gone_to("improvement-new")
        response.headers["Location"] += f"?cause={cause_id}&recovery={code}"
        return response
    return gone_to("recovery", code=code)


@act
def fault(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Let what the customer is told of the fault follow the cause."""
    case = case_held(request, desk, code, fault=request.POST.get("fault", ""))
    redrafted = operations.fault_change(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        fault=request.POST.get("fault", ""),
        by=desk.member_id,
        now=desk.facts.now,
    )
    detail = "The apology that waits is written anew." if redrafted else "What was sent stays as it was."
    tell(request, "What we tell them has changed.", detail=detail)
    return gone_to("recovery", code=code)


@act
def severity(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Say how grave it is."""
    chosen = request.POST.get("severity", "")
    case = case_held(request, desk, code, severity=chosen)
    operations.severity_change(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        severity=whole(chosen, field="severity", least=1, most=4),
        by=desk.member_id,
        now=desk.facts.now,
    )
    tell(request, f"It is of severity {chosen} now.")
    return gone_to("recovery", code=code)


@act
def follow_up(request: HttpRequest, desk: Desk, *, code: str, follow_up_id: int) -> HttpResponse:
    """Record a follow-up and, perhaps, how it all ended."""
    case = case_held(request, desk, code)
    operations.follow_up_done(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        follow_up_id=follow_up_id,
        by=desk.member_id,
        now=desk.facts.now,
        outcome=request.POST.get(f"outcome_{follow_up_id}", ""),
    )
    tell(request, "Recorded.")
    return gone_to("recovery", code=code)


@act
def hand_over(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Hand a recovery over, or take it over."""
    to = request.POST.get("to", "")
    case = case_held(request, desk, code, owner=to)
    take = to == str(desk.member_id)
    if not take and desk.facts.role not in permissions.HANDS_OVER and case.owner_id != desk.member_id:
        return error_answer(request, status=403)
    operations.owner_change(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        to=whole(to, field="to", least=1, most=MOST) if to else None,
        by=desk.member_id,
        reason=fitting(request.POST.get("handed_why", ""), most=MOST_WHY) or ("Took it over." if take else ""),
        now=desk.facts.now,
    )
    tell(request, "It is yours now." if take else "It has a new owner.")
    return gone_to("recovery", code=code)


@act
def pause(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Pause the clocks, for a reason that the customer may read."""
    case = case_held(request, desk, code)
    if any(one.to_at is None for one in case.pauses) and "seen.pause" in request.POST:
        operations.pause_end(
            organization_id=desk.organization_id, recovery_id=case.id, by=desk.member_id, now=desk.facts.now
        )
    operations.pause_start(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        reason=request.POST.get("pause_reason", ""),
        by=desk.member_id,
        now=desk.facts.now,
        note=request.POST.get("pause_note", ""),
    )
    tell(request, "The clock is paused.", detail="The customer reads why.")
    return gone_to("recovery", code=code)


@act
def resume(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Let the clocks run again."""
    case = case_held(request, desk, code)
    operations.pause_end(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        by=desk.member_id,
        now=desk.facts.now,
    )
    tell(request, "The clock runs again.")
    return gone_to("recovery", code=code)


@act
def close(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Close a recovery; with a written reason only a manager may, before all is done."""
    case = case_held(request, desk, code)
    reason = request.POST.get("reason", "").strip()
    if "reason" in request.POST:
        if desk.facts.role not in permissions.CLOSES_WITH_A_REASON:
            return error_answer(request, status=403)
        if not reason:
            raise Unanswered({"reason": "Write your reason."})
    operations.close(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        by=desk.member_id,
        now=desk.facts.now,
        reason=reason,
    )
    tell(request, f"{code_of(case.number)} is closed.")
    return gone_to("recovery", code=code)


@act
def identify(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse | Screen:
    """Say who a customer is: found by their address, or known by it from now on.

    Where two known customers would become one, a manager confirms it on a page that says what follows.
    """
    case = case_held(request, desk, code)
    given = answers(request.POST, identity="Write their e-mail or phone number.")
    seen = seen_as(given["identity"])
    if seen.identities[0][0] == "token":
        raise Unanswered({"identity": "Write an e-mail such as ana@example.org, or a phone number."})
    here, now = desk.organization_id, desk.facts.now
    kind, value = seen.identities[0]
    one = customer_one(organization_id=here, customer_id=case.customer_id)
    assert one is not None, "every recovery has a customer"
    known = identity_owner(organization_id=here, kind=kind, value=value)
    if known not in (None, one.id) and not one.token:
        if desk.facts.role not in permissions.MERGES:
            raise Unanswered(
                {"identity": "Another customer has this address: ask a manager whether they are one person."}
            )
        if not request.POST.get("sure"):
            other = customer_one(organization_id=here, customer_id=known or 0)
            assert other is not None, "found by their address"
            return merge_screen(case=case, one=one, other=other, typed=given["identity"])
    whose = customer_identify(
        organization_id=here,
        customer_id=one.id,
        kind=kind,
        value=value,
        name=request.POST.get("called", "") or seen.name,
        now=now,
    )
    if whose != one.id:
        customer_merge(organization_id=here, customer_id=one.id, into_id=whose, now=now, by=desk.member_id)
    tell(request, "Now we know who it is.")
    return gone_to("recovery", code=code)
