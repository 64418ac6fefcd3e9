"""What a message promises in its own words: by when its customer has the next word from us."""

from __future__ import annotations

from datetime import datetime

from makegood.core.reasons import because
from makegood.messages.models import Message
from makegood.organizations.models import Organization
from makegood.rules.phrases import by_moment, spoken

PAST = {
    **because("message.past_promise", "It promises our next word by a time that is over: write a new one.").as_dict(),
    "severity": "block",
}
"""The finding that a message would promise what cannot be kept any more."""


def promise_stands(*, at: datetime, body: str, zone: str, language: str) -> bool:
    """This function will say whether a text still names the moment by which it promised the next word."""
    return by_moment(at, zone=zone, language=language) in " ".join(body.split())


def promises_past(*, organization_id: int, message: Message, now: datetime) -> bool:
    """This function will say whether a message, begun a while ago, promises word by a moment that is over."""
    if message.next_by_at is None or message.next_by_at > now:
        return False
    zone, house = Organization.objects.values_list("zone", "language").get(id=organization_id)
    theirs = message.customer.language if message.customer else ""
    return promise_stands(at=message.next_by_at, body=message.body, zone=zone, language=spoken(theirs, house))
