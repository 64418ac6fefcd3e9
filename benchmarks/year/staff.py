"""What staff do on a recovery: late, sometimes not at all, on leave or gone; by the operations that the console calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from benchmarks.year.agenda import Act
from benchmarks.year.stage import Case, Stage
from benchmarks.year.words import OUTCOME, UPDATES, WORD, letter, signed_anew

FORGETS = {"apologise": 0.03, "fix": 0.03, "offer": 0.06, "improve": 0.05, "communicate": 0.04, "check_in": 0.1}
MEANS = {"apologise": 1.5, "fix": 7.0, "offer": 4.0, "improve": 30.0, "communicate": 16.0, "check_in": 20.0}
"""How many hours each takes on the mean."""


class Seen(NamedTuple):
    """What people look at before they do something about a recovery."""

    id: int
    organization_id: int
    state: str
    review: bool
    owner_id: int
    customer_id: int
    place_id: int | None
    playbook_id: int
    kind: str
    fault: str
    severity: int


class Waiting(NamedTuple):
    """A message as it waits for a click."""

    id: int
    state: str
    body: str


def begin(stage: Stage, case: Case) -> None:
    """Put what its owner means to do about a new recovery onto the agenda; some of it they forget."""
    if case.review:
        stage.plan(case, "decide", stage.drawn_hours(case, "decide", 5))
    for name in ("apologise", "fix", "offer", "improve", "communicate"):
        remember(stage, case, name)
    if stage.draws.chance(0.05, case.key, "pauses"):
        stage.plan(case, "pause", stage.drawn_hours(case, "pause", 8))
    if stage.draws.chance(0.03, case.key, "fault"):
        stage.plan(case, "blame", 30)
    if stage.draws.chance(0.02, case.key, "undo"):
        stage.plan(case, "undo", 60)


def remember(stage: Stage, case: Case, name: str) -> None:
    """Put one thing onto the agenda, unless it is forgotten."""
    if not stage.draws.chance(FORGETS[name], case.key, name, "forgets"):
        stage.plan(case, name, stage.drawn_hours(case, name, MEANS[name]))


def waits(stage: Stage, what: Act) -> datetime | None:
    """Return until when an act waits because its owner has gone home for the day; None if it is to be looked at now."""
    owner = stage.house.workers[stage.cases[what.about].owner_id]
    if owner.at_work(stage.now) or not owner.active or owner.away_until is not None:
        return None
    return owner.works_at(stage.now)


def act(stage: Stage, what: Act) -> datetime | None:
    """Do one thing as the owner, if the owner is at work; else return until when it waits. Inside a unit of work."""
    from makegood.recoveries.models import Recovery
    from makegood.store.reading import read

    case = stage.cases[what.about]
    recovery = Seen(*read(Recovery, *Seen._fields, organization_id=stage.here, id=case.id)[0])
    if recovery.state != "open":
        return None
    if recovery.review and what.name != "decide":
        return stage.now + timedelta(hours=20)
    owner = stage.house.workers[recovery.owner_id]
    if not owner.at_work(stage.now):
        away = owner.away_until is not None and stage.now < owner.away_until
        if away and stage.draws.chance(0.5, case.key, what.name, "covers"):
            _cover(stage, case, owner.id)
            return stage.now + timedelta(hours=3)
        return owner.works_at(stage.now)
    ACTS[what.name](stage, case, recovery, what)
    return None


def _who(stage: Stage, case: Case, recovery: Any) -> dict[str, Any]:
    return {"organization_id": stage.here, "recovery_id": case.id, "by": recovery.owner_id, "now": stage.now}


def _cover(stage: Stage, case: Case, owner_id: int) -> None:
    """A colleague is on leave: the lead hands their recovery to whoever the rules choose."""
    from makegood.recoveries.operations import owner_change

    lead = stage.lead(case)
    by = lead if lead.id != owner_id else stage.house.of_role("admin")[-1]
    owner_change(organization_id=stage.here, recovery_id=case.id, to=None, by=by.id, reason="On leave", now=stage.now)
    stage.done["covered"] += 1


def draft(stage: Stage, case: Case, kind: str) -> Waiting | None:
    """Return the draft of this kind that waits for a click, if there is one."""
    drafts = messages(stage, thread_id=case.thread_id, direction="out", kind=kind, state="draft")
    return drafts[0] if drafts else None


def messages(stage: Stage, **which: Any) -> list[Waiting]:
    """List the messages of which this is true, the oldest first."""
    from makegood.messages.models import Message
    from makegood.store.reading import read

    return sorted(Waiting(*row) for row in read(Message, *Waiting._fields, organization_id=stage.here, **which))


def _send(stage: Stage, recovery: Any, waiting: Any) -> str:
    """Send a draft in the owner's own name; what the wording rules hold against it they answer with a reason."""
    from makegood.messages.operations import UnableToSend, message_send

    body = signed_anew(waiting.body, stage.house, recovery.owner_id)
    given = {"organization_id": stage.here, "message_id": waiting.id, "by": recovery.owner_id, "now": stage.now}
    try:
        return message_send(**given, body=body).state
    except UnableToSend as error:
        if not error.findings:
            raise
        stage.done["sent with a reason"] += 1
        return message_send(**given, body=body, override_reason="Agreed with the lead").state


def _write(stage: Stage, case: Case, recovery: Any, kind: str, step: str, text: str, which: object) -> str:
    """Begin a message and send it."""
    from makegood.messages.operations import Outgoing, message_draft

    message_id = message_draft(
        organization_id=stage.here,
        draft=Outgoing(
            thread_id=case.thread_id,
            customer_id=recovery.customer_id,
            kind=kind,
            step=step,
            subject="Your case",
            body=letter(text, stage.house.workers[recovery.owner_id].name),
            send="person",
            key=f"year:{case.key}:{kind}:{which}",
            at=stage.now,
            author_id=recovery.owner_id,
        ),
        now=stage.now,
    )
    (waiting,) = messages(stage, id=message_id)
    return _send(stage, recovery, waiting) if waiting.state == "draft" else waiting.state


def _apologise(stage: Stage, case: Case, recovery: Any, what: Act) -> None:
    from makegood.recoveries.models import Step
    from makegood.recoveries.operations import step_skip

    waiting = draft(stage, case, "apology")
    if waiting is not None and _send(stage, recovery, waiting) != "blocked":
        return
    todo = Step.objects.filter(organization_id=stage.here, recovery_id=case.id, step="apologise")
    if waiting is not None and todo.filter(state__in=("todo", "overdue")).exists():
        stage.done["a second apology that was held back"] += 1
        step_skip(**_who(stage, case, recovery), step="apologise", reason="They have had it in the last 90 days")


def _decide(stage: Stage, case: Case, recovery: Any, what: Act) -> None:
    from makegood.recoveries.operations import review_decide

    decision = "quiet" if stage.draws.chance(0.2, case.key, "quiet") else "contact"
    review_decide(**_who(stage, case, recovery), decision=decision)  # type: ignore[arg-type]


def _fix(stage: Stage, case: Case, recovery: Any, what: Act) -> None:
    _done(stage, case, recovery, "fix", "Put right")


def _done(stage: Stage, case: Case, recovery: Any, step: str, note: str) -> None:
    """Record a step as done: what its checklists ask for is ticked; where a form is missing, the lead vouches for it."""
    from makegood.recoveries.operations import step_done
    from makegood.recoveries.operations.helping import help_lacking, help_tick

    who = _who(stage, case, recovery)
    lacks = help_lacking(organization_id=stage.here, recovery=recovery, step=step)
    for lack in lacks:
        if lack.what == "item":
            checklist, _, item = lack.code.partition(".")
            help_tick(**who, checklist=checklist, item=item, ticked=True)
    if any(lack.what == "form" for lack in lacks):
        lead = stage.lead(case)
        stage.done["vouched for by the lead"] += 1
        step_done(**who | {"by": lead.id}, step=step, note=note, anyway="I saw it myself")
    else:
        step_done(**who, step=step, note=note)


def _offer(stage: Stage, case: Case, recovery: Any, what: Act) -> None:
    """Offer what fits best; where nothing does, what was done is what makes it good."""
    from makegood.makegoods.models import MakeGood
    from makegood.recoveries.lateness import gifts_for
    from makegood.recoveries.models import RecoveryFailure
    from makegood.recoveries.operations import extra_offer
    from makegood.store.reading import read

    _, failure_id = min(read(RecoveryFailure, "id", "failure_id", organization_id=stage.here, recovery_id=case.id))
    had = {one for (one,) in read(MakeGood, "state", organization_id=stage.here, failure_id=failure_id, part="extra")}
    if had & {"offered", "accepted"}:
        return
    found = gifts_for(organization_id=stage.here, failure_id=failure_id, member_id=recovery.owner_id, now=stage.now)
    if found.gifts and not had:
        extra_offer(**_who(stage, case, recovery), remedy=found.gifts[0].remedy)
        waiting = draft(stage, case, "offer")
        if waiting is not None:
            _send(stage, recovery, waiting)
    else:
        _done(stage, case, recovery, "make_good", "Nothing fits beyond the fix")


def _improve(stage: Stage, case: Case, recovery: Any, what: Act) -> None:
    from makegood.failures.operations import failures_cause_set
    from makegood.recoveries.models import RecoveryFailure
    from makegood.recoveries.operations import step_skip
    from makegood.store.reading import read

    who = _who(stage, case, recovery)
    if recovery.severity < 2 and stage.draws.chance(0.3, case.key, "cause unknown"):
        step_skip(**who, step="improve", reason="Nobody can say any more")
        return
    links = sorted(read(RecoveryFailure, "id", "failure_id", organization_id=stage.here, recovery_id=case.id))
    failures_cause_set(
        organization_id=stage.here,
        failure_ids=[failure_id for _, failure_id in links],
        cause_id=stage.draws.of(case.key, "cause").choice(stage.house.causes),
        by=recovery.owner_id,
        now=stage.now,
    )
    _done(stage, case, recovery, "improve", "We watch it")


def _communicate(stage: Stage, case: Case, recovery: Any, what: Act) -> None:
    _write(stage, case, recovery, "outcome", "communicate", OUTCOME, what.turn)


def _answer(stage: Stage, case: Case, recovery: Any, what: Act) -> None:
    """Answer what the customer wrote or how they rated: by phone, or in writing, perhaps with a promise in it."""
    from makegood.promises.models import StaffWord
    from makegood.recoveries.operations import called
    from makegood.recoveries.operations.staff_words import word_dismiss, word_promise

    rnd = stage.draws.of(case.key, "answer", what.more)
    if rnd.random() < 0.3:
        called(**_who(stage, case, recovery), note="Spoke with them, and said what happens next")
        return
    promises = rnd.random() < 0.3
    text = f"{rnd.choice(UPDATES)} {WORD if promises else ''}".strip()
    _write(stage, case, recovery, "update", "respond", text, what.more)
    words = StaffWord.objects.filter(organization_id=stage.here, recovery_id=case.id, state="proposed").order_by("id")
    for word in words:
        chance = rnd.random()
        given = {**_who(stage, case, recovery), "word_id": word.id}
        if chance < 0.7 and word.due_at > stage.now:
            word_promise(**given)
            stage.done["promised in words"] += 1
            if rnd.random() < 0.65:
                left = (word.due_at - stage.now).total_seconds() / 3600
                stage.plan(case, "keep word", left * rnd.random(), which=word.act, more=what.more)
        elif chance < 0.85:
            word_dismiss(**given)


def _keep_word(stage: Stage, case: Case, recovery: Any, what: Act) -> None:
    from makegood.recoveries.operations import called

    called(**_who(stage, case, recovery), note="Called, as promised")


def _deliver(stage: Stage, case: Case, recovery: Any, what: Act) -> None:
    from makegood.makegoods.operations import makegood_delivered

    makegood_delivered(organization_id=stage.here, makegood_id=what.more, now=stage.now, by=recovery.owner_id)


def _check_in(stage: Stage, case: Case, recovery: Any, what: Act) -> None:
    """Look after the customer as planned: send the words that wait, and say that it was done."""
    from makegood.recoveries.models import FollowUp
    from makegood.recoveries.operations import follow_up_done
    from makegood.store.reading import read

    waiting = draft(stage, case, "follow_up")
    if waiting is not None:
        _send(stage, recovery, waiting)
    which = {"recovery_id": case.id, "action": "check_in", "state": "due"}
    for _, follow_up_id in sorted(read(FollowUp, "position", "id", organization_id=stage.here, **which)):
        follow_up_done(**_who(stage, case, recovery), follow_up_id=follow_up_id)


def _pause(stage: Stage, case: Case, recovery: Any, what: Act) -> None:
    from makegood.recoveries.operations import pause_start

    rnd = stage.draws.of(case.key, "pause")
    pause_start(**_who(stage, case, recovery), reason=rnd.choice(("customer", "third_party", "other")))
    stage.plan(case, "resume", rnd.choice((5, 20, 50, 400)))


def _resume(stage: Stage, case: Case, recovery: Any, what: Act) -> None:
    from makegood.recoveries.operations import pause_end

    pause_end(**_who(stage, case, recovery))


def _blame(stage: Stage, case: Case, recovery: Any, what: Act) -> None:
    from makegood.recoveries.operations import fault_change

    fault_change(**_who(stage, case, recovery), fault="partner" if recovery.fault != "partner" else "ours")


def _undo(stage: Stage, case: Case, recovery: Any, what: Act) -> None:
    from makegood.recoveries.operations import step_undo

    step_undo(**_who(stage, case, recovery), step="fix")
    stage.plan(case, "fix", 6, turn=1)


ACTS: dict[str, Callable[[Stage, Case, Any, Act], None]] = {
    "apologise": _apologise,
    "decide": _decide,
    "fix": _fix,
    "offer": _offer,
    "improve": _improve,
    "communicate": _communicate,
    "answer": _answer,
    "keep word": _keep_word,
    "deliver": _deliver,
    "check_in": _check_in,
    "pause": _pause,
    "resume": _resume,
    "blame": _blame,
    "undo": _undo,
}
