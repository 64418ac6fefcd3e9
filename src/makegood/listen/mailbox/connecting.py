"""The way into a mailbox: connecting, signing in and opening its folder, and one plain sentence for all that is wrong.

A server's own words are never shown: they may hold anything, of whoever answers there.
"""

from __future__ import annotations

import errno
import imaplib
import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from imapclient import IMAPClient
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError

from makegood.listen.mailbox.account import Account, Folder, MailServerGone, UnableToReadMail
from makegood.listen.mailbox.tokens import UnableToGetToken, tokens_asked
from makegood.store.outgoing import Cord, UnableToCall, cut_after, line_to, named, secured

TIMEOUT = 20.0
"""Seconds for each answer, and for each piece of one."""
LONGEST = 60.0
"""Seconds in all until the line is made and somebody let in, and until a folder is open."""
ROOM = 1024 * 1024
"""Bytes that a server may announce, where no mail is asked for."""
MOST_NAMED = 8
OPEN = (
    "{host} is on the internet: choose a way to secure the line, or anybody on the way could read the password. Whoever"
    " runs Makegood may allow it by MAKEGOOD_PRIVATE_HOSTS."
)
logging.getLogger("imapclient").setLevel(logging.WARNING)


class _Line(imaplib.IMAP4):
    """A line that is made to an address which may be called, and secured from the start where it is to be.

    It hangs on a cord, and takes no more at once than there is room for: what a server announces is its own word.
    """

    def __init__(self, host: str, port: int, *, security: str, cord: Cord) -> None:
        self._security = security
        self.cord = cord
        self.room = ROOM
        super().__init__(host, port, TIMEOUT)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        line = line_to(host=self.host, port=self.port, seconds=timeout or TIMEOUT)
        self.cord.on(line)
        if self._security == "none" and not named(host=self.host.lower(), port=self.port):
            line.close()
            raise UnableToCall(OPEN.format(host=self.host))
        return secured(line, host=self.host, cord=self.cord) if self._security == "tls" else line

    def wrap_socket(self, line: socket.socket, *, server_hostname: str) -> socket.socket:
        """Secure the line that was plain so far: what the library asks of whatever does that for it."""
        return secured(line, host=server_hostname, cord=self.cord)

    def read(self, size: int) -> bytes:
        """Take what was announced. Raises abort where that is more than there is room for."""
        self.room -= size
        if self.room < 0:
            raise self.abort("more than was asked for")
        return super().read(size)


class Client(IMAPClient):  # type: ignore[misc]
    """A client whose line is cut where a server takes too long, or sends too much."""

    def __init__(self, account: Account, cord: Cord) -> None:
        self._security = account.security
        self._cord = cord
        super().__init__(account.host, port=account.port, ssl=False, timeout=TIMEOUT)

    def _create_IMAP4(self) -> _Line:  # noqa: N802
        return _Line(self.host, self.port, security=self._security, cord=self._cord)

    def secure(self) -> None:
        """Secure the line once connected. Raises CapabilityError where the server does not offer that."""
        self.starttls(ssl_context=self._imap)

    @contextmanager
    def within(self, seconds: float, *, room: int = ROOM) -> Iterator[None]:
        """This context is for one question, which the server answers in so many seconds and bytes in all."""
        self._imap.room = room
        with cut_after(seconds, self._cord):
            yield


Renewed = Callable[[str], object]
"""Is given another refresh token, at once: from then on the one before may open nothing any more."""


def connected(account: Account, *, renewed: Renewed | None = None) -> Client:
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
        with client.within(LONGEST):
            _let_in(client, account, token)
    except Exception as error:
        _closed(client)
        raise UnableToReadMail(_not_let_in(account, error)) from error
    return client


def opened(client: Client, account: Account) -> Folder:
    """This function will open the folder, to read only. Raises UnableToReadMail."""
    try:
        with client.within(LONGEST):
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


def _closed(client: Client) -> None:
    try:
        client.shutdown()
    except (OSError, IMAPClientError):
        return


def _reached(account: Account) -> Client:
    where = f"{account.host} on port {account.port}"
    cord = Cord()
    try:
        with cut_after(LONGEST, cord):
            client = Client(account, cord)
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
        if cord.given_up:
            raise UnableToReadMail(f"{where} takes longer than {LONGEST:.0f} seconds to answer.") from error
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


def _let_in(client: Client, account: Account, token: str) -> None:
    if account.security == "starttls":
        try:
            client.secure()
        except CapabilityError as error:
            raise _Unsecured from error
    if token:
        client.oauth2_login(account.username, token)
    else:
        client.login(account.username, account.secret)


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


def _no_folder(client: Client, account: Account) -> str:
    try:
        with client.within(LONGEST):
            names = [str(name) for flags, _, name in client.list_folders() if b"\\Noselect" not in flags]
    except (OSError, IMAPClientError, ValueError):
        names = []
    more = ", and others" if len(names) > MOST_NAMED else ""
    there = f" There are: {', '.join(names[:MOST_NAMED])}{more}." if names else ""
    return f"There is no folder called {account.folder}.{there}"
