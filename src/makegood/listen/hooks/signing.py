"""Whether a delivery was signed by who it says it is from: one scheme for each kind of source. Pure.

Shopify signs the body alone, in base64 (its topic, its id and its time are headers that nobody signed, so nothing is
decided by them); Zendesk signs its time and the body, in base64; Chatwoot signs time, a point and the body, and Zammad
the body alone, both in hex.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import attrs

KINDS = ("shopify", "zendesk", "chatwoot", "zammad")
AHEAD = timedelta(minutes=5)
"""By so much the sender's clock may be ahead of ours."""
WINDOWS = {"shopify": timedelta(hours=48), "zendesk": timedelta(minutes=5), "chatwoot": timedelta(minutes=5)}
"""How old a delivery may be. Shopify tries the same one again for hours; Zammad tells no time."""
LONGEST_ID = 200

Why = Literal["signature", "time"]


class NotSigned(ValueError):
    """This delivery is not signed by its source, or not within its window: it is refused, and nobody is told why."""

    def __init__(self, why: Why) -> None:
        self.why = why
        super().__init__(why)


@attrs.frozen(kw_only=True)
class Signed:
    """A delivery that its source signed: its id there (empty where it has none), and the signature, which is its own.

    The id stands in a header that nobody signed: whoever sends a delivery again under another is known by the other.
    """

    delivery: str
    mark: str


@attrs.frozen(kw_only=True)
class _Scheme:
    """Where signature, time and id stand, what is signed, and how the signature is written."""

    header: str
    delivery: str
    written: Callable[[bytes, bytes], set[bytes]]
    time: str = ""
    between: bytes | None = None
    """What stands between the time and the body where both are signed; None where the body is signed alone."""
    at: Callable[[str], datetime] = datetime.fromisoformat


def _base64(secret: bytes, told: bytes) -> set[bytes]:
    return {base64.b64encode(hmac.digest(secret, told, hashlib.sha256))}


def _hex(secret: bytes, told: bytes) -> set[bytes]:
    return {b"sha256=" + hmac.new(secret, told, hashlib.sha256).hexdigest().encode()}


def _hub(secret: bytes, told: bytes) -> set[bytes]:
    return _hex(secret, told) | {b"sha1=" + hmac.new(secret, told, hashlib.sha1).hexdigest().encode()}


def _unix(text: str) -> datetime:
    return datetime.fromtimestamp(int(text), UTC)


SCHEMES = {
    "shopify": _Scheme(
        header="X-Shopify-Hmac-Sha256",
        delivery="X-Shopify-Webhook-Id",
        written=_base64,
        time="X-Shopify-Triggered-At",
    ),
    "zendesk": _Scheme(
        header="X-Zendesk-Webhook-Signature",
        delivery="X-Zendesk-Webhook-Invocation-Id",
        written=_base64,
        time="X-Zendesk-Webhook-Signature-Timestamp",
        between=b"",
    ),
    "chatwoot": _Scheme(
        header="X-Chatwoot-Signature",
        delivery="X-Chatwoot-Delivery",
        written=_hex,
        time="X-Chatwoot-Timestamp",
        between=b".",
        at=_unix,
    ),
    "zammad": _Scheme(header="X-Hub-Signature", delivery="X-Zammad-Delivery", written=_hub),
}


def check(*, kind: str, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> Signed:
    """This function will check a delivery's signature, in a time that tells nothing, by each secret that counts now.

    `headers` are found whatever their case. The time must lie within WINDOWS back and AHEAD forth of `now`, both ends
    included; where it is signed it must be there. Raises NotSigned.
    """
    scheme = SCHEMES[kind]
    told = headers.get(scheme.header, "").strip()
    time = headers.get(scheme.time, "").strip() if scheme.time else ""
    signed = body if scheme.between is None else time.encode(errors="replace") + scheme.between + body
    fits = False
    for secret in secrets:
        for written in scheme.written(secret.encode(), signed):
            fits |= hmac.compare_digest(written, told.encode(errors="replace"))
    if not fits:
        raise NotSigned("signature")
    if time or scheme.between is not None:
        _within(scheme, kind, time, now)
    return Signed(delivery=headers.get(scheme.delivery, "").strip()[:LONGEST_ID], mark=told)


def _within(scheme: _Scheme, kind: str, time: str, now: datetime) -> None:
    try:
        at = scheme.at(time)
        late = now - at
    except (ValueError, OverflowError, OSError, TypeError):
        raise NotSigned("time") from None
    if not -AHEAD <= late <= WINDOWS[kind]:
        raise NotSigned("time")
