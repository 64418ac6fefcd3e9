"""What came of telling, read as members read it: from mails, from a channel of Slack or Teams, and from browsers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

import attrs
from tests.support.push_service import Browser

ANSWERS = (200, 200, 200, 404, 200, 200, 500, 200, 200, 200)
"""What a channel answers, in turn: mostly that it has it, else that it has not, or that it may have."""
PUSH_ANSWERS = (201, 201, 403, 201, 201, 500, 201, 201, 201, 201, 201)
"""What the push service answers, in turn."""


@attrs.frozen(kw_only=True)
class Told:
    """One telling that came: the moment, its first line, the lines after it, how many more it counts, and its link."""

    way: str
    at: datetime
    to: int
    head: str
    lines: tuple[str, ...]
    more: int
    link: str


def mailed(taken: list[bytes], at: datetime, who: Mapping[str, int]) -> Iterator[Told]:
    """Each mail, by the address that it came to; it has one link."""
    for raw in taken:
        mail = message_from_bytes(raw, policy=default)
        text = mail.get_content().replace("\r\n", "\n")
        assert text.count("http") == 1
        (link,) = (line for line in text.split("\n") if line.startswith("http"))
        yield read_as_told(text, way="mail", at=at, to=who[str(mail["To"])], link=link)


def written(
    asked: list[dict[str, Any]], first: int, at: datetime, names: Mapping[str, Mapping[str, int]]
) -> Iterator[Told]:
    """What the channels have, of what they were asked, each with one button: the others were answered otherwise.

    `names` are those whom each channel is for, by its path: whoever else is told there is not found.
    """
    for number, one in enumerate(asked, first):
        if ANSWERS[number % len(ANSWERS)] == 200:
            text, link = CHANNELS[one["path"]](one["body"])
            name, _, said = text.partition(": ")
            yield read_as_told(said, way="chat", at=at, to=names[one["path"]][name], link=link)


def _in_slack(body: Mapping[str, Any]) -> tuple[str, str]:
    said, pressed = body["blocks"]
    (button,) = pressed["elements"]
    return said["text"]["text"], button["url"]


def _in_teams(body: Mapping[str, Any]) -> tuple[str, str]:
    (attached,) = body["attachments"]
    card = attached["content"]
    (button,) = card["actions"]
    lines = [run["text"] for block in card["body"] for run in block["inlines"]]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    return "\n".join(lines), button["url"]


CHANNELS = {"/slack": _in_slack, "/teams": _in_teams}
"""How a message is read in the channel at each path: its text, and where its one button leads."""


def pushed(asked: list[dict[str, Any]], at: datetime, browsers: Mapping[str, tuple[int, Browser]]) -> Iterator[Told]:
    """What came to browsers, as each reads it."""
    for one in asked:
        if one["answered"] == 201:
            to, browser = browsers[one["path"]]
            said = browser.read(one["body"])
            text = f"{said['title']}\n\n{said['body']}"
            yield read_as_told(text, way="push", at=at, to=to, link=said["url"])


def read_as_told(text: str, *, way: str, at: datetime, to: int, link: str) -> Told:
    """A telling as its reader takes it."""
    listed = [line[2:] for line in text.split("\n") if line.startswith("- ")]
    more = [int(line.split()[1]) for line in listed if line.startswith("and ")]
    head = text.split("\n", 1)[0]
    if listed:
        head = head.rpartition(" And ")[0]
    lines = tuple(line for line in listed if not line.startswith("and "))
    return Told(way=way, at=at, to=to, head=head, lines=lines, more=sum(more), link=link)
