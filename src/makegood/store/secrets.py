"""Keyed hashes, signed tokens and encrypted secrets, all from the installation's one secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.signing import BadSignature, Signer

from makegood.store.embedded import home_directory


class UnableToDecrypt(ValueError):
    """This secret was stored under another MAKEGOOD_SECRET: set the same one, or enter the secret again."""


class UnknownToken(ValueError):
    """This link is not one of ours, or is no longer valid."""


@cache
def _key(purpose: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), purpose.encode(), hashlib.sha256)


def keyed_hash(text: str, *, purpose: str = "key") -> bytes:
    """Return 16 bytes that stand for an outside key without revealing it."""
    return hmac.digest(_key(purpose), text.encode("utf-8", "surrogatepass"), hashlib.sha256)[:16]


def derived(*, purpose: str) -> bytes:
    """Return 32 bytes of this installation's own for one purpose, the same on every machine of it."""
    return _key(purpose)


def fingerprint() -> str:
    """Return what tells two installations' secrets apart without revealing either."""
    return fingerprint_of(settings.SECRET_KEY)


def fingerprint_of(secret: str) -> str:
    """Return the same for any secret, for which no settings are needed."""
    return hmac.digest(secret.encode(), b"fingerprint", hashlib.sha256).hex()[:16]


def secret_file() -> Path:
    """Return where the secret is kept that is not named in the environment."""
    return home_directory() / "secret"


def secret_there() -> str | None:
    """Return this installation's secret, MAKEGOOD_SECRET or the one in the home, if there is one; none is made."""
    named = os.environ.get("MAKEGOOD_SECRET")
    if named:
        return named
    try:
        return secret_file().read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None


def sign(value: str, *, salt: str) -> str:
    """Return the value with a signature, fit for a link."""
    return Signer(salt=salt, sep="~").sign(value)


def unsign(signed: str, *, salt: str) -> str:
    """Return the value that was signed.

    Raises UnknownToken if the signature is not ours.
    """
    try:
        return Signer(salt=salt, sep="~").unsign(signed)
    except BadSignature:
        raise UnknownToken(UnknownToken.__doc__) from None


@cache
def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key("encryption")))


def encrypt(text: str) -> bytes:
    """Return the text encrypted with the installation's key."""
    return _fernet().encrypt(text.encode())


def decrypt(stored: bytes | memoryview) -> str:
    """Return the text that was encrypted.

    Raises UnableToDecrypt if it was stored under another secret.
    """
    try:
        return _fernet().decrypt(bytes(stored)).decode()
    except InvalidToken:
        raise UnableToDecrypt(UnableToDecrypt.__doc__) from None
