"""Whether the public address leads here: asked once, for the page on which people sign in, as a browser would.

What this machine cannot look at is nobody's fault and is said; what answers and is not this Makegood is wrong.
"""

from __future__ import annotations

import errno
import http.client
import os
import re
import socket
import ssl
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

import click

SECONDS = 5.0
PATH = "/sign-in"
MARK = re.compile(r"\b(makegood_[0-9a-f]{8})_form=")
"""The cookie that every form of an installation brings, named by its secret."""
AWAY = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN)


def public_address_asked() -> str:
    """This function will say that the public address leads here, or why that was not asked.

    Raises ClickException, with what to do, where something else answers there or nothing does.
    """
    url = os.environ.get("MAKEGOOD_URL", "").rstrip("/")
    parts = _parts(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "not asked: there is no address to ask (MAKEGOOD_URL)"
    port = os.environ.get("PORT", "8000")
    if not _answers_here(port):
        return f"not asked: nothing answers on port {port} of this machine, so Makegood does not run here"
    try:
        answer, told = _asked(parts)
    except (TimeoutError, OSError, http.client.HTTPException) as error:
        return _unreached(url, parts, error)
    return _judged(url, port, answer, told)


def _parts(url: str) -> SplitResult:
    """Raises ClickException where it is no address at all."""
    try:
        parts = urlsplit(url)
        parts.port, (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise click.ClickException(
            f"MAKEGOOD_URL is no address ({error}): write it like https://help.example."
        ) from error
    return parts


def _answers_here(port: str) -> bool:
    if not port.isdecimal() or not 0 < int(port) < 65536:
        return False
    try:
        socket.create_connection(("127.0.0.1", int(port)), timeout=SECONDS).close()
    except OSError:
        return False
    return True


def _asked(parts: SplitResult) -> tuple[http.client.HTTPResponse, str]:
    """The answer, and the names of its cookies and where it leads on."""
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "https":
        context = ssl.create_default_context()
        line: http.client.HTTPConnection = http.client.HTTPSConnection(host, port, timeout=SECONDS, context=context)
    else:
        line = http.client.HTTPConnection(host, port, timeout=SECONDS)
    try:
        line.request("GET", PATH, headers={"User-Agent": "makegood-doctor", "Connection": "close"})
        answer = line.getresponse()
        return answer, " ".join(answer.headers.get_all("Set-Cookie") or ())
    finally:
        line.close()


def _unreached(url: str, parts: SplitResult, error: Exception) -> str:
    """Why it could not be asked from here. Raises ClickException where that is no matter of this machine's."""
    outside = f"open {url} from another network"
    if isinstance(error, ssl.SSLCertVerificationError):
        raise click.ClickException(
            f"The certificate of {parts.hostname} cannot be trusted ({error.verify_message}): browsers refuse it, too."
            " Renew it, or give the proxy the whole chain."
        )
    if isinstance(error, ssl.SSLError | http.client.HTTPException) and not isinstance(error, ConnectionError):
        way = "TLS" if isinstance(error, ssl.SSLError) else "HTTP"
        raise click.ClickException(f"What answers at {url} does not speak {way}: see what the proxy listens for there.")
    if isinstance(error, socket.gaierror):
        if error.errno == socket.EAI_NONAME:
            raise click.ClickException(
                f"There is no host named {parts.hostname}: give it an address in the DNS, or correct MAKEGOOD_URL."
            )
        return f"not asked: names cannot be looked up from this machine now; {outside}"
    if isinstance(error, ConnectionRefusedError):
        raise click.ClickException(
            f"Nothing answers at {url}: start the proxy (deploy/nginx.conf), and let the firewall pass its port."
        )
    if isinstance(error, TimeoutError) or getattr(error, "errno", 0) in AWAY:
        return f"not asked: no way leads from this machine to {parts.hostname}, which may be as it should; {outside}"
    return f"not asked: the line to {parts.hostname} broke; {outside}"


def _judged(url: str, port: str, answer: http.client.HTTPResponse, cookies: str) -> str:
    leads = answer.headers.get("Location", "")
    found = MARK.search(cookies)
    if found is None and leads != "/set-up":
        raise click.ClickException(_stranger(url, port, answer.status, leads))
    if found is not None and found[1] != _own_mark():
        raise click.ClickException(
            f"At {url} another Makegood answers, or this one with another MAKEGOOD_SECRET than doctor was given: let"
            f" the proxy lead to port {port} of this machine, or set MAKEGOOD_URL to its own address."
        )
    plain = url.startswith("https://") and not answer.headers.get("Strict-Transport-Security")
    if plain and os.environ.get("MAKEGOOD_TRUSTED_PROXIES", "0") != "0":
        raise click.ClickException(
            f"{url} leads here, but Makegood is not told that people came over TLS: let the proxy send"
            " X-Forwarded-Proto (deploy/nginx.conf)."
        )
    return f"{url} leads here"


def _stranger(url: str, port: str, status: int, leads: str) -> str:
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST and leads:
        return f"{url} leads on to {leads[:100]}: set MAKEGOOD_URL to the address that people arrive at."
    if status == HTTPStatus.BAD_REQUEST:
        return f"{url} refuses its own name: let the proxy pass it on (proxy_set_header Host $host)."
    if status in (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT):
        return f"The proxy at {url} reaches no Makegood ({status}): let it lead to port {port} of this machine."
    return f"What answers at {url} is no Makegood ({status}): let the proxy lead to port {port} of this machine."


def _own_mark() -> str:
    from makegood.store.secrets import fingerprint_of, secret_there

    return f"makegood_{fingerprint_of(secret_there() or '')[:8]}"
