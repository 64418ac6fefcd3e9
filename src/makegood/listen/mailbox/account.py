"""Where mail is read, as plain data, and what may be in the way."""

from __future__ import annotations

from attrs import field, frozen


class UnableToReadMail(OSError):
    """This mailbox cannot be read: the message says what is in the way."""


class MailServerGone(UnableToReadMail):
    """The line to the mail server dropped; it is connected to again by itself."""


@frozen(kw_only=True)
class Account:
    """Where mail is read. `secret` is the password or, with `token_url`, the refresh token."""

    host: str
    port: int
    security: str
    username: str
    secret: str = field(repr=False)
    folder: str
    token_url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)


@frozen(kw_only=True)
class Folder:
    """A folder as it was opened: which numbering of its mails holds, how many there are, and the next number."""

    validity: int
    mails: int
    next_uid: int
