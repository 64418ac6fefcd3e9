"""A push service on loopback, and browsers that read what came for them with the keys that only they have."""

from __future__ import annotations

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from makegood.messages import telling_push
from makegood.store.outgoing import Answer, post

CURVE = ec.SECP256R1()


def text_of(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@attrs.define
class Browser:
    """One browser: its keys, and what it says of itself when it is added."""

    endpoint: str
    private: ec.EllipticCurvePrivateKey = attrs.field(factory=lambda: ec.generate_private_key(CURVE))
    auth: bytes = b"0123456789abcdef"

    @property
    def key(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def said(self) -> dict[str, str]:
        return {"endpoint": self.endpoint, "key": text_of(self.key), "auth": text_of(self.auth)}

    def read(self, body: bytes) -> dict[str, Any]:
        """What a body says, step by step as RFC 8188 and RFC 8291 tell its receiver."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= size == 4096
        assert len(body) <= 4096
        shared = self.private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs))
        first = hmac.digest(self.auth, shared, "sha256")
        keyed = _expanded(first, b"WebPush: info\0" + self.key + theirs, 32)
        mixed = hmac.digest(salt, keyed, "sha256")
        key = _expanded(mixed, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _expanded(mixed, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(key).decrypt(nonce, sealed, None)
        assert plain.endswith(b"\x02")
        found: dict[str, Any] = json.loads(plain[:-1])
        return found


def _expanded(key: bytes, info: bytes, length: int) -> bytes:
    return HKDFExpand(algorithm=hashes.SHA256(), length=length, info=info).derive(key)


def proved(authorization: str, *, of: str) -> dict[str, Any]:
    """The claims of a proof for the service at an address, once its signature was checked with the key it names."""
    kind, _, parts = authorization.partition(" ")
    assert kind == "vapid"
    told = dict(part.strip().split("=", 1) for part in parts.split(","))
    head, claims, signature = told["t"].split(".")
    raw = bytes_of(signature)
    pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, bytes_of(told["k"]))
    key.verify(pair, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    said: dict[str, Any] = json.loads(bytes_of(claims))
    assert said["aud"] == of
    return said


@attrs.define
class PushService:
    """What it was asked, each with what it answered; `answers` are taken from the front, then 201. None hangs up.

    Browsers name it by a public address, as they do any; what is posted there comes to loopback.
    """

    url: str = "https://push.example.com"
    asked: list[dict[str, Any]] = attrs.field(factory=list)
    answers: list[int | None] = attrs.field(factory=list)

    def browser(self, name: object) -> Browser:
        """A browser that is reached here under a name."""
        return Browser(endpoint=f"{self.url}/to/{name}")


@contextmanager
def push_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[PushService]:
    """Run a push service, to which all comes that is posted to its address."""
    service = PushService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = service.answers.pop(0) if service.answers else 201
            said = {"path": self.path, "body": body, "headers": dict(self.headers), "answered": answer}
            service.asked.append(said)
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = f"127.0.0.1:{server.server_address[1]}"

    def led(*, url: str, **given: Any) -> Answer:
        assert url.startswith(f"{service.url}/")
        with monkeypatch.context() as allowed:
            allowed.setattr(settings, "PRIVATE_HOSTS", (*settings.PRIVATE_HOSTS, here))
            return post(url=url.replace(service.url, f"http://{here}", 1), **given)

    monkeypatch.setattr(telling_push, "post", led)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
