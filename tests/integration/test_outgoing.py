"""Calling out: whom it calls, what it follows, how long it waits and how much it takes."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from tests.functional.test_deploy import certificate
from tests.support.models import ModelServer, model_server

from makegood.store import outgoing
from makegood.store.outgoing import NotAsked, NotReached, UnableToCall, address_of, call


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    with model_server(monkeypatch) as server:
        yield server


def called(url: str, *, seconds: float = 60, most: int = 4096) -> outgoing.Answer:
    return call(url=url, body={"a": 1}, headers={}, seconds=seconds, most=most)


def test_an_answer_comes_back(model: ModelServer) -> None:
    assert called(model.url).status == 200
    assert model.asked[0]["body"] == b'{"a": 1}'


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://api.example.com/v1", "This is no address"),
        ("file:///etc/passwd", "This is no address"),
        ("api.example.com", "This is no address"),
        ("https://", "This is no address"),
        ("https://api.example.com:99999/", "This is no address"),
        ("https://api.example.com/\r\nX: y", "This is no address"),
        ("https://me:secret@api.example.com/v1", "Leave passwords"),
        ("https://api.example.com/v1?key=1", "Leave passwords"),
        ("http://api.example.com/v1", "Use https"),
    ],
)
def test_an_address_that_is_none_is_refused(url: str, says: str) -> None:
    with pytest.raises(UnableToCall, match=says):
        address_of(url)


INSIDE = [
    "127.0.0.1", "10.0.0.8", "172.16.4.4", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "::1", "fd00::1",
    "fe80::1", "::ffff:127.0.0.1",
    "::ffff:100.64.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b::6440:1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1",
    "2002:7f00:1::", "2002:a00:1::1", "fec0::1", "::127.0.0.1", "::a00:1", "::ffff:0:127.0.0.1", "::", "ff02::1",
    "ff0e::1", "224.0.0.1", "239.255.255.250", "233.252.0.1", "240.0.0.1", "255.255.255.255", "fe80::1%eth0", "2001::1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_machines_inside_the_house_are_not_called(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Whatever name leads there: here one that the internet's own directory could give."""
    monkeypatch.setattr(
        outgoing.socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]
    )
    with pytest.raises(UnableToCall, match="inside the house"):
        called("https://harmless.example/v1")


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14"],
)
def test_addresses_of_the_internet_are_called_whichever_way_they_are_written(address: str) -> None:
    """Behind NAT64 a name of version 4 is found as one of version 6: it is judged by the address inside."""
    assert outgoing.is_public(address)


def test_one_address_inside_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in ("93.184.215.14", "127.0.0.1")]
    monkeypatch.setattr(outgoing.socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(UnableToCall, match="inside the house"):
        called("https://harmless.example/v1")


def test_only_the_named_port_of_the_house_is_called(model: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PRIVATE_HOSTS", (f"127.0.0.1:{model.port + 1}",))
    with pytest.raises(UnableToCall, match="Use https"):
        called(model.url)
    assert model.asked == []


def test_a_redirect_is_not_followed(model: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not to an address of the house, and to no other: the server that it names is never asked."""
    with model_server(monkeypatch) as inside:
        monkeypatch.setattr(settings, "PRIVATE_HOSTS", (f"127.0.0.1:{model.port}", f"127.0.0.1:{inside.port}"))
        model.to = inside.url
        with pytest.raises(UnableToCall, match="sends us on to another address"):
            called(model.url)
        assert inside.asked == []


def test_a_slow_drip_is_cut_off(model: ModelServer) -> None:
    """Each byte comes in time, the whole does not: the line is cut, and the other side sees it.

    A busy machine is given longer until it comes to the asking; cut off it is each time.
    """
    model.drips = True
    for seconds in (0.3, 3, 30, 300):
        with pytest.raises(UnableToCall, match=f"did not answer within {seconds} seconds"):
            called(model.url, seconds=seconds)
        if model.arrived.is_set():
            break
    assert model.ended.wait(300)


BEGUN = (b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n")


@pytest.mark.parametrize("begun", BEGUN, ids=["nothing", "its head", "its body"])
def test_what_is_posted_has_its_seconds_in_all_and_nobody_knows_what_became_of_it(
    monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    """Whoever carries effects one by one is held up by no receiver that drips, as any member may name one."""
    monkeypatch.setattr(settings, "PRIVATE_HOSTS", ("127.0.0.1",))
    over, listening = threading.Event(), socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        line, _ = listening.accept()
        with line, contextlib.suppress(OSError):
            line.recv(9999)
            line.sendall(begun)
            while not over.wait(0.05):
                line.sendall(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/hook"
    with listening, pytest.raises((OSError, http.client.HTTPException)) as told:
        outgoing.post(url=url, body=b"{}", headers={}, seconds=1, most=10**9)
    assert not isinstance(told.value, NotReached)
    thread.join(300)
    assert not thread.is_alive(), "its line was cut"
    over.set()


class SlowTls:
    """A server that shakes hands only when it is let, then drips; `got` is what it was sent."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        chain, key = certificate(folder)
        self.certified = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.certified.load_cert_chain(chain, key)
        self.go, self.over, self.got = threading.Event(), threading.Event(), b""
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listening.getsockname()[1]}/v1"
        monkeypatch.setattr(outgoing, "trusted", lambda: ssl.create_default_context(cafile=str(chain)))
        monkeypatch.setattr(settings, "PRIVATE_HOSTS", ("127.0.0.1",))
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        with self.listening:
            line, _ = self.listening.accept()
        self.go.wait(300)
        with contextlib.suppress(OSError), self.certified.wrap_socket(line, server_side=True) as talk:
            self.got = talk.recv(9999)
            talk.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while not self.over.wait(0.05):
                talk.sendall(b" ")


@pytest.fixture
def slow_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], SlowTls]]:
    made: list[SlowTls] = []

    def make() -> SlowTls:
        made.append(SlowTls(tmp_path, monkeypatch))
        return made[-1]

    yield make
    for server in made:
        server.go.set()
        server.over.set()
        server.thread.join(300)


@pytest.fixture
def slow(slow_ones: Callable[[], SlowTls]) -> SlowTls:
    return slow_ones()


def under_way() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "call-out"]


def test_who_shakes_hands_too_late_is_sent_nothing_and_holds_nobody_up(
    slow: SlowTls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the time goes into the look-up of the name: the handshake begins late, and has no time of its own."""
    look_up = socket.getaddrinfo

    def late(*asked: Any, **how: Any) -> Any:
        slow.over.wait(0.5)
        return look_up(*asked, **how)

    monkeypatch.setattr(outgoing.socket, "getaddrinfo", late)
    with pytest.raises(UnableToCall, match="did not answer"):
        called(slow.url, seconds=1)
    slow.go.set()
    for one in under_way():
        one.join(300)
    assert (slow.got, under_way()) == (b"", [])


def test_a_slow_drip_over_tls_is_cut_off_too(slow_ones: Callable[[], SlowTls]) -> None:
    """A busy machine is given longer until it comes to the asking; cut off it is each time."""
    for seconds in (1, 5, 25, 125):
        slow = slow_ones()
        slow.go.set()
        with pytest.raises(UnableToCall, match="did not answer"):
            called(slow.url, seconds=seconds)
        for one in under_way():
            one.join(300)
        assert under_way() == []
        if slow.got:
            break
    assert slow.got[:4] == b"POST"


def test_ten_megabytes_are_not_taken(model: ModelServer) -> None:
    model.raw = b"x" * 10_000_000
    with pytest.raises(UnableToCall, match="sent more than 4 kB"):
        called(model.url)


def test_nobody_there_is_said(model: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setattr(settings, "PRIVATE_HOSTS", ("127.0.0.1",))
    with pytest.raises(UnableToCall, match="cannot be reached"):
        called(f"http://127.0.0.1:{port}/v1")


def asked(url: str) -> int:
    return outgoing.ask(url=url, headers={}, seconds=30, most=1024, form={"a": "b c"}).status


def test_a_slow_one_holds_up_only_who_asks_the_same(model: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """One place for each host, and for all pages together so many that a thread is left."""
    monkeypatch.setattr(outgoing, "PATIENCE", 0)
    model.held = threading.Event()
    waiting = threading.Thread(target=asked, args=(model.url,))
    with model_server(monkeypatch) as other:
        monkeypatch.setattr(settings, "PRIVATE_HOSTS", ("127.0.0.1",))
        waiting.start()
        assert model.arrived.wait(300)
        with pytest.raises(NotAsked, match="Many are signing in"):
            asked(model.url)
        assert asked(other.url) == 200
        with outgoing._waiting, outgoing._waiting, pytest.raises(NotAsked, match="Many are signing in"):
            asked(other.url)
        assert asked(other.url) == 200, "who was refused took no place"
    model.held.set()
    waiting.join(300)
    assert asked(model.url) == 200


def test_a_third_call_at_once_is_refused(model: ModelServer) -> None:
    """Pages that wait never take every thread; once one is through, the next may go."""
    model.held = threading.Event()
    waiting = [threading.Thread(target=called, args=(model.url,)) for _ in range(outgoing.AT_ONCE)]
    for one in waiting:
        model.arrived.clear()
        one.start()
        assert model.arrived.wait(300)
    with pytest.raises(UnableToCall, match="Others are being drafted"):
        called(model.url)
    model.held.set()
    for one in waiting:
        one.join(300)
    assert called(model.url).status == 200
