"""Calling out: one JSON request to an address that an admin wrote, with bounds on whom, how long and how much.

An address that somebody typed could name a machine of the house that nobody outside may reach. So the name is looked up
once, each of its addresses must be a public one, and the call goes to the address that was looked at. Redirects are not
followed. Machines of the house are called only where whoever runs Makegood named them (MAKEGOOD_PRIVATE_HOSTS).
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from time import monotonic
from typing import Any
from urllib.parse import urlencode, urlsplit

import attrs
from django.conf import settings

AT_ONCE = 2
"""So many calls a process makes at once: pages that wait for one must never take every thread of it."""
_free = threading.BoundedSemaphore(AT_ONCE)
_waiting = threading.BoundedSemaphore(3)
"""So many pages of a process wait at once for whoever was called: one of its four threads is always left."""
PATIENCE = 0.5
"""So many seconds a short question, as to whoever vouches for somebody who signs in, waits for the one before it."""
_hosts = threading.Condition()
_asked: set[tuple[str, int]] = set()
"""Whom such a question is under way to. Each host has one place: who is slow holds up nobody who asks another."""


_TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64 (RFC 6052): the last 32 bits are an address of version 4, which the line ends at."""
_EMBEDDED = (
    IPv6Network("::/96"),
    IPv6Network("::ffff:0:0:0/96"),
    IPv6Network("64:ff9b:1::/48"),
)
"""Addresses of version 4 written out, translated (RFC 2765) and translated locally (RFC 8215): none is public."""


class UnableToCall(ValueError):
    """The other side could not be called, or did not answer as it should: the message says why and what to do."""


class NotAsked(UnableToCall):
    """Nobody was called, because others are waiting just now."""


class NotReached(OSError):
    """The other side was surely sent nothing: its name was not found, the line not made, or no hands were shaken.

    What went wrong is its cause, and its text names that.
    """


@attrs.frozen(kw_only=True)
class Address:
    """Whom to call: `host` as it was written, `path` with its slash; `named` says that it is a host of the house."""

    secure: bool
    host: str
    port: int
    path: str
    named: bool


@attrs.frozen(kw_only=True)
class Answer:
    """What came back; of the body as much as was asked for, and one byte more where there was more."""

    status: int
    body: bytes


def address_of(url: str, *, question: bool = False) -> Address:
    """This function will read an address that somebody wrote; its path may hold a `question` where that says so.

    Raises UnableToCall unless it is https, or http to a host of the house, without a password in it.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UnableToCall("This is no address: write one such as https://api.example.com/v1.") from None
    secure = parts.scheme == "https"
    plain = not any(one.isspace() or not one.isprintable() or ord(one) > 126 for one in url.strip())
    if parts.scheme not in ("http", "https") or not host or not plain:
        raise UnableToCall("This is no address: write one such as https://api.example.com/v1.")
    if parts.username is not None or parts.password is not None or parts.fragment or (parts.query and not question):
        raise UnableToCall("Leave passwords and questions out of the address: a key has its own field.")
    port = port or (443 if secure else 80)
    here = named(host=host, port=port)
    if not secure and not here:
        raise UnableToCall("Use https: over http anybody on the way could read it.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(secure=secure, host=host, port=port, path=path, named=here)


def named(*, host: str, port: int) -> bool:
    """This function will say whether whoever runs Makegood named it as a host of the house."""
    return {host, f"{host}:{port}"} & set(settings.PRIVATE_HOSTS) != set()


def line_to(*, host: str, port: int, seconds: float) -> socket.socket:
    """This function will connect to a host that somebody wrote, by the same rules, within so many seconds.

    Each answer on the line has as many.

    Raises UnableToCall where it is inside the house, and OSError where it cannot be reached.
    """
    host = host.lower()
    return _connected(Address(secure=False, host=host, port=port, path="/", named=named(host=host, port=port)), seconds)


def host_of(url: str) -> str:
    """This function will name the host of an address that was once written, whether or not it may be called now."""
    return urlsplit(url).hostname or ""


@attrs.define
class Cord:
    """What a line hangs on that somebody may cut, whatever it is doing."""

    line: socket.socket | None = None
    given_up: bool = False

    def cut(self) -> None:
        """Give it up: whoever reads or writes there comes to its end."""
        self.given_up = True
        if self.line is not None:
            try:
                socket.socket.shutdown(self.line, socket.SHUT_RDWR)
            except OSError:
                return

    def on(self, line: socket.socket) -> None:
        """Go on by this line, which may be cut from now on. Raises TimeoutError where it was given up."""
        self.line = line
        if self.given_up:
            raise TimeoutError


@contextmanager
def cut_after(seconds: float, cord: Cord) -> Iterator[None]:
    """This context will last so many seconds at most: then its line is cut, however often a byte came by it."""
    over = threading.Timer(seconds, cord.cut)
    over.daemon = True
    over.start()
    try:
        yield
    finally:
        over.cancel()


@attrs.define
class _Call(Cord):
    """One call under way; whoever waits for it may cut its line."""

    sent: bool = False
    answer: Answer | None = None
    error: Exception | None = None


def call(*, url: str, body: Mapping[str, Any], headers: Mapping[str, str], seconds: float, most: int) -> Answer:
    """This function will post JSON and return what came back, within so many seconds and bytes in all.

    Call it outside of any transaction. Raises UnableToCall.
    """
    address = address_of(url)
    busy = NotAsked("Others are being drafted right now: try again in a few seconds.")
    if not _free.acquire(blocking=False):
        raise busy
    sent = {"Content-Type": "application/json", **headers}
    payload = json.dumps(body).encode()
    return _bounded(_free.release, busy, address, payload, sent, seconds=seconds, most=most)


def ask(
    *, url: str, headers: Mapping[str, str], seconds: float, most: int, form: Mapping[str, str] | None = None
) -> Answer:
    """This function will fetch a document, or post a form where one is given, within so many seconds and bytes in all.

    Call it outside of any transaction. Raises UnableToCall, and NotAsked where its host's place, or each page's, was
    taken for too long.
    """
    address = address_of(url, question=True)
    busy, host = NotAsked("Many are signing in right now: try again in a few seconds."), (address.host, address.port)
    with _hosts:
        if not _hosts.wait_for(lambda: host not in _asked, PATIENCE):
            raise busy
        _asked.add(host)

    def leave() -> None:
        with _hosts:
            _asked.discard(host)
            _hosts.notify_all()

    if form is None:
        return _bounded(leave, busy, address, None, headers, seconds=seconds, most=most, method="GET")
    sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    return _bounded(leave, busy, address, urlencode(form).encode(), sent, seconds=seconds, most=most)


def _bounded(
    leave: Callable[[], None],
    busy: NotAsked,
    address: Address,
    payload: bytes | None,
    headers: Mapping[str, str],
    *,
    seconds: float,
    most: int,
    method: str = "POST",
) -> Answer:
    """Exchange in a thread that is waited for so many seconds, and that leaves its place at its end.

    Raises what is said of being busy where as many pages are waiting as may.
    """
    under_way = _Call()

    def carry() -> None:
        try:
            under_way.answer = _exchange(
                under_way, address, payload, headers, seconds=seconds, most=most, method=method
            )
        except Exception as error:  # noqa: BLE001 - whoever waits raises it, in words
            under_way.error = error
        finally:
            leave()

    thread = threading.Thread(target=carry, name="call-out", daemon=True)
    try:
        with page_waits(busy):
            thread.start()
            thread.join(seconds)
    except NotAsked:
        leave()
        raise
    if under_way.answer is not None:
        return _fitting(address, under_way.answer, most)
    if under_way.error is None:
        under_way.cut()
        raise UnableToCall(f"{address.host} did not answer within {seconds:g} seconds: try again later.")
    raise _said(address, under_way.error) from under_way.error


def _fitting(address: Address, answer: Answer, most: int) -> Answer:
    if len(answer.body) > most:
        raise UnableToCall(f"{address.host} sent more than {most // 1024} kB: that is no answer to this question.")
    if 300 <= answer.status < 400:
        raise UnableToCall(f"{address.host} sends us on to another address: write that one here, if it is right.")
    return answer


def post(
    *,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    seconds: float,
    most: int = 64 * 1024,
    question: bool = False,
    method: str = "POST",
) -> Answer:
    """This function will post a body and return what came back, whatever it was, by the same rules of whom.

    It is put where `method` says PUT. For effects, which are carried one by one outside of any transaction. It has so
    many seconds in all, and its line is cut then, whatever still comes; the look-up of a name alone may take longer.
    Raises UnableToCall where nothing was sent because of the address, NotReached where nothing was sent because nobody
    was there, and another OSError or http.client.HTTPException where it is not known what became of it.
    """
    address, under_way = address_of(url, question=question), _Call()
    try:
        sent = {"Content-Type": "application/json", **headers}
        with cut_after(seconds, under_way):
            return _exchange(under_way, address, body, sent, seconds=seconds, most=most, method=method)
    except OSError as error:
        if under_way.sent:
            raise
        raise NotReached(type(error).__name__) from error


def _exchange(
    under_way: _Call,
    address: Address,
    payload: bytes | None,
    headers: Mapping[str, str],
    *,
    seconds: float,
    most: int,
    method: str = "POST",
) -> Answer:
    until = monotonic() + seconds
    line = _connected(address, seconds)
    try:
        under_way.on(line)
        if address.secure:
            line.settimeout(_left(until))
            line = secured(line, host=address.host, cord=under_way)
        line.settimeout(_left(until))
        talk = http.client.HTTPConnection(address.host, address.port, timeout=seconds)
        talk.sock = line
        under_way.sent = True
        talk.request(
            method,
            address.path,
            payload,
            {"Accept-Encoding": "identity", **headers},
        )
        with talk.getresponse() as response:
            body = response.read(most + 1)
        under_way.on(line)
    finally:
        line.close()
    return Answer(status=response.status, body=body)


def _left(until: float) -> float:
    """The seconds until then. Raises TimeoutError where none are left."""
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def is_public(written: str) -> bool:
    """This function will say whether an address is of the internet; one that carries another is judged by that one.

    So an address of version 4 inside one of version 6 (mapped, 6to4, NAT64) counts as what the line ends at.
    """
    address: IPv4Address | IPv6Address = ip_address(written.partition("%")[0])
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _TRANSLATED:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            address = inner
        elif address.is_site_local or any(address in one for one in _EMBEDDED):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _connected(address: Address, seconds: float) -> socket.socket:
    """A line to an address that was looked at; every one that the name has must be allowed."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise UnableToCall(f"There is no host named {address.host}: check the address.") from None
    if not address.named and not all(is_public(str(one[4][0])) for one in found):
        raise UnableToCall(
            f"{address.host} is inside the house, not on the internet: whoever runs Makegood may allow it"
            " by MAKEGOOD_PRIVATE_HOSTS."
        )
    lost: OSError = ConnectionRefusedError()
    until = monotonic() + seconds
    for family, kind, protocol, _, where in found:
        line = socket.socket(family, kind, protocol)
        try:
            line.settimeout(_left(until))
            line.connect(where)
            line.settimeout(seconds)
        except OSError as error:
            line.close()
            lost = error
        else:
            return line
    raise lost


@contextmanager
def page_waits(busy: NotAsked) -> Iterator[None]:
    """This context is of one page that waits for somebody outside. Raises `busy` where as many wait as may."""
    if not _waiting.acquire(timeout=PATIENCE):
        raise busy
    try:
        yield
    finally:
        _waiting.release()


@lru_cache(maxsize=1)
def trusted() -> ssl.SSLContext:
    """This function will return whose certificates are believed; reading them takes long, so once a process."""
    return ssl.create_default_context()


def secured(line: socket.socket, *, host: str, cord: Cord) -> socket.socket:
    """This function will shake hands on a line; it hangs on its cord while it does, and from then on."""
    made = trusted().wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
    try:
        cord.on(made)
        made.do_handshake()
        cord.on(made)
    except BaseException:
        made.close()
        raise
    return made


def _said(address: Address, error: Exception) -> UnableToCall:
    """What was wrong, in one sentence."""
    if isinstance(error, UnableToCall):
        return error
    if isinstance(error, socket.gaierror):
        return UnableToCall(f"There is no host named {address.host}: check the address.")
    if isinstance(error, ssl.SSLError):
        return UnableToCall(f"{address.host} has no certificate that can be trusted: check the address.")
    if isinstance(error, TimeoutError):
        return UnableToCall(f"{address.host} did not answer in time: try again later.")
    if isinstance(error, http.client.HTTPException):
        return UnableToCall(f"{address.host} hung up, or does not speak HTTP: check the address.")
    return UnableToCall(f"{address.host} cannot be reached ({type(error).__name__}): check the address.")
