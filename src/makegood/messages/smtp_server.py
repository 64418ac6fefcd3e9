"""The mail server that EMAIL_URL names: how to reach it, and what is wrong where it cannot be reached."""

from __future__ import annotations

import smtplib
import socket
import ssl
from functools import lru_cache
from urllib.parse import parse_qs, unquote, urlsplit

import attrs

from makegood.store.outgoing import trusted

TIMEOUT = 15


class UnusableEmailUrl(ValueError):
    """EMAIL_URL must look like smtp://user:password@host:port, or smtps:// for TLS from the start."""


@attrs.frozen(kw_only=True)
class Server:
    """The mail server that EMAIL_URL names; `tls` is required, wanted (if the server offers it) or never."""

    host: str
    port: int
    user: str
    password: str
    implicit: bool
    tls: str
    sender: str


@lru_cache
def server_of(url: str) -> Server:
    """This function will read EMAIL_URL; `?from=address` names the sender, `?tls=required|wanted|never` starts TLS.

    With a password TLS is required unless it says otherwise. Raises UnusableEmailUrl.
    """
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    tls = query.get("tls", "required" if parts.password else "wanted")
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or tls not in ("required", "wanted", "never"):
        raise UnusableEmailUrl(UnusableEmailUrl.__doc__)
    return Server(
        host=parts.hostname,
        port=parts.port or (465 if parts.scheme == "smtps" else 587),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        implicit=parts.scheme == "smtps",
        tls=tls,
        sender=query.get("from", ""),
    )


class UnreachableServer(OSError):
    """The mail server does not take us: the message says what it did and what to do."""


def connected(server: Server) -> smtplib.SMTP:
    """This function will reach the server and sign in, over TLS where that is asked for.

    Raises OSError or SMTPException.
    """
    client: smtplib.SMTP
    if server.implicit:
        client = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=trusted())
    else:
        client = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
        client.ehlo_or_helo_if_needed()
        if server.tls == "required" or (server.tls == "wanted" and client.has_extn("starttls")):
            client.starttls(context=trusted())
    if server.user:
        client.login(server.user, server.password)
    return client


def server_tried(url: str) -> str:
    """This function will reach the server that EMAIL_URL names, sign in, and leave again with nothing sent.

    Returns what it said yes to, in words. Raises UnusableEmailUrl and UnreachableServer.
    """
    server = server_of(url)
    try:
        client = connected(server)
    except (OSError, smtplib.SMTPException) as error:
        raise UnreachableServer(_why_not(server, error)) from error
    secured = "over TLS" if isinstance(client.sock, ssl.SSLSocket) else "without TLS"
    client.close()
    return f"{_named(server)} answers, {secured}{', and takes the password' if server.user else ''}"


def _named(server: Server) -> str:
    return f"{server.host} port {server.port}"


def _why_not(server: Server, error: Exception) -> str:
    where = _named(server)
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"{where} refuses the user and password ({error.smtp_code}): correct them in EMAIL_URL."
        case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(error):
            return f"{where} offers no TLS: use smtps://, or ?tls=never if it stands in a network of yours."
        case smtplib.SMTPNotSupportedError():
            return f"{where} takes no password as it was reached: use smtps://, or leave the user out of EMAIL_URL."
        case ssl.SSLCertVerificationError():
            return (
                f"{where} shows a certificate that cannot be trusted ({error.verify_message}): name the server as its"
                " certificate does, and let the system know who signed it."
            )
        case socket.gaierror():
            return f"No name server knows {server.host}: correct it in EMAIL_URL."
        case _:
            return (
                f"{where} does not answer as a mail server ({type(error).__name__}): see that it runs, and that the"
                " port and smtp:// or smtps:// are right."
            )
