"""Signed deliveries: each scheme's signature, and both sides of each window of time."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from makegood.listen.hooks.signing import AHEAD, KINDS, SCHEMES, WINDOWS, NotSigned, check

SECRET, OLD = "a secret of sixteen", "the secret of before"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
BODY = b'{"id": 1, "name": "\xc3\xa9t\xc3\xa9"}'
SECOND = timedelta(seconds=1)


def headers(
    kind: str,
    *,
    at: datetime = NOW,
    body: bytes = BODY,
    secret: str = SECRET,
    delivery: str = "d-1",
    sha: str = "sha256",
) -> dict[str, str]:
    """What each source sends, worked out here from its own description, apart from the code."""

    def digest(told: bytes) -> bytes:
        return hmac.new(secret.encode(), told, sha).digest()

    if kind == "shopify":
        said = {"X-Shopify-Hmac-Sha256": base64.b64encode(digest(body)).decode()}
        return said | {"X-Shopify-Webhook-Id": delivery, "X-Shopify-Triggered-At": at.isoformat()}
    if kind == "zendesk":
        time = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        said = {"X-Zendesk-Webhook-Signature": base64.b64encode(digest(time.encode() + body)).decode()}
        return said | {"X-Zendesk-Webhook-Signature-Timestamp": time, "X-Zendesk-Webhook-Invocation-Id": delivery}
    if kind == "chatwoot":
        time = str(int(at.timestamp()))
        said = {"X-Chatwoot-Signature": "sha256=" + digest(time.encode() + b"." + body).hex()}
        return said | {"X-Chatwoot-Timestamp": time, "X-Chatwoot-Delivery": delivery}
    return {"X-Hub-Signature": f"{sha}={digest(body).hex()}", "X-Zammad-Delivery": delivery}


def why(kind: str, given: dict[str, str], *, body: bytes = BODY, secrets: tuple[str, ...] = (SECRET,)) -> str:
    """Why it is refused, nothing where it is not."""
    try:
        check(kind=kind, secrets=secrets, headers=given, body=body, now=NOW)
    except NotSigned as error:
        return error.why
    return ""


@pytest.mark.parametrize("kind", KINDS)
def test_what_its_source_signed_is_known_by_its_id_and_its_signature(kind: str) -> None:
    given = headers(kind)
    signed = check(kind=kind, secrets=[SECRET], headers=given, body=BODY, now=NOW)
    assert signed.delivery == "d-1"
    assert signed.mark == given[SCHEMES[kind].header]


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_not_signed_so_is_refused(kind: str) -> None:
    good = headers(kind)
    name = SCHEMES[kind].header
    for mark in ("", "x", good[name][:-1], good[name] + "=", "é" * 40, good[name].swapcase(), good[name].split("=")[0]):
        assert why(kind, good | {name: mark}) == "signature", mark
    for body in (b"", BODY + b" ", BODY[:-1], BODY.replace(b"1", b"2")):
        assert why(kind, good, body=body) == "signature", body
    assert why(kind, headers(kind, secret=SECRET + "x")) == "signature"
    assert why(kind, {}) == "signature"
    assert why(kind, good, secrets=()) == "signature"


@pytest.mark.parametrize("kind", KINDS)
def test_while_a_secret_changes_both_count_and_then_one(kind: str) -> None:
    for secret in (SECRET, OLD):
        assert why(kind, headers(kind, secret=secret), secrets=(SECRET, OLD)) == ""
    assert why(kind, headers(kind, secret=OLD), secrets=(SECRET,)) == "signature"


@pytest.mark.parametrize("kind", sorted(WINDOWS))
def test_both_sides_of_the_window_of_time(kind: str) -> None:
    """To the second: the last one within it counts, at either end, and the next does not."""
    for at in (NOW - WINDOWS[kind], NOW + AHEAD):
        assert why(kind, headers(kind, at=at)) == ""
    for at in (NOW - WINDOWS[kind] - SECOND, NOW + AHEAD + SECOND):
        assert why(kind, headers(kind, at=at)) == "time"


@pytest.mark.parametrize("kind", ["zendesk", "chatwoot"])
def test_a_time_that_is_signed_cannot_be_changed_or_left_out(kind: str) -> None:
    old = headers(kind, at=NOW - timedelta(hours=1))
    name = SCHEMES[kind].time
    assert why(kind, old | {name: headers(kind)[name]}) == "signature"
    assert why(kind, {key: value for key, value in old.items() if key != name}) == "signature"


@pytest.mark.parametrize("time", ["yesterday", "", "9" * 40, "2026-11-22T09:00:00", "²"])
@pytest.mark.parametrize("kind", ["zendesk", "chatwoot"])
def test_a_signed_time_that_is_none_is_refused(kind: str, time: str) -> None:
    between = b"." if kind == "chatwoot" else b""
    digest = hmac.new(SECRET.encode(), time.encode() + between + BODY, hashlib.sha256).digest()
    mark = "sha256=" + digest.hex() if kind == "chatwoot" else base64.b64encode(digest).decode()
    assert why(kind, {SCHEMES[kind].header: mark, SCHEMES[kind].time: time}) == "time"


def test_shopify_may_write_its_time_to_the_billionth_and_zammad_sign_by_either_hash() -> None:
    assert why("shopify", headers("shopify") | {"X-Shopify-Triggered-At": "2026-11-22T08:59:59.877041743Z"}) == ""
    assert why("zammad", headers("zammad", sha="sha1")) == ""
    assert why("zammad", headers("zammad", sha="sha1") | {"X-Hub-Signature": "sha1=" + "0" * 40}) == "signature"
