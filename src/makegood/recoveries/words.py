"""The first words to a customer, filled with this case's facts; every draft may be changed before it is sent."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import attrs

from makegood.core.money import Money
from makegood.core.names import described
from makegood.rules.phrases import (
    ENGLISH,
    UnknownPhrase,
    amount,
    by_moment,
    in_sentence,
    on_day,
    phrase,
    shipped,
)
from makegood.rules.templates import apology_name, filled

GREETING = re.compile(r"\A[^\n]*")
"""The first line of every template greets."""
NAMELESS = "-"
"""Fills a greeting that is replaced whole."""


@attrs.frozen(kw_only=True)
class Voice:
    """Who speaks, and in which time zone moments are told."""

    organization: str
    zone: str


@attrs.frozen(kw_only=True, slots=True)
class Told:
    """What the first words need to know of one recovery.

    `what` is said only where it was `promised`: what a customer wrote, or a colleague noted, is not ours to say again.
    `told_at` is when the customer told us of it themselves. `same_at` is when an incident began, so that all its
    customers read the same but for the promise that was their own. `fixed` is whether it was put right already,
    `phone` whether we know a number to call them on. `answers_to` is who has what they answer, where another signs.
    `title` is how the owner signs after their name, "" for by their name alone.
    """

    voice: Voice
    customer: str
    owner: str
    title: str
    what: str
    promised: bool
    kind: str
    loss: str
    fault: str
    incident: bool
    happened_at: datetime
    fix: str
    next_at: datetime
    status_url: str
    told_at: datetime | None = None
    same_at: datetime | None = None
    language: str = ENGLISH
    phone: bool = False
    fixed: bool = False
    answers_to: str = ""


INSTANT = timedelta(microseconds=1)
"""By how much before it is due a promise can still be kept: one that is due as a day ends is of that day."""


def _clause(told: Told) -> str:
    """Say what went wrong, as a clause without capital or full stop, in our own words."""
    what = told.what.strip().rstrip(".")
    if told.promised and what:
        return phrase("mail.promised", language=told.language, what=what)
    return failed(kind="told" if _only_told(told) else told.kind, language=told.language)


def failed(*, kind: str, language: str) -> str:
    """This function will say what a kind of failure did to the customer, as a clause; of an unknown kind in general."""
    try:
        return phrase(f"failed.{kind}", language=language)
    except UnknownPhrase:
        return phrase("failed.other", language=language)


def fixed(*, loss: str, language: str) -> str:
    """This function will say that what was lost has been put right, as a sentence without capital or full stop."""
    return phrase(f"fixed.{loss}", language=language)


def _only_told(told: Told) -> bool:
    """Nothing is known of it but that they told us."""
    return told.told_at is not None and not told.incident and told.kind in ("complaint", "other")


def _facts(told: Told) -> dict[str, str]:
    voice, language = told.voice, told.language
    next_by = by_moment(told.next_at, zone=voice.zone, language=language)
    ends_a_day = told.promised or told.same_at is not None
    failed_at = told.same_at or (told.told_at if told.told_at and _only_told(told) else told.happened_at)
    return {
        "customer": told.customer.strip() or NAMELESS,
        "organization": voice.organization,
        "what": _clause(told),
        "when": on_day(failed_at - INSTANT if ends_a_day else failed_at, zone=voice.zone, language=language),
        "owner": told.owner,
        "role": told.title,
        "fix": fixed(loss=told.loss, language=language) if told.fixed else shipped(told.fix, language=language),
        "next_by": next_by,
        "answer": phrase("mail.gap", language=language),
        "word": phrase("mail.word.phone" if told.phone else "mail.word.mail", language=language, next_by=next_by),
        "status_url": told.status_url,
    }


def facts_said(told: Told) -> dict[str, str]:
    """This function will name what any letter may say: `what` failed, `when`, the `fix`, and the next word's time.

    In the customer's language; nothing that says who they are, and not what they or a colleague wrote.
    """
    return {name: text for name, text in _facts(told).items() if name in ("what", "when", "fix", "next_by")}


def enclosed(told: Told, paragraphs: str, *, letter: str) -> str:
    """This function will put a letter's greeting before other paragraphs, their page's link and its signature after."""
    greeting, *_, signature = letter.strip().split("\n\n")
    link = phrase("mail.link", language=told.language, status_url=told.status_url)
    return f"{greeting}\n\n{paragraphs.strip()}\n\n{link}\n\n{signature}\n"


def _said(name: str, told: Told, **more: str) -> str:
    """Fill a template in the customer's language; without a name where nobody can name them but by how they look."""
    text = filled(name, language=told.language, **_facts(told) | more)
    if told.answers_to:
        text = answers_said(text, to=told.answers_to, language=told.language)
    nameless = described(name=told.customer) or not told.customer.strip()
    return GREETING.sub(phrase("mail.greeting", language=told.language), text, count=1) if nameless else text


def answers_said(text: str, *, to: str, language: str) -> str:
    """This function will let a letter say to whom an answer goes, where it is not who signs it."""
    mine, theirs = (phrase(name, language=language, owner=to) for name in ("mail.to_me", "mail.to_owner"))
    return text.replace(mine, theirs)


def _subject(kind: str, told: Told) -> str:
    return phrase(f"mail.{kind}", language=told.language, organization=told.voice.organization)


def acknowledgement(told: Told) -> tuple[str, str]:
    """This function will word that we know, who looks after it and where it can be followed: (subject, body)."""
    subject = _subject("acknowledgement", told)
    if told.incident:
        return subject, _said("incident.acknowledgement", told)
    if told.told_at and not told.promised:
        day = on_day(told.told_at, zone=told.voice.zone, language=told.language)
        return subject, _said("acknowledgement.told", told, when=day)
    return subject, _said("acknowledgement", told)


def apology(told: Told) -> tuple[str, str]:
    """This function will word the apology that fits the loss and the fault: (subject, body)."""
    name = apology_name(loss=told.loss, fault=told.fault, incident=told.incident, fixed=told.fixed)
    return _subject("apology", told), _said(name, told)


def reminder(told: Told, *, remedy: str, until_at: datetime) -> tuple[str, str]:
    """This function will word the one reminder of an offer, which ends at `until_at`: (subject, body)."""
    until = by_moment(until_at, zone=told.voice.zone, language=told.language)
    noun = shipped(remedy, language=told.language)
    return _subject("reminder", told), _said("make_good_reminder", told, remedy=noun, next_by=until)


def offered(told: Told, *, remedy: str, worth: Money) -> tuple[str, str]:
    """This function will word what is offered, and that it can be taken, swapped or declined: (subject, body)."""
    noun = in_sentence(shipped(remedy, language=told.language), language=told.language)
    if worth:
        noun = f"{noun} ({amount(worth, language=told.language)})"
    return _subject("offer", told), _said("make_good_offered", told, remedy=noun)


def score_request(told: Told) -> tuple[str, str]:
    """This function will word the one question after a delivery: (subject, body)."""
    return _subject("score_request", told), _said("score_request", told)


def update(told: Told) -> tuple[str, str]:
    """This function will word how far we are, and by when the next word comes: (subject, body).

    Of an incident it speaks for all until this customer's own was put right, which is theirs alone.
    """
    return _subject("update", told), _said("incident.update" if told.incident and not told.fixed else "update", told)


def answer(told: Told) -> tuple[str, str]:
    """This function will word an answer to what they wrote, but for the answer itself: (subject, body)."""
    return _subject("update", told), _said("thanks_for_reply", told)


def outcome(told: Told) -> tuple[str, str]:
    """This function will word how it ended: (subject, body)."""
    return _subject("outcome", told), _said("outcome", told)


def follow_up(told: Told) -> tuple[str, str]:
    """This function will word a later look after the customer: (subject, body)."""
    return _subject("follow_up", told), _said("follow_up", told)
