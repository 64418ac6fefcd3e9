"""What a plan says, and what a colleague begins: filled in with the case's facts, in the customer's language."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import attrs

from makegood.core.money import Money
from makegood.core.wording import Case
from makegood.journal.operations import Happened
from makegood.makegoods.models import MakeGood
from makegood.messages.links import status_url
from makegood.messages.operations import Outgoing, message_draft, message_stop, messages_queue
from makegood.messages.queries import drafts_of_kind, drafts_untouched
from makegood.messages.settling import drafts_drop, drafts_stop
from makegood.organizations.models import Member
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.next_words import next_words
from makegood.recoveries.planned import Planned, planned_of
from makegood.recoveries.unanswered import unanswered
from makegood.recoveries.words import (
    Told,
    Voice,
    acknowledgement,
    answer,
    apology,
    follow_up,
    offered,
    outcome,
    reminder,
    score_request,
    update,
)
from makegood.rules.phrases import spoken
from makegood.store.bulk import record_set
from makegood.store.clocks import now as store_now
from makegood.store.preparing import prepared
from makegood.store.reading import read, whole_rows

BEGUN: Final[Mapping[str, tuple[str, Callable[[Told], tuple[str, str]]]]] = MappingProxyType(
    {
        "apology": ("apologise", apology),
        "update": ("respond", update),
        "outcome": ("communicate", outcome),
        "follow_up": ("stay", follow_up),
    }
)
"""The kinds of message that a colleague begins on a case: the step that each does, and its words."""


TOLD: Final = """
SELECT m.name, m.title, o.name, o.zone, o.language, c.language,
    (SELECT true FROM customers_identity i WHERE i.organization_id = c.organization_id AND i.customer_id = c.id
        AND i.kind = 'phone' AND i.value <> '' LIMIT 1) IS NOT NULL,
    (SELECT true FROM recoveries_step s WHERE s.organization_id = o.id AND s.recovery_id = p.recovery_id
        AND s.step = 'fix' AND s.state = 'done' LIMIT 1) IS NOT NULL
FROM {planned}
JOIN organizations_organization o ON o.id = %s
CROSS JOIN LATERAL (SELECT name, title FROM organizations_member
    WHERE organization_id = o.id AND id = p.owner_id LIMIT 1) m
CROSS JOIN LATERAL (SELECT organization_id, id, language FROM customers_customer
    WHERE organization_id = o.id AND id = p.customer_id LIMIT 1) c
ORDER BY p.position
"""
NO_LINK_YET: Final = "[…]"
"""What stands for the link of a page that is made only when the recovery opens."""


def first_words(*, organization_id: int, planned: Sequence[Planned], now: datetime) -> None:
    """Acknowledge and apologise. Where the apology stands for both but was said before, the acknowledgement goes."""
    told = _told(organization_id, planned)
    first = _before_apology(organization_id, planned, told)
    messages_queue(
        organization_id=organization_id,
        queued=[
            _outgoing(one, "acknowledgement", "", acknowledgement(about), one.playbook.acknowledgement, about)
            for one, about in zip(planned, first, strict=True)
            if one.playbook.acknowledgement != "none"
        ],
        now=now,
    )
    answers = messages_queue(
        organization_id=organization_id,
        queued=[
            attrs.evolve(
                _outgoing(one, "apology", "apologise", apology(about), one.playbook.steps["apologise"].send, about),
                apology_key=one.first.apology_key,
            )
            for one, about in zip(planned, told, strict=True)
        ],
        now=now,
    )
    unsaid = [
        _outgoing(one, "acknowledgement", "", acknowledgement(about), "at_once", about)
        for one, about, answer in zip(planned, first, answers, strict=True)
        if answer.blocked and one.playbook.acknowledgement == "none"
    ]
    messages_queue(organization_id=organization_id, queued=unsaid, now=now)


def _before_apology(organization_id: int, planned: Sequence[Planned], told: Sequence[Told]) -> list[Told]:
    """What the words need to know that come before the apology: that is the next word, where it is due first."""
    at = {one.recovery_id: one.at for one in planned}
    before = next_words(organization_id=organization_id, at=at, before_apology=True)
    return [
        attrs.evolve(about, next_at=before.get(one.recovery_id, about.next_at))
        for one, about in zip(planned, told, strict=True)
    ]


@attrs.frozen(kw_only=True, slots=True)
class Worded:
    """A plan's letter as it would be written at a moment, and by when it promises the next word."""

    subject: str
    body: str
    next_by_at: datetime


def words_now(*, organization_id: int, at: Mapping[int, datetime], kind: str) -> dict[int, Worded]:
    """This function will word the acknowledgement or the apology of these recoveries, each at its moment; by recovery.

    Nothing is written.
    """
    planned = planned_of(organization_id=organization_id, at=at)
    told: Sequence[Told] = _told(organization_id, planned)
    if kind == "acknowledgement":
        told = _before_apology(organization_id, planned, told)
    word = apology if kind == "apology" else acknowledgement
    worded = {}
    for one, about in zip(planned, told, strict=True):
        subject, body = word(about)
        worded[one.recovery_id] = Worded(subject=subject, body=body, next_by_at=about.next_at)
    return worded


def apology_redraft(*, organization_id: int, recovery_id: int, by: int, now: datetime) -> bool:
    """Write the apology anew that waits for a click, after what it says has changed; say whether there was one."""
    planned = planned_of(organization_id=organization_id, at={recovery_id: now})
    waiting = drafts_of_kind(organization_id=organization_id, thread_id=planned[0].thread_id, kind="apology")
    if not waiting:
        return False
    for message_id in waiting:
        message_stop(organization_id=organization_id, message_id=message_id, by=by, now=now)
    (one,), (told,) = planned, _told(organization_id, planned)
    again = _outgoing(one, "apology", "apologise", apology(told), "person", told)
    anew = attrs.evolve(
        again,
        key=f"recovery:{recovery_id}:apology:again:{waiting[-1]}",
        apology_key=one.first.apology_key,
    )
    messages_queue(organization_id=organization_id, queued=[anew], now=now)
    return True


def apologies_anew(*, organization_id: int, at: Mapping[int, datetime]) -> None:
    """Write anew, each at its moment, the apologies that wait as the plan wrote them: it was put right meanwhile.

    One that a person began or wrote in is left as it is.
    """
    of_thread: dict[int, int] = dict(read(Recovery, "thread_id", "id", organization_id=organization_id, id=list(at)))
    waiting = drafts_untouched(organization_id=organization_id, thread_ids=list(of_thread), kind="apology")
    if not waiting:
        return
    meant = {of_thread[thread_id]: at[of_thread[thread_id]] for thread_id in waiting.values()}
    planned = {one.thread_id: one for one in planned_of(organization_id=organization_id, at=meant)}
    drafts_stop(organization_id=organization_id, at={one: planned[thread].at for one, thread in waiting.items()})
    again = [planned[thread_id] for thread_id in waiting.values()]
    messages_queue(
        organization_id=organization_id,
        queued=[
            attrs.evolve(
                _outgoing(one, "apology", "apologise", apology(told), "person", told),
                key=f"recovery:{one.recovery_id}:apology:again:{before}",
                apology_key=one.first.apology_key,
            )
            for before, one, told in zip(waiting, again, _told(organization_id, again), strict=True)
        ],
        now=max(one.at for one in again),
    )


def outcomes_say(*, organization_id: int, at: Mapping[int, datetime], fixed_at: Mapping[int, datetime]) -> None:
    """Say how these recoveries ended, each at its moment and once per fix, as their playbooks let it go."""
    planned = planned_of(organization_id=organization_id, at=at)
    queued = [
        attrs.evolve(
            _outgoing(one, "outcome", "communicate", outcome(told), one.playbook.steps["communicate"].send, told),
            key=f"recovery:{one.recovery_id}:outcome:{fixed_at[one.recovery_id].isoformat()}",
        )
        for one, told in zip(planned, _told(organization_id, planned), strict=True)
    ]
    messages_queue(organization_id=organization_id, queued=queued, now=max(at.values()))


def told_by(*, organization_id: int, recovery_id: int, by: int, now: datetime) -> Told:
    """This function will gather what a letter of this member's on a recovery may say, in its customer's language."""
    (member,) = whole_rows(Member, organization_id=organization_id, id=by)
    (about,) = _told(organization_id, planned_of(organization_id=organization_id, at={recovery_id: now}))
    return signed_by(about, member)


def signed_by(about: Told, member: Member) -> Told:
    """This function will let a member sign; where that is not the owner, the letter says to whom an answer goes."""
    to = about.owner if about.owner != member.name else ""
    return attrs.evolve(about, owner=member.name, title=member.title, answers_to=to)


def apology_key_now(*, organization_id: int, recovery_id: int, now: datetime) -> str:
    """Return what an apology on this recovery is for as things stand now: its failure may be an incident's since."""
    (one,) = planned_of(organization_id=organization_id, at={recovery_id: now})
    return one.first.apology_key


def words_begin(
    *, organization_id: int, recovery_id: int, kind: str, by: int, now: datetime, answers: bool = False
) -> int:
    """This function will draft one of `BEGUN` in the name of the member who begins it; return the message's id.

    An apology is the same one as the plan's (invariant 8). An update that `answers` what the customer wrote, where that
    waits for it, leaves the answer itself to the member: it holds a mark with which nothing leaves.
    """
    (one,) = planned_of(organization_id=organization_id, at={recovery_id: now})
    (member,) = whole_rows(Member, organization_id=organization_id, id=by)
    (about,) = _told(organization_id, [one])
    told = signed_by(about, member)
    step, word = BEGUN[kind]
    if kind == "update" and answers and unanswered(organization_id=organization_id, recovery_ids=[recovery_id]):
        word = answer
    begun = attrs.evolve(
        _outgoing(one, kind, step, word(told), "person", told),
        key=f"begun:{recovery_id}:{secrets.token_hex(8)}",
        author_id=by,
        apology_key=one.first.apology_key if kind == "apology" else "",
    )
    return message_draft(organization_id=organization_id, draft=begun, now=now)


@attrs.frozen(kw_only=True)
class Shown:
    """The apology that one recovery's customer would get from a member, in their language, and what it is about."""

    recovery_id: int
    language: str
    subject: str
    body: str
    case: Case


def apologies_shown(*, organization_id: int, recovery_ids: Sequence[int], by: int, now: datetime) -> list[Shown]:
    """This function will word the apologies that a member would begin on these recoveries; nothing is written."""
    planned = planned_of(organization_id=organization_id, at=dict.fromkeys(recovery_ids, now))
    (member,) = whole_rows(Member, organization_id=organization_id, id=by)
    shown = []
    for one, about in zip(planned, _told(organization_id, planned), strict=True):
        told = signed_by(about, member)
        subject, body = apology(told)
        case = _outgoing(one, "apology", "apologise", (subject, body), "person").case or Case()
        shown.append(Shown(recovery_id=one.recovery_id, language=told.language, subject=subject, body=body, case=case))
    return shown


def first_words_shown(*, organization_id: int, planned: Sequence[Planned], kind: str) -> list[Shown]:
    """This function will word the apology or the acknowledgement of plans that have not begun; nothing is written."""
    word = apology if kind == "apology" else acknowledgement
    shown = []
    for one, told in zip(planned, _told(organization_id, planned), strict=True):
        subject, body = word(attrs.evolve(told, status_url=NO_LINK_YET))
        shown.append(
            Shown(recovery_id=one.recovery_id, language=told.language, subject=subject, body=body, case=Case())
        )
    return shown


def score_ask(*, organization_id: int, asked: Sequence[tuple[int, int, datetime]]) -> None:
    """Send the question for a score, (recovery, rating, at), as the playbook's follow-up says."""
    _look_after(organization_id, "score_request", "ask_score", score_request, asked)


def offers_remind(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Remind customers, once and by itself, of offers that wait; a handler of `makegoods:makegood:reminded`."""
    at = {entry.subject_id: entry.at for entry in entries}
    offers = MakeGood.objects.filter(organization_id=organization_id, id__in=at, next_at__isnull=False).order_by("id")
    of_failure = dict(
        RecoveryFailure.objects.filter(
            organization_id=organization_id, failure__in=[offer.failure_id for offer in offers], recovery__state="open"
        ).values_list("failure_id", "recovery_id")
    )
    known = [(of_failure[offer.failure_id], offer) for offer in offers if offer.failure_id in of_failure]
    planned = planned_of(organization_id=organization_id, at={one: at[offer.id] for one, offer in known})
    about = {one.recovery_id: (one, told) for one, told in zip(planned, _told(organization_id, planned), strict=True)}
    queued = []
    for recovery_id, offer in known:
        one, told = about[recovery_id]
        assert offer.next_at is not None, "filtered above"
        words = reminder(told, remedy=offer.title, until_at=offer.next_at)
        outgoing = _outgoing(one, "reminder", "make_good", words, "at_once")
        queued.append(attrs.evolve(outgoing, key=f"makegood:{offer.id}:reminder", at=at[offer.id]))
    messages_queue(organization_id=organization_id, queued=queued, now=store_now(organization_id=organization_id))


@attrs.frozen(kw_only=True, slots=True)
class Offered:
    """A make-good that a member offered to a recovery's customer by hand."""

    recovery_id: int
    makegood_id: int
    title: str
    worth: Money


def offers_announce(*, organization_id: int, offers: Sequence[Offered], by: int, send: str, now: datetime) -> None:
    """Tell customers what a member offers them, in that member's name: `send` is person (a draft) or at_once."""
    by_recovery = {offer.recovery_id: offer for offer in offers}
    planned = planned_of(organization_id=organization_id, at=dict.fromkeys(by_recovery, now))
    (member,) = whole_rows(Member, organization_id=organization_id, id=by)
    queued = []
    for one, about in zip(planned, _told(organization_id, planned), strict=True):
        offer = by_recovery[one.recovery_id]
        told = signed_by(about, member)
        outgoing = _outgoing(one, "offer", "make_good", offered(told, remedy=offer.title, worth=offer.worth), send)
        queued.append(attrs.evolve(outgoing, key=_offer_key(offer.makegood_id), author_id=by))
    messages_queue(organization_id=organization_id, queued=queued, now=now)


def _offer_key(makegood_id: int) -> str:
    return f"makegood:{makegood_id}:offer"


def offers_answered(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Drop the words of an offer that were never sent and that the customer's answer, or its end, overtook.

    A handler of `makegoods:makegood:accepted`, `:swapped`, `:declined`, `:delivered`, `:expired` and `:withdrawn`.
    """
    at = {_offer_key(entry.subject_id): entry.at for entry in entries if entry.data["part"] == "extra"}
    if at:
        drafts_drop(organization_id=organization_id, at=at)


def check_in(*, organization_id: int, due: Sequence[tuple[int, int, datetime]]) -> None:
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
    rows = {recovery_id: row_id for recovery_id, row_id, _ in due}
    planned = planned_of(organization_id=organization_id, at={recovery_id: at for recovery_id, _, at in due})
    queued = []
    for one, about in zip(planned, _told(organization_id, planned), strict=True):
        send = next((rule.send for rule in one.playbook.follow_ups if rule.action == action), "person")
        outgoing = _outgoing(one, kind, "stay", word(about), send)
        queued.append(attrs.evolve(outgoing, key=f"recovery:{one.recovery_id}:{kind}:{rows[one.recovery_id]}"))
    messages_queue(organization_id=organization_id, queued=queued, now=store_now(organization_id=organization_id))


def _outgoing(
    one: Planned, kind: str, step: str, words: tuple[str, str], send: str, told: Told | None = None
) -> Outgoing:
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
        case=Case(fault=one.fault, told=tuple(filter(None, (one.first.what.strip().rstrip("."),)))),
        next_by_at=told.next_at if told else None,
    )


def _within_plan(one: Planned) -> datetime:
    """By when they hear from us where nothing caps the silence: when it is made good, or as long as a fix takes."""
    return one.due_at if one.due_at > one.at else one.at + timedelta(minutes=one.playbook.targets["fix"].minutes)


def _told(organization_id: int, planned: Sequence[Planned]) -> list[Told]:
    """What the words need to know of each."""
    if not planned:
        return []
    from_, parameter = record_set(
        "p",
        {"position": "integer", "recovery_id": "bigint", "owner_id": "bigint", "customer_id": "bigint"},
        [(place, one.recovery_id, one.owner_id, one.customer_id) for place, one in enumerate(planned)],
    )
    with prepared() as cursor:
        cursor.execute(TOLD.format(planned=from_), [parameter, organization_id])
        facts = cursor.fetchall()
    next_at = next_words(organization_id=organization_id, at={one.recovery_id: one.at for one in planned})
    return [
        Told(
            voice=Voice(organization=house, zone=zone),
            customer=one.first.customer,
            owner=owner,
            title=title,
            what=one.first.what,
            promised=one.first.promised,
            kind=one.kind,
            loss=one.first.loss,
            fault=one.fault,
            incident=one.incident_id is not None,
            happened_at=one.first.happened_at,
            told_at=one.first.told_at,
            fix=one.playbook.fix(one.kind).says,
            next_at=next_at.get(one.recovery_id) or _within_plan(one),
            status_url=status_url(organization_id=organization_id, token=one.token),
            same_at=one.first.incident_from,
            language=spoken(theirs, house_language),
            phone=phone,
            fixed=fixed,
        )
        for one, (owner, title, house, zone, house_language, theirs, phone, fixed) in zip(planned, facts, strict=True)
    ]
