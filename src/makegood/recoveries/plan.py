"""The plan of a recovery as it reaches the other rooms: what is owed, what is given, what is said, and its end.

All calls to make-goods and messages that open, hold or stop a plan are here; each goes once per batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import attrs
from django.db import transaction

from makegood.core.money import Money
from makegood.core.remedies import Choice, choose, incident_base
from makegood.core.wording import Case
from makegood.customers.models import Customer
from makegood.failures.models import Failure, Incident
from makegood.journal.outbox import effects_hold, effects_stop
from makegood.makegoods.models import MakeGood
from makegood.makegoods.operations import FloorDue, Offer, UnableToOffer, floors_post, makegoods_offer
from makegood.messages.apologies import apologies_release
from makegood.messages.links import status_url
from makegood.messages.models import Message, Thread
from makegood.messages.operations import Outgoing, messages_queue
from makegood.organizations.models import Member, Organization
from makegood.promises.models import Promise
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.words import Told, Voice, acknowledgement, apology, follow_up, score_request
from makegood.rules.playbooks import Playbook
from makegood.store.clocks import now as store_now


@attrs.frozen(kw_only=True, slots=True)
class Planned:
    """A recovery whose plan starts at `at`. `kind` is what the fix goes by; under `review` only what is owed posts."""

    recovery_id: int
    thread_id: int
    number: int
    customer_id: int
    owner_id: int
    incident_id: int | None
    failure_ids: tuple[int, ...]
    at: datetime
    review: bool
    playbook: Playbook
    fault: str
    kind: str


def planned_of(*, organization_id: int, recovery_id: int, at: datetime) -> Planned:
    """This function will read a recovery whose plan starts later than its opening."""
    row = Recovery.objects.get(organization_id=organization_id, id=recovery_id)
    failure_ids = (
        RecoveryFailure.objects.filter(organization_id=organization_id, recovery_id=recovery_id)
        .order_by("id")
        .values_list("failure_id", flat=True)
    )
    return Planned(
        recovery_id=row.id,
        thread_id=row.thread_id,
        number=row.number,
        customer_id=row.customer_id,
        owner_id=row.owner_id,
        incident_id=row.incident_id,
        failure_ids=tuple(failure_ids),
        at=at,
        review=False,
        playbook=playbook_frozen(organization_id=organization_id, version_id=row.playbook_id),
        fault=row.fault,
        kind=row.kind,
    )


def plan_start(*, organization_id: int, planned: Sequence[Planned]) -> None:
    """Start plans: post what is owed, then offer and say what goes without a click, and draft the apology.

    What is owed never waits. A recovery under review says and offers nothing until it is decided.
    """
    now = store_now(organization_id=organization_id)
    floors_post(
        organization_id=organization_id,
        failures=[
            FloorDue(failure_id=failure_id, at=one.at, packs=one.playbook.floor_packs)
            for one in planned
            for failure_id in one.failure_ids
        ],
        now=now,
    )
    decided = [one for one in planned if not one.review]
    if not decided:
        return
    failures = Failure.objects.in_bulk([one.failure_ids[0] for one in decided])
    _offer(organization_id, decided, failures, now)
    _say(organization_id, decided, failures, now)


def _offer(organization_id: int, planned: Sequence[Planned], failures: dict[int, Failure], now: datetime) -> None:
    """Offer the one make-good that matches, where the playbook lets it go without a click."""
    at_once = [one for one in planned if one.playbook.steps["make_good"].send == "at_once"]
    if not at_once:
        return
    limits = dict(Member.objects.filter(organization_id=organization_id).values_list("id", "limit_minor"))
    currency = Organization.objects.values_list("currency", flat=True).get(id=organization_id)
    bases: dict[int, Offer | None] = {}
    offers = []
    for one in at_once:
        failure = failures[one.failure_ids[0]]
        limit = Money(minor=limits.get(one.owner_id, 0), currency=currency)
        if one.incident_id is None:
            offer = _extra(organization_id, one, failure, limit)
        else:
            if one.incident_id not in bases:
                bases[one.incident_id] = _incident_extra(
                    organization_id, one, failure, limit, planned=at_once, failures=failures
                )
            base = bases[one.incident_id]
            offer = base and attrs.evolve(base, failure_id=failure.id, customer_id=one.customer_id, at=one.at)
        if offer is not None:
            offers.append(offer)
    _offer_each(organization_id, offers, now)


def _offer_each(organization_id: int, offers: Sequence[Offer], now: datetime) -> None:
    """Offer all at once; where one of them is refused (a limit, the cap), the others still go and that one waits."""
    try:
        with transaction.atomic():
            makegoods_offer(organization_id=organization_id, offers=offers, now=now)
    except UnableToOffer:
        if len(offers) > 1:
            for offer in offers:
                _offer_each(organization_id, [offer], now)


def _price(failure: Failure) -> Money | None:
    if not failure.price_minor or not failure.currency:
        return None
    return Money(minor=failure.price_minor, currency=failure.currency)


def _floor(organization_id: int, failure_ids: Sequence[int]) -> list[Money]:
    rows = MakeGood.objects.filter(organization_id=organization_id, failure_id__in=failure_ids, part="floor")
    return [Money(minor=row.value_minor, currency=row.currency) for row in rows]


def _extra(organization_id: int, one: Planned, failure: Failure, limit: Money) -> Offer | None:
    floors = _floor(organization_id, one.failure_ids)
    choice = choose(
        loss=failure.loss,
        price=_price(failure),
        kept_service=failure.kept_service,
        late=False,
        catalogue=one.playbook.remedies,
        limit=limit,
        floor=sum(floors[1:], start=floors[0]) if floors else None,
    )
    return _offer_of(one, failure, choice)


def _incident_extra(
    organization_id: int,
    one: Planned,
    failure: Failure,
    limit: Money,
    *,
    planned: Sequence[Planned],
    failures: dict[int, Failure],
) -> Offer | None:
    """The same for every customer of an incident: what its first ones were offered, else what fits them all."""
    given = (
        MakeGood.objects.filter(
            organization_id=organization_id, failure__incident_id=one.incident_id or 0, part="extra"
        )
        .order_by("offered_at", "id")
        .first()
    )
    if given is not None:
        return Offer(
            failure_id=failure.id,
            customer_id=one.customer_id,
            part="extra",
            remedy=given.remedy,
            title=given.title,
            form=given.form,
            value_minor=given.value_minor,
            cost_minor=given.cost_minor,
            currency=given.currency,
            reasons=given.reasons,
            at=one.at,
            offered_by=one.owner_id,
        )
    mine = [other for other in planned if other.incident_id == one.incident_id]
    prices = [price for other in mine if (price := _price(failures[other.failure_ids[0]]))]
    choice = incident_base(
        loss=failure.loss,
        prices=prices,
        floors=_floor(organization_id, [failure_id for other in mine for failure_id in other.failure_ids]),
        kept_service=failure.kept_service,
        late=False,
        catalogue=one.playbook.remedies,
        limit=limit,
    )
    return _offer_of(one, failure, choice)


def _offer_of(one: Planned, failure: Failure, choice: Choice) -> Offer | None:
    remedy = choice.remedy
    if remedy is None:
        return None
    return Offer(
        failure_id=failure.id,
        customer_id=one.customer_id,
        part="extra",
        remedy=remedy.code,
        title=remedy.title,
        form=remedy.form,
        value_minor=remedy.value.minor,
        cost_minor=remedy.cost.minor,
        currency=remedy.value.currency,
        reasons=[reason.as_dict() for reason in choice.reasons],
        at=one.at,
        offered_by=one.owner_id,
    )


def _say(organization_id: int, planned: Sequence[Planned], failures: dict[int, Failure], now: datetime) -> None:
    """Acknowledge and apologise. Where the apology stands for both but was said before, the acknowledgement goes."""
    told = _told(organization_id, planned, failures)
    keys = _apology_keys(organization_id, planned, failures)
    acknowledged = [
        (one, about) for one, about in zip(planned, told, strict=True) if one.playbook.acknowledgement != "none"
    ]
    messages_queue(
        organization_id=organization_id,
        queued=[
            _outgoing(one, "acknowledgement", "", acknowledgement(about), one.playbook.acknowledgement)
            for one, about in zip(planned, told, strict=True)
            if one.playbook.acknowledgement != "none"
        ],
        now=now,
    )
    answers = messages_queue(
        organization_id=organization_id,
        queued=[
            attrs.evolve(
                _outgoing(one, "apology", "apologise", apology(about), one.playbook.steps["apologise"].send),
                apology_key=key,
                case=Case(fault=one.fault),
            )
            for one, about, key in zip(planned, told, keys, strict=True)
        ],
        now=now,
    )
    unsaid = [
        _outgoing(one, "acknowledgement", "", acknowledgement(about), "at_once")
        for one, about, answer in zip(planned, told, answers, strict=True)
        if answer.blocked and one.playbook.acknowledgement == "none"
    ]
    messages_queue(organization_id=organization_id, queued=unsaid, now=now)


def _apology_keys(organization_id: int, planned: Sequence[Planned], failures: dict[int, Failure]) -> list[str]:
    """What each apology is for: the incident, else the failure's kind with its place, product or partner."""
    firsts = [failures[one.failure_ids[0]] for one in planned]
    promises = {
        promise_id: (product, partner)
        for promise_id, product, partner in Promise.objects.filter(
            organization_id=organization_id,
            id__in=[one.promise_id for one in firsts if one.promise_id and not one.place_id],
        ).values_list("id", "product", "partner")
    }
    return [_apology_key(one, *promises.get(one.promise_id or 0, ("", ""))) for one in firsts]


def _apology_key(failure: Failure, product: str, partner: str) -> str:
    if failure.incident_id:
        return f"incident:{failure.incident_id}"
    if failure.place_id:
        return f"{failure.kind}:place:{failure.place_id}"
    if product:
        return f"{failure.kind}:product:{product}"
    return f"{failure.kind}:partner:{partner}" if partner else failure.kind


def _outgoing(one: Planned, kind: str, step: str, words: tuple[str, str], send: str) -> Outgoing:
    return Outgoing(
        thread_id=one.thread_id,
        customer_id=one.customer_id,
        kind=kind,
        step=step,
        subject=words[0],
        body=words[1],
        send=send,
        key=f"recovery:{one.recovery_id}:{kind}:{one.at.isoformat()}",
        at=one.at,
    )


def _told(organization_id: int, planned: Sequence[Planned], failures: dict[int, Failure]) -> list[Told]:
    """What the words need to know of each, read once per batch."""
    organization = Organization.objects.get(id=organization_id)
    voice = Voice(organization=organization.name, zone=organization.zone)
    members = {
        row.id: row
        for row in Member.objects.filter(organization_id=organization_id, id__in={one.owner_id for one in planned})
    }
    names = dict(
        Customer.objects.filter(
            organization_id=organization_id, id__in={one.customer_id for one in planned}
        ).values_list("id", "name")
    )
    tokens = dict(
        Thread.objects.filter(organization_id=organization_id, id__in=[one.thread_id for one in planned]).values_list(
            "id", "token"
        )
    )
    due = dict(
        Recovery.objects.filter(
            organization_id=organization_id, id__in=[one.recovery_id for one in planned]
        ).values_list("id", "due_at")
    )
    incidents = dict(
        Incident.objects.filter(
            organization_id=organization_id, id__in={one.incident_id for one in planned if one.incident_id}
        ).values_list("id", "active_from")
    )
    return [
        Told(
            voice=voice,
            customer=names[one.customer_id],
            owner=members[one.owner_id].name,
            role=members[one.owner_id].role,
            what=failures[one.failure_ids[0]].what,
            promised=failures[one.failure_ids[0]].promise_id is not None,
            kind=one.kind,
            loss=failures[one.failure_ids[0]].loss,
            fault=one.fault,
            incident=one.incident_id is not None,
            happened_at=failures[one.failure_ids[0]].happened_at,
            fix=one.playbook.fix(one.kind).says,
            next_at=due[one.recovery_id],
            status_url=status_url(organization_id=organization_id, token=tokens[one.thread_id]),
            same_at=incidents.get(one.incident_id or 0),
        )
        for one in planned
    ]


def plan_ask(*, organization_id: int, asked: Sequence[tuple[int, int, datetime]]) -> None:
    """Send the question for a score, (recovery, rating, at), as the playbook's follow-up says."""
    _look_after(organization_id, "score_request", "ask_score", score_request, asked)


def plan_follow_up(*, organization_id: int, due: Sequence[tuple[int, int, datetime]]) -> None:
    """Draft or send a later look after the customer, (recovery, follow-up, at), as the playbook says."""
    _look_after(organization_id, "follow_up", "check_in", follow_up, due)


def _look_after(
    organization_id: int,
    kind: str,
    action: str,
    word: Callable[[Told], tuple[str, str]],
    due: Sequence[tuple[int, int, datetime]],
) -> None:
    if not due:
        return
    planned = [planned_of(organization_id=organization_id, recovery_id=one, at=at) for one, _, at in due]
    failures = Failure.objects.in_bulk([one.failure_ids[0] for one in planned])
    told = _told(organization_id, planned, failures)
    queued = []
    for one, about, (_, row_id, _) in zip(planned, told, due, strict=True):
        send = next((rule.send for rule in one.playbook.follow_ups if rule.action == action), "person")
        outgoing = _outgoing(one, kind, "stay", word(about), send)
        queued.append(attrs.evolve(outgoing, key=f"recovery:{one.recovery_id}:{kind}:{row_id}"))
    messages_queue(organization_id=organization_id, queued=queued, now=store_now(organization_id=organization_id))


def plan_hold(*, organization_id: int, recovery_ids: Sequence[int], incident_id: int) -> None:
    """Hold what these recoveries have not sent or paid yet, until the incident is decided."""
    messages, makegoods = _pending(organization_id, recovery_ids)
    for subject, ids in (("message", messages), ("makegood", makegoods)):
        effects_hold(organization_id=organization_id, incident_id=incident_id, subject=subject, subject_ids=ids)


def plan_stop(*, organization_id: int, recovery_ids: Sequence[int], now: datetime) -> None:
    """Stop what these recoveries have not said yet; what is owed still posts."""
    messages, _ = _pending(organization_id, recovery_ids)
    effects_stop(organization_id=organization_id, subject="message", subject_ids=messages, now=now)
    Message.objects.filter(organization_id=organization_id, id__in=messages, state__in=("draft", "queued")).update(
        state="stopped"
    )
    apologies_release(organization_id=organization_id, message_ids=messages)


def _pending(organization_id: int, recovery_ids: Sequence[int]) -> tuple[list[int], list[int]]:
    threads = Recovery.objects.filter(organization_id=organization_id, id__in=list(recovery_ids)).values_list(
        "thread_id", flat=True
    )
    messages = Message.objects.filter(
        organization_id=organization_id, thread_id__in=list(threads), direction="out", state__in=("draft", "queued")
    ).values_list("id", flat=True)
    failures = RecoveryFailure.objects.filter(
        organization_id=organization_id, recovery_id__in=list(recovery_ids)
    ).values_list("failure_id", flat=True)
    makegoods = MakeGood.objects.filter(organization_id=organization_id, failure_id__in=list(failures)).values_list(
        "id", flat=True
    )
    return list(messages), list(makegoods)
