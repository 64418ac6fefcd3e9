"""A mail that did not arrive, or may not have: what went wrong with it, and the way to send it again."""

from __future__ import annotations

from typing import Protocol

from django.conf import settings
from django.urls import reverse

from makegood.console.viewmodels import Action
from makegood.messages.smtp import NOT_SET

DROPPED = "The line dropped while it was handed over. It may have arrived; it is not sent again by itself."
REFUSED = "The mail server refused it."
NO_SERVER = (
    "No mail server is set yet, so no mail leaves: whoever runs Makegood sets EMAIL_URL, then it can be sent again."
)


class Troubled(Protocol):
    """A message of which something may have gone wrong."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def state(self) -> str:
        """`failed`, or `unknown` where it may have arrived."""

    @property
    def subject(self) -> str:
        """What it is about."""

    @property
    def trouble(self) -> str:
        """What the mail server said."""


def trouble_state(message: Troubled) -> str:
    """This function will say in three words what became of it."""
    return "may not have arrived" if message.state == "unknown" else "did not arrive"


def trouble_said(message: Troubled) -> str:
    """This function will say what went wrong, in whole sentences."""
    if message.state == "unknown":
        return DROPPED
    if message.trouble == NOT_SET:
        return NO_SERVER if no_mail_leaves(message) else "No mail server was set when it was to leave. One is now."
    return f"{message.trouble.rstrip('.')}." if message.trouble else REFUSED


def no_mail_leaves(message: Troubled) -> bool:
    """This function will say whether it did not leave for want of a mail server, and would not leave now either."""
    return message.trouble == NOT_SET and not settings.EMAIL_URL


def send_again(message: Troubled, *, back: str = "") -> Action:
    """This function will make the button that sends it again and leads `back`: to Today, unless that says elsewhere."""
    return Action(
        label="Send it again",
        about=message.subject,
        url=reverse("mail-decide", args=[message.id, "again"]),
        style="go",
        hidden=(("back", back),) if back else (),
    )
