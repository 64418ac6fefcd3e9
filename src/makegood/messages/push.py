"""Web push: a message encrypted for one browser (RFC 8291), and the proof of who sends it (VAPID, RFC 8292).

The key that proves it is made from MAKEGOOD_SECRET, so that every machine has it and none keeps it. Written with the
primitives of `cryptography`, which is here anyhow, and checked against the example of RFC 8291.
"""

from __future__ import annotations

import base64
import json
import os
from datetime import datetime, timedelta
from functools import cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from makegood.organizations.devices import Subscription
from makegood.store.secrets import derived

CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of the curve P-256 (NIST SP 800-186)."""
RECORD = 4096
LARGEST = 3_500
"""Bytes of what is said; every push service takes a body of 4,096 (RFC 8030), of which 103 are not ours."""
PROVED = timedelta(hours=12)
"""How long a proof counts; a push service takes one of at most 24 hours."""


def text_of(raw: bytes) -> str:
    """This function will write bytes in base64url without padding, as browsers and tokens do."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derive(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


def encrypted(
    said: bytes, *, to: Subscription, once: ec.EllipticCurvePrivateKey | None = None, salt: bytes | None = None
) -> bytes:
    """This function will encrypt at most LARGEST bytes for one browser, as the body of one request.

    `once` and `salt` are made anew for each, but where an example of RFC 8291 is reckoned again.
    """
    once, salt = once or ec.generate_private_key(CURVE), salt or os.urandom(16)
    ours = _point(once.public_key())
    shared = once.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, to.key))
    keyed = _derive(shared, salt=to.auth, info=b"WebPush: info\0" + to.key + ours, length=32)
    key = _derive(keyed, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _derive(keyed, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    head = salt + RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return head + AESGCM(key).encrypt(nonce, said + b"\x02", None)


@cache
def _own() -> ec.EllipticCurvePrivateKey:
    seed = derived(purpose="push") + derived(purpose="push more")
    return ec.derive_private_key(1 + int.from_bytes(seed, "big") % (ORDER - 1), CURVE)


def own_key() -> str:
    """This function will return the public key by which browsers know who may tell them something."""
    return text_of(_point(_own().public_key()))


def proof(*, endpoint: str, contact: str, now: datetime) -> str:
    """This function will write the header that proves to a push service who sends; `contact` is a https: or mailto:."""
    where = urlsplit(endpoint)
    head = {"typ": "JWT", "alg": "ES256"}
    claims = {"aud": f"{where.scheme}://{where.netloc}", "exp": int((now + PROVED).timestamp()), "sub": contact}
    signed = ".".join(text_of(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
    first, second = decode_dss_signature(_own().sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = text_of(first.to_bytes(32, "big") + second.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={own_key()}"
