"""A telling on the devices of a member: one notification on each, with one link, encrypted for that device alone.

A push service keeps it while a device is away, and no longer than until the member's quiet hours begin.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import attrs
from django.conf import settings

from makegood.core.telling import Quiet
from makegood.journal.carrying import Outcome
from makegood.messages.push import LARGEST, encrypted, proof
from makegood.messages.telling_words import Said
from makegood.organizations.devices import DeviceFacts
from makegood.store.clocks import wall_now
from makegood.store.outgoing import NotReached, UnableToCall, post

SECONDS = 8.0
TRIES = 3
KEPT_FOR = timedelta(hours=12)
NOT_NOW = frozenset({408, 425, 429, 503})
GONE = frozenset({404, 410})
Became = Literal["done", "unknown", "retry", "failed", "gone"]
WORST: Sequence[Became] = ("done", "unknown", "retry", "failed", "gone")
"""What became of it on one device stands for all: where one has it, they were told; where one may, nobody knows."""


@attrs.frozen(kw_only=True)
class Tried:
    """What became of one telling on one device, in words where it is not there."""

    device_id: int
    became: Became
    text: str


def push_said(said: Said, *, tag: str) -> bytes:
    """This function will write a telling as the worker of a browser reads it, shortened until it fits."""
    more = "\n".join([*said.more, said.action])
    told = {"title": said.head, "body": more, "action": said.action, "url": said.link, "tag": tag}
    written = json.dumps(told, ensure_ascii=False).encode()
    if len(written) > LARGEST:
        told["title"], told["body"] = said.head[:200], said.action
        written = json.dumps(told, ensure_ascii=False).encode()
    return written


def seconds_kept(*, quiet: Quiet | None, now: datetime) -> int:
    """This function will say for how many seconds a push service may keep it for a device that is away.

    Not into the quiet hours; what is told in them, to who is to be woken, is kept for as long as anything.
    """
    if quiet is None or quiet.holds(at=now):
        return int(KEPT_FOR.total_seconds())
    return int(min(KEPT_FOR, quiet.next_at(at=now) - now).total_seconds())


def push_tried(*, devices: Sequence[DeviceFacts], said: Said, tag: str, kept: int, urgent: bool) -> list[Tried]:
    """This function will hand a telling to the push service of each device. Call it outside of any transaction."""
    written = push_said(said, tag=tag)
    return [_tried(one, written, kept=kept, urgent=urgent) for one in devices]


def _tried(device: DeviceFacts, written: bytes, *, kept: int, urgent: bool) -> Tried:
    endpoint = device.subscription.endpoint
    contact = settings.PUBLIC_URL if settings.SECURE else "mailto:makegood@localhost"
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(kept),
        "Urgency": "high" if urgent else "normal",
        "Authorization": proof(endpoint=endpoint, contact=contact, now=wall_now()),
    }
    body = encrypted(written, to=device.subscription)
    became: Became
    try:
        answer = post(url=endpoint, body=body, headers=headers, seconds=SECONDS, question=True)
    except UnableToCall as error:
        became, text = "failed", str(error)
    except NotReached as error:
        became, text = "retry", f"{device.host} cannot be reached ({error})."
    except (OSError, http.client.HTTPException) as error:
        became, text = "unknown", f"{device.host} gave no answer ({type(error).__name__}): it may be there."
    else:
        became, text = _judged(answer.status), f"{device.host} answered {answer.status}."
    return Tried(device_id=device.id, became=became, text="" if became == "done" else text)


def _judged(status: int) -> Became:
    if 200 <= status < 300:
        return "done"
    if status in GONE:
        return "gone"
    if status in NOT_NOW:
        return "retry"
    return "unknown" if status >= 500 else "failed"


def outcome_of(*, tried: Sequence[Tried], attempts: int) -> Outcome:
    """This function will say what became of a telling on all devices of a member; `attempts` counts this one."""
    if not tried:
        return Outcome(state="failed", text="There is no device any more.")
    best = min(tried, key=lambda one: WORST.index(one.became))
    if best.became == "done":
        return Outcome(state="done", text="on their devices")
    if best.became == "unknown":
        return Outcome(state="unknown", text=best.text)
    if best.became == "retry" and attempts < TRIES:
        return Outcome(state="retry", text=best.text, retry_after=timedelta(minutes=attempts))
    return Outcome(state="failed", text=best.text)
