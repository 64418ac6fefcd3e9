"""The page of one recovery, from what its rooms know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import attrs
from django.urls import reverse

from makegood.console import permissions
from makegood.console.asking import MOST_WORDS, local_input, select
from makegood.console.building import words
from makegood.console.building.cause import cause_of
from makegood.console.building.clocks import clock_rows
from makegood.console.building.closing import closing_of
from makegood.console.building.doubts import doubt_cards
from makegood.console.building.giving import giving_of
from makegood.console.building.helping import anyway_field, asking_why, items_of, panels_of
from makegood.console.building.marks import marks_of
from makegood.console.building.next_action import hands_over, next_of
from makegood.console.building.orders import OrdersKnown, order_lines
from makegood.console.building.reaching import hand_over_form, unreached, unspoken
from makegood.console.building.seeing import seen_field, seen_pair
from makegood.console.building.setting_up import TEST_OVER
from makegood.console.building.staff_words import said_words
from makegood.console.building.staying import Stayed, cares_panel, stay_panel, story_panel
from makegood.console.building.timeline import timeline
from makegood.console.desk import Desk
from makegood.console.templatetags.makegood_tags import money as written
from makegood.console.viewmodels import (
    Action,
    ClockFace,
    CustomerCard,
    Exchange,
    Fact,
    Field,
    FollowUpRow,
    Form,
    Link,
    PauseClock,
    RecoveryPage,
    StepCard,
    Tag,
)
from makegood.console.viewmodels.helping import HelpPanel
from makegood.core.steps import UNDONE
from makegood.customers.queries import CustomerFacts, FactKnown
from makegood.failures.queries import CauseFacts
from makegood.makegoods.queries import Gifts, MakeGoodRow
from makegood.messages.links import status_url
from makegood.organizations.queries import MemberFacts
from makegood.promises.queries import PromiseFacts
from makegood.recoveries.helped import HelpState
from makegood.recoveries.queries import Case
from makegood.recoveries.queries.approvals import AskedLine
from makegood.recoveries.queries.staff_words import SaidWord

FOLLOW_UPS = {
    "ask_score": "Ask how well we put it right",
    "check_in": "Ask whether everything is right now",
    "see_return": "See whether they came back",
}
OUTCOMES = (
    ("", "Done; the plan goes on"),
    ("back", "They are back"),
    ("lapsed", "They went elsewhere"),
    ("declined", "They want no more contact"),
    ("unknown", "Not known"),
)
PAUSES = (
    ("customer", "We wait for the customer"),
    ("third_party", "We wait for somebody else"),
    ("incident", "An incident goes first"),
    ("other", "Something else"),
)
SHADOW_TAG = "shadow: nothing of it leaves"
TEST_TAG = "test: nothing of it leaves, and it counts nowhere"
CLOSED = {
    "complete": "all was done",
    "by_manager": "a manager closed it",
    "quiet": "left quiet",
    "withdrawn": "withdrawn",
    "shadow": "its source went live, and what it only watched is over",
    "test": "the test is over",
}


@attrs.frozen(kw_only=True)
class Known:
    """Everything that the page of one recovery shows, read beforehand."""

    case: Case
    customer: CustomerFacts
    facts: Sequence[FactKnown]
    members: Sequence[MemberFacts]
    causes: Sequence[CauseFacts]
    promises: Sequence[PromiseFacts]
    given: Sequence[MakeGoodRow]
    gifts: Gifts | None
    asked: tuple[AskedLine, ...]
    incident: int | None
    status_url: str
    orders: OrdersKnown
    said: Sequence[SaidWord] = ()
    stayed: Stayed
    helped: HelpState


def recovery_page(desk: Desk, known: Known) -> RecoveryPage:
    """This function will lay out one recovery for who looks at it."""
    case = known.case
    open_now = case.state == "open"
    acts = open_now and desk.may("recovery-step")
    names = {one.id: one.name for one in known.members}
    help_panels = panels_of(desk, case, known.customer, known.helped, names)
    due = help_panels.get(case.next_step) if acts else None
    why = reverse("recovery-why", args=[words.code(case.number), "gate"]).removesuffix("gate")
    return RecoveryPage(
        code=words.code(case.number),
        title=title_of(desk, case, known.customer),
        kind=f"{words.KINDS.get(case.kind, 'a failure')} · {words.LOSSES.get(case.loss, '')}",
        clock=_clock(desk, case, why),
        steps=marks_of(case),
        customer=_customer(desk, known),
        tags=_tags(case),
        next=asking_why(desk, next_of(desk, case, known.customer, colleagues=names.values()), due) if acts else None,
        help=due,
        step_cards=_cards(desk, case, acts, names, help_panels),
        promises=tuple(_promise(desk, row, case) for row in known.promises),
        promise_form=_promise_form(desk, case) if acts and not case.test else None,
        said=said_words(desk, case, known.said),
        doubts=doubt_cards(desk, case, acts=acts),
        giving=giving_of(desk, case, known.given, known.gifts, known.asked) if not case.review else None,
        timeline=timeline(desk, case, names, why_url=why, items=items_of(known.helped)),
        note_form=_note_form(case) if desk.may("recovery-note") else None,
        closing=closing_of(desk, case) if open_now else None,
        cause=cause_of(case, known.causes, acts=acts),
        follow_ups=_follow_ups(case, acts),
        follow_up_note="A “thanks” does not end these." if open_now and case.follow_ups else "",
        exchange=_exchange(desk, case, known.members) if acts and not case.test else None,
        pause=_pause(case) if acts else None,
        grave=_grave(case) if acts and desk.may("recovery-severity") else None,
        clocks=clock_rows(desk, case, names),
        incident=Link(
            label=words.incident_code(known.incident),
            url=reverse("incident", args=[words.incident_code(known.incident)]),
        )
        if known.incident
        else None,
        score=_score(case),
        over=_over(desk, case),
        cares=cares_panel(case, known.stayed.recorded),
        stay=stay_panel(desk, case, known.stayed.returned),
        story=None if case.test else story_panel(desk, case, known.stayed.story),
        test_end=Action(label="Remove this test", url=reverse("set-up-step", args=[TEST_OVER]), style="plain")
        if case.test and case.state != "withdrawn" and case.owner_id == desk.member_id and desk.may("set-up-step")
        else None,
    )


def title_of(desk: Desk, case: Case, customer: CustomerFacts) -> str:
    """This function will say in a sentence what happened to whom."""
    failure = case.failures[0] if case.failures else None
    what = (failure.what if failure else "").strip().rstrip(".")
    if failure is not None and failure.promise_id is not None and what:
        return f"{customer.called}: {what}, promised for {words.happened_said(desk, failure)}, did not come"
    return f"{customer.called}: {what or words.kind_said(case.kind)}"


def _clock(desk: Desk, case: Case, why: str) -> ClockFace:
    """The clock of the case: of what is due first, also where that is over; else until it is made good."""
    clocks = {one.target: one for one in case.clocks}
    clock, answer = clocks.get("make_good"), clocks.get("respond")
    if clock is None:
        return ClockFace(label="", due_at=None, state="none")
    label, why_url = "until it is made good", f"{why}clock"
    if clock.met_at is not None:
        if answer is None or answer.met_at is not None or answer.state == "ended":
            state = "met" if clock.state == "met" else "late"
            return ClockFace(label="made good", due_at=clock.due_at, state=state, why_url=why_url)
        clock, label, why_url = answer, "until a person answers them", f"{why}clock-respond"
    paused = next((one for one in case.pauses if one.to_at is None), None)
    due_at = clock.due_at
    if paused is None and case.soonest_at is not None and due_at is not None and case.soonest_at < due_at:
        due_at, label = case.soonest_at, words.TARGETS.get(case.soonest) or words.FIRST.get(case.soonest, "")
        why_url = f"{why}clock-{case.soonest}" if case.soonest in clocks else ""
    face = words.clock_face(desk, label=label, due_at=due_at, paused=paused is not None, why_url=why_url)
    return attrs.evolve(face, paused_because=paused.note or dict(PAUSES)[paused.reason]) if paused else face


def _tags(case: Case) -> tuple[Tag, ...]:
    tags = []
    failure = case.failures[0] if case.failures else None
    if failure is not None and failure.found_by_us:
        before = failure.complained_at - failure.detected_at if failure.complained_at else None
        lead = (
            f", {int(before.total_seconds() // 3600)} h before they wrote"
            if before and before > timedelta(hours=1)
            else ""
        )
        tags.append(Tag(text=f"found by us{lead}", tone="glaze"))
    if case.failed_score is not None:
        tags.append(Tag(text=f"open again: they gave us {case.failed_score} of 7", tone="clay"))
    tags.append(Tag(text=words.FAULTS[case.fault]))
    tags.append(Tag(text=f"severity {case.severity} of 4", tone="clay" if case.severity >= 4 else "plain"))
    if case.review:
        tags.append(Tag(text="to decide", tone="gold"))
    if case.shadow:
        tags.append(Tag(text=TEST_TAG if case.test else SHADOW_TAG, tone="gold"))
    return tuple(tags)


def _customer(desk: Desk, known: Known) -> CustomerCard:
    case, one = known.case, known.customer
    failure = case.failures[0] if case.failures else None
    since = f"customer since {one.first_purchase_at:%Y}" if one.first_purchase_at else ""
    line = " · ".join(part for part in (words.GROUPS.get(case.group, ""), since, case.place) if part)
    facts = [Fact(label="What it cost them", value=words.LOSSES.get(case.loss, case.loss).capitalize())]
    if case.price:
        facts.append(Fact(label="What they had paid for it", value=written(case.price, desk.reader)))
    if failure is not None and failure.happened_at:
        facts.append(Fact(label="When", value=words.happened_said(desk, failure)))
    facts += [
        Fact(
            label="Good to know",
            value=fact.text,
            note=f"{fact.source}, {'with' if fact.consented else 'without'} consent",
        )
        for fact in list(known.facts)[:2]
    ]
    facts += unspoken(desk, one.language)
    phone, alone = one.identity("phone"), unreached(case, one)
    theirs = alone or hands_over(case)
    return CustomerCard(
        name=one.called,
        url=reverse("customer", args=[one.id]),
        line=line,
        facts=tuple(facts),
        identify=_identify(case) if not one.identity("email") and desk.may("recovery-identify") else None,
        phone_url=f"tel:{phone}" if phone else "",
        status_url=known.status_url,
        tickets=tuple(Link(label=label, url=url) for label, url in case.tickets),
        unreached=alone,
        hand_over=status_url(organization_id=desk.organization_id, token=case.thread_token)
        if theirs and not case.shadow
        else "",
        slip_url=reverse("recovery-slip", args=[words.code(case.number)])
        if theirs and not case.shadow and desk.may("recovery-slip")
        else "",
        handed=hand_over_form(case) if alone and desk.may("recovery-link") and not hands_over(case) else None,
        orders=order_lines(desk, known.orders.orders),
        orders_label="Order" if known.orders.of_it else "They name",
    )


def _identify(case: Case) -> Form:
    return Form(
        key="identify",
        action=reverse("recovery-identify", args=[words.code(case.number)]),
        submit="That is them",
        style="plain",
        fields=(
            seen_field(case, "customer"),
            Field(name="identity", label="Their e-mail or phone number", required=True, maxlength=200),
            Field(name="called", label="Their name", maxlength=200),
        ),
    )


def _cards(
    desk: Desk, case: Case, acts: bool, names: Mapping[int, str], helping: Mapping[str, HelpPanel]
) -> tuple[StepCard, ...]:
    here = words.code(case.number)
    cards = []
    for mark, line in zip(marks_of(case), case.steps, strict=True):
        todo = acts and line.state in UNDONE and not case.review
        by = names.get(line.done_by_id or 0, "")
        seen = seen_field(case, f"step:{line.step}")
        done = Form(
            key=f"done-{line.step}",
            action=reverse("recovery-step", args=[here, line.step, "done"]),
            submit="Record it as done",
            fields=(
                seen,
                Field(name=f"done_{line.step}", label="What was done", maxlength=300),
                *anyway_field(desk, helping.get(line.step), f"anyway_{line.step}"),
            ),
        )
        skip = Form(
            key=f"skip-{line.step}",
            action=reverse("recovery-step", args=[here, line.step, "skip"]),
            submit="Leave it out",
            style="plain",
            fields=(
                seen,
                Field(name=f"skip_{line.step}", label="Why it is not needed", required=True, maxlength=300),
            ),
        )
        undo = Form(
            key=f"undo-{line.step}",
            action=reverse("recovery-step", args=[here, line.step, "undo"]),
            submit="Take it back",
            style="plain",
            fields=(seen,),
        )
        cards.append(
            StepCard(
                mark=attrs.evolve(mark, note=" · ".join(part for part in (mark.note, by) if part)),
                asks=case.fix if line.step == "fix" else "",
                done=done if todo else undo if acts and line.state in ("done", "skipped") else None,
                skip=skip if todo else None,
                help=helping.get(line.step) if not acts or line.step != case.next_step else None,
            )
        )
    return tuple(cards)


def _promise(desk: Desk, row: PromiseFacts, case: Case) -> words.PromiseRow:
    shown = words.promise_row(row)
    if row.state != "open" or not desk.may("promise-act"):
        return shown
    kept = Action(
        label="Kept",
        about=shown.what,
        url=reverse("promise-act", args=[row.id, "kept"]),
        hidden=(("kept_at", local_input(desk.facts.now, zone=desk.facts.zone)), ("back", words.code(case.number))),
    )
    return attrs.evolve(shown, actions=(kept,))


def _promise_form(desk: Desk, case: Case) -> Form:
    return Form(
        key="promise",
        action=reverse("recovery-promise", args=[words.code(case.number)]),
        submit="Promise it",
        style="plain",
        lead="It stands on the ledger. Broken, it counts double.",
        fields=(
            Field(name="promised", label="What", required=True, maxlength=160, placeholder="I call you"),
            Field(
                name="promised_by",
                label="By when",
                kind="datetime-local",
                required=True,
                value=local_input(desk.facts.now + timedelta(hours=2), zone=desk.facts.zone),
            ),
        ),
    )


def _note_form(case: Case) -> Form:
    return Form(
        key="note",
        action=reverse("recovery-note", args=[words.code(case.number)]),
        submit="Add the note",
        style="plain",
        fields=(Field(name="note", label="For colleagues only", kind="textarea", required=True, maxlength=MOST_WORDS),),
    )


def _follow_ups(case: Case, acts: bool) -> tuple[FollowUpRow, ...]:
    here = words.code(case.number)
    rows = []
    for one in case.follow_ups:
        state = {"done": "done", "ended": "ended", "due": "due now"}.get(one.state, "planned")
        form = Form(
            key=f"follow-{one.id}",
            action=reverse("recovery-follow-up", args=[here, one.id]),
            submit="Record it",
            style="plain",
            fields=(seen_field(case, f"follow_up:{one.id}"), select(f"outcome_{one.id}", "How did it go?", OUTCOMES)),
        )
        rows.append(
            FollowUpRow(
                at=one.done_at or one.due_at,
                text=f"{FOLLOW_UPS[one.action]}{f': {one.outcome}' if one.outcome else ''}",
                state=state,
                form=form if acts and one.state in ("planned", "due") else None,
            )
        )
    return tuple(rows)


def _exchange(desk: Desk, case: Case, members: Sequence[MemberFacts]) -> Exchange:
    url = reverse("recovery-hand-over", args=[words.code(case.number)])
    hidden = (seen_pair(case, "owner"),)
    form = None
    if desk.facts.role in permissions.HANDS_OVER or case.owner_id == desk.member_id:
        others = [(str(one.id), one.name) for one in members if one.active and one.id != case.owner_id]
        form = Form(
            key="hand-over",
            action=url,
            submit="Hand it over",
            style="plain",
            fields=(
                seen_field(case, "owner"),
                select("to", "To", others, first="Whoever the rules choose"),
                Field(name="handed_why", label="Why", maxlength=300),
            ),
        )
    mine = case.owner_id == desk.member_id
    return Exchange(
        owner=case.owner,
        form=form,
        take=None
        if mine
        else Action(label="Take it over", url=url, hidden=(*hidden, ("to", str(desk.member_id)), ("take", "1"))),
    )


def _grave(case: Case) -> Form:
    return Form(
        key="severity-form",
        action=reverse("recovery-severity", args=[words.code(case.number)]),
        submit="Change it",
        style="plain",
        fields=(
            seen_field(case, "severity"),
            select("severity", "How grave is it?", words.SEVERITIES, value=str(case.severity), required=True),
        ),
    )


def _pause(case: Case) -> PauseClock:
    here = words.code(case.number)
    paused = next((one for one in case.pauses if one.to_at is None), None)
    if paused is not None:
        return PauseClock(
            resume=Action(
                label="Let it run again",
                url=reverse("recovery-resume", args=[here]),
                hidden=(seen_pair(case, "pause"),),
            ),
            since_at=paused.from_at,
            because=paused.note or dict(PAUSES)[paused.reason],
        )
    return PauseClock(
        form=Form(
            key="pause-form",
            action=reverse("recovery-pause", args=[here]),
            submit="Pause it",
            style="plain",
            fields=(
                seen_field(case, "pause"),
                select("pause_reason", "Why", PAUSES, required=True),
                Field(name="pause_note", label="In words that the customer may read", maxlength=300),
            ),
        )
    )


def _score(case: Case) -> str:
    answered = [one for one in case.ratings if one.score is not None]
    if answered:
        taps = ", ".join(f"{name} {value}" for name, value in answered[-1].cares.items())
        return f"{answered[-1].score} of 7{f' ({taps})' if taps else ''}"
    return "Asked; no answer yet, which means nothing." if case.ratings else ""


def _over(desk: Desk, case: Case) -> str:
    if case.state == "open" or case.closed_at is None:
        return ""
    why = case.close_note or CLOSED.get(case.close_reason, case.close_reason.replace("_", " "))
    return f"{words.said_at(desk, case.closed_at)}: {why}"
