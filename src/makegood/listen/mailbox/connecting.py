"""The way into a mailbox: connecting, signing in and opening its folder, and one plain sentence for all that is wrong.

A server's own words are never shown: they may hold anything, of whoever answers there.
"""

from __future__ import annotations

import errno
import imaplib
import logging
import socket
import ssl
from collections.abc import Callable

from imapclient import IMAPClient
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError

from makegood.listen.mailbox.account import Account, Folder, MailServerGone, UnableToReadMail
from makegood.listen.mailbox.tokens import UnableToGetToken, tokens_asked
from makegood.store.outgoing import UnableToCall, line_to, trusted

TIMEOUT = 20.0
MOST_NAMED = 8
logging.getLogger("imapclient").setLevel(logging.WARNING)


class _Line(imaplib.IMAP4):
    """A line that is made to an address which may be called, and secured from the start with `context`."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None) -> None:
        self._context = context
        super().__init__(host, port, TIMEOUT)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        line = line_to(host=self.host, port=self.port, seconds=timeout or TIMEOUT)
        return self._context.wrap_socket(line, server_hostname=self.host) if self._context else line


class _Client(IMAPClient):  # type: ignore[misc]
    def _create_IMAP4(self) -> _Line:  # noqa: N802
        return _Line(self.host, self.port, self.ssl_context if self.ssl else None)


Renewed = Callable[[str], object]
"""Is given another refresh token, at once: from then on the one before may open nothing any more."""


def connected(account: Account, *, renewed: Renewed | None = None) -> IMAPClient:
    """This function will connect and sign in. Raises UnableToReadMail."""
    token = ""
    if account.token_url:
        try:
            tokens = tokens_asked(account)
        except UnableToGetToken as error:
            raise UnableToReadMail(str(error)) from error
        token = tokens.access
        if renewed is not None and tokens.refresh != account.secret:
            renewed(tokens.refresh)
    client = _reached(account)
    try:
        _secured(client, account)
        if token:
            client.oauth2_login(account.username, token)
        else:
            client.login(account.username, account.secret)
    except Exception as error:
        _closed(client)
        raise UnableToReadMail(_not_let_in(account, error)) from error
    return client


def opened(client: IMAPClient, account: Account) -> Folder:
    """This function will open the folder, to read only. Raises UnableToReadMail."""
    try:
        found = client.select_folder(account.folder, readonly=True)
    except IMAPClientAbortError as error:
        raise MailServerGone(f"{account.host} hung up. It is tried again.") from error
    except (IMAPClientError, UnicodeError) as error:
        raise UnableToReadMail(_no_folder(client, account)) from error
    except OSError as error:
        raise MailServerGone(f"{account.host} hung up. It is tried again.") from error
    try:
        return Folder(
            validity=int(found[b"UIDVALIDITY"]), mails=int(found[b"EXISTS"]), next_uid=int(found.get(b"UIDNEXT") or 0)
        )
    except (KeyError, TypeError, ValueError) as error:
        said = f"{account.host} does not number its mails in a way that lasts, so that none could be taken just once."
        raise UnableToReadMail(said) from error


def tried(account: Account, *, renewed: Renewed | None = None) -> Folder:
    """This function will connect, open the folder and leave again. Raises UnableToReadMail."""
    client = connected(account, renewed=renewed)
    try:
        return opened(client, account)
    finally:
        _closed(client)


def _closed(client: IMAPClient) -> None:
    try:
        client.shutdown()
    except (OSError, IMAPClientError):
        return


def _reached(account: Account) -> IMAPClient:
    where = f"{account.host} on port {account.port}"
    try:
        client = _Client(
            account.host,
            port=account.port,
            ssl=account.security == "tls",
            ssl_context=trusted() if account.security == "tls" else None,
            timeout=TIMEOUT,
        )
    except UnableToCall as error:
        raise UnableToReadMail(str(error)) from error
    except ssl.SSLCertVerificationError as error:
        raise UnableToReadMail(_untrusted(account.host, error)) from error
    except ssl.SSLError as error:
        said = f"{where} does not speak TLS: choose another way to secure the line, or another port."
        raise UnableToReadMail(said) from error
    except socket.gaierror as error:
        raise UnableToReadMail(f"There is no server called {account.host}: look for a typing mistake.") from error
    except TimeoutError as error:
        said = f"{where} does not answer: check both, and whether a firewall stands between."
        raise UnableToReadMail(said) from error
    except ConnectionRefusedError as error:
        raise UnableToReadMail(f"Nothing answers at {where}: check the port.") from error
    except IMAPClientError as error:
        raise UnableToReadMail(f"What answers at {where} is no mail server that speaks IMAP.") from error
    except (OSError, UnicodeError, ValueError) as error:
        why = "there is no way there" if _errno(error) in (errno.EHOSTUNREACH, errno.ENETUNREACH) else "the line broke"
        raise UnableToReadMail(f"{where} could not be reached: {why}.") from error
    client.normalise_times = False
    return client


def _errno(error: Exception) -> int:
    return getattr(error, "errno", None) or 0


def _untrusted(host: str, error: ssl.SSLCertVerificationError) -> str:
    why = {
        10: "it has expired",
        18: "it is signed by nobody but itself",
        19: "nobody here knows who signed it",
        20: "nobody here knows who signed it",
        62: "it is for another name",
        64: "it is for another address",
    }.get(error.verify_code, "it does not hold")
    return f"The certificate of {host} cannot be trusted: {why}. Ask whoever runs that server."


class _Unsecured(Exception):
    """The server offers no TLS on this line."""


def _secured(client: IMAPClient, account: Account) -> None:
    if account.security != "starttls":
        return
    try:
        client.starttls(ssl_context=trusted())
    except CapabilityError as error:
        raise _Unsecured from error


def _not_let_in(account: Account, error: Exception) -> str:
    where = f"{account.host} on port {account.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return _untrusted(account.host, error)
    if isinstance(error, _Unsecured):
        return f"{where} offers no TLS once connected: choose TLS from the start, or ask whoever runs that server."
    if isinstance(error, UnicodeError):
        return f"{account.host} takes only plain letters and digits in user and password."
    if isinstance(error, IMAPClientError) and not isinstance(error, IMAPClientAbortError):
        return _refused(account, str(error).upper())
    return f"{where} hung up before it let us in."


def _refused(account: Account, told: str) -> str:
    if "LOGINDISABLED" in told or "PRIVACYREQUIRED" in told:
        return f"{account.host} takes a password over a secured line only: choose TLS."
    if account.token_url:
        return f"{account.host} does not take what the sign-in service gave us for {account.username}."
    return (
        f"{account.host} does not take this user and password. Some servers want a password made for programs, "
        "or IMAP switched on first."
    )


def _no_folder(client: IMAPClient, account: Account) -> str:
    try:
        names = [str(name) for flags, _, name in client.list_folders() if b"\\Noselect" not in flags]
    except (OSError, IMAPClientError, ValueError):
        names = []
    more = ", and others" if len(names) > MOST_NAMED else ""
    there = f" There are: {', '.join(names[:MOST_NAMED])}{more}." if names else ""
    return f"There is no folder called {account.folder}.{there}"
