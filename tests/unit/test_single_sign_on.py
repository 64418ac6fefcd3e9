"""Single sign-on: whose word counts for which e-mail, and every ID token that does not hold."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from makegood.core.single_sign_on import ALGORITHMS, AWAY, away_over, domains_read, email_vouched, in_domains
from makegood.organizations import openid
from makegood.organizations.openid import (
    Endpoints,
    Provider,
    Question,
    UnableToAsk,
    UnableToVouch,
    UnknownKey,
    endpoints_of,
    token_claims,
    vouched_for,
    way_there,
)
from makegood.store.outgoing import Answer, NotAsked, UnableToCall

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ISSUER, CLIENT, NONCE = "https://login.example.com", "makegood", "asked this once"
PROVIDER = Provider(issuer=ISSUER, client_id=CLIENT, secret="s")
OURS, OTHERS = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
CURVE = ec.generate_private_key(ec.SECP256R1())
PEM = OURS.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
RSA_ONLY = frozenset({"RS256"})


def listed(key: Any = OURS, **other: str) -> dict[str, Any]:
    """A key as its provider lists it."""
    kind = jwt.algorithms.ECAlgorithm if key is CURVE else jwt.algorithms.RSAAlgorithm
    return json.loads(kind.to_jwk(key.public_key())) | {"kid": "one", "use": "sig"} | other


def claims(**other: Any) -> dict[str, Any]:
    """What a good ID token says, but for what is told otherwise; None leaves it out."""
    now = datetime.now(tz=UTC)
    good = {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "248289",
        "nonce": NONCE,
        "iat": now,
        "exp": now + timedelta(minutes=5),
    }
    return {name: value for name, value in (good | other).items() if value is not None}


def token(key: Any = OURS, algorithm: str = "RS256", kid: str = "one", **other: Any) -> str:
    return jwt.encode(claims(**other), key, algorithm=algorithm, headers={"kid": kid})


def by_hand(header: dict[str, str], secret: bytes = b"") -> str:
    """A token that no library would sign so."""
    told = json.dumps(claims(iat=int(NOON.timestamp()), exp=4_000_000_000)).encode()
    parts = [base64.urlsafe_b64encode(one).rstrip(b"=") for one in (json.dumps(header).encode(), told)]
    signed = hmac.digest(secret, b".".join(parts), hashlib.sha256) if secret else b""
    return b".".join([*parts, base64.urlsafe_b64encode(signed).rstrip(b"=")]).decode()


def read(given: str, *keys: dict[str, Any], algorithms: frozenset[str] = RSA_ONLY) -> dict[str, Any]:
    return token_claims(
        token=given, keys={"keys": list(keys or [listed()])}, algorithms=algorithms, provider=PROVIDER, nonce=NONCE
    )


def test_what_our_provider_signed_for_us_holds() -> None:
    assert read(token())["sub"] == "248289"
    assert read(token(aud=[CLIENT]))["sub"] == "248289"
    assert read(token(aud=[CLIENT, "other"], azp=CLIENT))["sub"] == "248289"
    both = (listed(OTHERS), listed())
    assert read(token(), *both)["sub"] == "248289", "two keys of one name, while they change"
    assert read(token(CURVE, "ES256"), listed(CURVE), algorithms=frozenset({"ES256"}))["sub"] == "248289"


LATE = datetime.now(tz=UTC) - timedelta(minutes=5)
WRONG: dict[str, Callable[[], str]] = {
    "another issuer": lambda: token(iss="https://login.example.com.evil.example"),
    "an issuer with a slash more": lambda: token(iss=f"{ISSUER}/"),
    "for another application": lambda: token(aud="other"),
    "for several, and not by us": lambda: token(aud=[CLIENT, "other"]),
    "for us, asked by another": lambda: token(azp="other"),
    "another question": lambda: token(nonce="another"),
    "no question": lambda: token(nonce=None),
    "over": lambda: token(exp=LATE),
    "without an end": lambda: token(exp=None),
    "of tomorrow": lambda: token(iat=datetime.now(tz=UTC) + timedelta(days=1)),
    "of nobody": lambda: token(sub=None),
    "of an empty name": lambda: token(sub=""),
    "of a name without end": lambda: token(sub="x" * 256),
    "not signed": lambda: by_hand({"alg": "none", "kid": "one"}),
    "not signed, written large": lambda: by_hand({"alg": "None", "kid": "one"}),
    "signed with the public key as a secret": lambda: by_hand({"alg": "HS256", "kid": "one"}, PEM),
    "signed with the client secret": lambda: by_hand({"alg": "HS256", "kid": "one"}, b"s"),
    "by another's key of the same name": lambda: token(OTHERS),
    "by a key that is not listed": lambda: token(kid="two"),
    "by a curve where RSA was told": lambda: token(CURVE, "ES256"),
    "changed on the way": lambda: ".".join([token().rsplit(".", 1)[0], "AAAA"]),
    "no token": lambda: "x.y",
    "nothing": lambda: "",
}


@pytest.mark.parametrize("which", WRONG)
def test_any_other_token_vouches_for_nobody(which: str) -> None:
    with pytest.raises(UnableToVouch):
        read(WRONG[which]())


@pytest.mark.parametrize("algorithms", [RSA_ONLY, ALGORITHMS | {"HS256", "none"}], ids=["told", "anything"])
def test_a_shared_secret_signs_nothing_whatever_a_provider_lists(algorithms: frozenset[str]) -> None:
    secret = {"kty": "oct", "k": base64.urlsafe_b64encode(PEM).decode(), "kid": "one"}
    for given in (by_hand({"alg": "HS256", "kid": "one"}, PEM), by_hand({"alg": "none", "kid": "one"})):
        for keys in ([secret], [secret, listed()], [listed()], []):
            with pytest.raises(UnableToVouch):
                token_claims(token=given, keys={"keys": keys}, algorithms=algorithms, provider=PROVIDER, nonce=NONCE)


def test_a_key_for_something_else_signs_nothing() -> None:
    with pytest.raises(UnknownKey):
        read(token(), listed(use="enc"))
    with pytest.raises(UnknownKey):
        read(token(), {"kty": "RSA"}, {"kid": "one"})


class Told:
    """A provider that answers what it is told to, by address; and what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[str, Any, Any]] = []
        self.answers: dict[str, Any] = {
            f"{ISSUER}/.well-known/openid-configuration": {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/authorize?tenant=1",
                "token_endpoint": f"{ISSUER}/token",
                "jwks_uri": f"{ISSUER}/keys",
                "userinfo_endpoint": f"{ISSUER}/me",
            },
            f"{ISSUER}/keys": {"keys": [listed()]},
        }
        monkeypatch.setattr(openid, "_documents", {})
        monkeypatch.setattr(openid, "_asked", self._answer)

    def _answer(self, *, url: str, headers: Any = None, form: Any = None) -> bytes:
        self.asked.append((url, headers, form))
        return json.dumps(self.answers[url]).encode()

    def vouched(self, **said: Any) -> openid.Vouched:
        self.answers[f"{ISSUER}/token"] = {"id_token": token(**said), "access_token": "a"}
        return vouched_for(
            endpoints=endpoints_of(issuer=ISSUER),
            provider=PROVIDER,
            question=Question(nonce=NONCE),
            code="c",
            back="https://desk.example.org/back",
        )


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    return Told(monkeypatch)


def test_the_question_is_new_each_time_and_the_verifier_stays_here(told: Told) -> None:
    endpoints, question = endpoints_of(issuer=ISSUER), Question()
    url = way_there(endpoints=endpoints, provider=PROVIDER, question=question, back="https://desk.example.org/back")
    asked = {name: one for name, (one,) in parse_qs(urlsplit(url).query).items()}
    assert asked["tenant"] == "1"
    assert (asked["response_type"], asked["scope"]) == ("code", "openid email")
    assert (asked["state"], asked["nonce"]) == (question.state, question.nonce)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(question.verifier.encode()).digest()).rstrip(b"=").decode()
    assert (asked["code_challenge"], asked["code_challenge_method"]) == (challenge, "S256")
    assert question.verifier not in url
    assert len({getattr(one, name) for one in (question, Question()) for name in ("state", "nonce", "verifier")}) == 6


def test_the_e_mail_is_asked_for_apart_where_the_token_has_none(told: Told) -> None:
    assert told.vouched(email="Ada@Example.org", email_verified=True).email == "ada@example.org"
    told.answers[f"{ISSUER}/me"] = {"sub": "248289", "email": "ada@example.org", "email_verified": True}
    assert told.vouched().email == "ada@example.org"
    assert told.asked[-1][1] == {"Authorization": "Bearer a"}
    told.answers[f"{ISSUER}/me"]["sub"] = "another"
    with pytest.raises(UnableToVouch, match="somebody else"):
        told.vouched()


def test_the_secret_goes_as_the_provider_wants_it(told: Told) -> None:
    told.vouched(email="x")
    (headers, form) = next(one[1:] for one in told.asked if one[0].endswith("/token"))
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"makegood:s"
    assert "client_secret" not in form
    told.answers[f"{ISSUER}/.well-known/openid-configuration"]["token_endpoint_auth_methods_supported"] = [
        "client_secret_post"
    ]
    openid._documents.clear()
    told.vouched(email="x")
    (headers, form) = [one[1:] for one in told.asked if one[0].endswith("/token")][-1]
    assert ("Authorization" in headers, form["client_secret"]) == (False, "s")


def test_keys_that_changed_are_asked_for_again_once(told: Told) -> None:
    told.vouched(email="x")
    told.answers[f"{ISSUER}/keys"] = {"keys": [listed(OTHERS, kid="two")]}
    assert told.vouched(key=OTHERS, kid="two", email="x").subject == "248289"
    asked = len(told.asked)
    with pytest.raises(UnknownKey):
        told.vouched(kid="three", email="x")
    assert [one[0].rpartition("/")[2] for one in told.asked[asked:]] == ["token", "keys"]


@pytest.mark.parametrize(
    ("answer", "asks"),
    [
        (UnableToCall("Nobody there."), 1),
        (NotAsked("Many are signing in."), 2),
        (Answer(status=503, body=b""), 1),
        (Answer(status=404, body=b""), 1),
        (Answer(status=200, body=b"<html>"), 1),
    ],
    ids=["unreached", "not asked", "down", "not there", "no JSON"],
)
def test_whoever_gives_no_document_is_left_alone_for_half_a_minute(
    answer: Answer | UnableToCall, asks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, at = [], [1000.0]

    def answered(**call: Any) -> Answer:
        asked.append(call["url"])
        if isinstance(answer, Exception):
            raise answer
        return answer

    for name, value in (("_documents", {}), ("_resting", {}), ("ask", answered), ("monotonic", lambda: at[0])):
        monkeypatch.setattr(openid, name, value)
    for _ in range(2):
        with pytest.raises(UnableToAsk):
            endpoints_of(issuer=ISSUER)
    assert len(asked) == asks
    at[0] += openid.RESTS
    with pytest.raises(UnableToAsk):
        endpoints_of(issuer=ISSUER)
    assert len(asked) == asks + 1


def test_a_refusal_of_one_answer_holds_up_nobody_else(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came back may be wrong, and says nothing about who comes next."""
    endpoints = endpoints_of(issuer=ISSUER)
    monkeypatch.undo()
    statuses = [Answer(status=200, body=b'{"keys": []}')] + [Answer(status=400, body=b'{"error": "invalid_grant"}')] * 2
    for name, value in (("_documents", {}), ("_resting", {}), ("ask", lambda **_: statuses.pop(0))):
        monkeypatch.setattr(openid, name, value)
    for _ in range(2):
        with pytest.raises(UnableToVouch, match="invalid_grant") as refused:
            vouched_for(endpoints=endpoints, provider=PROVIDER, question=Question(), code="c", back="https://x")
        assert not isinstance(refused.value, UnableToAsk)
    assert openid._resting == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("issuer", "https://evil.example"),
        ("token_endpoint", "http://login.example.com/token"),
        ("jwks_uri", "file:///etc/passwd"),
        ("authorization_endpoint", "javascript:alert(1)"),
        ("token_endpoint", None),
    ],
)
def test_a_provider_that_tells_nonsense_of_itself_is_not_used(told: Told, name: str, value: str | None) -> None:
    told.answers[f"{ISSUER}/.well-known/openid-configuration"][name] = value
    with pytest.raises(UnableToVouch):
        endpoints_of(issuer=ISSUER)


def test_a_shared_secret_is_left_out_of_what_a_provider_may_sign_by(told: Told) -> None:
    listed_there = told.answers[f"{ISSUER}/.well-known/openid-configuration"]
    listed_there["id_token_signing_alg_values_supported"] = ["HS256", "none", "RS256"]
    found: Endpoints = endpoints_of(issuer=ISSUER)
    assert found.algorithms == RSA_ONLY


@pytest.mark.parametrize(
    ("said", "email"),
    [
        ({"email": " Ada@Example.org ", "email_verified": True}, "ada@example.org"),
        ({"email": "ada@example.org"}, ""),
        ({"email": "ada@example.org", "email_verified": False}, ""),
        ({"email": "ada@example.org", "email_verified": "true"}, ""),
        ({"email": "ada@example.org", "email_verified": 1}, ""),
        ({"email": ["ada@example.org"], "email_verified": True}, ""),
        ({"email_verified": True}, ""),
    ],
)
def test_an_e_mail_counts_that_its_provider_calls_verified(said: dict[str, Any], email: str) -> None:
    assert email_vouched(claims=said) == email


@pytest.mark.parametrize(
    ("email", "counts"),
    [
        ("ada@example.org", True),
        ("ada@EXAMPLE.org", True),
        ("ada@sub.example.org", False),
        ("ada@notexample.org", False),
        ("ada@example.org@evil.example", False),
        ("@example.org", False),
        ("example.org", False),
    ],
)
def test_an_e_mail_is_of_a_domain_itself(email: str, counts: bool) -> None:
    assert in_domains(email=email, domains=("example.org", "example.com")) is counts


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Example.com, shop.example.org", ("example.com", "shop.example.org")),
        (" example.com\nexample.com; ", ("example.com",)),
        ("*.example.com", None),
        ("@example.com", None),
        ("com", None),
        ("", None),
        ("-x.example.com", None),
    ],
)
def test_domains_are_read(written: str, found: tuple[str, ...] | None) -> None:
    assert domains_read(written=written) == found


@pytest.mark.parametrize(
    ("after", "over"),
    [(timedelta(), False), (AWAY - timedelta(seconds=1), False), (AWAY, True), (-timedelta(seconds=1), True)],
)
def test_one_may_take_a_while_at_ones_provider(after: timedelta, over: bool) -> None:
    assert away_over(left_at=NOON, now=NOON + after) is over
