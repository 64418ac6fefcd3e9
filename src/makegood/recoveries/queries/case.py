"""One recovery in full, as its page shows it, and why its clocks say what they say."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery

from makegood.core.money import Money
from makegood.core.scores import BENEFIT_FROM
from makegood.core.steps import step_overdue
from makegood.customers.models import Purchase
from makegood.failures.models import Failure
from makegood.failures.queries import told_by_customer
from makegood.journal.models import Effect, Entry
from makegood.makegoods.doubts import doubts_of
from makegood.makegoods.models import MakeGood
from makegood.messages.models import Message
from makegood.messages.queries import BY_MACHINES
from makegood.messages.tickets import THROUGH, ticket_links, tickets_told
from makegood.promises.models import Promise
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.models import (
    STEPS,
    TARGETS,
    UNMET,
    FollowUp,
    Pause,
    Rating,
    Recovery,
    RecoveryClock,
    RecoveryFailure,
    Step,
)
from makegood.recoveries.next_words import words_still_due
from makegood.recoveries.operations import clock_explained, close_decision
from makegood.recoveries.queries.lines import (
    Case,
    ClockLine,
    ClockWhy,
    FailureLine,
    FollowUpLine,
    MakeGoodLine,
    MessageLine,
    OrderOf,
    PauseLine,
    RatingLine,
    StepLine,
    TimelineLine,
)
from makegood.recoveries.queries.lists import money, soonest_of, word_by

TIMELINE = 500
RUNS = ("running", "missed")


def recovery_by_number(*, organization_id: int, number: int) -> int | None:
    """This function will find a recovery's id by the number that people use."""
    return Recovery.objects.filter(organization_id=organization_id, number=number).values_list("id", flat=True).first()


def recovery_by_thread(*, organization_id: int, thread_id: int) -> int | None:
    """This function will find the recovery of a conversation."""
    return (
        Recovery.objects.filter(organization_id=organization_id, thread_id=thread_id)
        .values_list("id", flat=True)
        .first()
    )


def recovery_case(
    *, organization_id: int, now: datetime, recovery_id: int | None = None, number: int | None = None
) -> Case | None:
    """This function will read one recovery in full, by its id or its number; None if there is no such one here."""
    known = {"id": recovery_id} if number is None else {"number": number}
    soonest_word = (
        words_still_due()
        .filter(organization_id=OuterRef("organization_id"), recovery_id=OuterRef("id"))
        .order_by("promise__due_at")
    )
    row = (
        Recovery.objects.select_related("customer", "owner", "place", "incident", "thread", "playbook")
        .filter(organization_id=organization_id, **known)
        .annotate(word_at=Subquery(soonest_word.values("promise__due_at")[:1]), tickets=ArraySubquery(tickets_told()))
        .first()
    )
    if row is None:
        return None
    recovery_id = row.id
    failures = _failures(organization_id, recovery_id)
    frozen = playbook_frozen(organization_id=organization_id, version_id=row.playbook_id)
    pauses = _pauses(organization_id, recovery_id)
    clocks, ratings = _clocks(organization_id, recovery_id), _ratings(organization_id, recovery_id)
    due = {one.target: one.due_at for one in clocks if one.due_at and not one.met_at and one.state in RUNS}
    steps = _steps(organization_id, row, now, due, stands_still=any(one.to_at is None for one in pauses))
    messages = _messages(organization_id, row.thread_id)
    makegoods = _makegoods(organization_id, [one.id for one in failures])
    unanswered_at, failed_score = _unanswered_at(row.state, clocks, messages), _failed_score(row.state, clocks, ratings)
    soonest, soonest_at = soonest_of(
        row,
        due,
        answers=unanswered_at is not None or failed_score is not None,
    )
    closing = close_decision(organization_id=organization_id, recovery_id=row.id) if row.state == "open" else None
    return Case(
        id=row.id,
        number=row.number,
        version=row.version,
        state=row.state,
        review=row.review,
        customer_id=row.customer_id,
        customer=row.customer.name,
        token_customer=row.customer.token,
        owner_id=row.owner_id,
        owner=row.owner.name,
        owner_tier=row.owner_tier,
        owner_reasons=tuple(row.owner_reasons),
        place=row.place.name if row.place else "",
        place_id=row.place_id,
        incident_id=row.incident_id,
        incident=row.incident.title if row.incident else "",
        thread_id=row.thread_id,
        thread_token=row.thread.token,
        playbook=row.playbook.code,
        playbook_version=row.playbook.version,
        fix=next((one.note for one in steps if one.step == "fix"), "") or frozen.fix(row.kind).title,
        group=row.group,
        kind=row.kind,
        loss=row.loss,
        fault=row.fault,
        severity=row.severity,
        clock_from=row.clock_from,
        opened_at=row.opened_at,
        due_at=row.due_at,
        next_step=row.next_step,
        next_due_at=row.next_due_at,
        price=money(row.price_minor, row.currency),
        expected_loss=money(row.expected_loss_minor, row.currency),
        returned=row.returned,
        closed_at=row.closed_at,
        close_reason=row.close_reason,
        close_note=row.close_note,
        failures=failures,
        steps=steps,
        clocks=clocks,
        messages=messages,
        makegoods=makegoods,
        follow_ups=_follow_ups(organization_id, recovery_id),
        ratings=ratings,
        pauses=pauses,
        timeline=_timeline(organization_id, recovery_id),
        test=row.test,
        gifts=_gifts(organization_id, {one.id: one.title for one in makegoods}),
        closing=closing,
        doubts=tuple(doubts_of(organization_id=organization_id, failure_ids=[one.id for one in failures]))
        if closing and "floor_decided" in closing.missing
        else (),
        link_at=row.thread.link_at,
        unanswered_at=unanswered_at,
        failed_score=failed_score,
        soonest=soonest,
        soonest_at=soonest_at,
        word_at=row.word_at,
        language=row.customer.language,
        tickets=ticket_links(row.tickets),
    )


def _unanswered_at(state: str, clocks: Sequence[ClockLine], messages: Sequence[MessageLine]) -> datetime | None:
    """As `unanswered` finds it for lists: since when what they wrote waits for an answer."""
    waits = (one for one in clocks if one.target == "respond" and one.met_at is None and one.state in UNMET)
    since = next((one.started_at for one in waits), None) if state == "open" else None
    wrote = since and any(one.direction == "in" and one.created_at >= since for one in messages)
    return since if wrote else None


def _failed_score(state: str, clocks: Sequence[ClockLine], ratings: Sequence[RatingLine]) -> int | None:
    """As `failed_scores` finds it for lists: the last score under 4, while our answer to it is due."""
    waits = any(one.target == "respond" and one.met_at is None and one.state in UNMET for one in clocks)
    given = [(one.answered_at, one.id, one.score) for one in ratings if one.answered_at and one.score is not None]
    if state != "open" or not waits or not given:
        return None
    score = max(given)[2]
    return score if score < BENEFIT_FROM else None


def _failures(organization_id: int, recovery_id: int) -> tuple[FailureLine, ...]:
    ids = RecoveryFailure.objects.filter(organization_id=organization_id, recovery_id=recovery_id).values_list(
        "failure_id", flat=True
    )
    promised = Promise.objects.filter(
        organization_id=organization_id, purchase_id=OuterRef("purchase_id"), recovery_id__isnull=True
    ).order_by("due_at", "id")
    found = Failure.objects.filter(organization_id=organization_id, id__in=ids)
    rows = found.select_related("source", "purchase__place").annotate(order_promise=Subquery(promised.values("id")[:1]))
    return tuple(
        FailureLine(
            id=row.id,
            kind=row.kind,
            loss=row.loss,
            fault=row.fault,
            severity=row.severity,
            what=row.what,
            happened_at=row.happened_at,
            detected_at=row.detected_at,
            complained_at=row.complained_at,
            withdrawn_at=row.withdrawn_at,
            found_by_us=row.found_by_us,
            told_by_customer=told_by_customer(
                promise_id=row.promise_id,
                found_by_us=row.found_by_us,
                reported_by_id=row.reported_by_id,
                source_id=row.source_id,
            ),
            gate=row.gate,
            gate_reasons=tuple(row.gate_reasons),
            price=money(row.price_minor, row.currency),
            kept_service=row.kept_service,
            cause_id=row.cause_id,
            promise_id=row.promise_id,
            purchase_id=row.purchase_id,
            charge_id=row.charge_id,
            watched=row.shadow,
            order=_order_of(row.purchase, row.order_promise) if row.purchase and row.purchase.reference else None,
        )
        for row in rows.order_by("detected_at", "id")
    )


def _order_of(purchase: Purchase, promise_id: int | None) -> OrderOf:
    return OrderOf(
        reference=purchase.reference,
        what=purchase.what,
        place_id=purchase.place_id,
        place=purchase.place.name if purchase.place else "",
        at=purchase.placed_at,
        promise_id=promise_id,
    )


def _steps(
    organization_id: int, recovery: Recovery, now: datetime, clocks: Mapping[str, datetime], *, stands_still: bool
) -> tuple[StepLine, ...]:
    """The steps, by when each is due: the answer to who asked nothing is, with the next word, due by its clock."""
    rows = Step.objects.filter(organization_id=organization_id, recovery_id=recovery.id)
    word_at = word_by(clocks)
    lines = [
        StepLine(
            step=row.step,
            state=row.state,
            send=row.send,
            due_at=_due_at(row, word_at),
            done_at=row.done_at,
            done_by_id=row.done_by_id,
            note=row.note,
            told=row.told,
            overdue=step_overdue(
                state=row.state,
                due_at=_due_at(row, word_at) if recovery.state == "open" else None,
                now=now,
                stands_still=stands_still and (row.step != "respond" or "respond" not in clocks),
            ),
        )
        for row in rows
    ]
    return tuple(sorted(lines, key=lambda line: STEPS.index(line.step)))


def _due_at(row: Step, word_at: datetime | None) -> datetime | None:
    return word_at if row.step == "respond" and word_at is not None else row.due_at


def _clock_line(row: RecoveryClock) -> ClockLine:
    return ClockLine(
        target=row.target,
        state=row.state,
        started_at=row.started_at,
        minutes=row.minutes,
        due_at=row.due_at,
        warn_at=row.warn_at,
        met_at=row.met_at,
        breached_at=row.breached_at,
        escalations=row.escalations,
        acknowledged_by_id=row.acknowledged_by_id,
    )


def _clocks(organization_id: int, recovery_id: int) -> tuple[ClockLine, ...]:
    rows = RecoveryClock.objects.filter(organization_id=organization_id, recovery_id=recovery_id)
    return tuple(_clock_line(row) for row in sorted(rows, key=lambda row: TARGETS.index(row.target)))


def _messages(organization_id: int, thread_id: int) -> tuple[MessageLine, ...]:
    effects = Effect.objects.filter(organization_id=organization_id, subject="message", subject_id=OuterRef("id"))
    pending = effects.filter(state="pending")
    rows = (
        Message.objects.filter(organization_id=organization_id, thread_id=thread_id)
        .exclude(BY_MACHINES)
        .annotate(
            leaves_at=Subquery(pending.values("run_at")[:1]),
            held_for=Subquery(pending.values("held_for")[:1]),
            outcome=Subquery(effects.order_by("-id").values("outcome")[:1]),
        )
        .order_by("created_at", "id")
    )
    return tuple(
        MessageLine(
            id=row.id,
            direction=row.direction,
            channel=row.channel,
            kind=row.kind,
            step=row.step,
            state=row.state,
            subject=row.subject,
            body=row.body,
            findings=tuple(row.findings),
            author_id=row.author_id,
            created_at=row.created_at,
            sent_at=row.sent_at,
            leaves_at=row.leaves_at,
            held=row.held_for is not None,
            trouble=row.outcome or "" if row.state in ("failed", "unknown") else "",
            through=(row.outcome or "").removeprefix(THROUGH) if (row.outcome or "").startswith(THROUGH) else "",
            next_by_at=row.next_by_at,
            machine=row.machine,
            machine_read=row.machine_read,
        )
        for row in rows
    )


def _makegoods(organization_id: int, failure_ids: list[int]) -> tuple[MakeGoodLine, ...]:
    rows = MakeGood.objects.filter(organization_id=organization_id, failure_id__in=failure_ids).order_by(
        "offered_at", "id"
    )
    return tuple(
        MakeGoodLine(
            id=row.id,
            failure_id=row.failure_id,
            part=row.part,
            remedy=row.remedy,
            title=row.title,
            form=row.form,
            value=Money(minor=row.value_minor, currency=row.currency),
            cost=Money(minor=row.cost_minor, currency=row.currency),
            rule=row.rule,
            reasons=tuple(row.reasons),
            state=row.state,
            offered_at=row.offered_at,
            due_at=row.due_at,
            settled_at=row.settled_at,
            offered_by_id=row.offered_by_id,
        )
        for row in rows
    )


def _follow_ups(organization_id: int, recovery_id: int) -> tuple[FollowUpLine, ...]:
    rows = FollowUp.objects.filter(organization_id=organization_id, recovery_id=recovery_id).order_by("due_at", "id")
    return tuple(
        FollowUpLine(
            id=row.id,
            position=row.position,
            action=row.action,
            due_at=row.due_at,
            state=row.state,
            done_at=row.done_at,
            outcome=row.outcome,
        )
        for row in rows
    )


def _ratings(organization_id: int, recovery_id: int) -> tuple[RatingLine, ...]:
    rows = Rating.objects.filter(organization_id=organization_id, recovery_id=recovery_id).order_by("asked_at", "id")
    return tuple(
        RatingLine(
            id=row.id,
            makegood_id=row.makegood_id,
            asked_at=row.asked_at,
            answered_at=row.answered_at,
            score=row.score,
            cares=row.cares,
        )
        for row in rows
    )


def _pauses(organization_id: int, recovery_id: int) -> tuple[PauseLine, ...]:
    rows = Pause.objects.filter(organization_id=organization_id, recovery_id=recovery_id).order_by("from_at")
    return tuple(
        PauseLine(reason=row.reason, note=row.note, from_at=row.from_at, to_at=row.to_at, by_id=row.by_id)
        for row in rows
    )


def _timeline(organization_id: int, recovery_id: int) -> tuple[TimelineLine, ...]:
    """The latest entries, oldest first."""
    rows = Entry.objects.filter(organization_id=organization_id, subject="recovery", subject_id=recovery_id).order_by(
        "-id"
    )[:TIMELINE]
    return tuple(
        TimelineLine(at=row.at, event=row.event, actor_id=row.actor_id, data=row.data) for row in reversed(rows)
    )


def _gifts(organization_id: int, titles: Mapping[int, str]) -> tuple[TimelineLine, ...]:
    """What became of each make-good, by the journal, oldest first."""
    if not titles:
        return ()
    rows = Entry.objects.filter(organization_id=organization_id, subject="makegood", subject_id__in=list(titles))
    return tuple(
        TimelineLine(
            at=row.at, event=row.event, actor_id=row.actor_id, data={**row.data, "title": titles[row.subject_id or 0]}
        )
        for row in rows.order_by("id")[:TIMELINE]
    )


def recoveries_late(*, organization_id: int, numbers: Collection[int]) -> dict[int, int]:
    """This function will find, among recoveries by number, those with a late clock that nobody knows of: their ids."""
    rows = RecoveryClock.objects.filter(
        organization_id=organization_id,
        recovery__number__in=list(numbers),
        recovery__state="open",
        state="missed",
        met_at=None,
        acknowledged_by_id=None,
    ).values_list("recovery__number", "recovery_id")
    return dict(rows)


def clock_why(*, organization_id: int, recovery_id: int, target: str) -> ClockWhy | None:
    """This function will say why a clock is due when it is; None if there is no such clock."""
    clock = (
        RecoveryClock.objects.select_related("recovery")
        .filter(organization_id=organization_id, recovery_id=recovery_id, target=target)
        .first()
    )
    if clock is None:
        return None
    found = clock_explained(organization_id=organization_id, recovery=clock.recovery, clock=clock)
    told = {f"recoveries:recovery:{one}" for one in ("opened", "paused", "resumed", "moved")}
    return ClockWhy(
        clock=_clock_line(clock),
        account=found,
        due_at=found.due_at,
        reasons=tuple(reason.as_dict() for reason in found.reasons),
        history=tuple(
            line
            for line in _timeline(organization_id, recovery_id)
            if line.data.get("target") == target or line.event in told
        ),
    )
