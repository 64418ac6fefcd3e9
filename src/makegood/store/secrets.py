"""Keyed hashes, signed tokens and encrypted secrets, all from the installation's one secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.signing import BadSignature, Signer


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


def fingerprint() -> str:
    """Return what tells two installations' secrets apart without revealing either."""
    return _key("fingerprint").hex()[:16]


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


def decrypt(stored: bytes) -> str:
    """Return the text that was encrypted.

    Raises UnableToDecrypt if it was stored under another secret.
    """
    try:
        return _fernet().decrypt(bytes(stored)).decode()
    except InvalidToken:
        raise UnableToDecrypt(UnableToDecrypt.__doc__) from None
