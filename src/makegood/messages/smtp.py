"""Mail out: one message over SMTP, so that it is known whether the server has it, has it not, or may have it.

Until the server has asked for the text, nothing was sent and trying again is safe. From then on only its answer tells:
a line that drops before the answer leaves an outcome that nobody can ask for, which is never tried again by itself.
"""

from __future__ import annotations

import re
import smtplib
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime

import attrs
from django.conf import settings

from makegood.journal.carrying import Outcome
from makegood.messages.smtp_server import UnusableEmailUrl, connected, server_of

LEADING_DOT = re.compile(rb"(?m)^\.")
NOT_SET = "EMAIL_URL is not set: set it to smtp://user:password@host:port, then send again."


@attrs.frozen(kw_only=True)
class Mail:
    """One mail as it leaves. `automatic` says that no person wrote it."""

    sender_name: str
    sender: str
    to: str
    reply_to: str
    subject: str
    body: str
    message_id: str
    references: tuple[str, ...]
    sent_at: datetime
    automatic: bool


def written(mail: Mail) -> EmailMessage:
    """This function will write the mail out, in headers that hold no line breaks of anyone's making.

    Raises ValueError, IndexError or MessageError for an address that is none.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(_line(mail.sender_name), addr_spec=mail.sender)
    message["To"] = Address(addr_spec=mail.to)
    if mail.reply_to:
        message["Reply-To"] = Address(addr_spec=mail.reply_to)
    message["Subject"] = _line(mail.subject)
    message["Date"] = format_datetime(mail.sent_at)
    message["Message-ID"] = mail.message_id
    if mail.references:
        message["In-Reply-To"] = mail.references[-1]
        message["References"] = " ".join(mail.references)
    if mail.automatic:
        message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body, charset="utf-8")
    return message


def _line(text: str) -> str:
    return " ".join(text.split())


def mail_out(*, mail: Mail, attempts: int) -> Outcome:
    """This function will hand one mail to the server and say what became of it; `attempts` counts this one.

    Refused for good (5xx) is failed; refused for now (4xx), or no server, is tried again, later each time.
    """
    if not settings.EMAIL_URL:
        return Outcome(state="failed", text=NOT_SET)
    later = timedelta(minutes=min(60, 2 ** (attempts - 1)))
    try:
        server = server_of(settings.EMAIL_URL)
        sender = server.sender or mail.sender
        payload = written(attrs.evolve(mail, sender=sender)).as_bytes()
        sender.encode("ascii")
        mail.to.encode("ascii")
    except UnusableEmailUrl as error:
        return Outcome(state="failed", text=str(error))
    except (ValueError, IndexError, MessageError):
        return Outcome(state="failed", text="This e-mail address cannot be written to: ask for another.")
    client: smtplib.SMTP | None = None
    try:
        client = connected(server)
        _begin(client, sender, mail.to)
    except smtplib.SMTPResponseException as error:
        return _refused(error.smtp_code, later)
    except (OSError, smtplib.SMTPException) as error:
        return Outcome(state="retry", text=f"No mail server ({type(error).__name__}).", retry_after=later)
    else:
        return _hand_over(client, payload, later)
    finally:
        if client is not None:
            client.close()


def _begin(client: smtplib.SMTP, sender: str, to: str) -> None:
    """Say who writes to whom and ask to send the text; raises SMTPResponseException for any other answer than yes."""
    client.ehlo_or_helo_if_needed()
    for code, answer, wanted in (
        (*client.mail(sender), 250),
        (*client.rcpt(to), 250),
        (*client.docmd("DATA"), 354),
    ):
        if code not in (wanted, 251):
            raise smtplib.SMTPResponseException(code, answer)


def _hand_over(client: smtplib.SMTP, payload: bytes, later: timedelta) -> Outcome:
    """Send the text and wait for the answer: from here on, a dropped line says nothing about what the server has."""
    try:
        client.send(LEADING_DOT.sub(b"..", payload).rstrip(b"\r\n") + b"\r\n.\r\n")
        code, _ = client.getreply()
    except (OSError, smtplib.SMTPException):
        return Outcome(state="unknown", text="The line dropped while the text was sent: it may or may not have left.")
    if code != 250:
        return _refused(code, later)
    return Outcome(state="done", text="accepted by the mail server")


def _refused(code: int, later: timedelta) -> Outcome:
    if 400 <= code < 500:
        return Outcome(state="retry", text=f"The mail server asked to wait ({code}).", retry_after=later)
    if code < 0:
        return Outcome(state="retry", text="The mail server hung up.", retry_after=later)
    return Outcome(state="failed", text=f"The mail server refused it ({code}).")
