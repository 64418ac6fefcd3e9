"""A telling in a channel of Slack or Teams: one message with one button, posted to the channel's incoming webhook.

What surely was not taken is tried a few times and then told by mail; what may have been is unknown, and not repeated.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from makegood.journal.carrying import Outcome
from makegood.messages.telling_words import Said
from makegood.organizations.chats import CHAT_NAMES, Channel
from makegood.store.outgoing import NotReached, UnableToCall, post
from makegood.store.secrets import UnableToDecrypt, decrypt

SECONDS = 10.0
TRIES = 3
"""So often it is tried where nobody answers; then mail tells it, since somebody waits."""
LONGEST = 2_900
NOT_NOW = frozenset({408, 425, 429, 503})
WHY = {
    401: "does not let us in any more: bring another address",
    403: "does not let us in any more: bring another address",
    404: "has no such webhook any more: bring another address",
    410: "has closed this channel or its webhook: bring another address",
}


def parts_of(said: Said, channel: Channel) -> list[str]:
    """This function will put a telling into paragraphs, the name of whom it is for before what others read too."""
    head = f"{channel.member}: {said.head}" if channel.shared else said.head
    return [head, *said.more]


def slack_body(said: Said, channel: Channel) -> Mapping[str, Any]:
    """This function will write a telling as Slack takes it: plain text in blocks, and one button that is a link."""
    text = "\n\n".join(parts_of(said, channel))[:LONGEST]
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    button = {"type": "button", "text": {"type": "plain_text", "text": said.action[:75]}, "url": said.link}
    return {
        "text": plain.split("\n", 1)[0],
        "blocks": [
            {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}},
            {"type": "actions", "elements": [{**button, "style": "primary"}]},
        ],
    }


def teams_body(said: Said, channel: Channel) -> Mapping[str, Any]:
    """This function will write a telling as a workflow of Teams takes it: an Adaptive Card, its text without markup."""
    lines = [line for part in parts_of(said, channel) for line in part.split("\n")]
    first = {"type": "TextRun", "text": lines[0], "weight": "Bolder"}
    runs = [first, *({"type": "TextRun", "text": line} for line in lines[1:])]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "RichTextBlock", "inlines": [run]} for run in runs],
        "actions": [{"type": "Action.OpenUrl", "title": said.action, "url": said.link}],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}


BODIES = {"slack": slack_body, "teams": teams_body}


def chat_out(*, channel: Channel, said: Said, attempts: int) -> Outcome:
    """This function will post a telling to its channel and say what became of it; `attempts` counts this one.

    Call it outside of any transaction.
    """
    name = CHAT_NAMES[channel.kind]
    body = json.dumps(BODIES[channel.kind](said, channel)).encode()
    try:
        answer = post(url=decrypt(channel.address), body=body, headers={}, seconds=SECONDS, question=True)
    except (UnableToCall, UnableToDecrypt) as error:
        return Outcome(state="failed", text=str(error))
    except NotReached as error:
        return _later(f"{name} cannot be reached ({error}).", attempts)
    except (OSError, http.client.HTTPException) as error:
        return Outcome(state="unknown", text=f"{name} gave no answer ({type(error).__name__}): it may be there.")
    return _judged(name, answer.status, attempts)


def _judged(name: str, status: int, attempts: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome(state="done", text=f"in {name}")
    if status in NOT_NOW:
        return _later(f"{name} answered {status}.", attempts)
    if status >= 500:
        return Outcome(state="unknown", text=f"{name} answered {status}: it may be there.")
    return Outcome(state="failed", text=f"{name} {WHY.get(status, f'refused it with {status}')}.")


def _later(text: str, attempts: int) -> Outcome:
    if attempts >= TRIES:
        return Outcome(state="failed", text=text)
    return Outcome(state="retry", text=text, retry_after=timedelta(minutes=attempts))
