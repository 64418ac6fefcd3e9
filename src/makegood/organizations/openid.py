"""OpenID Connect, from our side: discovery, the way to a provider, and what it says of who comes back.

Authorization Code with PKCE, state and nonce. PyJWT checks the ID token's signature, issuer, audience and times; who
may be called is for `store.outgoing` to say. Nothing here touches the database, and all of it runs outside of any
transaction.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from functools import partial
from time import monotonic
from typing import Any
from urllib.parse import quote, urlencode

import attrs
import jwt

from makegood.core.single_sign_on import ALGORITHMS, claims_wrong, email_vouched
from makegood.store.outgoing import NotAsked, UnableToCall, address_of, ask

SECONDS = 5.0
MOST = 256 * 1024
KEPT = 300.0
"""Seconds for which what a provider publishes is kept in this process: its addresses, and its keys unless one lacks."""
_documents: dict[str, tuple[float, dict[str, Any]]] = {}
RESTS = 30.0
"""Seconds for which an address is not asked again that did not answer as it should: it would hold up who comes next."""
_resting: dict[str, tuple[float, str]] = {}
LEEWAY = 60
"""Seconds by which clocks may differ."""
KINDS = ("RSA", "EC", "OKP")
"""Keys with two halves; a shared secret in a public list of keys is nobody's signature."""


class UnableToVouch(ValueError):
    """The provider cannot be asked, or what it answered does not hold: the message says which."""


class UnableToAsk(UnableToVouch):
    """The provider did not answer, or was not asked: nothing is known of who came back, and nothing was wrong."""


class UnknownKey(UnableToVouch):
    """Its ID token does not hold: it is signed by no key that it lists."""


@attrs.frozen(kw_only=True)
class Provider:
    """Whom to ask, and who we are to them."""

    issuer: str
    client_id: str
    secret: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Endpoints:
    """A provider's addresses, as it tells them itself; `basic` is how it wants the secret, else in the form.

    `names_itself` says that it tells who it is when somebody comes back (RFC 9207).
    """

    authorize: str
    token: str
    keys: str
    userinfo: str
    basic: bool
    algorithms: frozenset[str]
    names_itself: bool


@attrs.frozen(kw_only=True)
class Question:
    """What is kept while somebody is at their provider: all three are answered once, by them."""

    state: str = attrs.field(factory=lambda: secrets.token_urlsafe(32))
    nonce: str = attrs.field(factory=lambda: secrets.token_urlsafe(32))
    verifier: str = attrs.field(factory=lambda: secrets.token_urlsafe(48))


@attrs.frozen(kw_only=True)
class Vouched:
    """Who somebody is by their provider's word; `email` is "" where it does not say that it is theirs."""

    issuer: str
    subject: str
    email: str


def endpoints_of(*, issuer: str) -> Endpoints:
    """This function will ask a provider for its addresses (OpenID Connect Discovery 1.0). Raises UnableToVouch."""
    told = _document(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if told.get("issuer") != issuer:
        raise UnableToVouch(f"It calls itself {str(told.get('issuer'))[:200]}: write the issuer exactly so.")
    found = {name: _address(told, name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    methods = told.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    algorithms = told.get("id_token_signing_alg_values_supported") or ["RS256"]
    return Endpoints(
        authorize=found["authorization_endpoint"],
        token=found["token_endpoint"],
        keys=found["jwks_uri"],
        userinfo=_address(told, "userinfo_endpoint") if told.get("userinfo_endpoint") else "",
        basic="client_secret_basic" in methods,
        algorithms=ALGORITHMS.intersection(one for one in algorithms if isinstance(one, str)),
        names_itself=told.get("authorization_response_iss_parameter_supported") is True,
    )


def way_there(*, endpoints: Endpoints, provider: Provider, question: Question, back: str) -> str:
    """This function will write the address at which somebody shows their provider who they are."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(question.verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": back,
        "scope": "openid email",
        "state": question.state,
        "nonce": question.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{endpoints.authorize}{'&' if '?' in endpoints.authorize else '?'}{urlencode(asked)}"


def vouched_for(*, endpoints: Endpoints, provider: Provider, question: Question, code: str, back: str) -> Vouched:
    """This function will take what somebody came back with to their provider, and say who they are.

    Raises UnableToVouch, and UnableToAsk where the same answer may be taken there once more.
    """
    keys = _document(endpoints.keys)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": question.verifier,
    }
    headers = {}
    if endpoints.basic:
        both = f"{quote(provider.client_id, safe='')}:{quote(provider.secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(both.encode()).decode()}"
    else:
        form |= {"client_id": provider.client_id, "client_secret": provider.secret}
    told = _json(_asked(url=endpoints.token, headers=headers, form=form))
    token = told.get("id_token")
    if not isinstance(token, str):
        raise UnableToVouch("It gave no ID token.")
    claims_by = partial(
        token_claims, token=token, algorithms=endpoints.algorithms, provider=provider, nonce=question.nonce
    )
    try:
        claims = claims_by(keys=keys)
    except UnknownKey:
        claims = claims_by(keys=_document(endpoints.keys, anew=True))
    subject, access = claims["sub"], told.get("access_token")
    if "email" not in claims and endpoints.userinfo and isinstance(access, str):
        claims = _json(_asked(url=endpoints.userinfo, headers={"Authorization": f"Bearer {access}"}))
        if claims.get("sub") != subject:
            raise UnableToVouch("It spoke of somebody else when asked for the e-mail.")
    return Vouched(issuer=provider.issuer, subject=subject, email=email_vouched(claims=claims))


def token_claims(
    *, token: str, keys: Mapping[str, Any], algorithms: frozenset[str], provider: Provider, nonce: str
) -> dict[str, Any]:
    """This function will read an ID token that its provider signed, for us, just now, and for this question.

    Raises UnableToVouch for any other.
    """
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in algorithms & ALGORITHMS:
            raise UnableToVouch(f"Its ID token is signed by {str(algorithm)[:20]}, which does not count.")
        claims = _verified(token, header.get("kid"), str(algorithm), keys, provider)
    except jwt.InvalidSignatureError as error:
        raise UnknownKey(UnknownKey.__doc__) from error
    except jwt.PyJWTError as error:
        raise UnableToVouch(f"Its ID token does not hold ({type(error).__name__}).") from error
    if wrong := claims_wrong(claims=claims, client_id=provider.client_id, nonce=nonce):
        raise UnableToVouch(f"Its ID token does not answer what was asked ({wrong}).")
    return claims


def _verified(token: str, named: object, algorithm: str, keys: Mapping[str, Any], provider: Provider) -> dict[str, Any]:
    """The claims, by whichever key of that name signed them; where keys change there may be several."""
    error: jwt.PyJWTError = jwt.InvalidSignatureError("no such key")
    listed = keys.get("keys")
    for one in listed if isinstance(listed, list) else []:
        if not isinstance(one, dict) or one.get("kty") not in KINDS or one.get("use", "sig") != "sig":
            continue
        if named is not None and one.get("kid") != named:
            continue
        try:
            read: dict[str, Any] = jwt.decode(
                token,
                jwt.PyJWK(one, algorithm=algorithm).key,
                algorithms=[algorithm],
                audience=provider.client_id,
                issuer=provider.issuer,
                leeway=LEEWAY,
                options={"require": ["iss", "aud", "sub", "exp", "iat"]},
            )
        except (jwt.InvalidSignatureError, jwt.InvalidKeyError, jwt.PyJWKError) as wrong:
            error = wrong
        else:
            return read
    raise error


def _address(told: Mapping[str, Any], name: str) -> str:
    """An address that a provider tells, if it may be called."""
    url = told.get(name)
    try:
        address_of(str(url), question=True)
    except UnableToCall as error:
        raise UnableToVouch(f"It tells no {name} that can be used: {error}") from error
    return str(url)


def _document(url: str, *, anew: bool = False) -> dict[str, Any]:
    """What a provider publishes; it changes seldom, so it is asked for once in a while."""
    kept = _documents.get(url)
    if anew or kept is None or monotonic() - kept[0] > KEPT:
        try:
            kept = _documents[url] = (monotonic(), _json(_asked(url=url)))
        except UnableToAsk:
            raise
        except UnableToVouch as error:
            raise _rests(url, str(error)) from error
    return kept[1]


def _rests(url: str, why: str) -> UnableToAsk:
    """Leave an address alone for a while, and say why."""
    _resting[url] = (monotonic(), why)
    return UnableToAsk(why)


def _asked(*, url: str, headers: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None) -> bytes:
    at, why = _resting.get(url, (monotonic() - RESTS, ""))
    if monotonic() - at < RESTS:
        raise UnableToAsk(f"{why} It is asked again after half a minute.")
    try:
        answer = ask(
            url=url, headers={"Accept": "application/json", **(headers or {})}, seconds=SECONDS, most=MOST, form=form
        )
    except NotAsked as error:
        raise UnableToAsk(str(error)) from error
    except UnableToCall as error:
        raise _rests(url, str(error)) from error
    if answer.status >= 500:
        raise _rests(url, f"It refused to answer (status {answer.status}).")
    if answer.status != 200:
        said = _error(answer.body) or f"status {answer.status}"
        raise UnableToVouch(f"It refused to answer ({said}).")
    return answer.body


def _json(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise UnableToVouch("What it answered is no JSON.")
    return read


def _error(body: bytes) -> str:
    """The code of an error (RFC 6749, 5.2), where that is what was answered."""
    try:
        code = _json(body).get("error")
    except UnableToVouch:
        return ""
    return code[:60] if isinstance(code, str) and code.isascii() and code.replace("_", "").isalnum() else ""
