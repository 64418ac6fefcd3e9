"""Who else is at a recovery and what changed meanwhile, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from urllib.parse import urlencode

from django.urls import reverse

from makegood.console.building import words
from makegood.console.building.timeline import EVENTS
from makegood.console.presence import Present
from makegood.console.viewmodels.presence import Others
from makegood.recoveries.queries.stamps import Since, Stamp

DOING = {
    "": "has this open",
    "typing": "is typing something here",
    "apology": "is writing an apology",
    "update": "is writing news",
    "outcome": "is writing how it ended",
    "follow_up": "is writing a follow-up",
    "offer": "is writing an offer",
    "message": "is writing a message",
}
MESSAGES = {
    "received": "The customer wrote.",
    "revised": "A draft was changed.",
    "renewed": "A draft promises a later time.",
    "drafted": "A draft was begun.",
    "queued": "A message is on its way.",
    "sent": "A message was sent.",
    "stopped": "A message was stopped.",
    "shadowed": "A message would have been sent.",
}
OTHER = {
    "caused": "The cause was set.",
    "offered": "Something was offered.",
    "delivered": "They have what was offered.",
    "shadowed": "They would have what was offered.",
}


def others_of(
    *,
    number: int,
    stamp: Stamp,
    now: Stamp,
    people: Sequence[Present],
    since: Sequence[Since],
    names: Mapping[int, str],
) -> Others:
    """This function will tell who else is there, and what happened after `stamp`, at which the page was drawn."""
    code = words.code(number)
    told = Others(
        url="",
        page_url=reverse("recovery", args=[code]),
        people=tuple(f"{one.name} {DOING[one.doing]}." for one in people),
        changed=stamp != now,
        changes=tuple(dict.fromkeys(line for one in since if (line := _line(one, names)))),
    )
    query = urlencode({"seen": str(stamp), "known": known_of(told)})
    return Others(
        url=f"{reverse('recovery-others', args=[code])}?{query}",
        page_url=told.page_url,
        people=told.people,
        changed=told.changed,
        changes=told.changes,
    )


def known_of(told: Others) -> str:
    """This function will name what is told, so that a browser that knows it already is told nothing."""
    text = "|".join((*told.people, str(told.changed), *told.changes))
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _line(one: Since, names: Mapping[int, str]) -> str:
    source, _, action = one.event.partition(":")
    action = one.event.rsplit(":", 1)[-1]
    if source == "recoveries":
        text = EVENTS[action](one.data, names) if action in EVENTS else ""
    elif source == "messages":
        text = MESSAGES.get(action, "")
    else:
        text = OTHER.get(action, "")
    by = names.get(one.by or 0, "")
    return f"{by}: {text}" if text and by else text
