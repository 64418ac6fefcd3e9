"""The first words to a customer, filled with this case's facts; every draft may be changed before it is sent."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import attrs

from makegood.core.names import described
from makegood.rules.templates import apology_name, filled

ROLES = {"employee": "customer care", "manager": "manager", "finance": "accounts", "admin": "head of customer care"}
FAILED = {
    "broken_promise": "we did not keep a promise to you",
    "wrong_charge": "we charged you wrongly",
    "outage": "our service was not there when you needed it",
    "rework": "our work for you had to be done again",
    "not_as_described": "what you got was not what we had described",
    "interaction": "we did not treat you as we should",
    "low_score": "we did not do well for you",
    "silent": "we have not heard from you since something may have gone wrong",
}
GREETING = re.compile(r"\A(?:Dear|Hello) [^\n]*,(?=\n)")
OTHERWISE = "something went wrong with what we do for you"


@attrs.frozen(kw_only=True)
class Voice:
    """Who speaks, and in which time zone moments are told."""

    organization: str
    zone: str


@attrs.frozen(kw_only=True, slots=True)
class Told:
    """What the first words need to know of one recovery.

    `what` is what failed: the thing promised where `promised`, else a clause as a colleague reported it. `same_at` is
    when an incident began, so that all its customers read the same but for the promise that was their own.
    """

    voice: Voice
    customer: str
    owner: str
    role: str
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
    same_at: datetime | None = None


def _day(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%A} {local.day} {local:%B}"


def _moment(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{_day(at, zone)}, {local:%H:%M}"


def _clause(told: Told) -> str:
    """Say what went wrong, as a clause without capital or full stop."""
    what = told.what.strip().rstrip(".")
    if not what or (told.incident and not told.promised):
        return FAILED.get(told.kind, OTHERWISE)
    if told.promised:
        return f"we did not keep our promise to you ({what})"
    return what if what[1:2].isupper() else what[0].lower() + what[1:]


def _facts(told: Told) -> dict[str, str]:
    voice = told.voice
    return {
        "customer": told.customer.strip() or "customer",
        "organization": voice.organization,
        "what": _clause(told),
        "when": f"on {_day(told.same_at or told.happened_at, voice.zone)}",
        "owner": told.owner,
        "role": ROLES[told.role],
        "fix": told.fix,
        "next_by": _moment(told.next_at, voice.zone),
        "status_url": told.status_url,
    }


def _said(name: str, told: Told) -> str:
    return _greeted(filled(name, **_facts(told)), told)


def _greeted(text: str, told: Told) -> str:
    """Greet without a name whom nobody can name but by how they look."""
    return GREETING.sub("Hello,", text, count=1) if described(name=told.customer) else text


def acknowledgement(told: Told) -> tuple[str, str]:
    """This function will word that we know, who looks after it and where it can be followed: (subject, body)."""
    name = "incident.acknowledgement" if told.incident else "acknowledgement"
    return f"We are on it: {told.voice.organization}", _said(name, told)


def apology(told: Told) -> tuple[str, str]:
    """This function will word the apology that fits the loss and the fault: (subject, body)."""
    name = apology_name(loss=told.loss, fault=told.fault, incident=told.incident)
    return f"Our apology, and what happens now: {told.voice.organization}", _said(name, told)


def reminder(told: Told, *, remedy: str, until_at: datetime) -> tuple[str, str]:
    """This function will word the one reminder of an offer, which ends at `until_at`: (subject, body)."""
    facts = _facts(told) | {"remedy": remedy, "next_by": _moment(until_at, told.voice.zone)}
    return f"Still waiting for you: {told.voice.organization}", _greeted(filled("make_good_reminder", **facts), told)


def offered(told: Told, *, remedy: str) -> tuple[str, str]:
    """This function will word what is offered, and that it can be taken, swapped or declined: (subject, body)."""
    noun = remedy if remedy[1:2].isupper() else remedy[:1].lower() + remedy[1:]
    facts = _facts(told) | {"remedy": noun}
    return f"Something from us: {told.voice.organization}", _greeted(filled("make_good_offered", **facts), told)


def score_request(told: Told) -> tuple[str, str]:
    """This function will word the one question after a delivery: (subject, body)."""
    return f"How well did we put it right? {told.voice.organization}", _said("score_request", told)


def follow_up(told: Told) -> tuple[str, str]:
    """This function will word a later look after the customer: (subject, body)."""
    return f"Is everything right now? {told.voice.organization}", _said("follow_up", told)
