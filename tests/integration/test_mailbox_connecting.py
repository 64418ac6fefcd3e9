"""The way into a mailbox, on a real server: what works, and one plain sentence for each thing that is wrong."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.conf import settings
from tests.conftest import START, Org
from tests.support.mail_server import MailHouse, mail_house
from tests.support.mailboxes import _no_demo, mail
from tests.support.ports import free_port

from makegood.listen.mailbox import connecting
from makegood.listen.mailbox.account import Account, UnableToReadMail
from makegood.listen.mailbox.connecting import ROOM, tried
from makegood.listen.mailbox.operations import account_kept, mailbox_renewed, mailbox_set
from makegood.listen.mailbox.reading import Reader
from makegood.listen.models import Mailbox
from makegood.store import outgoing
from makegood.store.outgoing import trusted
from makegood.store.tenancy import tenant

__all__ = ["_no_demo"]
REFRESH, ACCESS = "a refresh token", "an-access-token"
CHANGED, AFTER = "a refresh token that is changed as it is used", "the one that is given for it"


@pytest.fixture(scope="module")
def house() -> Iterator[MailHouse]:
    with mail_house(plain_refused=True) as running:
        yield running


@pytest.fixture
def believed(house: MailHouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the server's certificate be believed, as one that is signed as usual."""
    monkeypatch.setenv("SSL_CERT_FILE", str(house.certificate))
    trusted.cache_clear()
    yield
    trusted.cache_clear()


def said(house: MailHouse, **changes: Any) -> str:
    with pytest.raises(UnableToReadMail) as caught:
        tried(house.account(**changes))
    text = str(caught.value)
    assert text.endswith(".")
    assert "open-sesame" not in text
    return text


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_each_way_to_secure_the_line_works(house: MailHouse, believed: None, security: str) -> None:
    house.put(mail(1), user=f"by-{security}")
    port = house.tls_port if security == "tls" else house.port
    found = tried(house.account(f"by-{security}", security=security, port=port))
    assert (found.mails, found.next_uid) == (1, 2)


def test_a_certificate_that_nobody_knows_is_not_believed(house: MailHouse) -> None:
    for security, port in (("tls", house.tls_port), ("starttls", house.port)):
        assert "is signed by nobody but itself" in said(house, security=security, port=port)


def test_a_certificate_for_another_name_is_not_believed(house: MailHouse, believed: None) -> None:
    wrong = said(house, security="tls", port=house.tls_port, host="127.0.0.2")
    assert wrong in (
        "The certificate of 127.0.0.2 cannot be trusted: it is for another address. Ask whoever runs that server.",
        f"Nothing answers at 127.0.0.2 on port {house.tls_port}: check the port.",
    )


def test_what_is_wrong_is_said(house: MailHouse) -> None:
    nothing = free_port()
    assert said(house, port=nothing) == f"Nothing answers at 127.0.0.1 on port {nothing}: check the port."
    assert "does not take this user and password" in said(house, secret="wrong")
    house.put(mail(1), user="named")
    assert (
        said(house, username="named", folder="Complaints") == "There is no folder called Complaints. There are: INBOX."
    )
    assert said(house, security="tls") == (
        f"127.0.0.1 on port {house.port} does not speak TLS: choose another way to secure the line, or another port."
    )


def test_a_server_that_nobody_knows_is_said(house: MailHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "There is no host named aaaa" in said(house, host="a" * 70)

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    told = "There is no server called mail.shop.example: look for a typing mistake."
    assert said(house, host="mail.shop.example") == told


def test_a_server_that_is_none_and_one_that_is_silent_are_told_apart(
    house: MailHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert "does not answer" in said(house, port=port)
        monkeypatch.setattr(connecting, "TIMEOUT", 60.0)

        def answer() -> None:
            line, _ = listening.accept()
            line.close()
            line, _ = listening.accept()
            line.sendall(b"220 <script>alert(1)</script> ESMTP\r\n")
            line.close()

        accepted, _ = listening.accept()
        accepted.close()
        thread = threading.Thread(target=answer)
        thread.start()
        assert "hung up" in said(house, port=port) or "speaks IMAP" in said(house, port=port)
        thread.join(300)


def test_a_line_that_nobody_secured_goes_to_no_host_on_the_internet(
    house: MailHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.put(mail(1), user="in-plain")
    assert tried(house.account(user="in-plain")).mails == 1, "it is named"
    monkeypatch.setattr(settings, "PRIVATE_HOSTS", ())
    monkeypatch.setattr(outgoing, "is_public", lambda _: True)
    assert "choose a way to secure the line" in said(house, user="in-plain", security="none")


@contextmanager
def answering(*said: bytes, drips: bool = False) -> Iterator[tuple[int, list[bytes]]]:
    """A server that says this, each but the first once it was asked, and then drips until it is cut off, or hangs up.

    Its port comes, and what it was asked.
    """
    over, asked = threading.Event(), []

    def answer() -> None:
        line, _ = listening.accept()
        with line, suppress(OSError):
            for number, one in enumerate(said):
                if number:
                    asked.append(line.recv(9999))
                line.sendall(one)
            while drips and not over.wait(0.05):
                line.sendall(b"a")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer)
        thread.start()
        yield listening.getsockname()[1], asked
        thread.join(300)
        assert not thread.is_alive(), "its line was cut"
        over.set()


@pytest.mark.parametrize("said_so_far", [(b"* OK ",), (b"* OK here\r\n", b"* ")], ids=["its greeting", "its answer"])
def test_a_server_that_drips_is_cut_off(
    house: MailHouse, monkeypatch: pytest.MonkeyPatch, said_so_far: tuple[bytes, ...]
) -> None:
    """Each byte comes in time, the whole does not: whoever waits for it on a page is let go."""
    monkeypatch.setattr(connecting, "TIMEOUT", 60.0)
    monkeypatch.setattr(connecting, "LONGEST", 1.0)
    with answering(*said_so_far, drips=True) as (port, _):
        assert "takes longer than 1 seconds to answer" in said(house, port=port)


def test_a_server_that_announces_more_than_there_is_room_for_is_not_listened_to(house: MailHouse) -> None:
    for announced, asks in ((ROOM, 1), (ROOM + 1, 0)):
        told = b"x" * ROOM if announced == ROOM else b""
        with answering(b"* OK {%d}\r\n" % announced + told + b"\r\n", b"") as (port, asked):
            assert "speaks IMAP" in said(house, port=port)
        assert len([one for one in asked if one]) == asks


def read_by(org: Org, account: Account) -> tuple[str, str]:
    """What is kept to sign in with once a worker has read this mailbox, which is held against it having changed."""
    with tenant(organization_id=org.id):
        mailbox_set(organization_id=org.id, account=account, by=None, now=START)
        row = Mailbox.objects.get(organization_id=org.id)
    Reader(organization_id=org.id, mailbox_id=row.id).read()
    with tenant(organization_id=org.id):
        mailbox_renewed(organization_id=org.id, before=account, secret="of settings that are no more")
        kept = account_kept(organization_id=org.id)
        assert Mailbox.objects.get(organization_id=org.id).changed_at == row.changed_at, "it is read on"
    assert kept is not None
    return kept.secret, kept.client_secret


class Signer(BaseHTTPRequestHandler):
    """A sign-in service: gives an access token for the refresh token, and tells the mail server whose it is."""

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        status, told = 200, {"active": True, "username": "oauth-user"}
        if "refresh_token" in asked:
            known = asked["refresh_token"][0] in (REFRESH, CHANGED, AFTER)
            good = known and asked["client_id"] == ["makegood"]
            status = 200 if good else 400
            told = {"access_token": ACCESS} if good else {"error": "invalid_grant"}
            if good and asked["refresh_token"] == [CHANGED]:
                told["refresh_token"] = AFTER
        elif asked.get("token") != [ACCESS]:
            told = {"active": False}
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def signer() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Signer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/token"
        server.shutdown()
        thread.join()


def test_a_refresh_token_opens_the_mailbox_and_one_that_is_changed_is_kept(signer: str, org: Org) -> None:
    with mail_house(oauth_url=signer) as house:
        given = {"username": "oauth-user", "token_url": signer, "client_id": "makegood"}
        newer: list[str] = []
        assert tried(house.account(**given, secret=REFRESH), renewed=newer.append).mails == 0
        assert newer == []
        assert tried(house.account(**given, secret=CHANGED), renewed=newer.append).mails == 0
        assert newer == [AFTER]
        assert read_by(org, house.account(**given, secret=CHANGED, client_secret="ours")) == (AFTER, "ours")
        assert "does not take the refresh token any more" in said(house, **given, secret="an old one")
        other = {**given, "username": "somebody-else"}
        assert "does not take what the sign-in service gave us" in said(house, **other, secret=REFRESH)


def test_a_refresh_token_is_sent_over_a_secured_line_only(house: MailHouse) -> None:
    assert "Use https" in said(house, token_url="http://signing.example/token", secret=REFRESH)
    nothing = free_port()
    assert "could not be reached" in said(house, token_url=f"https://127.0.0.1:{nothing}/token", secret=REFRESH)


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_a_mail_server_in_the_house_is_called_only_where_it_is_named(
    house: MailHouse, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        port = listening.getsockname()[1]
        for named in ((), (f"127.0.0.1:{port + 1}",)):
            monkeypatch.setattr(settings, "PRIVATE_HOSTS", named)
            for host in ("127.0.0.1", "LOCALHOST"):
                told = said(house, host=host, port=port, security=security)
                assert "inside the house, not on the internet" in told
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_a_mail_server_is_named_with_its_port_or_without(house: MailHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    for named in (f"127.0.0.1:{house.port}", "127.0.0.1"):
        monkeypatch.setattr(settings, "PRIVATE_HOSTS", (named,))
        assert tried(house.account("by-port")).mails == 0


@pytest.mark.parametrize(
    ("named", "path", "says"),
    [
        ((), "https://127.0.0.1:{port}/token", "inside the house, not on the internet"),
        ((), "http://127.0.0.1:{port}/token", "Use https"),
        ((), "http://localhost:{port}/token", "Use https"),
        (("127.0.0.1",), "http://127.0.0.1:{port}/token?drop=all", "Leave passwords and questions out"),
        (("127.0.0.1",), "http://me:word@127.0.0.1:{port}/token", "Leave passwords and questions out"),
        (("127.0.0.1",), "ftp://127.0.0.1:{port}/token", "This is no address"),
    ],
)
def test_a_token_is_asked_for_on_the_internet_or_where_the_house_is_named(
    house: MailHouse, monkeypatch: pytest.MonkeyPatch, named: tuple[str, ...], path: str, says: str
) -> None:
    monkeypatch.setattr(settings, "PRIVATE_HOSTS", named)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        assert says in said(house, token_url=path.format(port=listening.getsockname()[1]), secret=REFRESH)
        with pytest.raises(BlockingIOError):
            listening.accept()
